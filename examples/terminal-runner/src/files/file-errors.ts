import { systemErrorCode, TerminalError } from '../errors.ts';

/** Turns the errors of the system, which name paths of ours, into ones for the caller. */
export async function explain<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const reason = REASONS[systemErrorCode(error) ?? ''];
    if (error instanceof TerminalError || !reason) throw error;
    throw new TerminalError(reason[0], `${JSON.stringify(path)} ${reason[1]}.`, { cause: error });
  }
}

/** The refusal of a path that leads out of the root. */
export function outside(path: string): TerminalError {
  return new TerminalError('PATH_OUTSIDE_ROOT', `${JSON.stringify(path)} is not inside the file root.`);
}

/** The refusal of a directory, a device, a pipe or a socket where a file is needed. */
export function notAFile(path: string): TerminalError {
  return new TerminalError('NOT_A_FILE', `${JSON.stringify(path)} is not a regular file.`);
}

/** The refusal of a symbolic link. */
export function isALink(path: string): TerminalError {
  return new TerminalError(
    'IS_A_LINK',
    `${JSON.stringify(path)} is a symbolic link; links are not followed.`,
  );
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
