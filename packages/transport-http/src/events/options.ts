import { InvalidOptionError, type Clock, type Logger, type Principal } from '@toolyard/core';

/** One event, as filters see it. */
export interface FeedEvent {
  /** Where readers come back to. */
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  /** Whose it is: what `callerKey` gives. Absent: nobody's in particular. */
  readonly owner: string | undefined;
}

/** On whose behalf a feed is read. */
export interface FeedReader {
  readonly principal: Principal;
  readonly tenant: string | undefined;
}

/** Options of `createEventFeed`. */
export interface FeedOptions {
  /** How much is kept for readers who come back. */
  readonly log?: FeedLogOptions;
  /**
   * Who gets which event. Default: events with an owner go to that owner alone, all others to everybody who may read
   * the feed. Called for each event and reader, and must not throw: one that does lets nothing pass.
   */
  readonly allow?: (event: FeedEvent, reader: FeedReader) => boolean;
  /** Largest event, as JSON. Default 64 KiB. */
  readonly maxEventBytes?: number;
  /** Readers at once; further ones get 503. Default 256. */
  readonly maxReaders?: number;
  /** Readers at once of one principal of one tenant; all anonymous ones are one. Default 64. */
  readonly maxReadersPerCaller?: number;
  /** What a reader may leave untaken before it is cut off; it comes back and goes on where it was. Default 4 MiB. */
  readonly maxBufferedBytes?: number;
  /** The time. Default: the system's; tests pass `fakeClock()`. */
  readonly clock?: Clock;
  /** Where failures of filters and sources go. Default: nowhere. */
  readonly logger?: Logger;
}

/** How much a feed keeps: whichever limit is reached first. */
export interface FeedLogOptions {
  /** Default 1000. */
  readonly maxEvents?: number;
  /** Bytes of all events together. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Default 5 minutes. */
  readonly maxAgeMs?: number;
}

/** The limits among {@link FeedOptions}, with their defaults. */
export interface FeedLimits {
  readonly log: Required<FeedLogOptions>;
  readonly maxEventBytes: number;
  readonly maxReaders: number;
  readonly maxReadersPerCaller: number;
  readonly maxBufferedBytes: number;
}

/** @throws {InvalidOptionError} `INVALID_OPTION` for a value that cannot work. */
export function limitsOf(options: FeedOptions): FeedLimits {
  const { maxEvents = 1000, maxBytes = 1_048_576, maxAgeMs = 300_000 } = options.log ?? {};
  const { maxEventBytes = 65_536, maxReaders = 256, maxReadersPerCaller = 64 } = options;
  const { maxBufferedBytes = 4 * 1_048_576 } = options;
  const log = { maxEvents, maxBytes, maxAgeMs };
  for (const [name, value] of Object.entries(log)) positive(`log.${name}`, value);
  const limits = { maxEventBytes, maxReaders, maxReadersPerCaller, maxBufferedBytes };
  for (const [name, value] of Object.entries(limits)) positive(name, value);
  return { log, ...limits };
}

function positive(option: string, value: number): void {
  if (!(value > 0)) throw new InvalidOptionError(option, 'must be above 0');
}
