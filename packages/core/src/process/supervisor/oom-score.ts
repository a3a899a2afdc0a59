import { randomInt } from 'node:crypto';
import { openSync, readFileSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

// Far from the round numbers that browsers and service managers use.
const FIRST = 501;
const COUNT = 398;
const HIGHEST = 1_000;
const FILE = '/proc/self/oom_score_adj';

// One set for the whole process, as the score is one of the whole process.
const inUse = new Set<number>();
let next = randomInt(COUNT);
let own = Number.NaN;
/** Kept open: it is written twice for each program. */
let file: number | undefined;
let usable = process.platform === 'linux';

/**
 * Calls `start` so that what it starts, and all its descendants, have an `oom_score_adj` no other running program has.
 *
 * As a mark it survives what an environment does not (`env -i`), and the kernel ends a program before the server when
 * memory runs out. It is set on this process around the start: on the child it could come too late for a grandchild.
 *
 * @param before - told the score while nothing has it yet.
 * @returns what `start` gave, and the score to be released; `undefined` where none can be set.
 */
export function withOomScore<T>(
  start: () => T,
  before?: (oomScore: number) => void,
): { readonly value: T; readonly oomScore: number | undefined } {
  const oomScore = setScore();
  try {
    if (oomScore !== undefined) before?.(oomScore);
    return { value: start(), oomScore };
  } catch (error) {
    releaseOomScore(oomScore);
    throw error;
  } finally {
    if (oomScore !== undefined) writeScore(own);
  }
}

/** Gives a score back once nothing carries it any more. */
export function releaseOomScore(oomScore: number | undefined): void {
  if (oomScore !== undefined) inUse.delete(oomScore);
}

function setScore(): number | undefined {
  // Threads that take turns would restore each other's score.
  if (!usable || !isMainThread || inUse.size === COUNT) return undefined;
  try {
    if (file === undefined) {
      own = Number(readFileSync(FILE, 'latin1'));
      file = openSync(FILE, 'w');
    }
    if (own + FIRST + COUNT > HIGHEST) throw new RangeError('No room above our own score.');
    let oomScore: number;
    do oomScore = own + FIRST + (next++ % COUNT);
    while (inUse.has(oomScore));
    writeScore(oomScore);
    inUse.add(oomScore);
    return oomScore;
  } catch {
    usable = false;
    return undefined;
  }
}

function writeScore(oomScore: number): void {
  if (file !== undefined) writeSync(file, String(oomScore), 0);
}
