import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lookUp, openEntry, targetOf, type Entry } from './entry.ts';
import { fileError } from './file-errors.ts';
import { mayChange } from './locate.ts';
import { isBinary } from './text.ts';
import { rootOf, type Tree } from './tree.ts';
import { typeOfStats, type EntryType } from './walk.ts';

/** What is known of a path without reading it. */
export interface FileInfo {
  readonly path: string;
  readonly root: string;
  readonly type: EntryType;
  readonly sizeBytes: number;
  /** ISO 8601. */
  readonly modifiedAt: string;
  /** ISO 8601; where the file system does not know it, when it was last changed. */
  readonly createdAt: string;
  /** Permissions in octal: `644`. */
  readonly mode: string;
  /** Whether the file tools may read it. */
  readonly readable: boolean;
  /** Whether the file tools may change it: a writable root, no protected name, no link. */
  readonly writable: boolean;
  /** Of a link: where it leads; absent when that is in no root. */
  readonly target?: string;
  /** Of a file: whether it is something else than text. */
  readonly isBinary?: boolean;
  /** Of a file up to the limit for hashing: SHA-256 of its content, in hexadecimal. */
  readonly hash?: string;
}

/** Looks at a path, without following it when it is a link. */
export async function infoOf(
  tree: Tree,
  path: string,
  { cwd, signal }: { cwd?: string | undefined; signal?: AbortSignal | undefined },
): Promise<FileInfo> {
  const absolute = tree.places.resolve(path, cwd);
  const entry = await lookUp(tree, absolute);
  try {
    if (!entry.stats) throw fileError('PATH_NOT_FOUND', path, 'does not exist');
    const info = describe(tree, entry.realPath, entry.stats);
    if (info.type === 'link') {
      const target = await targetOf(tree, entry);
      return { ...info, writable: false, ...(target !== undefined && { target: tree.places.show(target) }) };
    }
    if (info.type !== 'file' || !info.readable) return info;
    return { ...info, ...(await contentOf(tree, entry, path, signal)) };
  } finally {
    await entry.parent.close();
  }
}

function describe(tree: Tree, realPath: string, stats: BigIntStats): FileInfo {
  return {
    path: tree.places.show(realPath),
    root: rootOf(tree, realPath).name,
    type: typeOfStats(stats),
    sizeBytes: Number(stats.size),
    modifiedAt: stats.mtime.toISOString(),
    createdAt: stats.birthtime.toISOString(),
    mode: (stats.mode & 0o777n).toString(8).padStart(3, '0'),
    readable: tree.protection.isReadable(tree.places.below(realPath)),
    writable: mayChange(tree, realPath),
  };
}

async function contentOf(
  tree: Tree,
  entry: Entry,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Pick<FileInfo, 'isBinary' | 'hash'>> {
  const file = await openEntry(entry, path);
  try {
    const isHashed = (await file.stat()).size <= tree.limits.maxHashBytes;
    const hash = createHash('sha256');
    let binary: boolean | undefined;
    let bytes = 0;
    for await (const chunk of file.createReadStream({ autoClose: false, signal }) as AsyncIterable<Buffer>) {
      binary ??= isBinary(chunk);
      bytes += chunk.length;
      if (!isHashed || bytes > tree.limits.maxHashBytes) return { isBinary: binary };
      hash.update(chunk);
    }
    return { isBinary: binary ?? false, hash: hash.digest('hex') };
  } finally {
    await file.close();
  }
}
