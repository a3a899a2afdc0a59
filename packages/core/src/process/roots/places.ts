import { realpath, stat } from 'node:fs/promises';
import { InvalidOptionError, ToolError } from '../../errors.ts';
import { quote } from './file-errors.ts';
import { checkPathText } from './path-text.ts';
import type { FilePlatform } from './platform.ts';

/** A directory whose files may be used. */
export interface SafeRootOptions {
  /** What clients write before a colon: letters, digits, `_` and `-`, 2 to 32 of them. */
  readonly name: string;
  /** An existing directory; links on the way are resolved once, when the roots are opened. */
  readonly path: string;
  /** Whether its files may be changed. Default: false. */
  readonly writable?: boolean | undefined;
}

/** An opened root. */
export interface SafeRoot {
  readonly name: string;
  /** Absolute, without links. */
  readonly path: string;
  readonly writable: boolean;
}

/** Which paths belong to which root. A root inside another one decides for what is below it. */
export interface Places {
  readonly roots: readonly SafeRoot[];
  /** The absolute path a client means, below a root as far as its text goes. */
  resolve(path: string, cwd?: string): string;
  /** The root an absolute path is in. */
  rootOf(absolute: string): SafeRoot | undefined;
  /** The same path without the link that leads to a root, when it was written through one. */
  fromAbsolute(absolute: string): string | undefined;
  /** As a client would write a path that is in a root. */
  show(absolute: string): string;
  /** The path below its root, divided by `/`; empty for the root. */
  below(absolute: string): string;
  /** The refusal of a path that leads out. */
  outside(path: string): ToolError;
}

/** Opens the roots: the first is the one that paths without a name are in. */
export async function openPlaces(
  options: readonly SafeRootOptions[],
  platform: FilePlatform,
): Promise<Places> {
  const { path: paths } = platform;
  const opened = await Promise.all(options.map((root, index) => openRoot(root, index, platform)));
  const roots = opened.map(({ root }) => root);
  const names = roots.map(({ name }) => name);
  const [first] = roots;
  if (!first) throw new InvalidOptionError('roots', 'must have at least one');
  assertDistinct(roots, ({ name }) => name.toLowerCase(), 'name');
  assertDistinct(roots, ({ path }) => path, 'path');

  // The deepest first, so that a root inside another one is found before it.
  const deepestFirst = opened.toSorted((one, other) => other.root.path.length - one.root.path.length);
  const fold = (text: string): string => (platform.ignoresCase ? text.toLowerCase() : text);
  const isIn = (base: string, path: string): boolean => {
    const [folded, foldedBase] = [fold(path), fold(base)];
    return (
      folded === foldedBase ||
      folded.startsWith(foldedBase.endsWith(paths.sep) ? foldedBase : foldedBase + paths.sep)
    );
  };
  const rootOf = (path: string): SafeRoot | undefined =>
    deepestFirst.find(({ root }) => isIn(root.path, path))?.root;
  const fromAbsolute = (path: string): string | undefined => {
    if (rootOf(path)) return path;
    const through = deepestFirst.find(({ alias }) => isIn(alias, path));
    return through && paths.join(through.root.path, paths.relative(through.alias, path));
  };
  const below = (path: string): string => {
    const root = rootOf(path);
    return root ? paths.relative(root.path, path).split(paths.sep).join('/') : '';
  };
  const outside = (path: string): ToolError =>
    new ToolError('PATH_OUTSIDE_ROOT', `${quote(path)} is not inside a root. Roots: ${names.join(', ')}.`, {
      data: { roots: names },
    });

  function resolve(path: string, cwd?: string): string {
    checkPathText(path, platform);
    const [, name, rest] = /^([A-Za-z0-9_-]{2,32}):(?!\/\/)(.*)$/s.exec(path) ?? [];
    const root = roots.find((candidate) => candidate.name === name);
    if (name !== undefined && !root)
      throw new ToolError(
        'ROOT_NOT_FOUND',
        `No root is named ${quote(name)}. Roots: ${names.join(', ')}. For a file with a colon in its name write ${quote(`./${path}`)}.`,
        { data: { roots: names } },
      );
    const text = root ? `./${rest}` : path;
    const base = root ? root.path : cwd === undefined ? first!.path : resolve(cwd);
    const absolute = fromAbsolute(paths.resolve(base, text));
    if (absolute === undefined) throw outside(path);
    // "name:../x" would be another root's business.
    if (root && !isIn(root.path, absolute)) throw outside(path);
    return absolute;
  }

  return {
    roots,
    resolve,
    rootOf,
    fromAbsolute,
    below,
    outside,
    show(path) {
      const root = rootOf(path);
      const text = below(path);
      if (root && root !== first) return `${root.name}:${text || '.'}`;
      return /^[^/]*:|^~/.test(text) ? `./${text}` : text || '.';
    },
  };
}

async function openRoot(
  { name, path, writable = false }: SafeRootOptions,
  index: number,
  platform: FilePlatform,
): Promise<{ root: SafeRoot; alias: string }> {
  const option = `roots[${index}]`;
  if (!/^[A-Za-z0-9_-]{2,32}$/.test(name))
    throw new InvalidOptionError(
      `${option}.name`,
      'must be 2 to 32 letters, digits, "_" or "-" (one letter would be a drive on Windows)',
    );
  const found = await realpath(path).catch(() => undefined);
  if (found === undefined || !(await stat(found)).isDirectory())
    throw new InvalidOptionError(`${option}.path`, `is ${quote(path)}, which is not an existing directory`);
  return { root: Object.freeze({ name, path: found, writable }), alias: platform.path.resolve(path) };
}

function assertDistinct(
  roots: readonly SafeRoot[],
  key: (root: SafeRoot) => string,
  what: 'name' | 'path',
): void {
  if (new Set(roots.map(key)).size !== roots.length)
    throw new InvalidOptionError('roots', `must not have two of the same ${what}`);
}
