import { lstat, opendir } from 'node:fs/promises';
import type { OpenDirectory } from './open-directory.ts';

/** What a directory holds. */
export interface DirectoryListing {
  readonly path: string;
  readonly entries: readonly DirectoryEntry[];
  /** Whether there is more than was listed. */
  readonly truncated: boolean;
}

/** One name in a directory. Links are named, never followed. */
interface DirectoryEntry {
  readonly name: string;
  readonly type: 'file' | 'directory' | 'link' | 'other';
  readonly sizeBytes: number;
  /** ISO 8601. */
  readonly modifiedAt: string;
}

/** Lists a directory by name. */
export async function listEntries(
  directory: OpenDirectory,
  maxEntries: number,
): Promise<Pick<DirectoryListing, 'entries' | 'truncated'>> {
  const names: string[] = [];
  for await (const entry of await opendir(directory.path)) {
    names.push(entry.name);
    // Enough to sort and cut; a directory of a million names is not read to its end.
    if (names.length > maxEntries * 10) break;
  }
  await directory.confirm();
  const shown = names.toSorted().slice(0, maxEntries);
  const entries = await Promise.all(shown.map((name) => describeEntry(directory, name)));
  return {
    entries: entries.filter((entry) => entry !== undefined),
    truncated: names.length > maxEntries,
  };
}

async function describeEntry(directory: OpenDirectory, name: string): Promise<DirectoryEntry | undefined> {
  const stats = await lstat(directory.child(name)).catch(() => undefined);
  if (!stats) return undefined; // deleted meanwhile
  const type = stats.isFile()
    ? 'file'
    : stats.isDirectory()
      ? 'directory'
      : stats.isSymbolicLink()
        ? 'link'
        : 'other';
  return { name, type, sizeBytes: stats.size, modifiedAt: stats.mtime.toISOString() };
}
