import { callerKey, defineTool, type Tool } from '@toolyard/core';
import { z } from 'zod';

import { askPerson } from '../../commands/approval.ts';
import type { Commands } from '../../commands/commands.ts';
import { followOutput } from '../../output/followed-output.ts';
import type { ResultCache } from '../../output/result-cache.ts';
import { CAPTURE } from '../../output/show-output.ts';
import { COMMAND_ERRORS, fields, programField, RUN_TOOL_TIMEOUT_MS } from './fields.ts';
import { nameOf, runOutput, runResult } from './run-result.ts';

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
      const { clock, signal } = call;
      const owner = callerKey(call);
      const command = await runner.prepare(input, { owner, approve: askPerson(call), signal });
      const name = nameOf(input.program, ...input.args);
      const followed = followOutput(call, { artifacts, owner, name });
      const run = async () => {
        const capture = { ...CAPTURE, onText: followed.onText };
        const process = await runner.start(command, { owner, label: name, timeoutMs, signal, capture });
        return process.exited;
      };
      try {
        const { exit, isCached } = await cache.get({ owner, command, clock }, run);
        if (!isCached) return runResult({ exit, kept: await followed.end(), name, timeoutMs }, {});
        await followed.repeat(exit.output);
        return runResult({ exit, kept: await followed.end(), name, timeoutMs }, { cached: true });
      } finally {
        await followed.end();
      }
    },
  });
}
