import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, rename, unlink, type FileHandle } from 'node:fs/promises';
import { ToolError } from '../../errors.ts';
import { findOwnEntry, openEntry, type Entry } from './entry.ts';
import { changedMeanwhile, fileError, ifThere, notAFile } from './file-errors.ts';
import { isSameFile } from './open-directory.ts';
import { placeNew } from './place.ts';
import { createTemporaryFile } from './temporary-file.ts';
import type { Tree } from './tree.ts';

/** How `write` treats what is there and what is not. */
export interface WriteFileOptions {
  /** What a relative path is relative to. Default: the first root. */
  readonly cwd?: string | undefined;
  /** Replace an existing file. Default: true. */
  readonly overwrite?: boolean | undefined;
  /** Make missing directories; they stay when what follows fails. Default: false. */
  readonly createDirectories?: boolean | undefined;
  /** Only replace the file whose content has this hash, as `read` gave it. */
  readonly expectedHash?: string | undefined;
  /** Gives up, and leaves what was there. Of no effect once the new file is in its place. */
  readonly signal?: AbortSignal | undefined;
}

/** What `write` did. */
export interface WrittenFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of the content, in hexadecimal. */
  readonly hash: string;
  /** Whether there was no such file before. */
  readonly created: boolean;
}

/** Writes a whole file. */
export async function writeFile(
  tree: Tree,
  path: string,
  content: string | Uint8Array,
  options: WriteFileOptions,
): Promise<WrittenFile> {
  const { overwrite = true, expectedHash, signal } = options;
  const bytes = typeof content === 'string' ? encode(path, content) : content;
  assertSize(tree, path, bytes.length);
  const absolute = tree.places.resolve(path, options.cwd);
  if (/[\\/]$/.test(path)) throw fileError('NOT_A_FILE', path, 'ends with a slash, so it names a directory');
  signal?.throwIfAborted();
  const entry = await findOwnEntry(tree, path, absolute, options);
  try {
    return await tree.changes.run(entry.realPath, async () => {
      const previous =
        expectedHash === undefined ? undefined : await assertHash(tree, path, entry, expectedHash);
      return replaceFile(tree, entry, bytes, { path, previous, overwrite, signal });
    });
  } finally {
    await entry.parent.close();
  }
}

/** How a file is replaced. */
interface Replacement {
  readonly path: string;
  /** What must still be there when the new content takes its place. */
  readonly previous?: BigIntStats | undefined;
  readonly overwrite?: boolean | undefined;
  /** Of a file that is new. Default: read and write for the owner, read for others. */
  readonly mode?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a new file beside the old one and puts it in its place in one step. Readers see the old content or the new
 * one, other names of the old file (hard links) keep the old one, and a writer that is killed leaves only a file with
 * a name of its own, which a later write in the directory deletes.
 */
export async function replaceFile(
  tree: Tree,
  { parent, name, realPath }: Entry,
  bytes: Uint8Array,
  { path, previous, overwrite = true, mode = 0o644, signal }: Replacement,
): Promise<WrittenFile> {
  const existing = await ifThere(lstat(parent.child(name), { bigint: true }));
  if (existing && !existing.isFile()) throw notAFile(path);
  if (existing && !overwrite) throw fileError('FILE_EXISTS', path, 'exists already');
  if (existing && (existing.mode & 0o222n) === 0n)
    throw fileError('PERMISSION_DENIED', path, 'is marked read-only');

  const temporary = await createTemporaryFile(parent);
  try {
    try {
      await temporary.handle.writeFile(bytes, { signal });
      await (existing ? takeOver(temporary.handle, existing) : temporary.handle.chmod(mode));
      await temporary.handle.sync();
      await tree.cleanUp(parent, temporary);
      await parent.confirmFile(temporary.name, temporary.handle);
    } catch (error) {
      // Wherever it is: nothing of the content stays.
      await temporary.handle.truncate().catch(() => {});
      throw error;
    } finally {
      await temporary.handle.close();
    }
    await parent.confirm();
    signal?.throwIfAborted();
    if (previous) await assertUnchanged(path, previous, parent.child(name));
    if (overwrite) await rename(parent.child(temporary.name), parent.child(name));
    else await placeNew(parent.child(temporary.name), parent.child(name));
  } catch (error) {
    await unlink(parent.child(temporary.name)).catch(() => {});
    throw error;
  }
  await parent.sync();
  const hash = hashOf(bytes);
  return { path: tree.places.show(realPath), sizeBytes: bytes.length, hash, created: !existing };
}

/** SHA-256, in hexadecimal. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @throws {ToolError} `FILE_TOO_LARGE`. */
export function assertSize({ limits }: Tree, path: string, sizeBytes: number): void {
  if (sizeBytes > limits.maxWriteBytes)
    throw fileError(
      'FILE_TOO_LARGE',
      path,
      `would have ${sizeBytes} bytes; at most ${limits.maxWriteBytes} are written`,
    );
}

/** The refusal of a change to a file that is not the one the caller read. */
export function hashMismatch(path: string, hash: string | undefined): ToolError {
  const problem =
    hash === undefined
      ? 'does not exist, so it has no hash'
      : `has changed since it was read; its hash is now ${hash}. Read it again, then repeat the change`;
  return fileError('HASH_MISMATCH', path, problem);
}

async function assertHash(tree: Tree, path: string, entry: Entry, expected: string): Promise<BigIntStats> {
  if (!entry.stats) throw hashMismatch(path, undefined);
  if (entry.stats.size > tree.limits.maxHashBytes)
    throw fileError('FILE_TOO_LARGE', path, `is too large to be hashed (${entry.stats.size} bytes)`);
  const file = await openEntry(entry, path);
  try {
    const stats = await file.stat({ bigint: true });
    const hash = hashOf(await file.readFile());
    if (hash !== expected.toLowerCase()) throw hashMismatch(path, hash);
    return stats;
  } finally {
    await file.close();
  }
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

function encode(path: string, text: string): Uint8Array {
  if (!text.isWellFormed())
    throw fileError('CONTENT_INVALID', path, 'was not written: the text has half of a character');
  return Buffer.from(text);
}
