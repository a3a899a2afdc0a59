import type { OpenExchange } from '../endpoint/open-exchanges.ts';
import type { FeedLog } from './feed-log.ts';
import { cut, type FeedReaders, type OpenReader } from './feed-readers.ts';

/** Beats that a reader may take nothing at all before it is given up. */
const MAX_STALLED_BEATS = 4;

/** What one reader hears, from what it missed to its end. */
export class FeedStream implements OpenExchange {
  readonly listening = true;
  readonly #log: FeedLog;
  readonly #readers: FeedReaders;
  readonly #reader: OpenReader;
  #stalledBeats = 0;

  constructor(
    { log, readers }: { readonly log: FeedLog; readonly readers: FeedReaders },
    reader: OpenReader,
  ) {
    this.#log = log;
    this.#readers = readers;
    this.#reader = reader;
  }

  /** Sends what was missed, and counts the reader among those that hear what comes. */
  begin(lastEventId: string | undefined, retryMs: number, onClose: () => void): void {
    const { events, gap } = lastEventId === undefined ? NOTHING_MISSED : this.#log.since(lastEventId);
    const notice =
      gap && `event: gap\ndata: ${JSON.stringify({ reason: gap, lastEventId: this.#log.lastId })}\n\n`;
    const missed = events.filter((logged) => this.#readers.mayHave(this.#reader, logged));
    const frames = missed.map(({ frame }) => frame).join('');
    // An id at once, so that a reader who is cut off before its first event comes back to here and not to the start.
    this.#reader.sink.write(`retry: ${retryMs}\n\n${notice ?? ''}${frames}id: ${this.#log.lastId}\n\n`);
    this.#readers.add(this.#reader, onClose);
  }

  beat(): void {
    const { sink } = this.#reader;
    this.#stalledBeats = sink.buffered > 0 ? this.#stalledBeats + 1 : 0;
    if (this.#stalledBeats >= MAX_STALLED_BEATS) cut(sink);
    // With the id of what this reader was not meant to get: the next time it does not look as if it had missed that.
    else this.#readers.write(this.#reader, `: keep-alive\nid: ${this.#log.lastId}\n\n`);
  }

  abort(): void {
    this.#reader.sink.end();
  }
}

const NOTHING_MISSED = { events: [], gap: undefined } as const;
