import type { SafeRoots } from '@toolyard/core/process';

/** A directory that a program works in, as a client would write it; empty when it is no longer in a root. */
export async function shownDirectory(roots: SafeRoots, absolute: string): Promise<string> {
  try {
    return (await roots.locate(absolute)).path;
  } catch {
    return '';
  }
}
