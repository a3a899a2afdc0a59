import { sep } from 'node:path';

/** Whether a real path is the root or lies below it. Both must be absolute and free of links and dots. */
export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}
