/** A value now or later. */
export type Awaitable<T> = T | Promise<T>;

/** What `convert` makes of a value: now where the value is there already, so that nobody waits for nothing. */
export function whenReady<A, B>(
  value: A | PromiseLike<A>,
  convert: (value: A) => Awaitable<B>,
): Awaitable<B> {
  return isPromiseLike(value) ? Promise.resolve(value).then(convert) : convert(value);
}

/** Whether a value has to be awaited: promises, those of other realms, and what query builders hand out. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}
