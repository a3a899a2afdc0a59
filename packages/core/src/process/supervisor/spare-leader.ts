import type { ProcessPlatform, ProcessSignal } from './platform.ts';
import { allPids, linksOf } from './proc.ts';

/** Nobody can handle them, so they are for the leader too. */
const FOR_ALL: ReadonlySet<ProcessSignal> = new Set(['SIGKILL', 'SIGSTOP', 'SIGCONT']);

/**
 * Linux: a platform whose signals leave out the leader of a process group, which keeps the others: they end by SIGKILL
 * when it ends.
 */
export function spareLeader(platform: ProcessPlatform): ProcessPlatform {
  return {
    ...platform,
    signalTree(leader, signal) {
      if (FOR_ALL.has(signal)) return platform.signalTree(leader, signal);
      const kept = allPids().filter((pid) => pid !== leader && linksOf(pid)?.group === leader);
      // As long as it keeps nobody, it is the one to be signalled.
      if (kept.length === 0) return platform.signalTree(leader, signal);
      // Parents first, as the list is: who waits for a child must not go on with what comes after it.
      for (const pid of kept) send(pid, signal);
      return true;
    },
  };
}

function send(pid: number, signal: ProcessSignal): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone, or of another user.
  }
}
