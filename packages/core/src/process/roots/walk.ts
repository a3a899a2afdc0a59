import type { Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { ifThere, systemCode } from './file-errors.ts';
import { openChild, type OpenDirectory } from './open-directory.ts';
import { isTemporaryName } from './temporary-file.ts';
import type { Tree } from './tree.ts';

/** What a name stands for. */
export type EntryType = 'file' | 'directory' | 'link' | 'other';

/** One name on a walk. The directory is open until the walk goes on. */
export interface Found {
  readonly parent: OpenDirectory;
  readonly name: string;
  readonly type: EntryType;
  /** From the start of the walk, divided by `/`. */
  readonly path: string;
}

/** How to walk. */
export interface Walk {
  /** 1 stays in the directory itself. */
  readonly depth: number;
  /** Directories and files that are passed over. */
  isExcluded(path: string): boolean;
  /** Directories whose content is passed over although they are named. */
  isClosed?(path: string): boolean;
  /** Names still to be looked at; counted down. */
  readonly budget: { names: number };
  readonly signal?: AbortSignal | undefined;
}

/**
 * Everything below a directory: names in order, a directory before what is in it. Links are named and never followed.
 * Directories are opened from their parents, so that a swap on the way leads nowhere.
 *
 * @yields what is named, also when it cannot be opened.
 */
export async function* walk(tree: Tree, start: OpenDirectory, how: Walk, below = ''): AsyncGenerator<Found> {
  for (const entry of await namesIn(start, how)) {
    how.signal?.throwIfAborted();
    const { name } = entry;
    const path = below === '' ? name : `${below}/${name}`;
    if (isTemporaryName(name) || how.isExcluded(path)) continue;
    const type = await typeOf(entry, start);
    if (type === undefined) continue;
    yield { parent: start, name, type, path };
    const isOpen = type === 'directory' && how.depth > 1 && !how.isClosed?.(path);
    if (!isOpen || !tree.protection.isReadable(tree.places.below(start.realChild(name)))) continue;
    const directory = await openIfPossible(tree, start, name);
    if (!directory) continue;
    try {
      yield* walk(tree, directory, { ...how, depth: how.depth - 1 }, path);
    } finally {
      await directory.close();
    }
  }
}

/** Sorted, so that a list that is cut off is the same each time. */
async function namesIn(directory: OpenDirectory, { budget, signal }: Walk): Promise<Dirent[]> {
  const entries: Dirent[] = [];
  for await (const entry of await opendir(directory.path, { bufferSize: 256 })) {
    signal?.throwIfAborted();
    if (budget.names <= 0) break;
    budget.names--;
    entries.push(entry);
  }
  await directory.confirm();
  return entries.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

async function typeOf(entry: Dirent, parent: OpenDirectory): Promise<EntryType | undefined> {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSymbolicLink()) return 'link';
  // Some file systems do not tell while listing.
  const stats = await ifThere(lstat(parent.child(entry.name)));
  return stats && typeOfStats(stats);
}

/** What a look at a file saw. */
export function typeOfStats(stats: {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}): EntryType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

/** A directory that was deleted, exchanged or locked meanwhile is passed over. */
async function openIfPossible(
  tree: Tree,
  parent: OpenDirectory,
  name: string,
): Promise<OpenDirectory | undefined> {
  try {
    return await openChild(parent, name, tree.rules);
  } catch (error) {
    if (
      ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM', 'FILE_CHANGED', 'LEFT_ROOTS'].includes(
        systemCode(error) ?? '',
      )
    )
      return undefined;
    throw error;
  }
}
