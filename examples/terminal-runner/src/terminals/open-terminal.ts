import { callerKey, defineTool, type Tool } from '@toolyard/core';
import type { Command, PreparedCommand } from '@toolyard/core/process';
import { z } from 'zod';

import { askPerson } from '../commands/approval.ts';
import type { Commands } from '../commands/commands.ts';
import { fields, programField } from '../tools/commands/fields.ts';
import { columnsField, rowsField } from './fields.ts';
import type { TerminalToolsOptions } from './options.ts';
import { screenResult, screenSchema } from './screen-result.ts';
import { settle } from './settle.ts';

const FIRST_SCREEN_MS = 5_000;

/** `open_terminal`: a program of the policy, with a screen. */
export function openTerminalTool({ terminals, commands }: TerminalToolsOptions): Tool {
  return defineTool({
    name: 'open_terminal',
    title: 'Open a terminal',
    description: [
      'Starts one program with a terminal and returns its first screen and its id.',
      'For programs that ask, draw or redraw: prompts, menus, watchers, interpreters. For all else use run or start, whose output is easier to read.',
      'The policy decides as for run; editors, pagers, interpreters and shells open only where it names them.',
      'Then: send_keys types and shows what came of it, screen looks again, close_terminal ends it.',
      'It ends by itself after 15 minutes without keys and output, or 4 hours. You may have 4 at the same time.',
    ].join(' '),
    input: z.object({
      program: programField(commands.policy.programs),
      args: fields.args,
      cwd: fields.cwd,
      env: fields.env.describe('Variables to add, as far as the policy allows them. TERM is xterm-256color'),
      columns: columnsField.default(100).describe('Width'),
      rows: rowsField.default(30).describe('Height'),
    }),
    output: screenSchema,
    annotations: commands.policy.annotations,
    timeoutMs: 60_000,
    async run({ program, args, cwd, env, columns, rows }, call) {
      const owner = callerKey(call);
      const prepared = await commands.runner.prepare(
        { program, args, cwd, env: { TERM: 'xterm-256color', ...env } },
        { owner, approve: askPerson(call), signal: call.signal },
      );
      call.signal.throwIfAborted();
      const label = [program, ...args].join(' ').slice(0, 120);
      const session = await terminals.open(inSandbox(prepared, commands), {
        owner,
        label,
        columns,
        rows,
        hasKeeper: commands.sandbox.hasKeeper,
      });
      try {
        const waited = await settle(session, { waitMs: FIRST_SCREEN_MS, signal: call.signal });
        return await screenResult(session, { artifacts: commands.artifacts, owner, waited });
      } catch (error) {
        // Nobody has its id.
        void session.kill();
        throw error;
      }
    },
  });
}

/** What a supervisor does with other programs. */
function inSandbox({ command, sandbox: needs, limits }: PreparedCommand, { sandbox }: Commands): Command {
  return needs ? sandbox.wrap(command, { ...needs, limits: { ...needs.limits, ...limits } }) : command;
}
