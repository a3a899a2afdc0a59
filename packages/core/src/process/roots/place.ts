import { link, open, rename, unlink } from 'node:fs/promises';
import { systemCode } from './file-errors.ts';
import { CREATE_FLAGS } from './platform.ts';

/**
 * Gives a file another name in one step, unless the name is taken: also when somebody takes it just now.
 *
 * @throws the system's `EEXIST`.
 */
export async function placeNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    // Not every file system has hard links, and not every file may get one.
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP', 'EMLINK'].includes(systemCode(error) ?? ''))
      throw error;
    await reserve(from, to);
    return;
  }
  await unlink(from);
}

/** Takes the name with an empty file first, which the rename then replaces. A kill in between leaves that file. */
export async function reserve(from: string, to: string): Promise<void> {
  await (await open(to, CREATE_FLAGS, 0o600)).close();
  try {
    await rename(from, to);
  } catch (error) {
    await unlink(to).catch(() => {});
    throw error;
  }
}
