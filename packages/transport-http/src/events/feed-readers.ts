import { callerKey, type Logger } from '@toolyard/core';

import type { Sink } from '../endpoint/message.ts';
import type { LoggedEvent } from './feed-log.ts';
import type { FeedEvent, FeedLimits, FeedOptions, FeedReader } from './options.ts';

/** A sink that can be cut off without waiting for the client to take the rest. */
interface CuttableSink extends Sink {
  cut?(): void;
}

/** A reader with an open stream. */
export interface OpenReader extends FeedReader {
  readonly sink: CuttableSink;
  /** Types it wants; all where there are none. */
  readonly types: ReadonlySet<string> | undefined;
}

/** All readers of a feed: who gets what, how many there may be, and what becomes of slow ones. */
export class FeedReaders {
  readonly #limits: FeedLimits;
  readonly #logger: Logger;
  readonly #allow: NonNullable<FeedOptions['allow']>;
  readonly #open = new Set<OpenReader>();
  readonly #perCaller = new Map<string, number>();

  constructor(limits: FeedLimits, logger: Logger, allow: FeedOptions['allow'] = isOwnOrNobodys) {
    this.#limits = limits;
    this.#logger = logger;
    this.#allow = allow;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Whether one more may come. */
  hasRoomFor(reader: FeedReader): boolean {
    const own = this.#perCaller.get(callerKey(reader)) ?? 0;
    return this.#open.size < this.#limits.maxReaders && own < this.#limits.maxReadersPerCaller;
  }

  /** Counts a reader until its connection is gone, which for one that was cut off may be later. */
  add(reader: OpenReader, onClose: () => void): void {
    const key = callerKey(reader);
    this.#open.add(reader);
    this.#perCaller.set(key, (this.#perCaller.get(key) ?? 0) + 1);
    reader.sink.onClose(() => {
      if (!this.#open.delete(reader)) return;
      const left = this.#perCaller.get(key)! - 1;
      if (left === 0) this.#perCaller.delete(key);
      else this.#perCaller.set(key, left);
      onClose();
    });
  }

  send(logged: LoggedEvent): void {
    for (const reader of this.#open) {
      if (this.mayHave(reader, logged)) this.write(reader, logged.frame);
    }
  }

  mayHave(reader: OpenReader, { event }: LoggedEvent): boolean {
    if (reader.types && !reader.types.has(event.type)) return false;
    try {
      return this.#allow(event, reader);
    } catch (err) {
      this.#logger.error({ err, event: event.type }, 'The filter of an event feed failed.');
      return false;
    }
  }

  write({ sink }: OpenReader, text: string): void {
    if (sink.buffered <= this.#limits.maxBufferedBytes) sink.write(text);
    else cut(sink);
  }
}

/** Ends a stream at once, with what its client has not taken. */
export function cut(sink: CuttableSink): void {
  if (sink.cut) sink.cut();
  else sink.end();
}

function isOwnOrNobodys({ owner }: FeedEvent, reader: FeedReader): boolean {
  return owner === undefined || owner === callerKey(reader);
}
