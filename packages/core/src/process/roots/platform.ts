import { constants, existsSync } from 'node:fs';
import { posix, win32, type PlatformPath } from 'node:path';

/**
 * What file access needs to know of the system it runs on.
 *
 * | | Linux | macOS | Windows |
 * |---|---|---|---|
 * | A directory is reached through | its descriptor: nobody can put another in its place | its path, proven before and after to lead to the same directory | as on macOS |
 * | A swap of a directory for a link, timed to fall between two proofs | has no effect | may leave an empty file or directory outside; content is read or written there only if several swaps in a row hit the moments between the proofs, and never replaces a file | as on macOS |
 * | A link as the last part of a path | refused by the system (`O_NOFOLLOW`) | refused by the system | seen by a look before and after the opening |
 * | A pipe in place of a file | opened without waiting, then refused | as on Linux | seen by a look before the opening |
 * | A finished write survives a power cut | file and directory are flushed | as on Linux | only the file is flushed |
 * | Names | as written, case counts | protected names are compared without case | also refused: device names, streams, short names, dots and spaces at the end |
 */
export interface FilePlatform {
  readonly path: PlatformPath;
  /** Where the descriptors of this process appear as files; without one, paths are proven instead. */
  readonly descriptors: string | undefined;
  /** Whether names that differ only in case are the same file. */
  readonly ignoresCase: boolean;
}

/** The platform of a system: of this one by default. */
export function filePlatform(
  system: NodeJS.Platform = process.platform,
  hasDescriptors: boolean = system === 'linux' && existsSync(DESCRIPTORS),
): FilePlatform {
  return {
    path: system === 'win32' ? win32 : posix,
    descriptors: hasDescriptors ? DESCRIPTORS : undefined,
    ignoresCase: system === 'win32' || system === 'darwin',
  };
}

const DESCRIPTORS = '/proc/self/fd';

/** For opening directories. Windows knows none of these flags. */
export const DIRECTORY_FLAGS = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0);

/** For opening what should be a regular file: no link is followed, no pipe waited for, no terminal taken. */
export const READ_FLAGS =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** For making a new file. */
export const CREATE_FLAGS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** For opening a directory by a name that must not be a link. */
export const OWN_DIRECTORY_FLAGS = DIRECTORY_FLAGS | (constants.O_NOFOLLOW ?? 0);
