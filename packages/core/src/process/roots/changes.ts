/** Runs the changes of a file one after the other, so that none is based on what another one replaces. */
export function createChanges(): {
  run<Result>(realPath: string, work: () => Promise<Result>): Promise<Result>;
} {
  const last = new Map<string, Promise<unknown>>();
  return {
    async run(realPath, work) {
      // Without case, as some file systems have it; two files that wait for each other harm nobody.
      const key = realPath.toLowerCase();
      const before = last.get(key);
      const own = before ? before.then(work, work) : work();
      last.set(key, own);
      try {
        return await own;
      } finally {
        if (last.get(key) === own) last.delete(key);
      }
    },
  };
}
