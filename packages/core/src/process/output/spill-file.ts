import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdtemp, open, rm, rmdir, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SpilledOutput } from './output-capture.ts';
import { privateDirectory } from './private-directory.ts';
import { withoutPartialEnd } from './utf8.ts';

/** A private file that takes everything in order, up to a number of bytes. */
export interface SpillFile {
  /** A promise where the disk falls behind: wait for it before more. What does not fit any more is dropped. */
  write(bytes: Buffer): Promise<void> | undefined;
  /** Writes what is pending and closes the file. */
  end(): Promise<void>;
  /** Where it is, once it is there. */
  snapshot(): SpilledOutput | undefined;
  /** Why there is no file, or no more of it. */
  readonly error: Error | undefined;
  /** Removes the file, unless somebody has taken it, and the directory made for it. */
  discard(): Promise<void>;
}

export interface SpillOptions {
  readonly maxBytes: number;
  /** Kept in memory before there is a file. */
  readonly keepBytes: number;
  /** Default: a fresh one among the temporary files. */
  readonly directory: string | undefined;
}

/** Bytes that may wait for the disk. */
const MAX_PENDING = 1_048_576;

export function spillFile({ maxBytes, keepBytes, directory }: SpillOptions): SpillFile {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  /** Taken from the writer, on disk or not. */
  let accepted = 0;
  let writtenBytes = 0;
  let truncated = false;
  let ended = false;
  let path: string | undefined;
  let ownDirectory: string | undefined;
  let file: FileHandle | undefined;
  let writing: Promise<void> | undefined;
  let failure: Error | undefined;

  function write(bytes: Buffer): Promise<void> | undefined {
    if (truncated || ended) return undefined;
    const taken =
      bytes.length <= maxBytes - accepted ? bytes : withoutPartialEnd(bytes.subarray(0, maxBytes - accepted));
    truncated = taken.length < bytes.length;
    accepted += taken.length;
    pending.push(taken);
    pendingBytes += taken.length;
    if (accepted <= keepBytes && !truncated) return undefined;
    writing ??= drain();
    return pendingBytes > MAX_PENDING ? writing : undefined;
  }

  async function drain(): Promise<void> {
    try {
      file ??= await create();
      while (pending.length > 0) {
        const batch = pending;
        pending = [];
        const bytes = batch.length === 1 ? batch[0]! : Buffer.concat(batch);
        let offset = 0;
        while (offset < bytes.length) {
          const { bytesWritten } = await file.write(bytes, offset);
          offset += bytesWritten;
          writtenBytes += bytesWritten;
        }
        pendingBytes -= bytes.length;
      }
    } catch (error) {
      // A full disk must not end the program whose output this is.
      failure = error as Error;
      truncated = true;
      pending = [];
      pendingBytes = 0;
    } finally {
      writing = undefined;
    }
  }

  async function create(): Promise<FileHandle> {
    const parent =
      directory === undefined
        ? (ownDirectory = await mkdtemp(join(tmpdir(), 'toolyard-')))
        : await privateDirectory(directory);
    const created = join(parent, `${randomUUID()}.out`);
    const { O_CREAT, O_EXCL, O_WRONLY } = constants;
    const handle = await open(created, O_CREAT | O_EXCL | O_WRONLY, 0o600);
    path = created;
    return handle;
  }

  async function close(): Promise<void> {
    ended = true;
    await writing;
    await file?.close();
    file = undefined;
  }

  return {
    write,
    end: close,
    snapshot: () => (path === undefined ? undefined : { path, bytes: writtenBytes, truncated }),
    get error() {
      return failure;
    },
    async discard() {
      pending = [];
      await close();
      if (path !== undefined) await rm(path, { force: true });
      if (ownDirectory !== undefined) await rmdir(ownDirectory).catch(() => {});
    },
  };
}
