import type { Awaitable, Clock } from '@toolyard/core';

import type { EventBounds } from './state.ts';

/** Bounds of the events a session keeps for clients that come back. */
export interface EventLogOptions {
  /** Default 1000. */
  readonly maxEvents?: number;
  /** Default 1 MiB, counted in characters. */
  readonly maxBytes?: number;
  /** Default 5 minutes. */
  readonly maxAgeMs?: number;
}

/** {@link EventLogOptions} with its defaults. */
export function eventBoundsOf({
  maxEvents = 1000,
  maxBytes = 1_048_576,
  maxAgeMs = 300_000,
}: EventLogOptions = {}): EventBounds {
  return { maxEvents, maxBytes, maxAgeMs };
}

/** A place in a session's events, as an event id names it. */
export interface EventPosition {
  readonly stream: string;
  readonly sequence: number;
}

/** An event that the client has not seen. */
export interface MissedEvent {
  readonly id: string;
  readonly text: string;
}

/** The events of one session. */
export interface SessionLog {
  /**
   * Takes the first place of a stream, for an id to resume from.
   *
   * @param requestId - what the stream answers, if it answers a request.
   * @returns `undefined` where the place could not be kept.
   */
  begin(stream: string, requestId: string | number | undefined): Awaitable<string | undefined>;
  /** Keeps an event; `undefined` where that failed, {@link TAKEN_OVER} where the stream is not to be written any more. */
  append(stream: string, text: string): Awaitable<string | undefined | typeof TAKEN_OVER>;
  /** The place an id names; `undefined` for ids of other sessions. */
  find(id: string): EventPosition | undefined;
}

/** Name of the stream of `GET`. Those of calls are others. */
export const STANDING = '0';

/** The stream is written by another node now. */
export const TAKEN_OVER = Symbol('taken over');

/** Writes the id of an event. */
export function eventId(tag: string, { stream, sequence }: EventPosition): string {
  return `${tag}-${stream}-${sequence}`;
}

/** Reads the id of an event of the session with that tag. */
export function parseEventId(tag: string, id: string): EventPosition | undefined {
  const [, found, stream, sequence] = /^([\da-f]{8})-([\da-z]{1,32})-(\d{1,16})$/.exec(id) ?? [];
  return found === tag && stream !== undefined ? { stream, sequence: Number(sequence) } : undefined;
}

/** In front of the ids of a session's events. */
export function newTag(): string {
  return crypto.randomUUID().slice(0, 8);
}

interface LocalEvent extends EventPosition {
  readonly at: number;
  readonly text: string;
}

/** The latest events of a session that one process keeps for itself. */
export class LocalSessionLog implements SessionLog {
  readonly #tag = newTag();
  readonly #events: LocalEvent[] = [];
  readonly #clock: Clock;
  readonly #bounds: EventBounds;
  #bytes = 0;
  #lastSequence = 0;

  constructor(clock: Clock, bounds: EventBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  begin(stream: string): string {
    this.#lastSequence += 1;
    return eventId(this.#tag, { stream, sequence: this.#lastSequence });
  }

  append(stream: string, text: string): string {
    const id = this.begin(stream);
    this.#events.push({ sequence: this.#lastSequence, stream, at: this.#clock.now(), text });
    this.#bytes += text.length;
    this.trim();
    return id;
  }

  /** Events of the same stream after a position, oldest first. */
  after({ stream, sequence }: EventPosition): MissedEvent[] {
    this.trim();
    return this.#events
      .filter((event) => event.stream === stream && event.sequence > sequence)
      .map((event) => ({ id: eventId(this.#tag, event), text: event.text }));
  }

  find(id: string): EventPosition | undefined {
    const position = parseEventId(this.#tag, id);
    return position && position.sequence <= this.#lastSequence ? position : undefined;
  }

  /** Drops what is too old or too much. The newest event stays, however large. */
  trim(): void {
    const { maxEvents, maxBytes, maxAgeMs } = this.#bounds;
    const oldest = this.#clock.now() - maxAgeMs;
    let drop = 0;
    for (const event of this.#events) {
      const left = this.#events.length - drop;
      const keep = left <= 1 || (left <= maxEvents && this.#bytes <= maxBytes);
      if (keep && event.at > oldest) break;
      this.#bytes -= event.text.length;
      drop += 1;
    }
    if (drop > 0) this.#events.splice(0, drop);
  }
}
