import type { Deviation } from './compare.ts';
import type { Outcome } from './outcome.ts';
import type { Step } from './traffic.ts';

/** A step, and what both servers answered. */
export interface Occurrence {
  readonly step: Step;
  /** The steps of the conversation before this one. */
  readonly before: readonly Step[];
  readonly ours: Outcome;
  readonly theirs: Outcome;
}

/** A way in which our answers differ from those of the SDK on purpose. */
export interface Difference {
  readonly name: string;
  /** What differs, for which requests. */
  readonly what: string;
  readonly why: string;
  /** The paragraph of the specification that decides it, or what decides where it is silent. */
  readonly decidedBy: string;
  /** Whether a deviation is this one. */
  covers(deviation: Deviation, occurrence: Occurrence): boolean;
}

export const differences: readonly Difference[] = [];
