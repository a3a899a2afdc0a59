import { setImmediate, setTimeout } from 'node:timers/promises';
import { allPids, carries, lastPid, linksOf, pidLimit, possibleReapers, type TreeMark } from './proc.ts';

/** A program that has ended, and whose group was killed. */
export interface EndedProgram {
  readonly pid: number;
  readonly mark: TreeMark;
  /** Since its start. */
  readonly durationMs: number;
}

/** No machine starts more processes in a millisecond; more would wrap around faster than we believe. */
const PIDS_PER_MS = 200;
/** More are looked at by a walk, which lets others run in between. */
const MAX_RANGE = 512;
const MAX_RANGES = 10;
const SLICE = 64;
const MAX_LOOKS = 100;
/** So often in a row somebody else's process may start before we believe that none is ours. */
const MAX_STEPS = 200;
const PAUSE_MS = 5;
/** Where others start processes faster than we can look at them, a result must not wait for ever. */
const MAX_MS = 5_000;

/**
 * Linux: who is left of a program, told without a walk. Ids are given out in order, so descendants have one between
 * that of the program and the last, which after a short run are few.
 *
 * @returns `nobody` for certain; `group`: members of its process group and nobody else; or `unknown`.
 */
export function whoIsLeft({ pid, mark, durationMs }: EndedProgram): 'nobody' | 'group' | 'unknown' {
  if (!isRecent(durationMs)) return 'unknown';
  let left: 'nobody' | 'group' = 'nobody';
  let reapers: ReadonlySet<number> | undefined;
  let from = pid;
  for (let range = 0; range < MAX_RANGES; range++) {
    const last = lastPid();
    if (last === undefined || last < from || last - from > MAX_RANGE) return 'unknown';
    // Nobody was started while we looked, so nobody was missed.
    if (last === from) return left;
    for (let candidate = from + 1; candidate <= last; candidate++) {
      const links = linksOf(candidate);
      if (links?.group === pid) left = 'group';
      else if (links && (links.session === pid || carries(links, mark, (reapers ??= possibleReapers()))))
        return 'unknown';
    }
    from = last;
  }
  return 'unknown';
}

/**
 * Linux: kills what a program left behind outside of its process group, by mark, parent and session.
 *
 * @returns how many processes were killed, and whether all were: some may be of another user, or be born faster than
 * they can be killed.
 */
export async function killEscaped(
  program: EndedProgram,
): Promise<{ readonly killed: number; readonly complete: boolean }> {
  // In the middle of an exec an environment does not show, but a score does.
  const looks = program.mark.oomScore === undefined ? 2 : 1;
  const deadline = performance.now() + MAX_MS;
  let killed = 0;
  let clean = 0;
  for (let look = 0; look < MAX_LOOKS && performance.now() < deadline; look++) {
    const found = await stopAll(program, deadline);
    for (const pid of found) send(pid, 'SIGKILL');
    killed += found.size;
    clean = found.size === 0 && performance.now() < deadline ? clean + 1 : 0;
    if (clean === looks) return { killed, complete: true };
    await setTimeout(PAUSE_MS);
  }
  return { killed, complete: false };
}

function isRecent(durationMs: number): boolean {
  return durationMs * PIDS_PER_MS < (limit ??= pidLimit());
}

let limit: number | undefined;

/**
 * Stops all descendants: what is stopped starts nothing and keeps its links. Those that start while we look, and end
 * before we come to them, may have started others; so the look goes on with what is new until nothing is.
 */
async function stopAll(
  { pid: leader, mark, durationMs }: EndedProgram,
  deadline: number,
): Promise<ReadonlySet<number>> {
  const found = new Set<number>();
  const sessions = new Set([leader]);
  // The program began a session, so nothing of it can be in ours, whatever a mark says.
  const own = linksOf(process.pid)?.session;
  const reapers = possibleReapers();
  let last = lastPid();
  const above = isRecent(durationMs) && last !== undefined && last >= leader ? leader : 0;
  const candidates = () => allPids().filter((pid) => pid > above && !found.has(pid));
  let pids = candidates();
  for (let step = 0; step < MAX_STEPS && performance.now() < deadline; step++) {
    const before = found.size;
    for (const [index, pid] of pids.entries()) {
      if (index % SLICE === SLICE - 1) await setImmediate();
      const links = linksOf(pid);
      if (!links || links.session === own) continue;
      const isLinked = found.has(links.parent) || sessions.has(links.session);
      if ((!isLinked && !carries(links, mark, reapers)) || !send(pid, 'SIGSTOP')) continue;
      found.add(pid);
      sessions.add(links.session);
    }
    const from = last;
    last = lastPid();
    // Children of what was found may have been looked at before it.
    if (found.size > before) pids = candidates();
    else if (last === from) break;
    else pids = startedBetween(from, last) ?? candidates();
  }
  return found;
}

function startedBetween(from: number | undefined, to: number | undefined): number[] | undefined {
  if (from === undefined || to === undefined || to < from || to - from > MAX_RANGE) return undefined;
  return Array.from({ length: to - from }, (_, index) => from + 1 + index);
}

function send(pid: number, signal: 'SIGSTOP' | 'SIGKILL'): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // gone, or of another user
  }
}
