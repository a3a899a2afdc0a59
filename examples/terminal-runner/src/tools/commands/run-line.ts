import { callerKey, defineTool, ToolError, type Tool } from '@toolyard/core';
import { CommandLineError, parseCommandLine, type CommandPlan } from '@toolyard/validation/command';
import { z } from 'zod';

import { askPerson } from '../../commands/approval.ts';
import type { Commands } from '../../commands/commands.ts';
import { followOutput } from '../../output/followed-output.ts';
import { CAPTURE } from '../../output/show-output.ts';
import { COMMAND_ERRORS, fields, RUN_TOOL_TIMEOUT_MS } from './fields.ts';
import { nameOf, runOutput, runResult } from './run-result.ts';

/** `run_line`: programs joined as in a shell, without one. */
export function runLineTool({ runner, artifacts, policy }: Commands): Tool {
  return defineTool({
    name: 'run_line',
    title: 'Run a command line',
    description: [
      'Runs programs joined by |, &&, || and ;, with <, >, >>, 2> and 2>&1, as in `git log --oneline | head -5`.',
      'No shell runs: quotes work, but variables, $(…), globs, ~, loops, & and here-documents are refused before anything',
      'starts. Programs are those of run, each decided by the policy on its own: either all may run or none does.',
      'For a single program prefer run, whose arguments need no quotes.',
      'Files written with > appear whole when their pipeline has ended.',
      'The result is that of the last command, as in a shell: a failure or a timeout is an error result.',
      'For what goes on in the background use start.',
    ].join(' '),
    input: z.object({
      line: z.string().min(1).max(65_536).describe('For example: grep -rn TODO src | sort | head -20'),
      cwd: fields.cwd,
      env: fields.env,
      stdin: fields.stdin.describe('Text for the standard input of the first command; default: none'),
      timeoutMs: fields.timeoutMs,
    }),
    output: runOutput.extend({
      commands: z
        .array(
          z.object({ program: z.string(), exitCode: z.number().nullable(), signal: z.string().nullable() }),
        )
        .describe('Every command that ran, in order'),
    }),
    annotations: policy.annotations,
    errors: [
      { code: 'COMMAND_LINE_NOT_ALLOWED', description: 'It takes a shell, or is no command line.' },
      ...COMMAND_ERRORS,
    ],
    timeoutMs: RUN_TOOL_TIMEOUT_MS,
    async run({ line, timeoutMs, ...input }, call) {
      const { signal } = call;
      const owner = callerKey(call);
      const who = { owner, approve: askPerson(call), signal };
      const plan = await runner.preparePlan({ plan: planOf(line), ...input }, who);
      const name = nameOf(line);
      const followed = followOutput(call, { artifacts, owner, name });
      try {
        const capture = { ...CAPTURE, onText: followed.onText };
        const { commands, ...exit } = await runner.runPlan(plan, { owner, timeoutMs, signal, capture });
        const ended = { exit, kept: await followed.end(), name, timeoutMs };
        return runResult(ended, { commands: [...commands] });
      } finally {
        await followed.end();
      }
    },
  });
}

function planOf(line: string): CommandPlan {
  try {
    return parseCommandLine(line);
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error;
    const { code, message, offset, part } = error;
    throw new ToolError(code, message, { data: { offset, part }, cause: error });
  }
}
