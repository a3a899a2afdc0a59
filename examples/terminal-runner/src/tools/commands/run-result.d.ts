import { type CommandExit, type ProcessExit } from '@toolyard/core/process';
import { z } from 'zod';
import type { KeptOutput } from '../../output/followed-output.ts';
/** How a program ended, as results have it. */
export declare const endFields: {
  readonly exitCode: z.ZodNullable<z.ZodNumber>;
  readonly signal: z.ZodNullable<z.ZodString>;
  readonly reason: z.ZodEnum<{
    cancelled: 'cancelled';
    closed: 'closed';
    exited: 'exited';
    idle: 'idle';
    killed: 'killed';
    timedOut: 'timedOut';
  }>;
  readonly durationMs: z.ZodNumber;
};
/** What `run` and `run_line` give. */
export declare const runOutput: z.ZodObject<
  {
    exitCode: z.ZodNullable<z.ZodNumber>;
    signal: z.ZodNullable<z.ZodString>;
    reason: z.ZodEnum<{
      cancelled: 'cancelled';
      closed: 'closed';
      exited: 'exited';
      idle: 'idle';
      killed: 'killed';
      timedOut: 'timedOut';
    }>;
    durationMs: z.ZodNumber;
    stdout: z.ZodObject<
      {
        text: z.ZodString;
        totalBytes: z.ZodNumber;
        omittedBytes: z.ZodNumber;
      },
      z.core.$strip
    >;
    stderr: z.ZodObject<
      {
        text: z.ZodString;
        totalBytes: z.ZodNumber;
        omittedBytes: z.ZodNumber;
      },
      z.core.$strip
    >;
    outputId: z.ZodOptional<z.ZodString>;
  },
  z.core.$strip
>;
/** What is known of a run that has ended. */
export interface EndedRun {
  readonly exit: ProcessExit;
  readonly kept: KeptOutput;
  /** Names the output. */
  readonly name: string;
  readonly timeoutMs: number;
}
/** A run as the result of a tool; `more` is added to the structured part. A failure is a result with `isError`. */
export declare function runResult<
  More extends
    | {
        cached?: true;
      }
    | {
        commands: CommandExit[];
      },
>(
  {
    exit,
    kept: { id, problem },
    name,
    timeoutMs,
  }: EndedRun,
  more: More,
): import('@toolyard/core').FullResult<
  {
    exitCode: number | null;
    signal: string | null;
    reason: import('@toolyard/core/process').ExitReason;
    durationMs: number;
    stdout: import('../../output/show-output.ts').ShownStream;
    stderr: import('../../output/show-output.ts').ShownStream;
    outputId?: string;
  } & More
>;
type End = Pick<ProcessExit, 'exitCode' | 'signal' | 'reason'>;
/** One line on how a program ended, and what helps. */
export declare function describeEnd({ exitCode, signal, reason }: End, timeoutMs?: number): string;
/** A command as the name of its output. */
export declare function nameOf(...words: readonly string[]): string;
export {};
//# sourceMappingURL=run-result.d.ts.map
