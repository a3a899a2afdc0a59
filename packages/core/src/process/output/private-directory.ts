import { mkdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { ToolyardError } from '../../errors.ts';

/**
 * A directory that nobody else can look into, made if it is not there.
 *
 * @returns its absolute path.
 * @throws {ToolyardError} `DIRECTORY_NOT_PRIVATE` when it belongs to somebody else or others may enter it.
 */
export async function privateDirectory(path: string): Promise<string> {
  const absolute = resolve(path);
  await mkdir(absolute, { recursive: true, mode: 0o700 });
  const { mode, uid } = await stat(absolute);
  // Windows has no such modes; there a directory takes over who may enter its parent.
  const isPrivate = process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0);
  if (isPrivate) return absolute;
  throw new ToolyardError(
    'DIRECTORY_NOT_PRIVATE',
    `Others may enter ${absolute}, which is to hold what programs write. Give it to this user with mode 0700, or name one that does not exist yet.`,
  );
}
