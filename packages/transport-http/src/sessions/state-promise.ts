import type { Awaitable } from '@toolyard/core';

/** Goes on with a value that may be there already, without a turn of the event loop where it is. */
export function andThen<T, R>(value: Awaitable<T>, action: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPromise(value) ? value.then(action) : action(value);
}

export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return value instanceof Promise;
}
