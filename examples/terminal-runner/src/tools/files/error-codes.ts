import type { ErrorContract } from '@toolyard/core';

const DESCRIPTIONS = {
  PATH_INVALID: 'No path, or one that is not possible here.',
  PATH_OUTSIDE_ROOT: 'The path leads out of the workspaces, by itself or through a link.',
  ROOT_NOT_FOUND: 'There is no workspace of that name.',
  ROOT_READ_ONLY: 'The workspace is only read.',
  PROTECTED_NAME: 'The path may hold secrets, or other programs trust what it holds.',
  PATH_NOT_FOUND: 'There is nothing of that name.',
  NOT_A_DIRECTORY: 'The path is no directory, or is below something that is none.',
  NOT_A_FILE: 'The path is no regular file.',
  IS_A_LINK: 'The path is a link, and links are not changed.',
  FILE_EXISTS: 'There is a file already.',
  FILE_CHANGED: 'Somebody else changed the file meanwhile.',
  FILE_TOO_LARGE: 'The file is larger than this tool takes.',
  FILE_IS_BINARY: 'The file is no text.',
  PERMISSION_DENIED: 'The system refuses it to this server.',
  DISK_FULL: 'Nothing was written; the old content is untouched.',
  RANGE_INVALID: 'There is no such part of a file.',
  HASH_MISMATCH: 'The file is not the one with the expected hash.',
  CONTENT_INVALID: 'The text has half of a character.',
  EDIT_INVALID: 'The edit makes no sense.',
  EDIT_NOT_FOUND: 'The text to find is not there.',
  EDIT_AMBIGUOUS: 'The text to find is there more than once.',
  PATTERN_INVALID: 'No pattern or glob, or nothing to look for.',
  CROSS_DEVICE: 'A directory is not moved to another disk.',
} as const;

type Code = keyof typeof DESCRIPTIONS;

const OF_PATHS: readonly Code[] = [
  'PATH_INVALID',
  'PATH_OUTSIDE_ROOT',
  'ROOT_NOT_FOUND',
  'PROTECTED_NAME',
  'PATH_NOT_FOUND',
  'NOT_A_DIRECTORY',
  'PERMISSION_DENIED',
];

const OF_CHANGES: readonly Code[] = [
  'ROOT_READ_ONLY',
  'NOT_A_FILE',
  'IS_A_LINK',
  'FILE_TOO_LARGE',
  'FILE_CHANGED',
  'DISK_FULL',
];

/** The codes of a tool that reads: those that paths have, and its own. */
export function readErrors(...own: readonly Code[]): ErrorContract[] {
  return [...OF_PATHS, ...own].map(contractOf);
}

/** The codes of a tool that writes: those that paths and changes have, and its own. */
export function writeErrors(...own: readonly Code[]): ErrorContract[] {
  return [...OF_PATHS, ...OF_CHANGES, ...own].map(contractOf);
}

function contractOf(code: Code): ErrorContract {
  const retryable = code === 'FILE_CHANGED';
  return { code, description: DESCRIPTIONS[code], ...(retryable && { retryable }) };
}
