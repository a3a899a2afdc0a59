import { CancelledError } from './errors.ts';

/** The reason of an abort as an error, whatever was given as one. */
export function abortError(reason: unknown): Error {
  return reason instanceof Error ? reason : new CancelledError(undefined, { cause: reason });
}

/** What `promise` gives, unless the signal aborts first; then what it gives later is dropped. */
export function orAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(abortError(signal.reason));
    const release = () => signal.removeEventListener('abort', giveUp);
    void promise.then(resolve, reject).finally(release);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

/** A promise with its resolver. `Promise.withResolvers` is younger than the oldest Node we serve. */
export function deferred<T = void>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
