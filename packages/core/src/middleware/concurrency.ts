import type { Call, Middleware } from '../call.ts';
import { InvalidOptionError, LimitExceededError } from '../errors.ts';
import { callerKey } from '../principal.ts';
import { isAnsweredSoon } from './methods.ts';
import { positiveInteger, positiveMs } from '../options.ts';
import { deferred, orAborted } from '../abort.ts';

/** Options of {@link concurrency}. At least one of `max` and `perPrincipal` is needed. */
export interface ConcurrencyOptions {
  /** Calls that may run at once, of all callers together. Default: any number. */
  readonly max?: number | undefined;
  /** Calls of one principal of one tenant that may run at once. Default: any number. */
  readonly perPrincipal?: number | undefined;
  /** Where calls wait for their turn. Default: nowhere, they are refused. */
  readonly queue?: ConcurrencyQueue | undefined;
}

/** Where calls wait that are above the limit. */
export interface ConcurrencyQueue {
  /** Calls that may wait at once. */
  readonly max: number;
  /** How long one may wait. The call's own time limit goes on meanwhile. */
  readonly timeoutMs: number;
}

/**
 * Limits how many calls run at once. The ones above wait in a queue, first come first served; a principal at its own
 * limit does not hold up those behind it. Calls that are given up leave the queue. Beyond it, calls are refused with
 * `LimitExceededError`.
 *
 * A call that is given up frees its place at once, even where its handler ignores the signal and goes on. A tool that
 * calls another through the app takes a second place. Streams opened with `subscriptions/listen` take none.
 *
 * @throws {InvalidOptionError}
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { concurrency } from '@toolyard/core/middleware';
 *
 * createApp({ name: 'demo', version: '1.0.0' }).use(
 *   'tools/call',
 *   concurrency({ max: 50, perPrincipal: 5, queue: { max: 200, timeoutMs: 5_000 } }),
 * );
 * ```
 */
export function concurrency(options: ConcurrencyOptions): Middleware {
  const places = createPlaces(options);
  return async function limitConcurrency(call, next) {
    if (!isAnsweredSoon(call.method)) return next();
    const caller = callerKey(call);
    if (!places.take(caller)) await places.waitFor(caller, call);
    try {
      return await next();
    } finally {
      places.free(caller);
    }
  };
}

interface Waiting {
  readonly caller: string;
  readonly admit: () => void;
}

function createPlaces({ max, perPrincipal, queue }: ConcurrencyOptions) {
  if (max === undefined && perPrincipal === undefined) {
    throw new InvalidOptionError('max', 'or perPrincipal has to be there');
  }
  const total = max === undefined ? Infinity : positiveInteger('max', max);
  const each = perPrincipal === undefined ? Infinity : positiveInteger('perPrincipal', perPrincipal);
  const queueMax = queue ? positiveInteger('queue.max', queue.max) : 0;
  const queueTimeoutMs = queue ? positiveMs('queue.timeoutMs', queue.timeoutMs) : 0;

  let taken = 0;
  const takenBy = new Map<string, number>();
  // Nobody in here could have a place: each place that gets free is taken by the first who can, in `free`.
  const waiting = new Set<Waiting>();

  function take(caller: string): boolean {
    const own = takenBy.get(caller) ?? 0;
    if (taken >= total || own >= each) return false;
    taken += 1;
    takenBy.set(caller, own + 1);
    return true;
  }

  function free(caller: string): void {
    taken -= 1;
    const own = takenBy.get(caller)! - 1;
    if (own > 0) takenBy.set(caller, own);
    else takenBy.delete(caller);
    for (const next of waiting) {
      if (!take(next.caller)) continue;
      waiting.delete(next);
      next.admit();
      return;
    }
  }

  async function waitFor(caller: string, call: Call): Promise<void> {
    if (waiting.size >= queueMax)
      throw new LimitExceededError('Too many calls are running; try again later.');
    const turn = deferred();
    const place = { caller, admit: turn.resolve };
    waiting.add(place);
    const timeUp = new AbortController();
    const timer = call.clock.after(queueTimeoutMs, () =>
      timeUp.abort(
        new LimitExceededError(`Too many calls are running; none ended within ${queueTimeoutMs} ms.`),
      ),
    );
    try {
      await orAborted(AbortSignal.any([call.signal, timeUp.signal]), turn.promise);
    } catch (error) {
      // Given up in the very moment in which it was admitted: the place goes to the next.
      if (!waiting.delete(place)) free(caller);
      throw error;
    } finally {
      timer.cancel();
    }
  }

  return { take, free, waitFor };
}
