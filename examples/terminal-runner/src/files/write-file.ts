import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, open, rename, unlink } from 'node:fs/promises';
import { systemErrorCode } from '../errors.ts';
import { isALink, notAFile } from './file-errors.ts';
import type { OpenDirectory } from './open-directory.ts';

/**
 * Writes a whole file beside the old one and puts it in its place in one step.
 *
 * @returns whether the file is new.
 */
export async function writeAtomically(
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
