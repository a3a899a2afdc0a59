import type { ErrorContract } from '@toolyard/core';
declare const DESCRIPTIONS: {
  readonly PATH_INVALID: 'No path, or one that is not possible here.';
  readonly PATH_OUTSIDE_ROOT: 'The path leads out of the workspaces, by itself or through a link.';
  readonly ROOT_NOT_FOUND: 'There is no workspace of that name.';
  readonly ROOT_READ_ONLY: 'The workspace is only read.';
  readonly PROTECTED_NAME: 'The path may hold secrets, or other programs trust what it holds.';
  readonly PATH_NOT_FOUND: 'There is nothing of that name.';
  readonly NOT_A_DIRECTORY: 'The path is no directory, or is below something that is none.';
  readonly NOT_A_FILE: 'The path is no regular file.';
  readonly IS_A_LINK: 'The path is a link, and links are not changed.';
  readonly FILE_EXISTS: 'There is a file already.';
  readonly FILE_CHANGED: 'Somebody else changed the file meanwhile.';
  readonly FILE_TOO_LARGE: 'The file is larger than this tool takes.';
  readonly FILE_IS_BINARY: 'The file is no text.';
  readonly PERMISSION_DENIED: 'The system refuses it to this server.';
  readonly DISK_FULL: 'Nothing was written; the old content is untouched.';
  readonly RANGE_INVALID: 'There is no such part of a file.';
  readonly HASH_MISMATCH: 'The file is not the one with the expected hash.';
  readonly CONTENT_INVALID: 'The text has half of a character.';
  readonly EDIT_INVALID: 'The edit makes no sense.';
  readonly EDIT_NOT_FOUND: 'The text to find is not there.';
  readonly EDIT_AMBIGUOUS: 'The text to find is there more than once.';
  readonly PATTERN_INVALID: 'No pattern or glob, or nothing to look for.';
  readonly CROSS_DEVICE: 'A directory is not moved to another disk.';
};
type Code = keyof typeof DESCRIPTIONS;
/** The codes of a tool that reads: those that paths have, and its own. */
export declare function readErrors(...own: readonly Code[]): ErrorContract[];
/** The codes of a tool that writes: those that paths and changes have, and its own. */
export declare function writeErrors(...own: readonly Code[]): ErrorContract[];
export {};
//# sourceMappingURL=error-codes.d.ts.map
