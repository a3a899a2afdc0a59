import type { ProcessInfo } from '@toolyard/core/process';
import { z } from 'zod';
import type { ShownStream } from '../../output/show-output.ts';
/** How a process is, as results have it. */
export declare const stateFields: {
  readonly id: z.ZodString;
  readonly status: z.ZodEnum<{
    ending: 'ending';
    exited: 'exited';
    running: 'running';
  }>;
  readonly exitCode: z.ZodOptional<z.ZodNullable<z.ZodNumber>>;
  readonly signal: z.ZodOptional<z.ZodNullable<z.ZodString>>;
  readonly reason: z.ZodOptional<
    z.ZodEnum<{
      cancelled: 'cancelled';
      closed: 'closed';
      exited: 'exited';
      idle: 'idle';
      killed: 'killed';
      timedOut: 'timedOut';
    }>
  >;
  readonly durationMs: z.ZodNumber;
};
/** What the result of a tool says of a process. */
export declare function stateOf({ id, status, exitCode, signal, reason, durationMs }: ProcessInfo): {
  id: string;
  status: 'ending' | 'exited' | 'running';
  durationMs: number;
  exitCode?: number | null;
  signal?: string | null;
  reason?: import('@toolyard/core/process').ExitReason;
};
/** The same in words. */
export declare function describeState({ status, exitCode, signal, reason }: ProcessInfo): string;
/** A piece of the output of a process, as results have it. */
export declare const outputFields: {
  readonly output: z.ZodObject<
    {
      text: z.ZodString;
      totalBytes: z.ZodNumber;
      omittedBytes: z.ZodNumber;
    },
    z.core.$strip
  >;
  readonly position: z.ZodNumber;
};
/** Output with a line on what it means behind it. */
export declare function withEnd({ text, omittedBytes }: ShownStream, end: string, id: string): string;
//# sourceMappingURL=process-state.d.ts.map
