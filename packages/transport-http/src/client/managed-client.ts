import type {
  CallToolResult,
  InferInput,
  InferOutput,
  JsonObject,
  Listing,
  Progress,
  Tool,
} from '@toolyard/core';
import type {
  GetPromptResult,
  Implementation,
  ReadResourceResult,
  ServerCapabilities,
} from '@toolyard/core/protocol';

import type { Settled } from './calls/call-many.ts';
import type { RequestOptions } from './calls/caller.ts';
import type { LaterSettled } from './offline/offline-sender.ts';
import type { ClientState } from './state.ts';
import type { ClientStatistics } from './statistics.ts';

/** What a managed client tells. */
export interface ClientEvents {
  readonly stateChanged: ClientState;
  /** A list is not what it was when it was last read; `items` is what it is now. */
  readonly listChanged: {
    [K in keyof Listing]: { readonly kind: K; readonly items: Listing[K] };
  }[keyof Listing];
  /** `repaired`: the resource may have changed while the client could not hear of it. */
  readonly resourceUpdated: { readonly uri: string; readonly repaired: boolean };
  /** The server logged something; the params of `notifications/message`. */
  readonly logged: JsonObject;
  /** A call made with `callLater` has its answer, or will get none; also one made before a restart. */
  readonly laterSettled: LaterSettled;
}

/** Options of one tool call. */
export interface ToolCallOptions extends RequestOptions {
  /** Each sign of progress gives the call its `timeoutMs` anew, up to ten times that in all. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Sent along as `_meta`. */
  readonly meta?: JsonObject | undefined;
  /** Whether a repeat is harmless. Default: what the tool's annotations say (read-only or idempotent). */
  readonly repeatable?: boolean | undefined;
}

/** One of many calls. */
export interface ToolCall {
  readonly tool: string | Tool;
  readonly args?: JsonObject | undefined;
  readonly options?: ToolCallOptions | undefined;
}

/** Options of `callLater`. */
export interface LaterOptions {
  readonly meta?: JsonObject | undefined;
  readonly repeatable?: boolean | undefined;
  /** The call is not sent after this time. Default: a day. */
  readonly expiresInMs?: number | undefined;
}

/** A call that is kept until it is answered. */
export interface LaterCall {
  readonly id: string;
  /** Rejects with `CLIENT_CLOSED` when the client is closed first; the call is still sent by the next one. */
  readonly result: Promise<CallToolResult>;
}

/** Options of `read`. */
export interface ReadOptions extends Omit<RequestOptions, 'whenOffline'> {
  /** `use` what the server allowed to keep (the default), or ask it for a fresh one. */
  readonly cache?: 'use' | 'refresh' | undefined;
  /** As for calls; `stale` takes what was read last, however old, with `_meta['toolyard/stale']: true`. */
  readonly whenOffline?: 'wait' | 'fail' | 'stale' | undefined;
}

/** Options of `list`. */
export interface ListOptions extends RequestOptions {
  readonly cache?: 'use' | 'refresh' | undefined;
}

/** What the server said of itself. */
export interface ServerFacts {
  readonly era: 'modern' | 'legacy';
  readonly protocolVersion: string;
  readonly info: Implementation | undefined;
  readonly capabilities: ServerCapabilities;
  readonly instructions: string | undefined;
}

/** A client of one server that outlives connections, sessions and tokens. Made by `createManagedClient`. */
export interface ManagedClient extends AsyncDisposable {
  readonly state: ClientState;
  /** The state now and every one to come, until the signal aborts or the client is closed. */
  states(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<ClientState>;
  /** @returns takes the listener away again. */
  on<E extends keyof ClientEvents>(event: E, listener: (details: ClientEvents[E]) => void): () => void;
  /** The server, while there is a connection. */
  readonly server: ServerFacts | undefined;
  /** Connects now rather than with the first call, and resolves when that has worked. */
  connect(options?: Pick<RequestOptions, 'signal' | 'timeoutMs'>): Promise<void>;
  /**
   * Calls a tool by its definition, typed; a tool's failure is thrown as a `ToolError`.
   *
   * @throws {ClientError} when no answer came.
   * @throws {ProtocolError} for a JSON-RPC error.
   */
  call<T extends Tool>(tool: T, args: InferInput<T>, options?: ToolCallOptions): Promise<InferOutput<T>>;
  /** Calls a tool by name; a tool's failure is in the result, as `isError`. */
  call(tool: string, args?: JsonObject, options?: ToolCallOptions): Promise<CallToolResult>;
  /** Calls many, `concurrency` at once (default 8); outcomes are in order. Never rejects. */
  callMany(
    calls: readonly ToolCall[],
    options?: { readonly concurrency?: number },
  ): Promise<Settled<CallToolResult>[]>;
  /**
   * Keeps a call in the offline queue and sends it as soon as the server can be reached, in order. Resolves once it
   * is kept. Each carries an idempotency key as `_meta['toolyard/idempotencyKey']`.
   */
  callLater(tool: string | Tool, args?: JsonObject, options?: LaterOptions): Promise<LaterCall>;
  list<K extends keyof Listing>(kind: K, options?: ListOptions): Promise<Listing[K]>;
  read(uri: string, options?: ReadOptions): Promise<ReadResourceResult>;
  prompt(name: string, args?: Record<string, string>, options?: RequestOptions): Promise<GetPromptResult>;
  /**
   * Hears of updates of a resource, across connections; after one was lost, once more in any case.
   *
   * @returns stops that.
   */
  watch(
    uri: string,
    listener: (update: { readonly uri: string; readonly repaired: boolean }) => void,
  ): () => void;
  /** Tries at once, where it waits before another attempt. */
  retryNow(): void;
  /** Forgets what it has read: when the user behind `auth` is another. */
  clearCache(): void;
  statistics(): ClientStatistics;
  /** Ends the session and everything that runs or waits. */
  close(): Promise<void>;
}
