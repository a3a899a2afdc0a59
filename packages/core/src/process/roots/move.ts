import { lstat, mkdir, rename, rmdir, unlink } from 'node:fs/promises';
import { findOwnEntry, openEntry, type Entry } from './entry.ts';
import { changedMeanwhile, explain, fileError, ifThere, notAFile, systemCode } from './file-errors.ts';
import { isSameFile } from './open-directory.ts';
import { placeNew } from './place.ts';
import { replaceFile } from './write.ts';
import type { Tree } from './tree.ts';

/** How `move` treats what is there and what is not. */
export interface MoveFileOptions {
  /** What relative paths are relative to. Default: the first root. */
  readonly cwd?: string | undefined;
  /** Replace an existing file; never a directory. Default: false. */
  readonly overwrite?: boolean | undefined;
  /** Make missing directories; they stay when what follows fails. Default: false. */
  readonly createDirectories?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `move` did. */
export interface MovedFile {
  readonly from: string;
  readonly to: string;
  readonly type: 'file' | 'directory';
}

/** Gives a file or directory another name or place, in writable roots. */
export async function moveFile(
  tree: Tree,
  from: string,
  to: string,
  { cwd, overwrite = false, createDirectories = false, signal }: MoveFileOptions,
): Promise<MovedFile> {
  const { places } = tree;
  const [source, destination] = [places.resolve(from, cwd), places.resolve(to, cwd)];
  assertNotAbove(tree, from, source, destination);
  const old = await findOwnEntry(tree, from, source);
  try {
    const { stats } = old;
    if (!stats) throw fileError('PATH_NOT_FOUND', from, 'does not exist');
    if (!stats.isFile() && !stats.isDirectory()) throw notAFile(from);
    assertNotAbove(tree, from, old.realPath, destination);
    const target = await explain(to, () => findOwnEntry(tree, to, destination, { createDirectories }));
    try {
      const moved = {
        from: places.show(old.realPath),
        to: places.show(target.realPath),
        type: stats.isDirectory() ? 'directory' : 'file',
      } as const;
      if (old.realPath === target.realPath) return moved;
      signal?.throwIfAborted();
      await tree.changes.run(target.realPath, () =>
        stats.isDirectory()
          ? moveDirectory(tree, old, target, { from, to })
          : moveOne(tree, old, target, { from, to, overwrite, signal }),
      );
      await Promise.all([old.parent.sync(), target.parent.sync()]);
      return moved;
    } finally {
      await target.parent.close();
    }
  } finally {
    await old.parent.close();
  }
}

interface Move {
  readonly from: string;
  readonly to: string;
  readonly overwrite: boolean;
  readonly signal: AbortSignal | undefined;
}

async function moveOne(tree: Tree, old: Entry, target: Entry, move: Move): Promise<void> {
  const { to, overwrite } = move;
  const existing = await ifThere(lstat(target.parent.child(target.name), { bigint: true }));
  // Two names of one file that differ in case alone: a rename is all there is to do.
  const isRespelled = existing && isSameFile(existing, old.stats!) && tree.platform.ignoresCase;
  if (existing && !isRespelled) {
    if (!existing.isFile()) throw fileError('FILE_EXISTS', to, 'exists already and is not a file');
    if (!overwrite) throw fileError('FILE_EXISTS', to, 'exists already');
    if ((existing.mode & 0o222n) === 0n) throw fileError('PERMISSION_DENIED', to, 'is marked read-only');
  }
  await Promise.all([old.parent.confirm(), target.parent.confirm()]);
  const paths = [old.parent.child(old.name), target.parent.child(target.name)] as const;
  try {
    await (overwrite || isRespelled ? rename(...paths) : placeNew(...paths));
  } catch (error) {
    if (systemCode(error) !== 'EXDEV') throw error;
    await copyAndDelete(tree, old, target, move);
  }
}

/** To another disk a file can only be copied. The old one goes when the new one is complete. */
async function copyAndDelete(
  tree: Tree,
  old: Entry,
  target: Entry,
  { from, to, overwrite, signal }: Move,
): Promise<void> {
  const { maxHashBytes } = tree.limits;
  const file = await openEntry(old, from);
  try {
    const before = await file.stat({ bigint: true });
    if (before.size > maxHashBytes)
      throw fileError(
        'FILE_TOO_LARGE',
        from,
        `has ${before.size} bytes; at most ${maxHashBytes} are copied to another disk`,
      );
    const bytes = await file.readFile();
    const mode = Number(before.mode & 0o777n);
    await replaceFile(tree, target, bytes, { path: to, overwrite, signal, mode });
    const now = await ifThere(lstat(old.parent.child(old.name), { bigint: true }));
    if (!now || !isSameFile(now, before) || now.mtimeNs !== before.mtimeNs) throw changedMeanwhile(from);
    await unlink(old.parent.child(old.name));
  } finally {
    await file.close();
  }
}

async function moveDirectory(
  { platform }: Tree,
  old: Entry,
  target: Entry,
  { from, to }: Pick<Move, 'from' | 'to'>,
): Promise<void> {
  if (target.stats) throw fileError('FILE_EXISTS', to, 'exists already, and directories are not replaced');
  const [oldPath, newPath] = [old.parent.child(old.name), target.parent.child(target.name)];
  await Promise.all([old.parent.confirm(), target.parent.confirm()]);
  // An empty directory takes the name, so that nothing somebody puts there meanwhile is replaced.
  await mkdir(newPath);
  try {
    // Windows does not rename onto a directory, not even an empty one.
    if (platform.path.sep === '\\') await rmdir(newPath);
    await rename(oldPath, newPath);
  } catch (error) {
    await rmdir(newPath).catch(() => {});
    if (systemCode(error) === 'EXDEV')
      throw fileError(
        'CROSS_DEVICE',
        from,
        'is a directory on another disk; move its files one by one',
        error,
      );
    throw error;
  }
}

/** A root cannot be moved, not even with a directory around it, and nothing can be moved into itself. */
function assertNotAbove({ places }: Tree, path: string, source: string, destination: string): void {
  const isAbove = (inner: string): boolean =>
    inner.startsWith(`${source}/`) || inner.startsWith(`${source}\\`);
  const root = places.roots.find((candidate) => isAbove(candidate.path));
  if (root) throw fileError('PATH_INVALID', path, `contains the root "${root.name}" and is not moved`);
  if (isAbove(destination)) throw fileError('PATH_INVALID', path, 'cannot be moved into itself');
}
