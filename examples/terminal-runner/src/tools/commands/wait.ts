import { callerKey, defineTool, result, text, type Tool } from '@toolyard/core';
import type { ManagedProcess, WaitResult } from '@toolyard/core/process';
import { z } from 'zod';

import type { Background, ProcessOutput } from './background.ts';
import { fields, PROCESS_ERRORS } from './fields.ts';
import { describeState, outputFields, stateFields, stateOf, withEnd } from './process-state.ts';

const MAX_WAIT_MS = 300_000;

const input = z
  .object({
    id: fields.id,
    until: z
      .enum(['exit', 'match', 'idle'])
      .describe('exit: it has ended. match: a line fits pattern. idle: it wrote nothing for idleMs'),
    pattern: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe('For match: a regular expression (RE2, no look-around), looked for in each line'),
    idleMs: z
      .number()
      .int()
      .min(1)
      .max(MAX_WAIT_MS)
      .default(1_000)
      .describe('For idle: milliseconds of silence; default 1000'),
    timeoutMs: z
      .number()
      .int()
      .min(1)
      .max(MAX_WAIT_MS)
      .default(30_000)
      .describe(`Milliseconds to wait; default 30000, at most ${MAX_WAIT_MS}. The process goes on`),
    from: z
      .number()
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .default(0)
      .describe(
        'Position an earlier answer gave: output before it is neither looked at nor returned; default 0',
      ),
  })
  .refine(({ until, pattern }) => until !== 'match' || pattern !== undefined, {
    path: ['pattern'],
    message: 'is needed with until: "match"',
  });

/** `wait`: for a program in the background. */
export function waitTool(background: Background): Tool {
  return defineTool({
    name: 'wait',
    title: 'Wait for a process',
    description: [
      'Waits until a process that start began has ended (exit), has written a line that fits a pattern (match: "listening on"),',
      'or falls silent (idle: after send_input, or to see whether a build has calmed down).',
      'A match also finds what was written before, from the position on. The end of the process ends every wait, and so does',
      'timeoutMs: then reason is timedOut, the process goes on, and you can wait again.',
      'Returns what it wrote from `from` to position; give that position as from next time to see only what is new.',
      'Of long output the start and the end are shown, the last 64 KiB at most; read_output with the same id has all.',
    ].join(' '),
    input,
    output: z.object({
      ...stateFields,
      ...outputFields,
      ended: z.enum(['exited', 'matched', 'idle', 'timedOut']).describe('Why the wait ended'),
      line: z.string().optional().describe('The line that fits the pattern, at most 1000 characters of it'),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    errors: [...PROCESS_ERRORS, { code: 'INVALID_PATTERN', description: 'The pattern is no RE2.' }],
    timeoutMs: MAX_WAIT_MS + 30_000,
    async run(request, call) {
      const process = background.get(request.id, callerKey(call));
      const written = background.outputOf(process);
      const waited = await waitFor(process, { ...request, written, signal: call.signal });

      await written.flush();
      const info = process.info();
      const position = waited.reason === 'matched' ? written.bytesAt(waited.position) : written.end;
      const output = written.show(request.from, position);
      const line = waited.reason === 'matched' ? waited.line : undefined;
      const end = `${describe(waited)}; ${describeState(info)}; position ${position}`;
      return result({
        structuredContent: {
          ...stateOf(info),
          ended: waited.reason,
          ...(line !== undefined && { line }),
          position,
          output: { ...output },
        },
        content: [text(withEnd(output, end, request.id))],
      });
    },
  });
}

type WaitRequest = z.infer<typeof input> & {
  readonly written: ProcessOutput;
  readonly signal: AbortSignal;
};

function waitFor(process: ManagedProcess, request: WaitRequest): Promise<WaitResult> {
  const { until, pattern = '', idleMs, from, written, timeoutMs, signal } = request;
  const how = { timeoutMs, signal };
  switch (until) {
    case 'exit':
      return process.wait({ exit: true }, how);
    case 'idle':
      return process.wait({ idleMs }, how);
    case 'match':
      return process.wait({ match: pattern, from: written.charactersAt(from) }, how);
  }
}

function describe(waited: WaitResult): string {
  switch (waited.reason) {
    case 'matched':
      return `matched ${JSON.stringify(waited.line)}`;
    case 'timedOut':
      return 'nothing of that happened in time; wait again or kill it';
    case 'idle':
      return 'silent';
    case 'exited':
      return 'ended';
  }
}
