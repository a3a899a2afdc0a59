import { readFileSync } from 'node:fs';
import { positiveInteger } from '../../options.ts';
import type { ProcessLimits } from './sandbox.ts';

/** The limits that `prlimit(1)` can set for a user. */
export function keptLimits(userId: number | undefined): readonly (keyof ProcessLimits)[] {
  // The kernel never counts the processes of root, not even in a user namespace.
  return userId === 0 ? COMMON : [...COMMON, 'processes'];
}

const COMMON = ['cpuSeconds', 'fileBytes', 'memoryBytes', 'openFiles'] as const;

/** What to put between `prlimit` and the program; empty when there is nothing to limit. */
export function prlimitOptions(
  limits: ProcessLimits,
  kept: readonly (keyof ProcessLimits)[],
  countProcesses: (allowed: number) => number,
): string[] {
  return kept.flatMap((name) => {
    const value = limits[name];
    if (value === undefined) return [];
    positiveInteger(`limits.${name}`, value);
    return OPTIONS[name](name === 'processes' ? countProcesses(value) : value);
  });
}

const OPTIONS: Record<keyof ProcessLimits, (value: number) => string[]> = {
  // A second more until SIGKILL: SIGXCPU lets a program say that its time is over.
  cpuSeconds: (value) => [`--cpu=${value}:${value + 1}`],
  fileBytes: (value) => [`--fsize=${value}`],
  // Not --as: Node and every other garbage collector reserve far more addresses than they use.
  memoryBytes: (value) => [`--data=${value}`],
  openFiles: (value) => [`--nofile=${value}`],
  processes: (value) => [`--nproc=${value}`],
};

/**
 * Where the kernel counts all processes of a user, those that are there already do not count against the program:
 * it gets `allowed` more than run on the whole machine now.
 */
export function besidesOthers(allowed: number): number {
  const [, running] = /\d+\/(\d+)/.exec(readFileSync('/proc/loadavg', 'utf8')) ?? [];
  return allowed + Number(running ?? 0);
}
