import { ToolError } from '../../errors.ts';
import type { Clock } from '../../clock.ts';
import { fileError } from './file-errors.ts';
import type { DirectoryRules, OpenDirectory } from './open-directory.ts';
import type { OpenFiles } from './open-files.ts';
import type { Places, SafeRoot } from './places.ts';
import type { FilePlatform } from './platform.ts';
import type { Protection } from './protection.ts';
import type { TemporaryFile } from './temporary-file.ts';

/** What all file operations of one set of roots share. */
export interface Tree {
  readonly platform: FilePlatform;
  readonly places: Places;
  readonly protection: Protection;
  readonly limits: Required<SafeRootsLimits>;
  readonly clock: Clock;
  readonly rules: DirectoryRules;
  /** One change of a file at a time, as far as this process goes. */
  readonly changes: { run<Result>(realPath: string, work: () => Promise<Result>): Promise<Result> };
  readonly openFiles: OpenFiles;
  cleanUp(parent: OpenDirectory, own: TemporaryFile): Promise<void>;
}

/** What one operation may cost. */
export interface SafeRootsLimits {
  /** Most bytes of text one `read` returns. Default: 256 KiB. */
  readonly maxReadBytes?: number;
  /** Largest file that is written or edited. Default: 8 MiB. */
  readonly maxWriteBytes?: number;
  /** Largest file that is hashed, or copied by a `move` to another disk. Default: 16 MiB. */
  readonly maxHashBytes?: number;
  /** Most entries one `list` returns. Default: 1,000. */
  readonly maxEntries?: number;
  /** Most names one `list` or `search` looks at. Default: 100,000. */
  readonly maxVisited?: number;
  /** Most matches one `search` returns. Default: 200. */
  readonly maxMatches?: number;
  /** Largest file a `search` reads. Default: 8 MiB. */
  readonly maxSearchedFileBytes?: number;
  /** How long a `search` may take; what it has found by then is returned. Default: 10,000. */
  readonly searchTimeoutMs?: number;
  /** How deep directories are walked and made. Default: 64. */
  readonly maxDepth?: number;
  /** Most files that `openRead` and `openWrite` keep open at a time. Default: 256. */
  readonly maxOpenFiles?: number;
}

/** The root of a path of which is known that it is in one. */
export function rootOf(tree: Tree, realPath: string): SafeRoot {
  const root = tree.places.rootOf(realPath);
  if (!root) throw tree.places.outside(realPath);
  return root;
}

/** @throws {ToolError} `PROTECTED_NAME`. */
export function assertReadable(tree: Tree, realPath: string): void {
  tree.protection.assertReadable(tree.places.below(realPath));
}

/** @throws {ToolError} `ROOT_READ_ONLY` or `PROTECTED_NAME`. */
export function assertWritable(tree: Tree, realPath: string): void {
  const root = rootOf(tree, realPath);
  if (!root.writable) {
    const writable = tree.places.roots.filter((other) => other.writable).map(({ name }) => name);
    throw new ToolError(
      'ROOT_READ_ONLY',
      `The root "${root.name}" is read-only. Writable roots: ${writable.join(', ') || 'none'}.`,
      { data: { root: root.name, writable } },
    );
  }
  tree.protection.assertWritable(tree.places.below(realPath));
}

/** @throws {ToolError} `PATH_INVALID` for the root itself, which has no name to change. */
export function assertNotRoot(tree: Tree, path: string, absolute: string): void {
  if (tree.places.below(absolute) === '')
    throw fileError('NOT_A_FILE', path, `is the root "${rootOf(tree, absolute).name}" itself`);
}
