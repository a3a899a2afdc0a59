import { shorten } from '../../shorten.ts';

/** What a file can fail with, as the tools of a shell know it. */
export type FaultCode = keyof typeof TEXTS;

/** An error in the form the interpreter expects from a file system. */
export function fileFault(code: FaultCode, path: string): Error & { readonly code: FaultCode } {
  return Object.assign(new Error(`${code}: ${TEXTS[code]}, '${shorten(path, 300)}'`), { code });
}

/** The fault that stands for a refusal of the roots. */
export function faultOf(code: string): FaultCode {
  return FAULTS[code] ?? 'EACCES';
}

const TEXTS = {
  EACCES: 'permission denied',
  EBUSY: 'resource busy or locked',
  EEXIST: 'file already exists',
  EFBIG: 'file too large',
  EINVAL: 'invalid argument',
  EISDIR: 'illegal operation on a directory',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'name too long',
  ENFILE: 'too many files for one run',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left for what this run writes',
  ENOTDIR: 'not a directory',
  ENOTEMPTY: 'directory not empty',
  EPERM: 'operation not permitted',
} as const;

const FAULTS: Readonly<Record<string, FaultCode>> = {
  PATH_NOT_FOUND: 'ENOENT',
  NOT_A_DIRECTORY: 'ENOTDIR',
  NOT_A_FILE: 'EINVAL',
  FILE_TOO_LARGE: 'EFBIG',
  TOO_MANY_ENTRIES: 'ENFILE',
  PATH_INVALID: 'EINVAL',
};
