import { callerKey, defineTool, InvalidOptionError, type Call, type Tool } from '@toolyard/core';
import type { CommandQuestion, CommandRunner } from '@toolyard/core/process';
import { commandPolicy, type CommandPolicy } from '@toolyard/validation/command';
import { z } from 'zod';

import { confirm } from '../approval/confirm.ts';
import { visible, visibleLines } from '../approval/visible.ts';
import type { Commands } from '../commands/commands.ts';
import { COMMAND_ERRORS, fields, RUN_TOOL_TIMEOUT_MS } from './commands/fields.ts';
import { runCommand } from './commands/run-command.ts';
import { nameOf, runOutput } from './commands/run-result.ts';

/** What `runShellTool` needs. */
export interface ShellToolOptions {
  readonly commands: Commands;
  /** Like `commands.runner`, under {@link SHELL_POLICY}. */
  readonly runner: CommandRunner;
  /** `unsafe` lets scripts run where nothing holds them. */
  readonly shell: 'sandboxed' | 'unsafe';
}

/** One program, bash, with a script as its only argument, and always after a question. */
export const SHELL_POLICY: CommandPolicy = commandPolicy({
  profile: 'none',
  programs: {
    bash: {
      effect: 'ask',
      reason: 'does whatever its script says',
      does: 'anything',
      style: 'raw',
      insert: ['--noprofile', '--norc', '-c', '--'],
      operands: ['text'],
    },
  },
});

/** All of it is shown to the person who is asked. */
const MAX_SCRIPT = 8_000;

/**
 * `run_shell`: what no policy can look into. Off unless somebody turns it on, and each script is shown to a person.
 *
 * @throws {InvalidOptionError} for `sandboxed` where there is no sandbox that is a boundary.
 */
export function runShellTool({ commands, runner, shell }: ShellToolOptions): Tool {
  const { artifacts, policy, sandbox } = commands;
  if (shell === 'sandboxed' && !sandbox.isBoundary)
    throw new InvalidOptionError(
      'shell',
      `is "sandboxed", and programs are not held by a sandbox here (${sandbox.description}); make one work, or say "unsafe" if scripts may do all that this server may`,
    );
  const reachesNetwork = !sandbox.isBoundary || policy.annotations.openWorldHint;
  return defineTool({
    name: 'run_shell',
    title: 'Run a shell script',
    description: [
      'Runs a script in bash, to its end, and returns what it wrote and its exit code. For what run and run_line cannot do: variables, globs, loops, $(…), here-documents.',
      'The user is shown every script and asked before it runs, so prefer run and run_line, and keep scripts short.',
      sandbox.isBoundary
        ? `It sees the roots and the installed programs, and ${reachesNetwork ? 'the network' : 'no network'}; nothing else of the machine.`
        : 'No sandbox holds it.',
      'An exit code other than 0 or a timeout is an error result. Of long output you get the start and the end; outputId and read_output give the rest. Nothing it started outlives it.',
    ].join(' '),
    input: z.object({
      script: z
        .string()
        .min(1)
        .max(MAX_SCRIPT)
        .describe('For example: for f in *.md; do wc -l "$f"; done. Add set -e to stop at the first failure'),
      cwd: fields.cwd,
      timeoutMs: fields.timeoutMs,
    }),
    output: runOutput,
    annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: reachesNetwork },
    errors: COMMAND_ERRORS,
    timeoutMs: RUN_TOOL_TIMEOUT_MS,
    async run({ script, cwd, timeoutMs }, call) {
      const who = { owner: callerKey(call), approve: askAboutScript(call, script), signal: call.signal };
      const command = await runner.prepare({ program: 'bash', args: [script], cwd }, who);
      const name = nameOf('bash:', script.trim().split('\n', 1)[0]!);
      return runCommand({ runner, artifacts }, command, call, { name, timeoutMs });
    },
  });
}

function askAboutScript(call: Call, script: string) {
  return ([question]: readonly CommandQuestion[]): Promise<boolean | undefined> => {
    const where = visible(question?.cwd ?? '');
    return confirm(call, { key: 'script', message: `Run this script in ${where}?\n${visibleLines(script)}` });
  };
}
