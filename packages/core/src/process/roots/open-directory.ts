import type { BigIntStats } from 'node:fs';
import { lstat, mkdir, open, readlink, realpath, stat, type FileHandle } from 'node:fs/promises';
import { fileError, systemCode } from './file-errors.ts';
import { DIRECTORY_FLAGS, OWN_DIRECTORY_FLAGS, type FilePlatform } from './platform.ts';

/** An open directory that was proven to lie in a root. Close it. */
export interface OpenDirectory {
  /** Where it really is, links followed. */
  readonly realPath: string;
  /** A path to it for system calls: through its descriptor where that is possible, else the real path. */
  readonly path: string;
  /** Such a path to something in it. */
  child(name: string): string;
  /** The real path of something in it. */
  realChild(name: string): string;
  /** Throws `FILE_CHANGED` when the directory is no longer where it was; of no effect with descriptors. */
  confirm(): Promise<void>;
  /**
   * Throws `FILE_CHANGED` when an open file is not the one of this name here; of no effect with descriptors. Without
   * them, one look can be deceived by a directory that is swapped and swapped back, so there are three.
   */
  confirmFile(name: string, file: FileHandle): Promise<void>;
  /** Makes a finished rename survive a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** How to open directories. */
export interface DirectoryRules {
  readonly platform: FilePlatform;
  /** Throws when a directory, links followed, is in no root. */
  accept(realPath: string): void;
}

/**
 * Opens a directory first and looks afterwards where it is: a look before the opening could be outrun. Links on the
 * way are followed, so they may lead anywhere; what counts is where the opened directory is.
 */
export async function openDirectory(path: string, rules: DirectoryRules): Promise<OpenDirectory> {
  return prove(await open(path, DIRECTORY_FLAGS), path, rules);
}

/** Opens a directory in another one, by a name that must not be a link. */
export async function openChild(
  parent: OpenDirectory,
  name: string,
  rules: DirectoryRules,
): Promise<OpenDirectory> {
  return prove(await open(parent.child(name), OWN_DIRECTORY_FLAGS), parent.child(name), rules);
}

/** Opens a directory below one that exists, and makes what is missing on the way. */
export async function makeDirectories(
  base: string,
  names: readonly string[],
  rules: DirectoryRules,
): Promise<OpenDirectory> {
  let directory = await openDirectory(base, rules);
  for (const name of names) {
    const parent = directory;
    try {
      await mkdir(parent.child(name), { mode: 0o755 }).catch((error: unknown) => {
        if (systemCode(error) !== 'EEXIST') throw error;
      });
      directory = await openDirectory(parent.child(name), rules);
    } finally {
      await parent.close();
    }
  }
  return directory;
}

async function prove(handle: FileHandle, path: string, rules: DirectoryRules): Promise<OpenDirectory> {
  try {
    const { platform } = rules;
    const { descriptors } = platform;
    if (descriptors !== undefined) {
      const base = `${descriptors}/${handle.fd}`;
      const realPath = await readlink(base);
      // A deleted directory keeps its last path, with a remark behind it that may also be part of a name.
      if (realPath.endsWith(' (deleted)') && (await handle.stat()).nlink === 0)
        throw Object.assign(new Error('ENOENT: the directory was deleted'), { code: 'ENOENT' });
      rules.accept(realPath);
      return opened(handle, {
        realPath,
        base,
        platform,
        confirm: async () => {},
        confirmFile: async () => {},
      });
    }
    const realPath = await provenPath(handle, path);
    rules.accept(realPath);
    const confirm = async (): Promise<void> => {
      if ((await provenPath(handle, realPath)) !== realPath) throw moved(realPath);
    };
    const confirmFile = async (name: string, file: FileHandle): Promise<void> => {
      for (let look = 0; look < 3; look++) {
        await confirm();
        const place = platform.path.join(realPath, name);
        const [here, there] = await Promise.all([
          file.stat({ bigint: true }),
          lstat(place, { bigint: true }),
        ]);
        if (!isSameFile(here, there)) throw moved(realPath);
      }
    };
    return opened(handle, { realPath, base: realPath, platform, confirm, confirmFile });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function opened(
  handle: FileHandle,
  { realPath, base, platform, confirm, confirmFile }: Proven,
): OpenDirectory {
  return {
    realPath,
    path: base,
    child: (name) => `${base}/${name}`,
    realChild: (name) => platform.path.join(realPath, name),
    confirm,
    confirmFile,
    sync: () => handle.sync().catch(ignoreUnsupported),
    close: () => handle.close(),
  };
}

interface Proven extends Pick<OpenDirectory, 'confirm' | 'confirmFile'> {
  readonly realPath: string;
  readonly base: string;
  readonly platform: FilePlatform;
}

/** The real path of an open directory, where the system cannot tell it: the path must lead to the same inode. */
async function provenPath(handle: FileHandle, path: string): Promise<string> {
  const realPath = await realpath(path);
  const [here, there] = await Promise.all([handle.stat({ bigint: true }), stat(realPath, { bigint: true })]);
  if (!isSameFile(here, there)) throw moved(realPath);
  return realPath;
}

/** Whether two looks saw the same file. */
export function isSameFile(one: BigIntStats, other: BigIntStats): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

function moved(realPath: string): Error {
  return fileError('FILE_CHANGED', realPath.split(/[\\/]/).at(-1) ?? '', 'was moved meanwhile; try again');
}

// Windows and some network file systems cannot flush a directory.
function ignoreUnsupported(error: unknown): void {
  if (!['EPERM', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EACCES', 'EBADF'].includes(systemCode(error) ?? ''))
    throw error;
}
