import { type ArtifactStore, type TerminalSession } from '@toolyard/core/process';
import { z } from 'zod';
import type { Settled } from './settle.ts';
/** What a model sees of a terminal. */
export declare const screenSchema: z.ZodObject<
  {
    id: z.ZodString;
    screen: z.ZodString;
    title: z.ZodString;
    columns: z.ZodNumber;
    rows: z.ZodNumber;
    cursor: z.ZodObject<
      {
        row: z.ZodNumber;
        column: z.ZodNumber;
      },
      z.core.$strip
    >;
    isAlternate: z.ZodBoolean;
    scrollbackLines: z.ZodNumber;
    status: z.ZodEnum<{
      ending: 'ending';
      exited: 'exited';
      running: 'running';
    }>;
    exitCode: z.ZodOptional<z.ZodNullable<z.ZodNumber>>;
    signal: z.ZodOptional<z.ZodNullable<z.ZodString>>;
    reason: z.ZodOptional<
      z.ZodEnum<{
        closed: 'closed';
        exited: 'exited';
        idle: 'idle';
        killed: 'killed';
        timedOut: 'timedOut';
      }>
    >;
    waited: z.ZodOptional<
      z.ZodEnum<{
        exited: 'exited';
        idle: 'idle';
        matched: 'matched';
        timedOut: 'timedOut';
      }>
    >;
    omittedLines: z.ZodOptional<z.ZodNumber>;
    outputId: z.ZodOptional<z.ZodString>;
  },
  z.core.$strip
>;
interface ScreenResultOptions {
  readonly artifacts: ArtifactStore;
  readonly owner: string;
  /** Lines from above the screen. */
  readonly scrollback?: number | undefined;
  readonly waited?: Settled | undefined;
}
/** The screen of a terminal as the result of a tool. What is too long for it becomes an artifact. */
export declare function screenResult(
  session: TerminalSession,
  { artifacts, owner, scrollback, waited }: ScreenResultOptions,
): Promise<
  import('@toolyard/core').FullResult<{
    id: string;
    screen: string;
    title: string;
    columns: number;
    rows: number;
    cursor: {
      readonly row: number;
      readonly column: number;
    };
    isAlternate: boolean;
    scrollbackLines: number;
    status: 'ending' | 'exited' | 'running';
    exitCode: number | null | undefined;
    signal: string | null | undefined;
    reason: 'closed' | 'exited' | 'idle' | 'killed' | 'timedOut' | undefined;
    waited: 'exited' | 'idle' | 'matched' | 'timedOut' | undefined;
    omittedLines?: number;
    outputId?: string | undefined;
  }>
>;
/** How a terminal is, in a few words. */
export declare function describeStatus({
  status,
  exitCode,
  signal,
  reason,
}: Pick<ReturnType<TerminalSession['info']>, 'status' | 'exitCode' | 'signal' | 'reason'>): string;
export {};
//# sourceMappingURL=screen-result.d.ts.map
