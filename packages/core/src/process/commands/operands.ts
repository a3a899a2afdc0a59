import { dirname, isAbsolute, join } from 'node:path';
import { ToolError } from '../../errors.ts';
import type { SafeRoots } from '../roots/safe-roots.ts';
import type { PathOperand } from './policy.ts';

/** An operand that lies in a root. */
export interface CheckedOperand {
  /** Absolute and real. */
  readonly path: string;
  readonly access: PathOperand['access'];
}

/** Whether an operand stands for a stream and not for a file. */
function isStream(value: string): boolean {
  return value === '-' || value === '/dev/null';
}

/**
 * Holds operands against the roots.
 *
 * @param cwd - absolute.
 * @throws {ToolError} as `SafeRoots.checkOperand`, or `ROOT_KEPT` for the removal of a root.
 */
export async function checkOperands(
  roots: SafeRoots,
  operands: readonly PathOperand[],
  cwd: string,
): Promise<CheckedOperand[]> {
  const checked: CheckedOperand[] = [];
  for (const { value, access } of operands) {
    if (isStream(value)) continue;
    const path = await roots.checkOperand(await pathForProgram(roots, value, cwd), {
      cwd,
      access: access === 'read' ? 'read' : 'write',
    });
    await assertKnownGit(roots, path, value);
    if (access === 'remove') assertKeepsRoots(roots, path, value);
    checked.push({ path, access });
  }
  return checked;
}

/**
 * The path that a program means by a text. `link/..` is not where the link is but above where it leads; roots read
 * paths as texts, so every `..` behind a name is resolved before.
 *
 * @param cwd - absolute and real.
 * @throws {ToolError} as `SafeRoots.locate`, for a path that leads out on its way.
 */
export async function pathForProgram(roots: SafeRoots, value: string, cwd: string): Promise<string> {
  const names = value.split('/').filter((name) => name !== '' && name !== '.');
  const firstName = names.findIndex((name) => name !== '..');
  if (firstName === -1 || !names.includes('..', firstName)) return asPath(value);
  let path = isAbsolute(value) ? '/' : cwd;
  for (const [index, name] of names.entries()) {
    if (name !== '..') path = join(path, name);
    else if (index < firstName) path = dirname(path);
    else path = dirname((await roots.locate(path)).absolutePath);
  }
  return path;
}

// `a:b` would be the file `b` of the root `a`.
function asPath(value: string): string {
  return isAbsolute(value) || !value.includes(':') ? value : `./${value}`;
}

/** A policy that keeps the settings of git from being read with a whole directory knows that by the name. */
async function assertKnownGit(roots: SafeRoots, path: string, value: string): Promise<void> {
  const names = path.split('/');
  const at = names.findIndex((name) => name.toLowerCase() === '.git');
  if (at === -1 || /(?:^|\/)\.git(?:$|\/)/i.test(value) || isAbove(roots, names.slice(0, at + 1).join('/')))
    return;
  await roots.checkOperand(join(names.slice(0, at + 1).join('/'), 'config'), { access: 'read' });
}

function isAbove({ roots }: SafeRoots, directory: string): boolean {
  return roots.some(({ path }) => path === directory || path.startsWith(`${directory}/`));
}

function assertKeepsRoots({ roots }: SafeRoots, path: string, value: string): void {
  const root = roots.find((each) => each.path === path || each.path.startsWith(`${path}/`));
  if (root)
    throw new ToolError(
      'ROOT_KEPT',
      `${JSON.stringify(value)} ${root.path === path ? 'is' : 'holds'} the root "${root.name}", which cannot be removed or moved.`,
    );
}
