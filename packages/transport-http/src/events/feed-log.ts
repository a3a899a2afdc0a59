import type { Clock } from '@toolyard/core';

import type { FeedEvent, FeedLogOptions } from './options.ts';

/** An event as it is sent, and what filters want to know of it. */
export interface LoggedEvent {
  readonly event: FeedEvent;
  readonly sequence: number;
  readonly frame: string;
  readonly bytes: number;
  /** By the clock's `monotonic`. */
  readonly at: number;
}

/** Why events are missing: no longer kept, or of a feed that was there before this one. */
type GapReason = 'expired' | 'restarted';

/** What a reader has missed. */
export interface Missed {
  readonly events: readonly LoggedEvent[];
  /** Set where there were more. */
  readonly gap: GapReason | undefined;
}

/** The last events of a feed, in order, within bounds of number, size and age. */
export class FeedLog {
  readonly #limits: Required<FeedLogOptions>;
  readonly #clock: Clock;
  /** Of this process: sequences of another say nothing here. */
  readonly #epoch = crypto.randomUUID().slice(0, 8);
  readonly #events = new Map<number, LoggedEvent>();
  #last = 0;
  #bytes = 0;

  constructor(limits: Required<FeedLogOptions>, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** The id of the newest event, also where it is not kept any more. */
  get lastId(): string {
    return this.#idOf(this.#last);
  }

  /** Takes a new event; its data is there as JSON, too, which has no line breaks. */
  append(event: Omit<FeedEvent, 'id'>, json: string, jsonBytes: number): LoggedEvent {
    this.#last += 1;
    const id = this.#idOf(this.#last);
    const frame = `id: ${id}\nevent: ${event.type}\ndata: ${json}\n\n`;
    const logged = {
      event: { ...event, id },
      sequence: this.#last,
      frame,
      // All but the data is ASCII.
      bytes: frame.length - json.length + jsonBytes,
      at: this.#clock.monotonic(),
    };
    this.#events.set(this.#last, logged);
    this.#bytes += logged.bytes;
    this.#prune();
    return logged;
  }

  /** What came after an id. One that makes no sense here is one of an earlier feed. */
  since(lastEventId: string): Missed {
    this.#prune();
    const [epoch, digits = ''] = lastEventId.split('-', 2);
    const seen = /^\d{1,15}$/.test(digits) ? Number(digits) : -1;
    const isOwn = epoch === this.#epoch && seen >= 0 && seen <= this.#last;
    const events = [...this.#events.values()].filter(({ sequence }) => !isOwn || sequence > seen);
    if (!isOwn) return { events, gap: 'restarted' };
    const first = events[0]?.sequence ?? this.#last + 1;
    return { events, gap: first > seen + 1 ? 'expired' : undefined };
  }

  #idOf(sequence: number): string {
    return `${this.#epoch}-${sequence}`;
  }

  #prune(): void {
    const { maxEvents, maxBytes, maxAgeMs } = this.#limits;
    const oldest = this.#clock.monotonic() - maxAgeMs;
    for (const [sequence, { bytes, at }] of this.#events) {
      if (this.#events.size <= maxEvents && this.#bytes <= maxBytes && at > oldest) return;
      this.#events.delete(sequence);
      this.#bytes -= bytes;
    }
  }
}
