import type { BigIntStats } from 'node:fs';
import { findEntry } from './entry.ts';
import { fileError, ifThere, quote } from './file-errors.ts';
import { assertReadable, assertWritable, rootOf, type Tree } from './tree.ts';
import { typeOfStats, type EntryType } from './walk.ts';

/** Where a path leads. */
export interface Located {
  /** As a client would write it, links resolved. */
  readonly path: string;
  readonly root: string;
  readonly absolutePath: string;
  /** Whether the root and the name allow changes. */
  readonly writable: boolean;
  readonly type: EntryType | 'missing';
}

/**
 * Finds where a path leads, links followed; the last names need not exist. What is returned was in a root when it was
 * looked at. Somebody may exchange it afterwards, so it is for showing and comparing, not for opening.
 */
export async function locatePath(tree: Tree, path: string, cwd: string | undefined): Promise<Located> {
  const absolute = tree.places.resolve(path, cwd);
  const { realPath, stats } = await locateFrom(tree, path, absolute);
  return {
    path: tree.places.show(realPath),
    root: rootOf(tree, realPath).name,
    absolutePath: realPath,
    writable: mayChange(tree, realPath),
    type: stats ? typeOfStats(stats) : 'missing',
  };
}

/**
 * The absolute path to hand to a program: links resolved, in a root, and not a protected name, a device or a pipe. A
 * program opens the path itself, later, and follows what somebody may have put there meanwhile: only a sandbox closes
 * that gap. For the same reason a file with further names (hard links) is refused for writing: a program may write
 * into it, and so into all of them.
 *
 * @throws {ToolError} as `read` and `write` do, and `HARD_LINK`.
 */
export async function checkOperandPath(
  tree: Tree,
  path: string,
  { cwd, access }: { cwd?: string | undefined; access: 'read' | 'write' },
): Promise<string> {
  if (path === '-')
    throw fileError('PATH_INVALID', path, 'is a stream here, not a path; write ./- for a file');
  const absolute = tree.places.resolve(path, cwd);
  const assertAllowed = access === 'write' ? assertWritable : assertReadable;
  assertAllowed(tree, absolute);
  const { realPath, stats, wasLink } = await locateFrom(tree, path, absolute);
  assertAllowed(tree, realPath);
  if (stats && !stats.isFile() && !stats.isDirectory())
    throw fileError('NOT_A_FILE', path, 'is a device, a pipe or a socket');
  if (access === 'write' && !stats && wasLink)
    throw fileError(
      'IS_A_LINK',
      path,
      `is a link to ${quote(tree.places.show(realPath))}, which does not exist`,
    );
  if (access === 'write' && stats?.isFile() && stats.nlink > 1n)
    throw fileError('HARD_LINK', path, 'has further names elsewhere, which a program would write to as well');
  return realPath;
}

interface Place {
  readonly realPath: string;
  readonly stats: BigIntStats | undefined;
  /** Whether the last name was one of a link. */
  readonly wasLink: boolean;
}

async function locateFrom(tree: Tree, path: string, absolute: string): Promise<Place> {
  const finding = findEntry(tree, path, absolute);
  const entry = await (tree.places.below(absolute) === '' ? finding : ifThere(finding));
  if (entry) {
    await entry.parent.close();
    return { realPath: entry.realPath, stats: entry.stats, wasLink: entry.wasLink };
  }
  // The directory is missing, or a link to it leads to nothing: then what counts is where that would be.
  const { platform } = tree;
  const parent = await locateFrom(tree, path, platform.path.dirname(absolute));
  const realPath = platform.path.join(parent.realPath, platform.path.basename(absolute));
  return { realPath, stats: undefined, wasLink: false };
}

/** Whether the root and the name allow changes. */
export function mayChange(tree: Tree, realPath: string): boolean {
  return rootOf(tree, realPath).writable && tree.protection.isWritable(tree.places.below(realPath));
}
