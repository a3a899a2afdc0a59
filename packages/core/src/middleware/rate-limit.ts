import type { Call, Middleware, NoContext } from '../call.ts';
import { InvalidOptionError, LimitExceededError } from '../errors.ts';
import { canonicalJson } from '../protocol/canonical-json.ts';
import { digest } from '../digest.ts';
import { callerKey } from '../principal.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import { positiveInteger, positiveMs } from '../options.ts';
import { memoryLimiter } from './rate-limit-memory.ts';
import { isNotification } from './methods.ts';
import { orAborted } from '../abort.ts';

/** Options of {@link rateLimit}: `perMinute`, or `points` and `durationMs`, or a `limiter`. */
export type RateLimitOptions<Needs extends object = NoContext> = RateLimitKey<Needs> &
  (
    | (RateLimitMemory & {
        readonly perMinute: number;
        readonly points?: undefined;
        readonly durationMs?: undefined;
      })
    | (RateLimitMemory & {
        readonly points: number;
        readonly durationMs: number;
        readonly perMinute?: undefined;
      })
    | {
        /** Keeps the counts elsewhere, with limits of its own: one of `rate-limiter-flexible`, such as its Redis one. */
        readonly limiter: RateLimiterLike;
        readonly perMinute?: undefined;
        readonly points?: undefined;
        readonly durationMs?: undefined;
        readonly maxKeys?: undefined;
      }
  );

/** What is counted together. */
export interface RateLimitKey<Needs extends object = NoContext> {
  /**
   * Counts each tool, prompt, resource and template for itself. Default `false`: all calls of a caller together.
   */
  readonly perTarget?: boolean | undefined;
  /**
   * What to count by instead of tenant and principal: any JSON. Calls for which it gives `undefined` are not counted.
   */
  readonly key?: ((call: Call<Needs>) => unknown) | undefined;
}

/** What the counts in memory may take. */
export interface RateLimitMemory {
  readonly limiter?: undefined;
  /** Callers to remember at once; above that the ones that started longest ago start anew. Default 100 000. */
  readonly maxKeys?: number | undefined;
}

/** What is used of a limiter: it rejects with `{ msBeforeNext }` where the limit is reached. */
export interface RateLimiterLike {
  consume(key: string, points?: number): Promise<unknown>;
}

/**
 * Limits how often each principal of each tenant may call. A window opens with a caller's first call; calls above the
 * limit are refused with `LimitExceededError`, whose `retryAfterMs` says when the window ends.
 *
 * Counts are per process unless `limiter` shares them. A limiter that fails, fails the call: give it an
 * `insuranceLimiter` to go on without. All anonymous callers are one principal; `key` can tell them apart.
 * Notifications are neither counted nor refused.
 *
 * @throws {InvalidOptionError}
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { rateLimit } from '@toolyard/core/middleware';
 *
 * createApp({ name: 'demo', version: '1.0.0' })
 *   .use(rateLimit({ perMinute: 600 }))
 *   .use('tools/call', rateLimit({ points: 5, durationMs: 1_000, perTarget: true }));
 * ```
 */
export function rateLimit<Needs extends object = NoContext>(
  options: RateLimitOptions<Needs>,
): Middleware<NoContext, Needs> {
  const { key = callerKey, perTarget = false } = options;
  const consume = options.limiter ? sharedCounts(options.limiter) : ownCounts(options);

  return async function limitRate(call, next) {
    const counted = isNotification(call.method) ? undefined : key(call);
    if (counted === undefined) return next();
    const place = perTarget ? [call.method, ...placeOf(call)] : [];
    try {
      await consume([counted, ...place], call);
    } catch (reason) {
      if (reason instanceof Error) throw reason;
      throw limitExceeded(reason);
    }
    return next();
  };
}

/** Not the URI: a template serves as many as a client can make up, and each would have a count of its own. */
function placeOf({ target }: Call): readonly string[] {
  if (!target) return [];
  return [target.kind, target.kind === 'resource' ? target.definition.address : target.name];
}

type OwnLimit = Exclude<RateLimitOptions<never>, { limiter: RateLimiterLike }>;
type Consume = (key: readonly unknown[], call: Call) => Promise<unknown>;

function ownCounts({ perMinute, points, durationMs, maxKeys = 100_000 }: OwnLimit): Consume {
  const limits =
    perMinute === undefined
      ? { points: positiveInteger('points', points), durationMs: positiveMs('durationMs', durationMs) }
      : { points: positiveInteger('perMinute', perMinute), durationMs: 60_000 };
  const limiter = memoryLimiter({ ...limits, maxKeys: positiveInteger('maxKeys', maxKeys) });
  return (key, { clock }) => limiter.consume(canonicalJson(key), 1, { now: clock.now() });
}

function sharedCounts(limiter: RateLimiterLike): Consume {
  if (typeof limiter.consume !== 'function')
    throw new InvalidOptionError('limiter', 'must have a method consume');
  // Databases cut long keys and some compare them without regard to case: a digest suffers from neither.
  return async (key, { signal }) => orAborted(signal, limiter.consume(await digest(key)));
}

function limitExceeded(reason: unknown): LimitExceededError {
  const waitMs = waitOf(reason);
  if (waitMs === undefined) return new LimitExceededError('Too many calls; try again later.');
  return new LimitExceededError(`Too many calls; try again in ${waitMs} ms.`, waitMs);
}

// A union of limiters rejects with a record of those that refused.
function waitOf(reason: unknown): number | undefined {
  if (!isRecord(reason)) return undefined;
  const refusals = typeof reason['msBeforeNext'] === 'number' ? [reason] : Object.values(reason);
  const waits = refusals.map((refusal) => (isRecord(refusal) ? Number(refusal['msBeforeNext']) : NaN));
  const longest = Math.ceil(Math.max(...waits));
  return longest >= 0 && Number.isFinite(longest) ? longest : undefined;
}
