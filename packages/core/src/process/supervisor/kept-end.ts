import { constants } from 'node:os';
import type { ProcessSignal } from './platform.ts';

/** How a program ended, as its parent hears of it. */
export interface ProgramEnd {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** What a keeper adds to the number of the signal that ended what it keeps. */
const BY_SIGNAL = 128;

/**
 * How a program ended, told by the end of its keeper. A program may give such a code itself, so a code stands for a
 * signal only where that was sent.
 */
export function howKeptEnded(keeper: ProgramEnd, sent: ReadonlySet<ProcessSignal>): ProgramEnd {
  for (const signal of sent)
    if (keeper.exitCode === BY_SIGNAL + constants.signals[signal]) return { exitCode: null, signal };
  return keeper;
}
