import { callerKey, defineTool, type Tool } from '@toolyard/core';
import { z } from 'zod';

import { askPerson } from '../../commands/approval.ts';
import type { Commands } from '../../commands/commands.ts';
import type { ResultCache } from '../../output/result-cache.ts';
import { COMMAND_ERRORS, fields, programField, RUN_TOOL_TIMEOUT_MS } from './fields.ts';
import { runCommand } from './run-command.ts';
import { nameOf, runOutput } from './run-result.ts';

/** `run`: one program, to its end. */
export function runTool({ runner, artifacts, policy }: Commands, cache: ResultCache): Tool {
  return defineTool({
    name: 'run',
    title: 'Run a program',
    description: [
      'Runs one program to its end and returns what it wrote and its exit code. This is the tool for most commands.',
      'There is no shell: each argument is an item of args, and pipes, redirects, globs, ~ and variables mean nothing;',
      'for pipes, redirects, && and || use run_line. For servers, watchers, and what takes longer than timeoutMs or',
      'needs input while it runs, use start.',
      'An exit code other than 0, a timeout, or a program the policy denies is an error result that says why.',
      'Of long output you get the start and the end; outputId and read_output give the rest.',
      'Nothing it started outlives it.',
    ].join(' '),
    input: z.object({
      program: programField(policy.programs),
      args: fields.args,
      cwd: fields.cwd,
      env: fields.env,
      stdin: fields.stdin,
      timeoutMs: fields.timeoutMs,
    }),
    output: runOutput.extend({
      cached: z.literal(true).optional().describe('An earlier result: no file has changed since'),
    }),
    annotations: policy.annotations,
    errors: COMMAND_ERRORS,
    timeoutMs: RUN_TOOL_TIMEOUT_MS,
    async run({ timeoutMs, ...input }, call) {
      const who = { owner: callerKey(call), approve: askPerson(call), signal: call.signal };
      const command = await runner.prepare(input, who);
      const name = nameOf(input.program, ...input.args);
      return runCommand({ runner, artifacts }, command, call, { name, timeoutMs, cache });
    },
  });
}
