import type { ProcessPlatform, ProcessSignal } from './platform.ts';
import { allPids, linksOf } from './proc.ts';

/** Nobody can handle them, so they are for the leader too. */
const FOR_ALL: ReadonlySet<ProcessSignal> = new Set(['SIGKILL', 'SIGSTOP', 'SIGCONT']);
/** A keeper takes milliseconds until it starts what it keeps. */
const RETRY_MS = 5;
const MAX_RETRIES = 40;

/** Whom a leader keeps: a shell with a terminal moves to a group of its own, and stays in the session. */
type Kept = 'group' | 'session';

/**
 * Linux: a platform whose signals leave out the leader of a process group, which keeps the others: they end by SIGKILL
 * when it ends.
 */
export function spareLeader(platform: ProcessPlatform, others: Kept = 'group'): ProcessPlatform {
  return {
    ...platform,
    signalTree(leader, signal) {
      if (FOR_ALL.has(signal)) return platform.signalTree(leader, signal);
      const kept = keptBy(leader, others);
      // As long as it keeps nobody, it is the one to be signalled.
      if (kept.length === 0) return platform.signalTree(leader, signal);
      send(kept, signal);
      if (isBeginning(kept)) retry({ leader, others, signal }, MAX_RETRIES);
      return true;
    },
  };
}

/** Parents mostly first: who waits for a child must not go on with what comes after it. */
function keptBy(leader: number, others: Kept): number[] {
  return allPids().filter((pid) => pid !== leader && linksOf(pid)?.[others] === leader);
}

/** The first is the init of a namespace, which ignores signals; the program comes after it. */
function isBeginning(kept: readonly number[]): boolean {
  return kept.length === 1;
}

interface Attempt {
  readonly leader: number;
  readonly others: Kept;
  readonly signal: ProcessSignal;
}

function retry(attempt: Attempt, left: number): void {
  const { leader, others, signal } = attempt;
  const again = () => {
    if (linksOf(leader)?.parent !== process.pid) return;
    const kept = keptBy(leader, others);
    send(kept, signal);
    if (isBeginning(kept) && left > 1) retry(attempt, left - 1);
  };
  setTimeout(again, RETRY_MS).unref();
}

function send(pids: readonly number[], signal: ProcessSignal): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone, or of another user.
    }
  }
}
