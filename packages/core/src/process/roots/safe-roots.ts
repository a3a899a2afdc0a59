import { abortError } from '../../abort.ts';
import { systemClock, type Clock } from '../../clock.ts';
import { ShutdownError } from '../../errors.ts';
import { positiveInteger } from '../../options.ts';
import type { TextEdit } from './apply-edits.ts';
import { createChanges } from './changes.ts';
import { editFile, type EditedFile, type EditFileOptions } from './edit.ts';
import { explain, LeftRootsError } from './file-errors.ts';
import type { FileWriter } from './file-writer.ts';
import { infoOf, type FileInfo } from './info.ts';
import { listFiles, type DirectoryListing, type ListFilesOptions } from './list.ts';
import { checkOperandPath, locatePath, type Located } from './locate.ts';
import { moveFile, type MovedFile, type MoveFileOptions } from './move.ts';
import { createOpenFiles } from './open-files.ts';
import { openReader, type FileReader, type OpenReadOptions } from './open-read.ts';
import { openWriter, type OpenWriteOptions } from './open-write.ts';
import { openPlaces, type SafeRoot, type SafeRootOptions } from './places.ts';
import { filePlatform, type FilePlatform } from './platform.ts';
import { createProtection, type ProtectedNames } from './protection.ts';
import { readFile, type FileContent, type ReadFileOptions } from './read.ts';
import { searchFiles, type SearchFilesOptions, type SearchResult } from './search.ts';
import type { SearchQuery } from './search-query.ts';
import { createCleaner } from './temporary-file.ts';
import type { SafeRootsLimits, Tree } from './tree.ts';
import { writeFile, type WriteFileOptions, type WrittenFile } from './write.ts';

/** What to open, and what to keep away from. */
export interface SafeRootsOptions {
  /** At least one; the first is the one that paths without a root's name are in. */
  readonly roots: readonly SafeRootOptions[];
  /** Names that are not read or not written. Defaults as in {@link ProtectedNames}. */
  readonly protect?: ProtectedNames | undefined;
  readonly limits?: SafeRootsLimits | undefined;
  readonly clock?: Clock | undefined;
  /** For tests: the way of another system. */
  readonly platform?: FilePlatform | undefined;
}

/**
 * Files below a few named directories. Whatever links, renames and swaps happen meanwhile, nothing outside them is
 * read or written.
 *
 * Paths are `src/a.ts` (in the first root, or below `cwd`), `name:src/a.ts` (in the root of that name), or absolute
 * and inside a root. Paths in results can be used as they are. Reading follows links that stay within the roots;
 * writing, editing and moving refuse a link as the last name and tell where it leads.
 *
 * A hard link cannot be told from the file: reading one gives its content, writing replaces the name and leaves the
 * other names of the file alone.
 *
 * Every method rejects with a `ToolError`: `PATH_INVALID`, `PATH_OUTSIDE_ROOT`, `ROOT_NOT_FOUND`, `ROOT_READ_ONLY`,
 * `PROTECTED_NAME`, `PATH_NOT_FOUND`, `NOT_A_DIRECTORY`, `NOT_A_FILE`, `IS_A_LINK`, `FILE_EXISTS`, `FILE_CHANGED`,
 * `FILE_TOO_LARGE`, `FILE_IS_BINARY`, `PERMISSION_DENIED`, `DISK_FULL`; further ones stand at the methods. An aborted
 * signal rejects with its reason.
 */
export interface SafeRoots extends AsyncDisposable {
  readonly roots: readonly SafeRoot[];
  /** Where a path leads. For showing and comparing: by the time it is opened, something else may be there. */
  locate(path: string, options?: { cwd?: string | undefined }): Promise<Located>;
  /** Reads part of a text file, in bytes or in lines; no character is cut in two. Also: `RANGE_INVALID`. */
  read(path: string, options?: ReadFileOptions): Promise<FileContent>;
  /**
   * Writes a whole file: readers see the old one or the new one. Keeps the mode of a file it replaces and, where the
   * system allows, its owner; not extended attributes. Also: `HASH_MISMATCH`, `CONTENT_INVALID`.
   */
  write(path: string, content: string | Uint8Array, options?: WriteFileOptions): Promise<WrittenFile>;
  /**
   * Replaces exact pieces of a text file, all or none. Line ends stay as they are. Also: `HASH_MISMATCH`,
   * `EDIT_INVALID`, `EDIT_NOT_FOUND`, `EDIT_AMBIGUOUS`.
   */
  edit(path: string, edits: readonly TextEdit[], options?: EditFileOptions): Promise<EditedFile>;
  /** Moves or renames a file or directory. To another disk only a file, as a copy. Also: `CROSS_DEVICE`. */
  move(from: string, to: string, options?: MoveFileOptions): Promise<MovedFile>;
  /**
   * Opens a file of any size and content, for a program to read as its standard input. Also: `TOO_MANY_FILES`.
   *
   * @returns a reader; close it when the program has started.
   */
  openRead(path: string, options?: OpenReadOptions): Promise<FileReader>;
  /**
   * Opens a file to be written piece by piece, as a program writes its output. Refuses at once what `write` would
   * refuse, so that nothing runs for nothing. Also: `TOO_MANY_FILES`, `RANGE_INVALID`.
   *
   * @returns a writer; readers see the old file until its `commit`.
   */
  openWrite(path: string, options?: OpenWriteOptions): Promise<FileWriter>;
  /** Lists a directory, in order. Also: `PATTERN_INVALID`. */
  list(path?: string, options?: ListFilesOptions): Promise<DirectoryListing>;
  /** Type, size, times and hash. A link is described, not followed. */
  info(
    path: string,
    options?: { cwd?: string | undefined; signal?: AbortSignal | undefined },
  ): Promise<FileInfo>;
  /** Searches lines, in time linear in what is read. Also: `PATTERN_INVALID`. */
  search(query: SearchQuery, options?: SearchFilesOptions): Promise<SearchResult>;
  /**
   * Checks an operand of a command line; the path may not exist yet.
   *
   * @returns the absolute path to hand to the program, links resolved. A program opens it later, by itself, and
   * follows what somebody may have put there meanwhile; only a sandbox closes that gap. A directory stands for all
   * that is below it, protected names included.
   * @throws {ToolError} as reading and writing do, and `HARD_LINK` for a file to be written that has further names.
   */
  checkOperand(
    path: string,
    options: { cwd?: string | undefined; access: 'read' | 'write' },
  ): Promise<string>;
  /** Waits for what is running, closes open readers, aborts open writers and refuses what comes later. */
  close(): Promise<void>;
}

