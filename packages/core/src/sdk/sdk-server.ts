/** What is used of the official SDK: the few public members that v1 and v2 have in common. */
export interface SdkServer {
  connect(transport: any): Promise<void>;
  close(): Promise<void>;
  registerCapabilities(capabilities: any): void;
  /** Where it is connected. */
  readonly transport?: unknown;
}

/** A low-level `Server`, or an `McpServer`, which has one. */
export type AnySdkServer = SdkServer | { readonly server: SdkServer };

/** A transport of the SDK. */
export interface SdkTransport {
  start(): Promise<void>;
  send(message: any, options?: any): Promise<void>;
  close(): Promise<void>;
  onmessage?: ((message: any, extra?: any) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  sessionId?: string | undefined;
}

/** What the SDK knows of a verified token. */
export interface SdkAuthInfo {
  readonly token: string;
  readonly clientId: string;
  readonly scopes: string[];
  readonly expiresAt?: number | undefined;
  readonly resource?: URL | undefined;
  readonly extra?: Record<string, unknown> | undefined;
}

/** The server that speaks the protocol, of either kind. */
export function protocolServerOf(server: AnySdkServer): SdkServer {
  return 'server' in server ? server.server : server;
}
