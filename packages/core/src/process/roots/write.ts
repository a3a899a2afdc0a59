import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { ToolError } from '../../errors.ts';
import { findOwnEntry, openEntry, type Entry } from './entry.ts';
import { fileError } from './file-errors.ts';
import { discard, findReplaceable, putInPlace, type Placement } from './put-in-place.ts';
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
  assertNamesFile(path);
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
type Replacement = Omit<Placement, 'existing'>;

/**
 * Writes a new file beside the old one and puts it in its place. A writer that is killed leaves only a file with a
 * name of its own, which a later write in the directory deletes.
 */
export async function replaceFile(
  tree: Tree,
  entry: Entry,
  bytes: Uint8Array,
  how: Replacement,
): Promise<WrittenFile> {
  const existing = await findReplaceable(entry, how.path, how.overwrite);
  const temporary = await createTemporaryFile(entry.parent);
  try {
    await temporary.handle.writeFile(bytes, { signal: how.signal });
    await putInPlace(tree, temporary, entry, { ...how, existing });
  } catch (error) {
    await discard(entry.parent, temporary);
    throw error;
  }
  const path = tree.places.show(entry.realPath);
  return { path, sizeBytes: bytes.length, hash: hashOf(bytes), created: !existing };
}

/** SHA-256, in hexadecimal. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @throws {ToolError} `NOT_A_FILE` for a path that can only be one of a directory. */
export function assertNamesFile(path: string): void {
  if (/[\\/]$/.test(path)) throw fileError('NOT_A_FILE', path, 'ends with a slash, so it names a directory');
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

function encode(path: string, text: string): Uint8Array {
  if (!text.isWellFormed())
    throw fileError('CONTENT_INVALID', path, 'was not written: the text has half of a character');
  return Buffer.from(text);
}
