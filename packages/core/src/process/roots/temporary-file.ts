import { randomUUID } from 'node:crypto';
import { lstat, open, opendir, unlink, type FileHandle } from 'node:fs/promises';
import { ifThere } from './file-errors.ts';
import type { OpenDirectory } from './open-directory.ts';
import { CREATE_FLAGS } from './platform.ts';

/** A new file beside the one it will replace, readable by this user alone. */
export interface TemporaryFile {
  readonly name: string;
  readonly handle: FileHandle;
}

/** Makes one. The caller closes its handle and renames or deletes it. */
export async function createTemporaryFile(parent: OpenDirectory): Promise<TemporaryFile> {
  const name = `.toolyard-${randomUUID()}.tmp`;
  const handle = await open(parent.child(name), CREATE_FLAGS, 0o600);
  try {
    // Where directories are reached by path, this is the moment to see that it was made inside.
    await parent.confirmFile(name, handle);
    return { name, handle };
  } catch (error) {
    await handle.close();
    await unlink(parent.child(name)).catch(() => {});
    throw error;
  }
}

/** Whether a name, folded or not, is one of ours. */
export function isTemporaryName(name: string): boolean {
  return /^\.toolyard-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/i.test(name);
}

/**
 * A writer takes milliseconds, or touches its file from time to time; a file this old, by the clock of its file
 * system, belongs to one that was killed.
 */
const DEAD_AFTER_MS = 60_000;

/** How often a writer that takes longer touches its file. */
export const TOUCH_EVERY_MS: number = DEAD_AFTER_MS / 4;

const MAX_NAMES = 10_000;
const MAX_REMEMBERED = 256;

/** Deletes what killed writers left behind, at most once a minute in each directory. */
export function createCleaner(
  now: () => number,
): (parent: OpenDirectory, own: TemporaryFile) => Promise<void> {
  const cleaned = new Map<string, number>();

  async function cleanUp(parent: OpenDirectory, own: TemporaryFile): Promise<void> {
    const last = cleaned.get(parent.realPath);
    if (last !== undefined && now() - last < DEAD_AFTER_MS) return;
    cleaned.delete(parent.realPath);
    cleaned.set(parent.realPath, now());
    const [oldest] = cleaned.keys();
    if (cleaned.size > MAX_REMEMBERED && oldest !== undefined) cleaned.delete(oldest);

    const { mtimeMs } = await own.handle.stat();
    let seen = 0;
    for await (const { name } of await opendir(parent.path)) {
      if (++seen > MAX_NAMES) break;
      if (!isTemporaryName(name) || name === own.name) continue;
      const found = await ifThere(lstat(parent.child(name)));
      if (!found?.isFile() || mtimeMs - found.mtimeMs < DEAD_AFTER_MS) continue;
      await unlink(parent.child(name));
    }
  }

  // What cannot be cleaned up is no reason not to write.
  return (parent, own) => cleanUp(parent, own).catch(() => {});
}
