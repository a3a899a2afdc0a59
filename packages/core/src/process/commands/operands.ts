import { isAbsolute } from 'node:path';
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
export function isStream(value: string): boolean {
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
    const path = await roots.checkOperand(asPath(value), {
      cwd,
      access: access === 'read' ? 'read' : 'write',
    });
    if (access === 'remove') assertKeepsRoots(roots, path, value);
    checked.push({ path, access });
  }
  return checked;
}

// `a:b` would be the file `b` of the root `a`.
function asPath(value: string): string {
  return isAbsolute(value) || !value.includes(':') ? value : `./${value}`;
}

function assertKeepsRoots({ roots }: SafeRoots, path: string, value: string): void {
  const root = roots.find((each) => each.path === path || each.path.startsWith(`${path}/`));
  if (root)
    throw new ToolError(
      'ROOT_KEPT',
      `${JSON.stringify(value)} ${root.path === path ? 'is' : 'holds'} the root "${root.name}", which cannot be removed or moved.`,
    );
}
