import { systemClock, type Clock } from '../clock.ts';
import { InvalidOptionError } from '../errors.ts';
import { silentLogger, type Logger } from '../logger.ts';
import { positiveInteger, positiveMs } from '../options.ts';
import type { CacheHint, Implementation } from '../protocol/messages.ts';
import { extentWithin, type InputLimits } from '../registry/argument-limits.ts';
import { AppCore } from './core.ts';
import { RequestStateCodec } from './request-state.ts';

/** Options of `createApp`. */
export interface AppOptions extends Omit<Implementation, 'icons'> {
  readonly icons?: Implementation['icons'];
  /** Told to clients on connection: how to use this server. */
  readonly instructions?: string;
  /**
   * Sign what clients carry between the rounds of a request; at least 32 characters each. The first signs, all open,
   * so put a new one in front to rotate. Without any, a random one is made: enough for one process.
   */
  readonly secrets?: readonly string[];
  /** Where records of calls and failures go; any pino logger fits. Default: nowhere. */
  readonly logger?: Logger;
  /** Longest run of a handler that does not say otherwise. `Infinity` for no limit. Default 60 000. */
  readonly timeoutMs?: number;
  /** How long a person may take to answer a question. Default 600 000. */
  readonly inputTimeoutMs?: number;
  /** How much one client may send as the arguments of a call. Larger ones are refused before they are checked. */
  readonly inputLimits?: InputLimits;
  /** Items per page of a list. Default 500. */
  readonly pageSize?: number;
  /** How long clients may keep lists and resources that do not say otherwise. Default: not at all. */
  readonly cache?: Partial<CacheHint>;
  /** Streams for changes that may be open at once. Default 1024. */
  readonly maxSubscriptions?: number;
  /** The time, for everything in the app. Default: the system's; tests pass `fakeClock()`. */
  readonly clock?: Clock;
}

/** @throws {InvalidOptionError} `INVALID_OPTION` */
export function createCore(options: AppOptions): AppCore {
  const { instructions, secrets = [], logger = silentLogger, clock = systemClock } = options;
  const {
    timeoutMs = 60_000,
    inputTimeoutMs = 600_000,
    pageSize = 500,
    maxSubscriptions = 1024,
    inputLimits = {},
    cache,
  } = options;
  if (options.name === '' || options.version === '')
    throw new InvalidOptionError('name and version', 'must not be empty');
  if (!(timeoutMs > 0)) throw new InvalidOptionError('timeoutMs', 'must be above 0');
  positiveMs('inputTimeoutMs', inputTimeoutMs);
  positiveInteger('pageSize', pageSize);
  positiveInteger('maxSubscriptions', maxSubscriptions);
  extentWithin(inputLimits); // says what is wrong with them
  const { name, version, title, description, websiteUrl, icons } = options;
  const info: Implementation = {
    name,
    version,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(websiteUrl !== undefined && { websiteUrl }),
    ...(icons && { icons }),
  };
  const settings = {
    info,
    instructions,
    timeoutMs,
    inputTimeoutMs,
    pageSize,
    maxSubscriptions,
    inputLimits,
    cache: { ttlMs: cache?.ttlMs ?? 0, cacheScope: cache?.cacheScope ?? 'private' },
  } as const;
  return new AppCore(
    settings,
    clock,
    logger,
    new RequestStateCodec(secrets, clock, Math.ceil(inputTimeoutMs / 1000)),
  );
}
