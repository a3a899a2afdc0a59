import { mkdir, realpath } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { TerminalError } from '../errors.ts';
import { explain, outside } from './file-errors.ts';
import { listEntries, type DirectoryListing } from './list-directory.ts';
import { openDirectory, type OpenDirectoryOptions } from './open-directory.ts';
import { isInside } from './paths.ts';
import { assertWritableName } from './protected-names.ts';
import { readFilePart, type FileContent } from './read-file.ts';
import { writeAtomically } from './write-file.ts';

/** Limits of a root. */
export interface SafeRootOptions extends Pick<OpenDirectoryOptions, 'descriptorPaths'> {
  /** Most bytes one `read` returns. Default: 256 KiB. */
  readonly maxReadBytes?: number;
  /** Largest file that is written. Default: 4 MiB. */
  readonly maxWriteBytes?: number;
  /** Most entries one `list` returns. Default: 1,000. */
  readonly maxEntries?: number;
}

/** What `write` did. */
interface WrittenFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly created: boolean;
}

/** How `write` treats what is there and what is not. */
interface WriteOptions {
  /** Replace an existing file. Default: true. */
  readonly overwrite?: boolean | undefined;
  /** Make missing directories. Default: false. */
  readonly createDirectories?: boolean | undefined;
}

/**
 * Files below one directory. Paths are relative to it, or absolute and inside it. Whatever links, renames and swaps
 * happen meanwhile, nothing outside is read or written.
 *
 * Every method rejects with a {@link TerminalError}: `PATH_INVALID`, `PATH_OUTSIDE_ROOT`, `PATH_NOT_FOUND`,
 * `NOT_A_DIRECTORY`, `NOT_A_FILE`, `IS_A_LINK`, `FILE_EXISTS`, `FILE_TOO_LARGE`, `FILE_IS_BINARY`, `PROTECTED_NAME`,
 * `PERMISSION_DENIED`, `DISK_FULL`.
 */
export interface SafeRoot {
  /** The real path of the root. */
  readonly path: string;
  /** Reads UTF-8 text; `offset` and `maxBytes` count bytes, and no character is cut in two. */
  read(
    path: string,
    part?: { offset?: number | undefined; maxBytes?: number | undefined },
  ): Promise<FileContent>;
  /** Lists by name. */
  list(path?: string): Promise<DirectoryListing>;
  /** Writes a whole file: readers see the old one or the new one. Keeps the mode of a file it replaces. */
  write(path: string, text: string, options?: WriteOptions): Promise<WrittenFile>;
}

/** Opens a root; makes the directory when it is missing. */
export async function createSafeRoot(directory: string, options: SafeRootOptions = {}): Promise<SafeRoot> {
  const { maxReadBytes = 256 * 1024, maxWriteBytes = 4 * 1024 * 1024, maxEntries = 1_000 } = options;
  await mkdir(directory, { recursive: true });
  const root = await realpath(directory);

  return {
    path: root,
    read: (path, { offset = 0, maxBytes = maxReadBytes } = {}) =>
      explain(path, async () => {
        const { parents, name } = splitPath(root, path);
        const parent = await openDirectory(root, parents, options);
        try {
          const part = {
            path: [...parents, name].join('/'),
            offset,
            maxBytes: Math.min(maxBytes, maxReadBytes),
          };
          return await readFilePart(parent, name, part);
        } finally {
          await parent.close();
        }
      }),
    list: (path = '.') =>
      explain(path, async () => {
        const segments = segmentsOf(root, path);
        const opened = await openDirectory(root, segments, options);
        try {
          return { path: segments.join('/') || '.', ...(await listEntries(opened, maxEntries)) };
        } finally {
          await opened.close();
        }
      }),
    write: (path, text, { overwrite = true, createDirectories = false } = {}) =>
      explain(path, async () => {
        const bytes = Buffer.from(text);
        if (bytes.length > maxWriteBytes)
          throw new TerminalError('FILE_TOO_LARGE', `A file may have at most ${maxWriteBytes} bytes.`);
        const { parents, name } = splitPath(root, path);
        assertWritableName([...parents, name].join('/'));
        const parent = await openDirectory(root, parents, {
          descriptorPaths: options.descriptorPaths,
          create: createDirectories,
          // Again, with links followed: `alias/config` may be `.git/config`.
          accept: (realPath) =>
            assertWritableName([relative(root, realPath), name].filter(Boolean).join('/')),
        });
        try {
          const created = await writeAtomically(parent, name, bytes, { path, overwrite });
          return { path: [...parents, name].join('/'), sizeBytes: bytes.length, created };
        } finally {
          await parent.close();
        }
      }),
  };
}

function splitPath(root: string, path: string): { parents: string[]; name: string } {
  const parents = segmentsOf(root, path);
  const name = parents.pop();
  if (name === undefined) throw new TerminalError('NOT_A_FILE', `${JSON.stringify(path)} is the file root.`);
  return { parents, name };
}

function segmentsOf(root: string, path: string): string[] {
  if (path === '' || path.includes('\0') || path.length > 4_096)
    throw new TerminalError('PATH_INVALID', 'A path has 1 to 4,096 characters and no NUL.');
  const wanted = resolve(root, path);
  if (!isInside(root, wanted)) throw outside(path);
  return relative(root, wanted).split(sep).filter(Boolean);
}
