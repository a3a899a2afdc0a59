import type { Call } from '../call.ts';
import { CancelledError } from '../errors.ts';

/** Why a signal has aborted, as an error. */
export function abortError({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new CancelledError(undefined, { cause: reason });
}

/** What `promise` gives, unless the signal aborts first; then what it gives later is dropped. */
export function orAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(abortError(signal));
    const release = () => signal.removeEventListener('abort', giveUp);
    void promise.then(resolve, reject).finally(release);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

/** Waits, unless the call is given up first: then it rejects at once. */
export async function pause(
  { clock, signal }: Pick<Call, 'clock' | 'signal'>,
  delayMs: number,
): Promise<void> {
  const { promise, resolve } = deferred();
  const timer = clock.after(delayMs, resolve);
  try {
    await orAborted(signal, promise);
  } finally {
    timer.cancel();
  }
}

/** A promise with its resolver. `Promise.withResolvers` is younger than the oldest Node we serve. */
export function deferred<T = void>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
