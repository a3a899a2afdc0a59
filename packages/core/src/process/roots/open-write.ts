import { createHash, type Hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { findOwnEntry, openEntry, type Entry } from './entry.ts';
import { changedMeanwhile, fileError } from './file-errors.ts';
import { createFileWriter, type FileWriter } from './file-writer.ts';
import type { HeldFile } from './open-files.ts';
import { discard, findReplaceable } from './put-in-place.ts';
import { createTemporaryFile, type TemporaryFile } from './temporary-file.ts';
import type { Tree } from './tree.ts';
import { assertNamesFile } from './write.ts';

/** How `openWrite` treats what is there, and how much it takes. */
export interface OpenWriteOptions {
  /** What a relative path is relative to. Default: the first root. */
  readonly cwd?: string | undefined;
  /** Write behind what is there, if anything is. Default: false. */
  readonly append?: boolean | undefined;
  /** Most bytes of the whole file, what was there included. Default and most: the limit of the roots. */
  readonly maxBytes?: number | undefined;
  /** Aborts the writer, until the new file is in its place. */
  readonly signal?: AbortSignal | undefined;
}

/** Opens a file to be written piece by piece. What `write` would refuse is refused here, before there is a byte. */
export async function openWriter(
  tree: Tree,
  path: string,
  { cwd, append = false, maxBytes, signal }: OpenWriteOptions,
  giveBack: () => void,
): Promise<HeldFile<FileWriter>> {
  signal?.throwIfAborted();
  const most = mostBytes(tree, path, maxBytes);
  const absolute = tree.places.resolve(path, cwd);
  assertNamesFile(path);
  const entry = await findOwnEntry(tree, path, absolute);
  try {
    const existing = await findReplaceable(entry, path);
    const temporary = await createTemporaryFile(entry.parent);
    try {
      const hash = createHash('sha256');
      const previous =
        append && existing ? await copy(entry, temporary, { path, most, hash, signal }) : undefined;
      signal?.throwIfAborted();
      return createFileWriter(tree, {
        path,
        absolute,
        parent: entry.parent,
        temporary,
        shown: tree.places.show(entry.realPath),
        hash,
        sizeBytes: Number(previous?.size ?? 0),
        previous: append ? (previous ?? 'nothing') : undefined,
        maxBytes: most,
        signal,
        giveBack,
      });
    } catch (error) {
      await discard(entry.parent, temporary);
      throw error;
    }
  } catch (error) {
    await entry.parent.close();
    throw error;
  }
}

function mostBytes({ limits }: Tree, path: string, maxBytes: number = limits.maxWriteBytes): number {
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 0)
    throw fileError('RANGE_INVALID', path, 'cannot be written: maxBytes must be a whole number, 0 or more');
  return Math.min(maxBytes, limits.maxWriteBytes);
}

const CHUNK_BYTES = 256 * 1024;

/** Starts a new file with what the old one has. */
async function copy(
  entry: Entry,
  { handle }: TemporaryFile,
  { path, most, hash, signal }: { path: string; most: number; hash: Hash; signal: AbortSignal | undefined },
): Promise<BigIntStats> {
  const file = await openEntry(entry, path);
  try {
    const stats = await file.stat({ bigint: true });
    if (stats.size > most)
      throw fileError('FILE_TOO_LARGE', path, `has ${stats.size} bytes; at most ${most} are written`);
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, Number(stats.size) + 1));
    let copied = 0;
    for (;;) {
      signal?.throwIfAborted();
      // oxlint-disable-next-line no-await-in-loop -- each chunk follows the one before
      const { bytesRead } = await file.read(chunk, 0, chunk.length, copied);
      if (bytesRead === 0) break;
      copied += bytesRead;
      if (copied > stats.size) throw changedMeanwhile(path);
      hash.update(chunk.subarray(0, bytesRead));
      // oxlint-disable-next-line no-await-in-loop -- as above
      await handle.writeFile(chunk.subarray(0, bytesRead));
    }
    if (BigInt(copied) !== stats.size) throw changedMeanwhile(path);
    return stats;
  } finally {
    await file.close();
  }
}
