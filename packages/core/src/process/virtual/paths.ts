import { relative, sep } from 'node:path';
import type { SafeRoot } from '../roots/places.ts';

/** Where the roots are in the tree of a run: `/mnt/<name of the root>`. */
export const MOUNT = '/mnt';

/** The path in the tree of a run of a real path in a root. */
export function mountedPath(root: SafeRoot, absolutePath: string): string {
  const below = relative(root.path, absolutePath).split(sep).join('/');
  return `${MOUNT}/${root.name}${below && `/${below}`}`;
}

/** The path for `SafeRoots`, of a path in the tree that has no links and no dots; `undefined` outside of the roots. */
export function rootPath(path: string): string | undefined {
  const [, name, below] = /^\/mnt\/([^/]+)(?:\/(.*))?$/s.exec(path) ?? [];
  return name === undefined ? undefined : `${name}:${below || '.'}`;
}

/** The path in the tree, of one for `SafeRoots` that names its root. */
export function treePath(path: string): string {
  return `${MOUNT}/${path.replace(':', '/')}`.replace(/\/\.$/, '');
}
