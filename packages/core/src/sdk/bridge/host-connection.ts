import type { Clock } from '../../clock.ts';
import { abortError } from '../../abort.ts';
import { isProtocolError, NotFoundError, ProtocolError, ToolyardError } from '../../errors.ts';
import { ErrorCode } from '../../protocol/error-codes.ts';
import {
  isRecord,
  kindOf,
  type JsonRpcError,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type RequestId,
} from '../../protocol/json-rpc.ts';
import type {
  ClientCapabilities,
  Implementation,
  InitializeResult,
  JsonObject,
  ServerNotification,
  ServerRequest,
} from '../../protocol/messages.ts';
import { LATEST_LEGACY_REVISION } from '../../protocol/revisions.ts';
import { protocolServerOf, type AnySdkServer, type SdkAuthInfo, type SdkTransport } from '../sdk-server.ts';
import { RequestContext } from './request-context.ts';

/** Who asks on a connection, as the host's server sees it. */
export interface ClientFace {
  readonly info: Implementation;
  readonly capabilities: ClientCapabilities;
}

/** What the host's server says of its own accord about one request. */
export interface RequestListener {
  onNotification(notification: ServerNotification): void;
  /** Answers a request of the server. `signal` aborts when the server no longer wants to know. */
  onRequest(request: ServerRequest, signal: AbortSignal): Promise<JsonObject>;
}

/** Options of {@link HostConnection.open}. */
interface HostConnectionOptions {
  readonly clock: Clock;
  readonly client: ClientFace;
  /** Hears what belongs to no request. */
  readonly onNotification: (notification: ServerNotification) => void;
  readonly onClose: () => void;
}

/** Options of one request. */
interface HostRequestOptions {
  readonly signal?: AbortSignal | undefined;
  readonly authInfo?: SdkAuthInfo | undefined;
  readonly listener?: RequestListener | undefined;
}

interface Open {
  readonly method: string;
  readonly listener: RequestListener | undefined;
  readonly resolve: (result: JsonObject) => void;
  readonly reject: (error: unknown) => void;
}

/** How long the server may take to shake hands and to list what it has. */
const SETUP_MS = 30_000;

/**
 * A connection to a server of the official SDK in this process: a client of a 2025 revision, which both versions of the
 * SDK serve on any transport.
 */
export class HostConnection {
  readonly #options: HostConnectionOptions;
  readonly #server: AnySdkServer;
  readonly #wire: MemoryWire;
  readonly #context = new RequestContext();
  readonly #open = new Map<RequestId, Open>();
  /** Requests of the server that are being answered. */
  readonly #answering = new Map<RequestId, AbortController>();
  #lastId = 0;
  #closed = false;
  #description: InitializeResult | undefined = undefined;

