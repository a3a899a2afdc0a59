import { systemClock, type Clock } from '@toolyard/core';

/** A value that was read for everybody. */
export interface Shared<Value> {
  readonly value: Value;
  /** Since it was read. */
  readonly ageMs: number;
}

/**
 * One value for all who ask, read anew when it is older than `maxAgeMs`. Who asks while it is read waits for the same
 * reading. A failure reaches those who waited and is not kept.
 */
export function sharedValue<Value>(
  read: () => Promise<Value>,
  { maxAgeMs, clock = systemClock }: { readonly maxAgeMs: number; readonly clock?: Clock | undefined },
): () => Promise<Shared<Value>> {
  let kept: { readonly value: Value; readonly at: number } | undefined;
  let reading: Promise<{ readonly value: Value; readonly at: number }> | undefined;

  async function readAnew() {
    try {
      const value = await read();
      return (kept = { value, at: clock.monotonic() });
    } finally {
      reading = undefined;
    }
  }

  return async function get() {
    const isFresh = kept && clock.monotonic() - kept.at <= maxAgeMs;
    const { value, at } = isFresh ? kept! : await (reading ??= readAnew());
    return { value, ageMs: Math.round(clock.monotonic() - at) };
  };
}
