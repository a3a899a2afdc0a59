import { ToolyardError } from './errors.ts';

/**
 * Keeps JSON values under string keys. `memoryStore`, `sqliteStore` and `keyvStore` are drivers; one of your own
 * fits when it passes `testStore` from `@toolyard/core/testing`.
 *
 * **Keys** are up to 1024 UTF-16 units of well-formed text, the empty string included, and are compared unit by unit.
 * Hash what is longer.
 *
 * **Values** are JSON: `null`, booleans, finite numbers, strings, arrays and plain objects, nested up to 256 deep.
 * They are stored by value: changing an object after `set`, or one that `get` gave, changes nothing in the store.
 * A property that is `undefined` counts as absent, and `-0` reads as `0`. Everything else (dates, maps, class
 * instances, functions, `NaN`) is refused, and so is a value above the driver's `maxValueBytes`.
 *
 * **Expiry** is exact to the millisecond on the driver's clock: an entry written at `t` is there until `t + ttlMs`,
 * and gone at that moment. Without `ttlMs` it stays until it is deleted or makes room.
 *
 * **A full store makes room** instead of refusing: expired entries go first, then the ones its driver names. A live
 * entry can therefore vanish early. Give entries that must not vanish, such as claims, a store of their own and
 * bounds it does not reach.
 *
 * Everything is refused by rejection, never by throwing: a {@link StoreError} for a key or value, an
 * `InvalidOptionError` for `ttlMs`, and whatever the engine reports.
 */
export interface Store {
  /**
   * Whether `create` and `delete` keep their promise under concurrency. Absent means yes; what needs an atomic
   * claim refuses a store that says `false`.
   */
  readonly atomic?: boolean;
  /** The value, or `undefined` when it never existed or has expired. */
  get(key: string): Promise<unknown>;
  /**
   * Creates or replaces; readers see the old value or the new one, never a mix. The old time to live goes with the
   * old value.
   */
  set(key: string, value: unknown, options?: StoreWriteOptions): Promise<void>;
  /** Atomic: true and stored when no live value exists under the key; false and untouched otherwise. */
  create(key: string, value: unknown, options?: StoreWriteOptions): Promise<boolean>;
  /** Atomic: whether there was something to delete. Exactly one of several concurrent deletes gets true. */
  delete(key: string): Promise<boolean>;
  /** Lets go of what the driver opened itself. Every later operation is refused; a second `close` does nothing. */
  close?(): Promise<void>;
}

/** How one value is written. */
export interface StoreWriteOptions {
  /** Time to live: above 0; fractions of a millisecond are rounded up. */
  readonly ttlMs?: number | undefined;
}

/**
 * Why a store refused:
 *
 * - `STORE_KEY_INVALID`: longer than 1024, not a string, or not well-formed text.
 * - `STORE_VALUE_INVALID`: not JSON; the message says which part. From `get`: what lies under the key was written
 *   by somebody else.
 * - `STORE_VALUE_TOO_LARGE`: above what the driver accepts for one entry.
 * - `STORE_WRITE_FAILED`: the engine said that it did not write.
 * - `STORE_OPEN_FAILED`: the file or table cannot be used; `cause` has the engine's reason.
 * - `STORE_CLOSED`: `close` was called.
 */
export type StoreErrorCode =
  | 'STORE_KEY_INVALID'
  | 'STORE_VALUE_INVALID'
  | 'STORE_VALUE_TOO_LARGE'
  | 'STORE_WRITE_FAILED'
  | 'STORE_OPEN_FAILED'
  | 'STORE_CLOSED';

/** A store refused an operation. Never contains the key or the value. */
export class StoreError extends ToolyardError {
  override readonly name: string = 'StoreError';
  override readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.code = code;
  }
}
