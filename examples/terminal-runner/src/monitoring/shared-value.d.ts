import { type Clock } from '@toolyard/core';
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
export declare function sharedValue<Value>(
  read: () => Promise<Value>,
  {
    maxAgeMs,
    clock,
  }: {
    readonly maxAgeMs: number;
    readonly clock?: Clock | undefined;
  },
): () => Promise<Shared<Value>>;
//# sourceMappingURL=shared-value.d.ts.map