  private constructor(server: AnySdkServer, options: HostConnectionOptions) {
    this.#server = server;
    this.#options = options;
    this.#wire = new MemoryWire(
      (message, relatedTo) => this.#receive(message, relatedTo ?? this.#context.current),
      () => this.#end(),
    );
  }

  /** Connects and shakes hands. */
  static async open(server: AnySdkServer, options: HostConnectionOptions): Promise<HostConnection> {
    const connection = new HostConnection(server, options);
    await protocolServerOf(server).connect(connection.#wire);
    const { info, capabilities } = options.client;
    try {
      const params = { protocolVersion: LATEST_LEGACY_REVISION, capabilities, clientInfo: info };
      connection.#description = (await connection.setup('initialize', params)) as unknown as InitializeResult;
      connection.notify('notifications/initialized');
    } catch (error) {
      await connection.close();
      throw error;
    }
    return connection;
  }

  /** What the server said of itself. */
  get description(): InitializeResult {
    return this.#description!;
  }

  /** Whether nothing is being answered. */
  get idle(): boolean {
    return this.#open.size === 0;
  }

  /** A request of the bridge itself, which waits for {@link SETUP_MS}. */
  async setup(method: string, params: JsonObject = {}): Promise<JsonObject> {
    const problem = new ToolyardError('TIMEOUT', `The server did not answer ${method} in ${SETUP_MS} ms.`);
    using limit = this.#options.clock.timeout(SETUP_MS, problem);
    return await this.request(method, params, { signal: limit.signal });
  }

  /**
   * Asks the server.
   *
   * @throws {ProtocolError} what it answers. @throws the reason of `signal`, of which the server is told.
   */
  request(method: string, params: JsonObject, options: HostRequestOptions = {}): Promise<JsonObject> {
    const { signal, authInfo, listener } = options;
    if (this.#closed) return Promise.reject(connectionClosed());
    if (signal?.aborted) return Promise.reject(abortError(signal.reason));
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        settle();
        const reason = abortError(signal!.reason);
        this.notify('notifications/cancelled', { requestId: id, reason: reason.message });
        reject(reason);
      };
      const settle = () => {
        this.#open.delete(id);
        signal?.removeEventListener('abort', giveUp);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#open.set(id, {
        method,
        listener,
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      const meta = isRecord(params['_meta']) ? params['_meta'] : {};
      // Whether the client asked for progress or not: it hears only what it asked for.
      const all = listener ? { ...params, _meta: { ...meta, progressToken: id } } : params;
      this.#context.run(id, () => this.#wire.deliver({ jsonrpc: '2.0', id, method, params: all }, authInfo));
    });
  }

  notify(method: string, params?: JsonObject): void {
    if (!this.#closed) this.#wire.deliver({ jsonrpc: '2.0', method, ...(params && { params }) });
  }

  async close(): Promise<void> {
    await protocolServerOf(this.#server).close();
    this.#end();
  }

  #receive(message: JsonRpcMessage, relatedTo: RequestId | undefined): void {
    switch (kindOf(message)) {
      case 'response':
        return this.#settle(message as JsonRpcResponse);
      case 'request':
        return void this.#answer(message as JsonRpcRequest, relatedTo);
      case 'notification':
        return this.#hear(message as JsonRpcNotification, relatedTo);
      case 'invalid':
    }
  }

  #settle(response: JsonRpcResponse): void {
    const open = response.id === null ? undefined : this.#open.get(response.id);
    if (!open) return;
    if ('error' in response) open.reject(toError(response.error, open.method));
    else open.resolve(response.result);
  }

  #hear({ method, params }: JsonRpcNotification, relatedTo: RequestId | undefined): void {
    if (method === 'notifications/cancelled') {
      return this.#answering.get(params?.['requestId'] as RequestId)?.abort();
    }
    const { progressToken } = params ?? {};
    const listener =
      method === 'notifications/progress'
        ? this.#listenerOf(progressToken as RequestId)
        : method === 'notifications/message'
          ? this.#listenerOf(relatedTo)
          : undefined;
    if (listener) listener.onNotification({ method, params });
    else this.#options.onNotification({ method, params });
  }

  async #answer({ id, method, params }: JsonRpcRequest, relatedTo: RequestId | undefined): Promise<void> {
    if (method === 'ping') return this.#wire.deliver({ jsonrpc: '2.0', id, result: {} });
    const listener = this.#listenerOf(relatedTo);
    const given = new AbortController();
    this.#answering.set(id, given);
    try {
      if (!listener) throw new ProtocolError(ErrorCode.invalidRequest, unrelated(method));
      const result = await listener.onRequest({ method, ...(params && { params }) }, given.signal);
      if (!given.signal.aborted) this.#wire.deliver({ jsonrpc: '2.0', id, result });
    } catch (error) {
      if (!given.signal.aborted) this.#wire.deliver({ jsonrpc: '2.0', id, error: toRpcError(error) });
    } finally {
      this.#answering.delete(id);
    }
  }

  /** Whose request the server speaks of. Where that cannot be known, there is no doubt as long as only one is open. */
  #listenerOf(id: RequestId | undefined): RequestListener | undefined {
    if (id !== undefined) return this.#open.get(id)?.listener;
    const [only, ...others] = [...this.#open.values()].filter(({ listener }) => listener);
    return others.length === 0 ? only?.listener : undefined;
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { reject } of this.#open.values()) reject(connectionClosed());
    for (const given of this.#answering.values()) given.abort();
    this.#options.onClose();
  }
}

/** The server's end of the connection. */
class MemoryWire implements SdkTransport {
  onmessage?: SdkTransport['onmessage'];
  onclose?: SdkTransport['onclose'];
  onerror?: SdkTransport['onerror'];
  readonly #receive: (message: JsonRpcMessage, relatedTo: RequestId | undefined) => void;
  readonly #closed: () => void;

  constructor(
    receive: (message: JsonRpcMessage, relatedTo: RequestId | undefined) => void,
    closed: () => void,
  ) {
    this.#receive = receive;
    this.#closed = closed;
  }

  async start(): Promise<void> {}

  async send(message: JsonRpcMessage, options?: { readonly relatedRequestId?: RequestId }): Promise<void> {
    this.#receive(message, options?.relatedRequestId);
  }

  async close(): Promise<void> {
    this.onclose?.();
    this.#closed();
  }

  deliver(message: JsonRpcMessage, authInfo?: SdkAuthInfo): void {
    this.onmessage?.(message, authInfo && { authInfo });
  }
}

/** What a mounted server answered, as an error of ours. */
function toError({ code, message, data }: JsonRpcError, method: string): Error {
  // v1 writes the code into each message.
  const text = message.replace(/^MCP error -?\d+: /, '');
  // v2 writes the code of 2026 to 2025 clients too.
  const isNotFound = code === ErrorCode.resourceNotFound || code === ErrorCode.invalidParams;
  if (method === 'resources/read' && isNotFound && isRecord(data) && typeof data['uri'] === 'string') {
    return new NotFoundError('resource', data['uri']);
  }
  // What a handler of the host threw: not written for clients.
  if (code === ErrorCode.internalError) return new ToolyardError('HOST_FAILED', text);
  return new ProtocolError(code, text, { code: 'HOST_ERROR', data });
}

function toRpcError(error: unknown): JsonRpcError {
  const message = error instanceof Error ? error.message : String(error);
  if (isProtocolError(error)) return { code: error.rpcCode, message, data: error.data };
  const data = error instanceof Error && 'data' in error && isRecord(error.data) ? error.data : {};
  const { rpcCode, data: told } = data;
  return { code: typeof rpcCode === 'number' ? rpcCode : ErrorCode.internalError, message, data: told };
}

function connectionClosed(): ToolyardError {
  return new ToolyardError('HOST_CLOSED', 'The server has closed its connection.');
}

function unrelated(method: string): string {
  return `${method} belongs to no request that is open. Send it with what the handler was given for that.`;
}
