import type { Clock, Logger } from '@toolyard/core';
/** What `watchFile` needs. */
export interface WatchFileOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when the file has changed, or is gone, and is the same at two looks: nobody is writing it any more. */
  readonly onChange: () => void;
}
/**
 * Watches a file through its directory, because editors put a new file in the place of the old one.
 *
 * @returns once changes from then on are noticed. The function ends it.
 */
export declare function watchFile(path: string, options: WatchFileOptions): Promise<() => void>;
//# sourceMappingURL=watch-file.d.ts.map
