import type { Clock } from '@toolyard/core';
import type { PreparedCommand, ProcessExit } from '@toolyard/core/process';
/** Results of commands that give the same for the same files. */
export interface ResultCache {
  /** What `run` gives, or gave before for the same command of the same owner while no file has changed since. */
  get(
    request: CachedRun,
    run: () => Promise<ProcessExit>,
  ): Promise<{
    exit: ProcessExit;
    isCached: boolean;
  }>;
}
interface CachedRun {
  readonly owner: string;
  readonly command: PreparedCommand;
  readonly clock: Clock;
}
/**
 * Keeps the results of pure commands for ten minutes, 256 of them, of 64 KiB each at most. A command is kept by its
 * program, arguments, directory, environment and input, and by identity, size and times of every file it names; one that
 * names anything but regular files is not.
 */
export declare function createResultCache(): ResultCache;
export {};
//# sourceMappingURL=result-cache.d.ts.map
