import { constants, existsSync } from 'node:fs';
import { mkdir, open, readlink, realpath, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.ts';
import { outside } from './file-errors.ts';
import { isInside } from './paths.ts';

/** An open directory that was proven to lie in the root. Close it. */
export interface OpenDirectory {
  /** Where it really is, links followed. */
  readonly realPath: string;
  /**
   * A path to something in it. On Linux it goes through the descriptor, so that nobody can put another directory in
   * its place; elsewhere it is the real path, proven again by `confirm`.
   */
  child(name: string): string;
  /** The directory as a path, of the same kind. */
  readonly path: string;
  /** Throws `PATH_OUTSIDE_ROOT` when the directory is no longer where it was. */
  confirm(): Promise<void>;
  /** Makes a finished rename survive a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** How directories are opened. */
export interface OpenDirectoryOptions {
  /** Whether to go through descriptors. Default: yes where the system can, which is the safest. */
  readonly descriptorPaths?: boolean | undefined;
  /** Make missing directories. Default: false. */
  readonly create?: boolean | undefined;
  /** Throws when a directory on the way, links followed, is not to be touched. */
  readonly accept?: ((realPath: string) => void) | undefined;
}

const DESCRIPTORS = '/proc/self/fd';

/**
 * Opens a directory first and looks afterwards where it is: a check before the opening could be outrun.
 *
 * @param segments - names below the root, without dots.
 */
export async function openDirectory(
  root: string,
  segments: readonly string[],
  { create = false, descriptorPaths = existsSync(DESCRIPTORS), accept = () => {} }: OpenDirectoryOptions = {},
): Promise<OpenDirectory> {
  const label = segments.join('/') || '.';
  const how: Opening = { root, label, descriptorPaths, accept };
  if (!create) return openChecked(join(root, ...segments), how);

  let directory = await openChecked(root, how);
  for (const segment of segments) {
    const parent = directory;
    try {
      await mkdir(parent.child(segment), { mode: 0o755 }).catch((error: unknown) => {
        if (systemErrorCode(error) !== 'EEXIST') throw error;
      });
      directory = await openChecked(parent.child(segment), how);
    } finally {
      await parent.close();
    }
  }
  return directory;
}

interface Opening {
  readonly root: string;
  /** What the caller wrote, for messages. */
  readonly label: string;
  readonly descriptorPaths: boolean;
  readonly accept: (realPath: string) => void;
}

async function openChecked(
  path: string,
  { root, label, descriptorPaths, accept }: Opening,
): Promise<OpenDirectory> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const realPath = descriptorPaths
      ? await readlink(`${DESCRIPTORS}/${handle.fd}`)
      : await provenPath(handle, path, label);
    if (!isInside(root, realPath)) throw outside(label);
    accept(realPath);
    const base = descriptorPaths ? `${DESCRIPTORS}/${handle.fd}` : realPath;
    return {
      realPath,
      path: base,
      child: (name) => `${base}/${name}`,
      async confirm() {
        if (descriptorPaths) return;
        if ((await provenPath(handle, realPath, label)) !== realPath) throw outside(label);
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The real path of an open directory, where the system cannot tell it: the path must lead to the same inode. */
async function provenPath(handle: FileHandle, path: string, label: string): Promise<string> {
  const realPath = await realpath(path);
  const [opened, found] = await Promise.all([handle.stat(), stat(realPath)]);
  if (opened.dev !== found.dev || opened.ino !== found.ino) throw outside(label);
  return realPath;
}
