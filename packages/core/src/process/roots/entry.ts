import type { BigIntStats } from 'node:fs';
import { lstat, open, readlink, type FileHandle } from 'node:fs/promises';
import { fileError, ifThere, notAFile, quote, systemCode } from './file-errors.ts';
import { makeDirectories, openDirectory, type OpenDirectory } from './open-directory.ts';
import { spellingsOf } from './path-text.ts';
import { READ_FLAGS } from './platform.ts';
import { assertNotRoot, assertWritable, rootOf, type Tree } from './tree.ts';

/** A name in an open directory, and what was there when we looked. */
export interface Entry {
  /** Close it. */
  readonly parent: OpenDirectory;
  readonly name: string;
  /** The proven path of the directory, with the name. */
  readonly realPath: string;
  /** Absent when there is nothing of that name. */
  readonly stats: BigIntStats | undefined;
}

const MAX_LINKS = 16;

/**
 * Finds an entry to read. A link is followed by reading it and finding its target in the same careful way, so that it
 * leads to something in a root or to an error.
 */
export async function findEntry(
  tree: Tree,
  path: string,
  absolute: string,
): Promise<Entry & { readonly wasLink: boolean }> {
  let wanted = absolute;
  for (let links = 0; links < MAX_LINKS; links++) {
    const entry = await lookUp(tree, wanted);
    if (!entry.stats?.isSymbolicLink()) return { ...entry, wasLink: links > 0 };
    try {
      const target = await targetOf(tree, entry);
      if (target === undefined) throw tree.places.outside(path);
      wanted = target;
    } finally {
      await entry.parent.close();
    }
  }
  throw fileError('IS_A_LINK', path, 'is below links that lead in a circle');
}

/**
 * Finds an entry to change, in a writable root and without a protected name. Links are not followed: what is changed
 * is what was named.
 */
export async function findOwnEntry(
  tree: Tree,
  path: string,
  absolute: string,
  { createDirectories = false }: { createDirectories?: boolean | undefined } = {},
): Promise<Entry> {
  assertNotRoot(tree, path, absolute);
  assertWritable(tree, absolute);
  const entry = await lookUp(tree, absolute).catch(async (error: unknown) => {
    if (!createDirectories || systemCode(error) !== 'ENOENT') throw error;
    return lookIn(await makeParents(tree, absolute), tree.platform.path.basename(absolute));
  });
  try {
    assertWritable(tree, entry.realPath);
    if (entry.stats?.isSymbolicLink()) throw await linkRefusal(tree, path, entry);
    return entry;
  } catch (error) {
    await entry.parent.close();
    throw error;
  }
}

/** Looks at an entry without following it, under the spellings its name may have. A root is the "." in itself. */
export async function lookUp(tree: Tree, absolute: string): Promise<Entry> {
  const root = rootOf(tree, absolute);
  if (tree.places.below(absolute) === '') return lookIn(await openDirectory(root.path, tree.rules), '.');
  let missing: Entry | undefined;
  let failure: unknown;
  for (const below of spellingsOf(tree.places.below(absolute))) {
    const spelled = tree.platform.path.join(root.path, below);
    try {
      const parent = await openDirectory(tree.platform.path.dirname(spelled), tree.rules);
      const entry = await lookIn(parent, tree.platform.path.basename(spelled));
      if (entry.stats) {
        await missing?.parent.close();
        return entry;
      }
      if (missing) await entry.parent.close();
      else missing = entry;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') {
        await missing?.parent.close();
        throw error;
      }
      failure ??= error;
    }
  }
  if (missing) return missing;
  throw failure;
}

/** Looks at a name in a directory, and takes the directory over. */
async function lookIn(parent: OpenDirectory, name: string): Promise<Entry> {
  try {
    const stats = await ifThere(lstat(parent.child(name), { bigint: true }));
    await parent.confirm();
    return { parent, name, realPath: parent.realChild(name), stats };
  } catch (error) {
    await parent.close();
    throw error;
  }
}

/** Opens a regular file for reading. */
export async function openEntry({ parent, name, stats }: Entry, path: string): Promise<FileHandle> {
  if (!stats) throw fileError('PATH_NOT_FOUND', path, 'does not exist');
  if (!stats.isFile()) throw notAFile(path);
  const file = await open(parent.child(name), READ_FLAGS);
  try {
    await parent.confirmFile(name, file);
    const opened = await file.stat({ bigint: true });
    if (!opened.isFile()) throw notAFile(path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Where a link leads, as far as that is in a root. */
export async function targetOf({ places, platform }: Tree, entry: Entry): Promise<string | undefined> {
  const link = await readlink(entry.parent.child(entry.name));
  return places.fromAbsolute(platform.path.resolve(entry.parent.realPath, link));
}

async function linkRefusal(tree: Tree, path: string, entry: Entry): Promise<Error> {
  const target = await targetOf(tree, entry);
  const advice = target === undefined ? 'out of the roots' : `to ${quote(tree.places.show(target))}`;
  const help = target === undefined ? '' : '; name that instead';
  return fileError('IS_A_LINK', path, `is a symbolic link ${advice}, and links are not changed${help}`);
}

async function makeParents(tree: Tree, absolute: string): Promise<OpenDirectory> {
  const names = tree.places.below(absolute).split('/').slice(0, -1);
  if (names.length > tree.limits.maxDepth)
    throw fileError(
      'PATH_INVALID',
      tree.places.show(absolute),
      `is deeper than ${tree.limits.maxDepth} levels`,
    );
  const rules = {
    ...tree.rules,
    accept(realPath: string) {
      tree.rules.accept(realPath);
      assertWritable(tree, realPath);
    },
  };
  return makeDirectories(rootOf(tree, absolute).path, names, rules);
}
