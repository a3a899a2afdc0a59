import type { ClientDescription } from './protocol/envelope.ts';
import type { JsonObject, LogLevel, ServerNotification, ServerRequest } from './protocol/messages.ts';
import type { Era, Revision } from './protocol/revisions.ts';
import type { Principal } from './principal.ts';

/** What a transport knows of one message, and the ways back to the client while it is being answered. */
export interface Exchange {
  /** `memory`, `stdio`, `http`, or a name of your own. */
  readonly transport: string;
  readonly era: Era;
  /** Modern: set once the envelope was read (`readEnvelope`); otherwise dispatch reads it. Legacy: without a session. */
  readonly protocolVersion?: Revision | undefined;
  readonly client?: ClientDescription | undefined;
  /** Modern: the client wants log messages of this severity and above. */
  readonly logLevel?: LogLevel | undefined;
  readonly principal: Principal;
  readonly tenant?: string | undefined;
  /** Legacy: what `initialize` established. */
  readonly session?: Session | undefined;
  /** Where request ids are unique: a connection, a session. Needed for `notifications/cancelled`. */
  readonly scope?: string | undefined;
  /** Aborts when the client is gone. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Takes the call once it begins, for a transport that makes an exchange for each message: giving the call up when the
   * client is gone costs less than a `signal`.
   */
  opened?(call: OpenCall): void;
  /** The other end of the connection, for records and telemetry. */
  readonly peer?: Peer | undefined;
  /** HTTP: reads a request header, for tools that declare `headers`. */
  header?(name: string): string | undefined;
  /** Closes the client's connection for now, where it can come back for the rest. */
  detach?(): void;
  /** Sends a notification that belongs to this message. */
  notify(notification: ServerNotification): void;
  /** Asks the client, where the connection allows it; rejects when the client answers with an error. */
  request?(request: ServerRequest, signal: AbortSignal): Promise<JsonObject>;
}

/** A call that is being answered, as its transport sees it. */
export interface OpenCall {
  /** Ends it, for a client that is gone or will not wait. Does nothing once it has settled. */
  giveUp(reason?: unknown): void;
}

/** The other end of a network connection. */
export interface Peer {
  /** An IP address, behind trusted proxies that of the client. */
  readonly address: string;
  readonly port?: number | undefined;
  /** The version of the application protocol: `1.1` or `2` for HTTP. */
  readonly protocolVersion?: string | undefined;
}

/** What a legacy client and the server agreed on: plain data that any node can continue from. */
export interface SessionRecord {
  readonly protocolVersion: Revision;
  readonly client: ClientDescription;
  /** Set by `logging/setLevel`. */
  readonly logLevel?: LogLevel | undefined;
  /** URIs subscribed to with `resources/subscribe`. */
  readonly subscriptions: readonly string[];
}

/** A session as dispatch sees it. The transport stores the record. */
export interface Session {
  readonly id: string;
  /** `undefined` until `initialize` was answered. */
  readonly record: SessionRecord | undefined;
  update(record: SessionRecord): void | Promise<void>;
}
