import type { ProcessInfo } from '@toolyard/core/process';
import { z } from 'zod';

import type { ShownStream } from '../../output/show-output.ts';
import { describeEnd, endFields } from './run-result.ts';

/** How a process is, as results have it. */
export const stateFields = {
  id: z.string(),
  status: z
    .enum(['running', 'ending', 'exited'])
    .describe('ending: asked to end, or ended with something of its tree still there'),
  exitCode: endFields.exitCode.optional().describe('Once exited; null when a signal ended it'),
  signal: endFields.signal.optional(),
  reason: endFields.reason.optional(),
  durationMs: z.number(),
} as const;

/** What the result of a tool says of a process. */
export function stateOf({ id, status, exitCode, signal, reason, durationMs }: ProcessInfo) {
  return {
    id,
    status,
    durationMs,
    ...(reason !== undefined && { exitCode: exitCode ?? null, signal: signal ?? null, reason }),
  };
}

/** The same in words. */
export function describeState({ status, exitCode = null, signal = null, reason }: ProcessInfo): string {
  return reason === undefined ? status : describeEnd({ exitCode, signal, reason });
}

/** A piece of the output of a process, as results have it. */
export const outputFields = {
  output: z
    .object({
      text: z.string().describe('stdout and stderr as they came; of long output the start and the end'),
      totalBytes: z.number(),
      omittedBytes: z.number().describe('Left out of text; read_output has them'),
    })
    .describe('What was written from the position asked for up to position'),
  position: z.number().describe('Bytes of output so far: the from of the next wait or read_output'),
} as const;

/** Output with a line on what it means behind it. */
export function withEnd({ text, omittedBytes }: ShownStream, end: string, id: string): string {
  const more = omittedBytes > 0 ? `; read_output, id "${id}", has all of the output` : '';
  return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}[${end}${more}]`;
}