const DEFAULT_LIMITS: Required<SafeRootsLimits> = {
  maxReadBytes: 256 * 1024,
  maxWriteBytes: 8 * 1024 * 1024,
  maxHashBytes: 16 * 1024 * 1024,
  maxEntries: 1_000,
  maxVisited: 100_000,
  maxMatches: 200,
  maxSearchedFileBytes: 8 * 1024 * 1024,
  searchTimeoutMs: 10_000,
  maxDepth: 64,
  maxOpenFiles: 256,
};

/**
 * Opens roots.
 *
 * @throws {InvalidOptionError} when a root is no existing directory, or two have the same name or place.
 */
export async function openSafeRoots(options: SafeRootsOptions): Promise<SafeRoots> {
  const { clock = systemClock, platform = filePlatform() } = options;
  const limits = { ...DEFAULT_LIMITS };
  for (const [name, value] of Object.entries(options.limits ?? {}) as [keyof SafeRootsLimits, number][])
    limits[name] = positiveInteger(`limits.${name}`, value);
  const places = await openPlaces(options.roots, platform);
  const tree: Tree = {
    platform,
    places,
    limits,
    clock,
    protection: createProtection(options.protect),
    changes: createChanges(),
    openFiles: createOpenFiles(limits.maxOpenFiles),
    cleanUp: createCleaner(() => clock.monotonic()),
    rules: {
      platform,
      accept(realPath) {
        if (!places.rootOf(realPath)) throw new LeftRootsError();
      },
    },
  };

  const running = new Set<Promise<unknown>>();
  let isClosed = false;
  async function run<Result>(
    path: string,
    signal: AbortSignal | undefined,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (isClosed) throw new ShutdownError();
    const result = explain(path, work).catch((error: unknown) => {
      if (signal?.aborted) throw abortError(signal.reason);
      throw error;
    });
    running.add(result);
    try {
      return await result;
    } finally {
      running.delete(result);
    }
  }
  async function close(): Promise<void> {
    isClosed = true;
    await Promise.allSettled(running);
    await tree.openFiles.stopAll();
  }

  return {
    roots: places.roots,
    locate: (path, { cwd } = {}) => run(path, undefined, () => locatePath(tree, path, cwd)),
    read: (path, how = {}) => run(path, how.signal, () => readFile(tree, path, how)),
    write: (path, content, how = {}) => run(path, how.signal, () => writeFile(tree, path, content, how)),
    edit: (path, edits, how = {}) => run(path, how.signal, () => editFile(tree, path, edits, how)),
    move: (from, to, how = {}) => run(from, how.signal, () => moveFile(tree, from, to, how)),
    openRead: (path, how = {}) =>
      run(path, how.signal, () => tree.openFiles.hold((giveBack) => openReader(tree, path, how, giveBack))),
    openWrite: (path, how = {}) =>
      run(path, how.signal, () => tree.openFiles.hold((giveBack) => openWriter(tree, path, how, giveBack))),
    list: (path = '.', how = {}) => run(path, how.signal, () => listFiles(tree, path, how)),
    info: (path, how = {}) => run(path, how.signal, () => infoOf(tree, path, how)),
    search: (query, how = {}) => run(how.path ?? '.', how.signal, () => searchFiles(tree, query, how)),
    checkOperand: (path, how) => run(path, undefined, () => checkOperandPath(tree, path, how)),
    close,
    [Symbol.asyncDispose]: close,
  };
}
