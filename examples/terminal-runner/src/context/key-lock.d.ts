/** Runs work one after another for each key, and side by side for different keys. */
export interface KeyLock {
  run<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
}
/** A lock within this process. Keys without work are forgotten. */
export declare function createKeyLock(): KeyLock;
//# sourceMappingURL=key-lock.d.ts.map
