import { lstat } from 'node:fs/promises';
import { ifThere } from './file-errors.ts';
import { compileGlobs } from './glob.ts';
import { openDirectory, type OpenDirectory } from './open-directory.ts';
import { spellingsOf } from './path-text.ts';
import { assertReadable, rootOf, type Tree } from './tree.ts';
import { walk, type EntryType } from './walk.ts';

/** What to list. */
export interface ListFilesOptions {
  /** What a relative path is relative to. Default: the first root. */
  readonly cwd?: string | undefined;
  /** How many levels of directories; 1 is the directory itself. Default: 1. */
  readonly depth?: number | undefined;
  /** Only what fits one of these globs: `*.ts`, `src/**`. */
  readonly include?: readonly string[] | undefined;
  /** Not what fits one of these, nor anything below it. Default: nothing. */
  readonly exclude?: readonly string[] | undefined;
  /** Only what comes after this entry of an earlier list: its `nextAfter`. */
  readonly after?: string | undefined;
  /** Default and most: the limit of the roots. */
  readonly maxEntries?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a directory holds. */
export interface DirectoryListing {
  readonly path: string;
  readonly entries: readonly ListedEntry[];
  /** Whether there is more than was listed. */
  readonly truncated: boolean;
  /** Where to go on. */
  readonly nextAfter?: string;
}

/** One name in a directory. Links are named, never followed. */
export interface ListedEntry {
  /** To be used as it is in other operations. */
  readonly path: string;
  readonly name: string;
  readonly type: EntryType;
  readonly sizeBytes: number;
  /** ISO 8601. */
  readonly modifiedAt: string;
}

/** What is not walked into unless it is asked for: the store of git, and packages. */
export const UNWALKED = ['.git', 'node_modules'];

/** Lists a directory by name: in order, and a directory before what is in it. */
export async function listFiles(
  tree: Tree,
  path: string,
  options: ListFilesOptions,
): Promise<DirectoryListing> {
  const { depth = 1, include, exclude = [], after, maxEntries = tree.limits.maxEntries, signal } = options;
  const most = Math.min(maxEntries, tree.limits.maxEntries);
  const isIncluded = include ? compileGlobs(include) : () => true;
  const isExcluded = compileGlobs(exclude);
  const isClosed = compileGlobs(UNWALKED);
  const directory = await openListed(tree, path, options.cwd);
  try {
    const entries: ListedEntry[] = [];
    const budget = { names: tree.limits.maxVisited };
    let last = '';
    let isCut = false;
    const how = { depth: Math.min(depth, tree.limits.maxDepth), isExcluded, isClosed, budget, signal };
    for await (const found of walk(tree, directory, how)) {
      if ((after !== undefined && !isAfter(found.path, after)) || !isIncluded(found.path)) continue;
      if (entries.length === most) {
        isCut = true;
        break;
      }
      const stats = await ifThere(lstat(found.parent.child(found.name), { bigint: true }));
      if (!stats) continue;
      last = found.path;
      entries.push({
        path: tree.places.show(found.parent.realChild(found.name)),
        name: found.name,
        type: found.type,
        sizeBytes: Number(stats.size),
        modifiedAt: stats.mtime.toISOString(),
      });
    }
    return {
      path: tree.places.show(directory.realPath),
      entries,
      truncated: isCut || budget.names <= 0,
      ...(isCut && { nextAfter: last }),
    };
  } finally {
    await directory.close();
  }
}

/** Opens a directory a client may look into, links on the way followed. */
export async function openListed(tree: Tree, path: string, cwd: string | undefined): Promise<OpenDirectory> {
  const absolute = tree.places.resolve(path, cwd);
  assertReadable(tree, absolute);
  const root = rootOf(tree, absolute);
  let failure: unknown;
  for (const below of spellingsOf(tree.places.below(absolute))) {
    try {
      const directory = await openDirectory(tree.platform.path.join(root.path, below), tree.rules);
      try {
        assertReadable(tree, directory.realPath);
        return directory;
      } catch (error) {
        await directory.close();
        throw error;
      }
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** Whether a path comes after another one on a walk. */
function isAfter(path: string, other: string): boolean {
  const [names, others] = [path.split('/'), other.split('/')];
  for (const [index, name] of names.entries()) {
    const otherName = others[index];
    if (otherName === undefined) return true;
    if (name !== otherName) return name > otherName;
  }
  return false;
}
