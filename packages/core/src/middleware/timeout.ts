import type { Middleware } from '../call.ts';
import { TimeoutError } from '../errors.ts';
import { isAnsweredSoon } from './methods.ts';
import { positiveMs } from '../options.ts';

/** Options of {@link timeout}. */
export interface TimeoutOptions {
  /** How long everything further in may take. */
  readonly timeoutMs: number;
}

/**
 * Gives up calls that take longer. Tools have a limit of their own already, their `timeoutMs` or the app's; this one
 * can only be tighter, and holds for whatever it is used on.
 *
 * The time a 2025 client's person takes to answer a question counts here, unlike in a tool's own `timeoutMs`.
 * Streams opened with `subscriptions/listen` are not limited.
 *
 * @throws {InvalidOptionError} when `timeoutMs` is not above 0.
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { timeout } from '@toolyard/core/middleware';
 *
 * createApp({ name: 'demo', version: '1.0.0' }).use('resources/read', timeout({ timeoutMs: 2_000 }));
 * ```
 */
export function timeout({ timeoutMs }: TimeoutOptions): Middleware {
  positiveMs('timeoutMs', timeoutMs);
  return async function applyTimeout(call, next) {
    if (!isAnsweredSoon(call.method)) return next();
    const limit = new AbortController();
    const { signal } = call;
    let timedOut = false;
    const timer = call.clock.after(timeoutMs, () => {
      timedOut = true;
      limit.abort(new TimeoutError(call.target?.name ?? call.method, timeoutMs));
    });
    // AbortSignal.any() would do the same at three times the cost.
    const passOn = () => limit.abort(signal.reason);
    if (signal.aborted) passOn();
    else signal.addEventListener('abort', passOn);
    // Not before: what the handler has left running has to learn of it too.
    call.onSettled(() => signal.removeEventListener('abort', passOn));
    try {
      return await next({ signal: limit.signal });
    } catch (error) {
      // What notices the signal first may fail with an error of its own.
      if (timedOut && !signal.aborted) throw limit.signal.reason;
      throw error;
    } finally {
      timer.cancel();
    }
  };
}
