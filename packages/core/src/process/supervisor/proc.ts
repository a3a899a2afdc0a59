import { existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';

/** How Linux links one process to others. */
export interface ProcessLinks {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/** What all descendants of one program inherit, whatever session or parent they have. */
export interface TreeMark {
  /** `NAME=value` in their environment. */
  readonly variable: string;
  /** Their `oom_score_adj`, where the system let us set one: an empty environment does not shed it. */
  readonly oomScore: number | undefined;
}

/** The ids of all processes, in the order of `/proc`. */
export function allPids(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

/** The id given out last. `undefined` where the kernel does not tell. */
export function lastPid(): number | undefined {
  try {
    // Asked after each program: kept open, it costs a fifth.
    loadavg ??= openSync('/proc/loadavg', 'r');
    const text = buffer.toString('latin1', 0, readSync(loadavg, buffer, 0, buffer.length, 0));
    const last = Number(text.slice(text.lastIndexOf(' ')));
    return last > 0 ? last : undefined;
  } catch {
    return undefined;
  }
}

let loadavg: number | undefined;
const buffer = Buffer.alloc(128);

/** After how many ids the kernel starts over. */
export function pidLimit(): number {
  return Number(read('/proc/sys/kernel/pid_max')) || 32_768;
}

/** The links of a process that lives; `undefined` for one that is gone, or dead and waiting for its parent. */
export function linksOf(pid: number): ProcessLinks | undefined {
  // Looking first is cheaper than an error.
  if (!existsSync(`/proc/${pid}`)) return undefined;
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name before the last parenthesis may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 18);
  const [state, parent, group, session, , , flags] = fields;
  if (state === 'X') return undefined;
  // One whose main thread has ended looks dead, and lives on in the others.
  const hasOthers = Number(fields[17]) > 1;
  const isEnding = state === 'Z' || ((Number(flags) & EXITING) !== 0 && holdsNothing(pid));
  if (isEnding && !hasOthers) return undefined;
  return { pid, parent: Number(parent), group: Number(group), session: Number(session) };
}

// PF_EXITING: it runs no code of its own any more. To take its namespaces down may still last for milliseconds.
const EXITING = 4;

/** The first process of a namespace kills its children last of all, so one that has children still holds them. */
function holdsNothing(pid: number): boolean {
  try {
    const isClosed = readdirSync(`/proc/${pid}/fd`).length === 0;
    return isClosed && readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1') === '';
  } catch {
    return false;
  }
}

/**
 * Whether a process inherited a mark.
 *
 * @param reapers - who gets the orphans of our programs. There are fewer scores than programs on a machine, so a score
 * without the variable says something only where its first bearer is an orphan, or a child of ours.
 */
export function carries(
  links: ProcessLinks,
  { variable, oomScore }: TreeMark,
  reapers: ReadonlySet<number>,
): boolean {
  const entries = `\0${read(`/proc/${links.pid}/environ`) ?? ''}`;
  if (entries.includes(`\0${variable}\0`)) return true;
  // One that carries the variable of another run is of that one.
  const name = variable.slice(0, variable.indexOf('=') + 1);
  if (oomScore === undefined || entries.includes(`\0${name}`)) return false;
  let first: ProcessLinks | undefined = links;
  if (oomScoreOf(first.pid) !== oomScore) return false;
  while (first && oomScoreOf(first.parent) === oomScore) first = linksOf(first.parent);
  return first !== undefined && reapers.has(first.parent);
}

function oomScoreOf(pid: number): number {
  return Number(read(`/proc/${pid}/oom_score_adj`) ?? Number.NaN);
}

/** This process and all it descends from: one of them gets the orphans of our programs. */
export function possibleReapers(): ReadonlySet<number> {
  const reapers = new Set<number>([1]);
  for (let pid: number | undefined = process.pid; pid !== undefined && pid > 0 && !reapers.has(pid);) {
    reapers.add(pid);
    pid = linksOf(pid)?.parent;
  }
  return reapers;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined; // gone, or of another user
  }
}
