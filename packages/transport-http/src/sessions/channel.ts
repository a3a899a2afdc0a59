import type { Awaitable, Timer } from '@toolyard/core';
import { stringifyMessage, type JsonRpcMessage } from '@toolyard/core/protocol';

import type { Sink } from '../endpoint/message.ts';
import { SSE_HEADERS, ssePrime, sseText } from '../endpoint/sse.ts';
import type { Reply, HttpHeaders } from '../endpoint/message.ts';
import { TAKEN_OVER, type MissedEvent } from './session-log.ts';
import type { HttpSession } from './session.ts';
import { isPromise } from './state-promise.ts';

/** What a stream's client may leave untaken before it is cut off. */
export const MAX_BUFFERED_BYTES = 16 * 1_048_576;

/** Told to clients as the time to wait before they come back. */
const RETRY_MS = 1000;

/** What a {@link Channel} is for. */
export interface ChannelOptions {
  /** What it answers, if it answers a request. */
  readonly requestId?: string | number | undefined;
  /** Runs when no client has been connected for the time events are kept. */
  readonly onAbandoned: () => void;
  /** Runs with what could not be sent because another node writes this stream now. */
  readonly onTakenOver?: ((text: string) => void) | undefined;
}

/**
 * A stream of messages to one client that outlives the connections it travels on: while nobody is connected it is
 * written to the session's event log alone.
 */
export class Channel {
  readonly id: string;
  readonly #session: HttpSession;
  readonly #options: ChannelOptions;
  #sink: Sink | undefined;
  #abandonTimer: Timer | undefined;
  #ended = false;
  #finished = false;
  /** What waits for the log, which gives events their ids; `undefined` while nothing does. */
  #queue: Promise<void> | undefined;

  constructor(session: HttpSession, id: string, options: ChannelOptions) {
    this.#session = session;
    this.id = id;
    this.#options = options;
  }

  get connected(): boolean {
    return this.#sink !== undefined;
  }

  /** Opens the answer to a request as this channel, first with what was missed. */
  open(reply: Reply, headers: HttpHeaders, missed: readonly MissedEvent[] = []): void {
    this.attach(reply.open(200, { ...SSE_HEADERS, ...headers }), missed);
    // Older clients parse every event as JSON and would choke on an empty one; during `initialize` nobody knows yet.
    const isPrimed = (this.#session.record?.protocolVersion ?? '') >= '2025-11-25';
    if (!isPrimed && !this.#session.isShared) return;
    this.#inOrder(this.#session.log.begin(this.id, this.#options.requestId), (id) => {
      if (isPrimed && id !== undefined) this.#sink?.write(ssePrime(id, RETRY_MS));
    });
  }

  /** Continues on another connection, first with what was missed; the connection before is closed. */
  attach(sink: Sink, missed: readonly MissedEvent[] = []): void {
    this.#abandonTimer?.cancel();
    const former = this.#sink;
    this.#sink = sink;
    former?.end();
    for (const { id, text } of missed) sink.write(sseText(text, id));
    sink.onClose(() => {
      if (this.#sink !== sink) return;
      this.#sink = undefined;
      this.#session.touch();
      this.#waitForReturn();
    });
  }

  send(message: JsonRpcMessage): void {
    if (!this.#ended) this.sendText(stringifyMessage(message));
  }

  /** {@link Channel.send} for a message that was written as JSON already. */
  sendText(text: string): void {
    if (this.#ended) return;
    this.#inOrder(this.#session.log.append(this.id, text), (id) => {
      if (id === TAKEN_OVER) this.#options.onTakenOver?.(text);
      else this.#write(text, id);
    });
  }

  keepAlive(chunk: string): void {
    this.#sink?.write(chunk);
  }

  /** Closes the connection and leaves the channel open. */
  detach(): void {
    this.#inOrder(undefined, () => this.#sink?.end());
  }

  /** The client has come back on another node, which asks for this now and then while it stays. */
  keep(): void {
    if (this.#sink) {
      this.#sink.end();
      return;
    }
    this.#abandonTimer?.cancel();
    this.#waitForReturn();
  }

  /** Nothing more will be sent; the client may still come back for what it missed. */
  finish(): void {
    this.#finished = true;
  }

  get finished(): boolean {
    return this.#finished;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#abandonTimer?.cancel();
    this.#inOrder(undefined, () => this.#sink?.end());
  }

  #write(text: string, id: string | undefined): void {
    const sink = this.#sink;
    if (!sink) return;
    if (sink.buffered > MAX_BUFFERED_BYTES) sink.end();
    else sink.write(sseText(text, id));
  }

  /** Acts at once where nothing has to be waited for. Values never reject. */
  #inOrder<T>(value: Awaitable<T>, action: (value: T) => void): void {
    if (this.#queue === undefined && !isPromise(value)) {
      action(value);
      return;
    }
    const queue = this.#afterQueue(value, action);
    this.#queue = queue;
    void queue.then(() => {
      if (this.#queue === queue) this.#queue = undefined;
    });
  }

  async #afterQueue<T>(value: Awaitable<T>, action: (value: T) => void): Promise<void> {
    await this.#queue;
    action(await value);
  }

  #waitForReturn(): void {
    if (this.#ended) return;
    this.#abandonTimer = this.#session.clock.after(this.#session.resumeWindowMs, () => {
      if (this.#sink === undefined && !this.#ended) this.#options.onAbandoned();
    });
  }
}
