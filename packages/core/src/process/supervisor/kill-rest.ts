import { setTimeout as pause } from 'node:timers/promises';
import { killEscaped, whoIsLeft, type EndedProgram } from './escaped.ts';
import type { ProcessPlatform } from './platform.ts';

interface KillRestOptions {
  readonly platform: ProcessPlatform;
  /** Whether what is left was asked to end and still has time for it. */
  readonly hasGrace: () => boolean;
}

// Of the system, not of the clock: nothing a fake clock could speed up.
const POLL_MS = 2;
const MAX_DEATH_MS = 1_000;
const NOBODY = { killed: 0, complete: true };

/**
 * Kills what a program that has ended left behind: its group, and on Linux also what has left that.
 *
 * @returns how many outside of the group were killed, and whether nobody is left of whom the system lets us know.
 */
export async function killRest(
  ended: EndedProgram,
  { platform, hasGrace }: KillRestOptions,
): Promise<{ readonly killed: number; readonly complete: boolean }> {
  const { pid } = ended;
  let left = platform.hasProc ? whoIsLeft(ended) : 'unknown';
  if (left === 'nobody') return NOBODY;
  while (hasGrace() && platform.isTreeAlive(pid)) await pause(POLL_MS);
  const isReached = platform.outlivesProgram && platform.signalTree(pid, 'SIGKILL');
  for (let leftMs = isReached ? MAX_DEATH_MS : 0; leftMs > 0; leftMs -= POLL_MS) {
    // Mostly it is a group that is dying already, which takes less than a walk.
    if (left === 'group') left = whoIsLeft(ended);
    if (left === 'nobody') return NOBODY;
    if (left === 'unknown' && !platform.isTreeAlive(pid)) break;
    await pause(POLL_MS);
  }
  return platform.hasProc ? killEscaped(ended) : NOBODY;
}
