import { isToolError } from '../../errors.ts';
import type { SafeRoots } from '../roots/safe-roots.ts';
import type { ThreadChange } from './messages.ts';

/** What a run left different from the disk. */
export interface VirtualChange {
  /** For `SafeRoots`. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link';
  /** A moved file or directory is deleted there and added here. */
  readonly change: 'added' | 'modified' | 'deleted';
  readonly sizeBytes: number;
  /** Whether it is on the disk now. */
  readonly saved: boolean;
  /** Why it was not saved, though it was meant to be. */
  readonly problem?: { readonly code: string; readonly message: string };
}

/** The changes of a run that keeps nothing. */
export function unsaved(changes: readonly ThreadChange[]): VirtualChange[] {
  return changes.map(({ path, type, change, sizeBytes }) => ({
    path,
    type,
    change,
    sizeBytes,
    saved: false,
  }));
}

/**
 * Writes the files of a run, one after the other. One that somebody else has changed since the run read it, or made
 * since the run saw it missing, stays as it is and is told of.
 */
export async function save(
  roots: SafeRoots,
  changes: readonly ThreadChange[],
  signal: AbortSignal,
): Promise<VirtualChange[]> {
  const saved: VirtualChange[] = [];
  for (const change of changes)
    // oxlint-disable-next-line no-await-in-loop -- one after the other, so that an abort leaves the rest
    saved.push(await saveOne(roots, change, signal));
  const files = saved.filter((each) => each.saved).map(({ path }) => path);
  // A directory comes with the files in it; an empty one is not made.
  return saved.map((each) =>
    each.type === 'directory' && files.some((path) => path.startsWith(`${each.path}/`))
      ? withoutProblem(each)
      : each,
  );
}

async function saveOne(
  roots: SafeRoots,
  { path, type, change, sizeBytes, bytes, previousHash }: ThreadChange,
  signal: AbortSignal,
): Promise<VirtualChange> {
  const common = { path, type, change, sizeBytes } as const;
  if (!bytes) {
    const message = 'Only files are saved; a directory comes with the first file in it.';
    return { ...common, saved: false, problem: { code: 'NOT_SAVED', message } };
  }
  try {
    const overwrite = change === 'modified';
    await roots.write(path, bytes, {
      overwrite,
      createDirectories: true,
      expectedHash: previousHash,
      signal,
    });
    return { ...common, saved: true };
  } catch (error) {
    if (signal.aborted)
      return { ...common, saved: false, problem: { code: 'CANCELLED', message: 'The run was ended first.' } };
    if (!isToolError(error)) throw error;
    return { ...common, saved: false, problem: { code: error.code, message: error.message } };
  }
}

function withoutProblem({ problem: _, ...change }: VirtualChange): VirtualChange {
  return { ...change, saved: true };
}
