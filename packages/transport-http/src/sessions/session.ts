import {
  CancelledError,
  ProtocolError,
  ToolyardError,
  type Clock,
  type Principal,
  type Session,
  type SessionRecord,
} from '@toolyard/core';
import type { JsonRpcResponse, RequestId, ServerRequest } from '@toolyard/core/protocol';

import { Channel } from './channel.ts';
import { EventLog, type EventLogOptions } from './event-log.ts';

/** What a session of a legacy client is made of. */
export interface HttpSessionOptions {
  readonly id: string;
  readonly principal: Principal;
  readonly clock: Clock;
  readonly events: EventLogOptions;
  /** How long a call or stream waits for a client that was cut off. */
  readonly resumeWindowMs: number;
  /** How long a client may take to answer a request of the server. */
  readonly requestTimeoutMs: number;
}

interface Pending {
  readonly resolve: (result: Record<string, unknown>) => void;
  readonly reject: (error: Error) => void;
}

/** Requests to the client that may be open at once. */
const MAX_PENDING = 100;

/** One legacy client's session on this node: its record, and the streams and questions now open. */
export class HttpSession implements Session {
  readonly id: string;
  readonly principal: Principal;
  readonly clock: Clock;
  readonly resumeWindowMs: number;
  readonly createdAt: number;
  lastUsedAt: number;
  /** Requests being answered. A session with any is not idle. */
  inFlight = 0;
  record: SessionRecord | undefined = undefined;
  /** The stream of `GET`, while there is one. */
  standing: Channel | undefined = undefined;
  /** Ends the subscription behind {@link HttpSession.standing}. */
  stopListening: (() => void) | undefined = undefined;
  readonly #events: EventLogOptions;
  readonly #requestTimeoutMs: number;
  #log: EventLog | undefined;
  #channels: Map<number, Channel> | undefined;
  #pending: Map<RequestId, Pending> | undefined;
  #lastChannel = 0;
  #lastRequest = 0;

  constructor(options: HttpSessionOptions) {
    this.id = options.id;
    this.principal = options.principal;
    this.clock = options.clock;
    this.resumeWindowMs = options.resumeWindowMs;
    this.#events = options.events;
    this.#requestTimeoutMs = options.requestTimeoutMs;
    this.createdAt = this.lastUsedAt = options.clock.now();
  }

  update(record: SessionRecord): void {
    this.record = record;
  }

  get log(): EventLog {
    return (this.#log ??= new EventLog(this.clock, this.#events));
  }

  /** Whether somebody is connected or being answered. */
  get busy(): boolean {
    return this.inFlight > 0 || this.standing?.connected === true;
  }

  openChannel(onAbandoned: () => void): Channel {
    this.#lastChannel += 1;
    const channel = new Channel(this, this.#lastChannel, onAbandoned);
    (this.#channels ??= new Map()).set(channel.id, channel);
    return channel;
  }

  channel(id: number): Channel | undefined {
    return this.#channels?.get(id);
  }

  closeChannel(channel: Channel): void {
    channel.end();
    this.#channels?.delete(channel.id);
  }

  /** Asks the client over a channel; settled by {@link HttpSession.settle}. */
  ask(channel: Channel, request: ServerRequest, signal: AbortSignal): Promise<Record<string, unknown>> {
    const pending = (this.#pending ??= new Map());
    if (pending.size >= MAX_PENDING) {
      return Promise.reject(new ToolyardError('TOO_MANY_REQUESTS', `The client has ${MAX_PENDING} unanswered requests.`));
    }
    this.#lastRequest += 1;
    const id = `server-${this.#lastRequest}`;
    const { promise, resolve, reject } = withResolvers<Record<string, unknown>>();
    pending.set(id, { resolve, reject });
    const giveUp = (error: Error) => {
      channel.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id, reason: error.message } });
      reject(error);
    };
    const onAbort = () => giveUp(signal.reason instanceof Error ? signal.reason : new CancelledError());
    const timer = this.clock.after(this.#requestTimeoutMs, () =>
      giveUp(new ToolyardError('CLIENT_TIMEOUT', `The client did not answer ${request.method} in time.`)),
    );
    signal.addEventListener('abort', onAbort, { once: true });
    channel.send({ jsonrpc: '2.0', id, ...request });
    if (signal.aborted) onAbort();
    return promise.finally(() => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      pending.delete(id);
    });
  }

  /** Takes the client's answer to a question; answers nobody waits for are ignored. */
  settle(response: JsonRpcResponse): void {
    const waiting = response.id === null ? undefined : this.#pending?.get(response.id);
    if (!waiting) return;
    if ('result' in response) waiting.resolve(response.result);
    else waiting.reject(new ProtocolError(response.error.code, response.error.message, { data: response.error.data }));
  }

  /** Ends everything that is open. */
  close(): void {
    this.stopListening?.();
    this.stopListening = undefined;
    for (const channel of this.#channels?.values() ?? []) channel.end();
    this.#channels = undefined;
    for (const { reject } of [...(this.#pending?.values() ?? [])]) reject(new CancelledError('The session has ended.'));
    this.#pending = undefined;
    this.standing = undefined;
  }
}

// Promise.withResolvers is newer than the ES2023 these packages compile to.
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
