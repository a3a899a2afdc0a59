/** A value now or later. */
export type Awaitable<T> = T | Promise<T>;

/** Whether a value has to be awaited: promises, those of other realms, and what query builders hand out. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}
