import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, opendir, realpath, rename, unlink, type FileHandle } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { withoutPartialEnd } from '../commands/output-capture.ts';
import { systemErrorCode, TerminalError } from '../errors.ts';
import { openDirectory, outside, type OpenDirectory, type OpenDirectoryOptions } from './open-directory.ts';
import { isInside } from './paths.ts';
import { assertWritableName } from './protected-names.ts';

/** Limits of a root. */
export interface SafeRootOptions extends OpenDirectoryOptions {
  /** Most bytes one `read` returns. Default: 256 KiB. */
  readonly maxReadBytes?: number;
  /** Largest file that is written. Default: 4 MiB. */
  readonly maxWriteBytes?: number;
  /** Most entries one `list` returns. Default: 1,000. */
  readonly maxEntries?: number;
}

/** Part of a text file. */
export interface FileContent {
  /** Below the root. */
  readonly path: string;
  readonly text: string;
  readonly sizeBytes: number;
  readonly offset: number;
  /** Where to read on; absent at the end of the file. */
  readonly nextOffset?: number;
}

/** What a directory holds. */
export interface DirectoryListing {
  readonly path: string;
  readonly entries: readonly DirectoryEntry[];
  /** Whether there is more than was listed. */
  readonly truncated: boolean;
}

/** One name in a directory. Links are named, never followed. */
export interface DirectoryEntry {
  readonly name: string;
  readonly type: 'file' | 'directory' | 'link' | 'other';
  readonly sizeBytes: number;
  /** ISO 8601. */
  readonly modifiedAt: string;
}

/** What `write` did. */
export interface WrittenFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly created: boolean;
}

/** How `write` treats what is there and what is not. */
export interface WriteOptions {
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
  read(path: string, part?: { offset?: number | undefined; maxBytes?: number | undefined }): Promise<FileContent>;
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
          const file = await openFile(parent, name, path);
          try {
            return await readPart(file, [...parents, name].join('/'), offset, Math.min(maxBytes, maxReadBytes));
          } finally {
            await file.close();
          }
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
        const parent = await openDirectory(root, parents, { ...options, create: createDirectories });
        try {
          // Again, with links followed: `alias/config` may be `.git/config`.
          assertWritableName([relative(root, parent.realPath), name].filter(Boolean).join('/'));
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

// Without O_NONBLOCK the opening of a pipe waits until somebody writes to it.
async function openFile(parent: OpenDirectory, name: string, path: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(parent.child(name), flags);
  try {
    await parent.confirm();
    if (!(await file.stat()).isFile()) throw notAFile(path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readPart(file: FileHandle, path: string, offset: number, maxBytes: number): Promise<FileContent> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(Math.max(0, Math.min(maxBytes, size - offset)));
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, offset + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  const read = buffer.subarray(0, length);
  if (read.includes(0)) throw new TerminalError('FILE_IS_BINARY', `${JSON.stringify(path)} is not a text file.`);
  const whole = offset + length < size ? withoutPartialEnd(read) : read;
  // A part smaller than one character would never get anywhere.
  const kept = whole.length === 0 ? read : whole;
  const next = offset + kept.length;
  const content = { path, text: kept.toString('utf8'), sizeBytes: size, offset };
  return next < size && kept.length > 0 ? { ...content, nextOffset: next } : content;
}

async function listEntries(
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

async function writeAtomically(
  parent: OpenDirectory,
  name: string,
  bytes: Buffer,
  { path, overwrite }: { path: string; overwrite: boolean },
): Promise<boolean> {
  const existing = await lstat(parent.child(name)).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (existing?.isSymbolicLink()) throw isALink(path);
  if (existing && !existing.isFile()) throw notAFile(path);

  const temporary = parent.child(`.toolyard-${randomUUID()}.tmp`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(temporary, flags, 0o600);
  try {
    try {
      await file.writeFile(bytes);
      await file.chmod(existing ? existing.mode & 0o777 : 0o644);
      await file.sync();
    } finally {
      await file.close();
    }
    await parent.confirm();
    // A link fails when the name is taken, also when somebody took it just now; a rename replaces.
    if (overwrite) await rename(temporary, parent.child(name));
    else await link(temporary, parent.child(name));
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  if (!overwrite) await unlink(temporary);
  await parent.sync();
  return existing === undefined;
}

function notAFile(path: string): TerminalError {
  return new TerminalError('NOT_A_FILE', `${JSON.stringify(path)} is not a regular file.`);
}

function isALink(path: string): TerminalError {
  return new TerminalError('IS_A_LINK', `${JSON.stringify(path)} is a symbolic link; links are not followed.`);
}

const REASONS: Readonly<Record<string, readonly [code: string, text: string]>> = {
  ENOENT: ['PATH_NOT_FOUND', 'does not exist'],
  ENOTDIR: ['NOT_A_DIRECTORY', 'is not a directory, or is below something that is none'],
  EISDIR: ['NOT_A_FILE', 'is a directory'],
  ELOOP: ['IS_A_LINK', 'is a symbolic link; links are not followed'],
  EEXIST: ['FILE_EXISTS', 'exists already'],
  ENXIO: ['NOT_A_FILE', 'is not a regular file'],
  EACCES: ['PERMISSION_DENIED', 'is not accessible to this server'],
  EPERM: ['PERMISSION_DENIED', 'is not accessible to this server'],
  EROFS: ['PERMISSION_DENIED', 'is on a read-only file system'],
  ENAMETOOLONG: ['PATH_INVALID', 'has a name that is too long'],
  ENOSPC: ['DISK_FULL', 'was not written: the disk is full'],
  EDQUOT: ['DISK_FULL', 'was not written: the disk quota is used up'],
};

/** Turns the errors of the system, which name paths of ours, into ones for the caller. */
async function explain<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const reason = REASONS[systemErrorCode(error) ?? ''];
    if (error instanceof TerminalError || !reason) throw error;
    throw new TerminalError(reason[0], `${JSON.stringify(path)} ${reason[1]}.`, { cause: error });
  }
}
