import { ToolError, isToolError } from '../../errors.ts';
import { shorten } from '../../shorten.ts';

/** Turns the errors of the system, which name paths of the host, into ones for the caller. */
export async function explain<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (isToolError(error)) throw error;
    if (error instanceof LeftRootsError)
      throw fileError('PATH_OUTSIDE_ROOT', path, 'leads out of the roots, through a link');
    const reason = REASONS[systemCode(error) ?? ''];
    if (!reason) throw error;
    throw fileError(reason[0], path, reason[1], error);
  }
}

/** A path led to a directory that is in no root; its place is not for the caller to know. */
export class LeftRootsError extends Error {
  override readonly name: string = 'LeftRootsError';
  readonly code = 'LEFT_ROOTS';
}

/** A refusal that names a path: `"src/a.ts" does not exist.` */
export function fileError(code: string, path: string, problem: string, cause?: unknown): ToolError {
  return new ToolError(code, `${quote(path)} ${problem}.`, cause === undefined ? {} : { cause });
}

/** A path as messages show it: on one line, and not longer than people read. */
export function quote(path: string): string {
  return JSON.stringify(shorten(path, 300));
}

/** The `ENOENT` of an error of the system. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What `work` gives, or `undefined` when what it looks for is not there. */
export async function ifThere<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The refusal of a directory, a device, a pipe or a socket where a file is needed. */
export function notAFile(path: string): ToolError {
  return fileError('NOT_A_FILE', path, 'is not a regular file');
}

/** The refusal of something that was exchanged while it was in use. */
export function changedMeanwhile(path: string): ToolError {
  return fileError('FILE_CHANGED', path, 'was changed by somebody else meanwhile; look again and repeat');
}

const DENIED = 'is not accessible to this server';
const FULL = 'was not written; the old content, if any, is untouched';

const REASONS: Readonly<Record<string, readonly [code: string, problem: string]>> = {
  ENOENT: ['PATH_NOT_FOUND', 'does not exist'],
  ENOTDIR: ['NOT_A_DIRECTORY', 'is not a directory, or is below something that is none'],
  EISDIR: ['NOT_A_FILE', 'is a directory'],
  ELOOP: ['IS_A_LINK', 'is a symbolic link, or is below links that lead in a circle'],
  EEXIST: ['FILE_EXISTS', 'exists already'],
  ENOTEMPTY: ['FILE_EXISTS', 'exists already and is not empty'],
  ENXIO: ['NOT_A_FILE', 'is not a regular file'],
  EACCES: ['PERMISSION_DENIED', DENIED],
  EPERM: ['PERMISSION_DENIED', DENIED],
  EBUSY: ['PERMISSION_DENIED', 'is in use by another program'],
  EROFS: ['PERMISSION_DENIED', 'is on a read-only file system'],
  EINVAL: ['PATH_INVALID', 'has a name this file system does not take'],
  EILSEQ: ['PATH_INVALID', 'has a name this file system does not take'],
  ENAMETOOLONG: ['PATH_INVALID', 'has a name that is too long for this file system'],
  ENOSPC: ['DISK_FULL', `is on a full disk: it ${FULL}`],
  EDQUOT: ['DISK_FULL', `is on a disk whose quota is used up: it ${FULL}`],
  EFBIG: ['FILE_TOO_LARGE', `would be larger than this server may write: it ${FULL}`],
};
