import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { ToolyardError } from '../../errors.ts';
import type { SandboxRoot } from './sandbox.ts';

/**
 * Arguments for bwrap that mount the roots of a run.
 *
 * @param readOnly - real paths that stay read-only inside writable roots.
 */
export function rootMounts(roots: readonly SandboxRoot[], readOnly: readonly string[]): string[] {
  const outermostFirst = roots.toSorted((one, other) => one.path.length - other.path.length);
  const mounted: SandboxRoot[] = [];
  for (const root of outermostFirst) {
    assertUsable(root.path);
    const around = mounted.find((other) => other.writable && isWithin(root.path, other.path));
    if (around && !root.writable) refuseNested(root.path, around.path);
    // What is writable in a writable root is there already.
    if (!around) mounted.push(root);
  }
  return mounted.flatMap(({ path, writable }) => {
    if (!writable) return ['--ro-bind', path, path];
    const kept = readOnly.filter((inner) => isWithin(inner, path));
    return ['--bind', path, path, ...keepReadOnly(kept, path)];
  });
}

/** Arguments for bwrap that mount what every program may read, where no root shows it already. */
export function readableMounts(readable: readonly string[], roots: readonly SandboxRoot[]): string[] {
  const outside = readable.filter((path) => !roots.some((root) => isWithin(path, root.path)));
  outside.forEach(assertReal);
  return outside.flatMap((path) => ['--ro-bind', path, path]);
}

/** Whether `path` is `directory` or lies in it; both absolute and normal. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || directory === '/' || path.startsWith(`${directory}/`);
}

/** Whether a path is, contains or lies in a directory that the sandbox sets up itself. */
export function isReserved(path: string): boolean {
  return RESERVED.some((reserved) => isWithin(reserved, path) || isWithin(path, reserved));
}

// A root over one of them would take the sandbox apart.
const RESERVED = ['/proc', '/sys', '/dev', '/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc'];

function assertUsable(path: string): void {
  if (RESERVED.some((reserved) => isWithin(reserved, path)) || /^\/(?:proc|sys|dev)\//.test(path))
    refuse(path, 'belongs to the system. Give a directory of its own');
  assertReal(path);
}

function assertReal(path: string): void {
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    return refuse(path, 'is not there');
  }
  // Mounted by its path: a link would take what it points to at that moment.
  if (real !== path) refuse(path, `is a link to ${real}. Give the real path`);
}

// A program that runs now could put a link in its place before the next one is mounted, and the next one would then
// get whatever the link points to.
function refuseNested(path: string, around: string): never {
  return refuse(
    path,
    `is read-only inside the writable root ${around}. Name it in the option readOnly of the sandbox, which protects it in every run`,
  );
}

function refuse(path: string, why: string): never {
  throw new ToolyardError('SANDBOX_ROOT_REFUSED', `The path ${JSON.stringify(path)} ${why}.`);
}

// Every directory on the way is mounted on itself: a mount point cannot be renamed away. All of them come first, for a
// mount hides what was mounted below it.
function keepReadOnly(paths: readonly string[], root: string): string[] {
  const parents = new Set(paths.flatMap((path) => between(root, path)));
  return [
    ...byLength(parents).flatMap((parent) => ['--bind-try', parent, parent]),
    ...byLength(paths).flatMap((path) => ['--ro-bind-try', path, path]),
  ];
}

function between(root: string, path: string): string[] {
  const parent = dirname(path);
  return parent.length > root.length ? [...between(root, parent), parent] : [];
}

// An outer path is shorter than what lies in it.
function byLength(paths: Iterable<string>): string[] {
  return [...paths].toSorted((one, other) => one.length - other.length);
}
