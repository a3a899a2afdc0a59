import { type Clock, type Logger } from '@toolyard/core';
/** What `openChainedFile` needs. */
export interface ChainedFileOptions {
  /** In a directory that exists. Belongs to one process. */
  readonly path: string;
  readonly logger: Logger;
  /** Bytes after which a new file is begun. Default: 16 MiB. */
  readonly maxBytes?: number | undefined;
  /** Full files that are kept beside it. Default: 4. */
  readonly maxFiles?: number | undefined;
  /** Lines that may wait for the disk; those that come then are lost. Default: 2,000. */
  readonly maxQueue?: number | undefined;
  readonly clock?: Clock | undefined;
}
/** What one line says. Plain JSON; fields that are `undefined` are left out. */
export type ChainedLine = Readonly<Record<string, unknown>>;
/** Lines of JSON in a file that only grows, each with the hash of the one before. */
export interface ChainedFile {
  /** Adds a line. Never throws and never waits: a failure is logged, and the next line that is kept counts what was lost. */
  add(line: ChainedLine): void;
  /** Resolves when what was added is written or has failed, at the latest after 2 seconds. */
  flush(): Promise<void>;
  /** Flushes, waits for the disk, and takes no more lines. */
  close(): Promise<void>;
}
/**
 * Opens a log of JSON lines: mode 0600, only ever appended to, rotated, repaired after a crash. The lines form a hash
 * chain through all files and restarts, which `verifyAuditChain` checks.
 *
 * @throws {ToolyardError} `AUDIT_LOG_DAMAGED` when the file is something else.
 * @throws the error of the system when it cannot be opened.
 */
export declare function openChainedFile(options: ChainedFileOptions): Promise<ChainedFile>;
//# sourceMappingURL=chained-file.d.ts.map
