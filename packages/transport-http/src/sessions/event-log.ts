import type { JsonRpcMessage } from '@toolyard/core/protocol';
import type { Clock } from '@toolyard/core';

/** Bounds of the events a session keeps for clients that come back. */
export interface EventLogOptions {
  /** Default 1000. */
  readonly maxEvents?: number;
  /** Default 1 MiB, counted in characters. */
  readonly maxBytes?: number;
  /** Default 5 minutes. */
  readonly maxAgeMs?: number;
}

interface LoggedEvent {
  readonly sequence: number;
  readonly stream: number;
  readonly at: number;
  readonly message: JsonRpcMessage;
  readonly size: number;
}

/** An event of the log. */
export interface EventPosition {
  readonly stream: number;
  readonly sequence: number;
}

/** The latest events of one session, so that a dropped stream can be resumed. */
export class EventLog {
  /** In front of every id, so that ids of other sessions are recognised. */
  readonly #tag = crypto.randomUUID().slice(0, 8);
  readonly #events: LoggedEvent[] = [];
  readonly #clock: Clock;
  readonly #limits: Required<EventLogOptions>;
  #bytes = 0;
  #lastSequence = 0;

  constructor(
    clock: Clock,
    { maxEvents = 1000, maxBytes = 1_048_576, maxAgeMs = 300_000 }: EventLogOptions = {},
  ) {
    this.#clock = clock;
    this.#limits = { maxEvents, maxBytes, maxAgeMs };
  }

  /** Takes a place in the order without keeping anything, for an id to resume from. */
  mark(stream: number): string {
    this.#lastSequence += 1;
    return this.#idOf({ stream, sequence: this.#lastSequence });
  }

  append(stream: number, message: JsonRpcMessage): string {
    const id = this.mark(stream);
    const size = JSON.stringify(message).length;
    this.#events.push({ sequence: this.#lastSequence, stream, at: this.#clock.now(), message, size });
    this.#bytes += size;
    this.trim();
    return id;
  }

  /** Events of the same stream after a position, oldest first. */
  after({ stream, sequence }: EventPosition): { id: string; message: JsonRpcMessage }[] {
    this.trim();
    return this.#events
      .filter((event) => event.stream === stream && event.sequence > sequence)
      .map((event) => ({ id: this.#idOf(event), message: event.message }));
  }

  /** The place an id names; `undefined` for ids this log cannot have made. */
  find(id: string): EventPosition | undefined {
    const [, tag, stream, sequence] = /^([\da-f]{8})-(\d{1,15})-(\d{1,15})$/.exec(id) ?? [];
    if (tag !== this.#tag || Number(sequence) > this.#lastSequence) return undefined;
    return { stream: Number(stream), sequence: Number(sequence) };
  }

  /** Drops what is too old or too much. The newest event stays, however large. */
  trim(): void {
    const { maxEvents, maxBytes, maxAgeMs } = this.#limits;
    const oldest = this.#clock.now() - maxAgeMs;
    let drop = 0;
    for (const event of this.#events) {
      const left = this.#events.length - drop;
      const keep = left <= 1 || (left <= maxEvents && this.#bytes <= maxBytes);
      if (keep && event.at > oldest) break;
      this.#bytes -= event.size;
      drop += 1;
    }
    if (drop > 0) this.#events.splice(0, drop);
  }

  get size(): number {
    return this.#events.length;
  }

  #idOf({ stream, sequence }: EventPosition): string {
    return `${this.#tag}-${stream}-${sequence}`;
  }
}
