import type { Call } from '@toolyard/core';
/** Tells a client how a run goes. */
export interface ProgressReporter {
  add(text: string): void;
  /** Where all of the output can be read. */
  name(uri: string): void;
  end(): void;
}
/**
 * Passes output on as progress: four messages a second at most, each with the end of what was written. A silent program
 * is reported every ten seconds, so that nobody takes it for dead. The progress is the time in milliseconds.
 */
export declare function progressReporter({
  clock,
  progress,
}: Pick<Call, 'clock' | 'progress'>): ProgressReporter;
//# sourceMappingURL=progress.d.ts.map
