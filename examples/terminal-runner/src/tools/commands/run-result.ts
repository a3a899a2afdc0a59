import { resourceLink, result, text } from '@toolyard/core';
import { artifactUri, type CommandExit, type ProcessExit } from '@toolyard/core/process';
import { z } from 'zod';

import type { KeptOutput } from '../../output/followed-output.ts';
import { showOutput } from '../../output/show-output.ts';

const stream = z.object({
  text: z.string().describe('What it wrote; of long output the start and the end'),
  totalBytes: z.number(),
  omittedBytes: z.number().describe('Left out of text; read_output has them'),
});

/** How a program ended, as results have it. */
export const endFields = {
  exitCode: z.number().nullable().describe('Null when a signal ended it'),
  signal: z.string().nullable(),
  reason: z
    .enum(['exited', 'timedOut', 'idle', 'cancelled', 'killed', 'closed'])
    .describe(
      'Who ended it: itself, a time limit, its silence, the client, a kill, or the end of the server',
    ),
  durationMs: z.number(),
} as const;

/** What `run` and `run_line` give. */
export const runOutput = z.object({
  ...endFields,
  stdout: stream,
  stderr: stream,
  outputId: z.string().optional().describe('For read_output: all of the output, both streams as they came'),
});

/** What is known of a run that has ended. */
export interface EndedRun {
  readonly exit: ProcessExit;
  readonly kept: KeptOutput;
  /** Names the output. */
  readonly name: string;
  readonly timeoutMs: number;
}

/** A run as the result of a tool; `more` is added to the structured part. A failure is a result with `isError`. */
export function runResult<More extends { cached?: true } | { commands: CommandExit[] }>(
  { exit, kept: { id, problem }, name, timeoutMs }: EndedRun,
  more: More,
) {
  const { exitCode, signal, reason, durationMs, output } = exit;
  const hint = output.stdout.isBinary
    ? 'redirect it to a file with run_line'
    : id === undefined
      ? problem
      : `read it with read_output, id "${id}"`;
  const shown = showOutput(output, hint);
  const end = describeEnd(exit, timeoutMs) + ('cached' in more ? '; kept from an earlier run' : '');
  const body = shown.text === '' || shown.text.endsWith('\n') ? shown.text : `${shown.text}\n`;
  const { stdout, stderr } = shown;
  return result({
    structuredContent: {
      exitCode,
      signal,
      reason,
      durationMs,
      stdout,
      stderr,
      ...(id !== undefined && { outputId: id }),
      ...more,
    },
    content: [
      text(`${body}[${end}]`),
      ...(id === undefined ? [] : [resourceLink({ uri: artifactUri(id), name, mimeType: 'text/plain' })]),
    ],
    ...((reason !== 'exited' || exitCode !== 0) && { isError: true }),
  });
}

type End = Pick<ProcessExit, 'exitCode' | 'signal' | 'reason'>;

/**
 * One line on how a program ended, and what helps.
 *
 * @param timeoutMs - of a run; a program in the background has no need of a hint to start one.
 */
export function describeEnd({ exitCode, signal, reason }: End, timeoutMs?: number): string {
  switch (reason) {
    case 'exited':
      return signal === null ? `exit code ${exitCode}` : `ended by ${signal}`;
    case 'timedOut':
      return timeoutMs === undefined
        ? 'ended after its time, with all it started'
        : `ended after ${timeoutMs} ms, with all it started; for what takes longer use start, then wait`;
    case 'idle':
      return 'ended because it wrote nothing for too long';
    case 'cancelled':
      return 'cancelled and ended, with all it started; start runs what should go on without you';
    case 'killed':
      return 'killed';
    case 'closed':
      return 'ended because the server is closing';
  }
}

const MAX_NAME = 120;

/** A command as the name of its output. */
export function nameOf(...words: readonly string[]): string {
  const name = words.join(' ');
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name;
}
