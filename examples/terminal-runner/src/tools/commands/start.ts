import { callerKey, defineTool, resourceLink, result, text, type Tool } from '@toolyard/core';
import { artifactUri } from '@toolyard/core/process';
import { z } from 'zod';

import { askPerson } from '../../commands/approval.ts';
import type { Commands } from '../../commands/commands.ts';
import type { Background } from './background.ts';
import { COMMAND_ERRORS, fields } from './fields.ts';
import { describeState, outputFields, stateFields, stateOf, withEnd } from './process-state.ts';
import { nameOf } from './run-result.ts';

const MAX_LIFE_MS = 86_400_000;

/**
 * `start`: a program that goes on in the background.
 *
 * @param firstLookMs - what fails at once does so within this time.
 */
export function startTool({ runner, policy }: Commands, background: Background, firstLookMs: number): Tool {
  return defineTool({
    name: 'start',
    title: 'Start in the background',
    description: [
      'Starts one program in the background and returns its id with what it wrote in the first second: for servers,',
      'watchers, long builds and programs that take input while they run. Programs and arguments are as for run.',
      'Go on with wait (until it has ended, has written a line, or falls silent), read_output with the same id (all of its',
      'output, 64 MiB at most), send_input, signal and kill; list_processes finds it again, after a reconnect too.',
      'It runs until it ends, is killed, its limits are over, or the server stops. Kill what you need no longer: only a few may run.',
      'One that fails within that second is an error result.',
    ].join(' '),
    input: z.object({
      program: z.string().min(1).max(256).describe('Its bare name, one of those of run'),
      args: fields.args,
      cwd: fields.cwd,
      env: fields.env,
      stdin: fields.stdin.describe('Text to begin its standard input with; default: none'),
      openInput: z
        .boolean()
        .default(true)
        .describe('Keeps its standard input open for send_input. False for what reads it to the end'),
      idleTimeoutMs: z
        .number()
        .int()
        .min(1)
        .max(MAX_LIFE_MS)
        .optional()
        .describe('Ends it when it writes nothing for so many milliseconds; default: never'),
      timeoutMs: z
        .number()
        .int()
        .min(1)
        .max(MAX_LIFE_MS)
        .default(MAX_LIFE_MS)
        .describe('Ends it after so many milliseconds; default and most: 24 hours'),
    }),
    output: z.object({
      ...stateFields,
      ...outputFields,
      uri: z.string().describe('The resource its output grows in; subscribe to follow it'),
    }),
    annotations: policy.annotations,
    errors: COMMAND_ERRORS,
    timeoutMs: 120_000,
    async run({ openInput, idleTimeoutMs, timeoutMs, ...input }, call) {
      const { signal } = call;
      const owner = callerKey(call);
      const command = await runner.prepare(input, { owner, approve: askPerson(call), signal });
      const name = nameOf(input.program, ...input.args);
      const how = { owner, name, openInput, timeoutMs, idleTimeoutMs, signal };
      const process = await background.start(command, how);
      await process.wait({ exit: true }, { timeoutMs: firstLookMs, signal });
      process.toBackground();

      const written = background.outputOf(process);
      await written.flush();
      const { id } = process;
      const info = process.info();
      const position = written.end;
      const output = written.show(0, position);
      const uri = artifactUri(id);
      const hasFailed = info.reason !== undefined && (info.reason !== 'exited' || info.exitCode !== 0);
      const end = `${describeState(info)}; id "${id}", position ${position}`;
      return result({
        structuredContent: { ...stateOf(info), position, output: { ...output }, uri },
        content: [text(withEnd(output, end, id)), resourceLink({ uri, name, mimeType: 'text/plain' })],
        ...(hasFailed && { isError: true }),
      });
    },
  });
}
