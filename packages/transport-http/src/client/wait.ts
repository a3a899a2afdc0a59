import type { Awaitable, Clock } from '@toolyard/core';

/** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
export function wait(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      timer.cancel();
      reject(signal.reason as Error);
    };
    const timer = clock.after(delayMs, () => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    });
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

/** Resolves after `delayMs`, or when the signal aborts. */
export async function waitOrEnd(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(clock, delayMs, signal);
  } catch {
    // Nothing to do: the wait is over.
  }
}

/** What `action` gives, unless that takes longer than `limitMs`; then the error, and what comes later is dropped. */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  action: () => Awaitable<T>,
  error: () => Error,
): Promise<T> {
  const late = deferred();
  const timer = clock.after(limitMs, late.resolve);
  try {
    return await Promise.race([
      action(),
      late.promise.then(() => {
        throw error();
      }),
    ]);
  } finally {
    timer.cancel();
  }
}

/** A promise with its resolver. */
export function deferred<T = void>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
} {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
