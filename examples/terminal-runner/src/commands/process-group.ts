import { readdir, readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** The variable that marks the processes of one run, so that they are found even after they left their group. */
export const RUN_MARKER = 'TOOLYARD_RUN';

/** Looks for survivors, and the time between two that found nothing. An exec takes far less. */
const MAX_PASSES = 10;
const PAUSE_MS = 15;

/** Sends a signal to every process of a group. False when there is none left. */
export function signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Kills what a run left behind outside its process group (`setsid`, double forks). Linux only: elsewhere the group is
 * all there is.
 */
export async function killMarked(marker: string): Promise<void> {
  if (process.platform !== 'linux') return;
  // A process that forks while we look is not in the list yet, and one in the middle of an exec shows no environment:
  // only two looks in a row that find nothing say that nothing is left.
  let clean = 0;
  for (let pass = 0; pass < MAX_PASSES && clean < 2; pass++) {
    const survivors = await findMarked(`${RUN_MARKER}=${marker}`);
    for (const pid of survivors) kill(pid);
    clean = survivors.length === 0 ? clean + 1 : 0;
    if (clean === 1) await setTimeout(PAUSE_MS);
  }
}

async function findMarked(entry: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const marked = await Promise.all(
    pids.map(async (pid) => {
      try {
        return (await readFile(`/proc/${pid}/environ`)).includes(entry) ? Number(pid) : undefined;
      } catch {
        return undefined; // gone, or of another user
      }
    }),
  );
  return marked.filter((pid) => pid !== undefined);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
