import type { BigIntStats } from 'node:fs';
import { lstat, rename, unlink, type FileHandle } from 'node:fs/promises';
import type { Entry } from './entry.ts';
import { changedMeanwhile, fileError, ifThere, notAFile, systemCode } from './file-errors.ts';
import { isSameFile, type OpenDirectory } from './open-directory.ts';
import { placeNew } from './place.ts';
import type { TemporaryFile } from './temporary-file.ts';
import type { Tree } from './tree.ts';

/** How a finished temporary file takes its place. */
export interface Placement {
  readonly path: string;
  /** What {@link findReplaceable} found there; the new file gets its owner and its mode. */
  readonly existing: BigIntStats | undefined;
  /** What must still be there at the last moment: this file, or `nothing`. Default: anything. */
  readonly previous?: BigIntStats | 'nothing' | undefined;
  /** Default: true. */
  readonly overwrite?: boolean | undefined;
  /** Of a file that is new. Default: read and write for the owner, read for others. */
  readonly mode?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Puts a temporary file in the place of the old one in one step, and closes it. Readers see the old content or the new
 * one; other names of the old file (hard links) keep the old one.
 */
export async function putInPlace(
  tree: Tree,
  { name: temporaryName, handle }: TemporaryFile,
  { parent, name }: Entry,
  { path, existing, previous, overwrite = true, mode = 0o644, signal }: Placement,
): Promise<void> {
  await (existing ? takeOver(handle, existing) : handle.chmod(mode));
  await handle.sync();
  await tree.cleanUp(parent, { name: temporaryName, handle });
  await parent.confirmFile(temporaryName, handle);
  await handle.close();
  await parent.confirm();
  signal?.throwIfAborted();
  const [from, to] = [parent.child(temporaryName), parent.child(name)];
  if (previous === 'nothing') {
    await placeNew(from, to).catch((error: unknown) => {
      throw systemCode(error) === 'EEXIST' ? changedMeanwhile(path) : error;
    });
  } else {
    if (previous) await assertUnchanged(path, previous, to);
    await (overwrite ? rename(from, to) : placeNew(from, to));
  }
  await parent.sync();
}

/**
 * What a new file would replace.
 *
 * @throws {ToolError} `NOT_A_FILE`, `FILE_EXISTS` or `PERMISSION_DENIED` for what is not replaced.
 */
export async function findReplaceable(
  { parent, name }: Entry,
  path: string,
  overwrite = true,
): Promise<BigIntStats | undefined> {
  const existing = await ifThere(lstat(parent.child(name), { bigint: true }));
  if (existing && !existing.isFile()) throw notAFile(path);
  if (existing && !overwrite) throw fileError('FILE_EXISTS', path, 'exists already');
  if (existing && (existing.mode & 0o222n) === 0n)
    throw fileError('PERMISSION_DENIED', path, 'is marked read-only');
  return existing;
}

/** Ends a temporary file that does not take its place. Never rejects. */
export async function discard(parent: OpenDirectory, { name, handle }: TemporaryFile): Promise<void> {
  // Wherever it is: nothing of the content stays.
  await handle.truncate().catch(() => {});
  await handle.close().catch(() => {});
  await unlink(parent.child(name)).catch(() => {});
}

async function assertUnchanged(path: string, previous: BigIntStats, current: string): Promise<void> {
  const now = await ifThere(lstat(current, { bigint: true }));
  if (!now || !isSameFile(now, previous) || now.mtimeNs !== previous.mtimeNs || now.size !== previous.size)
    throw changedMeanwhile(path);
}

/** Gives the new file what the old one had: its owner as far as the system allows, and its mode. */
async function takeOver(file: FileHandle, existing: BigIntStats): Promise<void> {
  const own = await file.stat({ bigint: true });
  if (own.uid !== existing.uid || own.gid !== existing.gid)
    await file.chown(Number(existing.uid), Number(existing.gid)).catch(() => {});
  await file.chmod(Number(existing.mode & 0o777n));
}
