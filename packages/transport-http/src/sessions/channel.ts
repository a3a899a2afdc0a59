import type { Timer } from '@toolyard/core';
import type { JsonRpcMessage } from '@toolyard/core/protocol';

import type { Sink } from '../endpoint/message.ts';
import { SSE_HEADERS, sseEvent, ssePrime } from '../endpoint/sse.ts';
import type { Reply, HttpHeaders } from '../endpoint/message.ts';
import type { HttpSession } from './session.ts';

/** An event that the client has not seen. */
interface MissedEvent {
  readonly id: string;
  readonly message: JsonRpcMessage;
}

/** What a stream's client may leave untaken before it is cut off. */
const MAX_BUFFERED_BYTES = 16 * 1_048_576;

/** Told to clients as the time to wait before they come back. */
const RETRY_MS = 1000;

/**
 * A stream of messages to one client that outlives the connections it travels on: while nobody is connected it is
 * written to the session's event log alone.
 */
export class Channel {
  readonly id: number;
  readonly #session: HttpSession;
  readonly #onAbandoned: () => void;
  #sink: Sink | undefined;
  #abandonTimer: Timer | undefined;
  #ended = false;
  #finished = false;

  /** @param onAbandoned - runs when no client has been connected for the time events are kept. */
  constructor(session: HttpSession, id: number, onAbandoned: () => void) {
    this.#session = session;
    this.id = id;
    this.#onAbandoned = onAbandoned;
  }

  get connected(): boolean {
    return this.#sink !== undefined;
  }

  /** Opens the answer to a request as this channel, first with what was missed. */
  open(reply: Reply, headers: HttpHeaders, missed: readonly MissedEvent[] = []): void {
    this.attach(reply.open(200, { ...SSE_HEADERS, ...headers }), missed);
    // Older clients parse every event as JSON and would choke on an empty one; during `initialize` nobody knows yet.
    if ((this.#session.record?.protocolVersion ?? '') >= '2025-11-25') {
      this.#sink?.write(ssePrime(this.#session.log.mark(this.id), RETRY_MS));
    }
  }

  /** Continues on another connection, first with what was missed; the connection before is closed. */
  attach(sink: Sink, missed: readonly MissedEvent[] = []): void {
    this.#abandonTimer?.cancel();
    const former = this.#sink;
    this.#sink = sink;
    former?.end();
    for (const { id, message } of missed) sink.write(sseEvent(message, id));
    sink.onClose(() => {
      if (this.#sink !== sink) return;
      this.#sink = undefined;
      this.#session.touch();
      this.#waitForReturn();
    });
  }

  send(message: JsonRpcMessage): void {
    if (this.#ended) return;
    const id = this.#session.log.append(this.id, message);
    const sink = this.#sink;
    if (!sink) return;
    if (sink.buffered > MAX_BUFFERED_BYTES) sink.end();
    else sink.write(sseEvent(message, id));
  }

  keepAlive(chunk: string): void {
    this.#sink?.write(chunk);
  }

  /** Closes the connection and leaves the channel open. */
  detach(): void {
    this.#sink?.end();
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
    this.#sink?.end();
  }

  #waitForReturn(): void {
    if (this.#ended) return;
    this.#abandonTimer = this.#session.clock.after(this.#session.resumeWindowMs, () => {
      if (this.#sink === undefined && !this.#ended) this.#onAbandoned();
    });
  }
}
