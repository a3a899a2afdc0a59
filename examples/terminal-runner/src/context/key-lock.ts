/** Runs work one after another for each key, and side by side for different keys. */
export interface KeyLock {
  run<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
}

/** A lock within this process. Keys without work are forgotten. */
export function createKeyLock(): KeyLock {
  const tails = new Map<string, Promise<unknown>>();
  return {
    async run(key, work) {
      const before = tails.get(key) ?? Promise.resolve();
      const turn = before.then(work, work);
      tails.set(key, turn);
      try {
        return await turn;
      } finally {
        if (tails.get(key) === turn) tails.delete(key);
      }
    },
  };
}
