import { callerKey, defineTool, result, text, type Tool } from '@toolyard/core';
import type { TerminalInfo } from '@toolyard/core/process';
import { z } from 'zod';

import {
  columnsField,
  idField,
  MAX_WAIT_MS,
  patternField,
  rowsField,
  waitField,
} from '../terminals/fields.ts';
import { openTerminalTool } from '../terminals/open-terminal.ts';
import type { TerminalToolsOptions } from '../terminals/options.ts';
import { describeStatus, screenResult, screenSchema } from '../terminals/screen-result.ts';
import { sendKeysTool } from '../terminals/send-keys.ts';

/** Terminals as tools: programs of the policy that draw and ask. Everyone sees their own. */
export function terminalTools(options: TerminalToolsOptions): Tool[] {
  return [
    openTerminalTool(options),
    sendKeysTool(options),
    screenTool(options),
    resizeTool(options),
    listTool(options),
    closeTool(options),
  ];
}

const LOOKS = { readOnlyHint: true, openWorldHint: false };

function screenTool({ terminals, commands: { artifacts } }: TerminalToolsOptions): Tool {
  return defineTool({
    name: 'screen',
    title: 'Look at a terminal',
    description: [
      'What stands on the screen of a terminal of open_terminal, with its cursor, size, title and whether its program has ended; also for 10 minutes after that.',
      'With pattern it waits until that is on the screen: for a slow program after send_keys. Without, it returns at once.',
      'scrollback adds lines that have left the top.',
    ].join(' '),
    input: z.object({
      id: idField,
      scrollback: z
        .number()
        .int()
        .min(0)
        .max(1_000)
        .default(0)
        .describe('How many lines from above the screen'),
      pattern: patternField.optional(),
      waitMs: waitField.default(10_000).describe('The longest wait for the pattern, in milliseconds'),
    }),
    output: screenSchema,
    annotations: LOOKS,
    timeoutMs: MAX_WAIT_MS + 15_000,
    async run({ id, scrollback, pattern, waitMs }, call) {
      const owner = callerKey(call);
      const session = terminals.get(id, owner);
      const waited =
        pattern === undefined
          ? undefined
          : (await session.wait({ pattern }, { timeoutMs: waitMs, signal: call.signal })).reason;
      return screenResult(session, { artifacts, owner, scrollback, waited });
    },
  });
}

function resizeTool({ terminals }: TerminalToolsOptions): Tool {
  return defineTool({
    name: 'resize',
    title: 'Resize a terminal',
    description:
      'Gives a terminal of open_terminal another size, for example to see more of a table at once. Its program is told and draws anew; look with screen.',
    input: z.object({
      id: idField,
      columns: columnsField.describe('New width'),
      rows: rowsField.describe('New height'),
    }),
    output: z.object({ id: z.string(), columns: z.number(), rows: z.number() }),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    run({ id, columns, rows }, call) {
      terminals.get(id, callerKey(call)).resize({ columns, rows });
      return { id, columns, rows };
    },
  });
}

const entrySchema = z.object({
  id: z.string(),
  label: z.string().describe('The program and its arguments'),
  title: z.string().describe('What the program calls its window'),
  columns: z.number(),
  rows: z.number(),
  status: z.enum(['running', 'ending', 'exited']),
  durationMs: z.number().describe('Since its start, or until its end'),
  silentMs: z.number().describe('Since it last drew something'),
  exitCode: z.number().nullable().optional().describe('Of an ended program; null when a signal ended it'),
  signal: z.string().nullable().optional(),
  reason: z.enum(['exited', 'timedOut', 'idle', 'killed', 'closed']).optional(),
});

function listTool({ terminals }: TerminalToolsOptions): Tool {
  return defineTool({
    name: 'list_terminals',
    title: 'List terminals',
    description:
      'Your terminals, oldest first: those that are open, and those whose program ended less than 10 minutes ago. Use it to find an id again.',
    output: z.object({ terminals: z.array(entrySchema) }),
    annotations: LOOKS,
    run(_input, call) {
      const own = terminals.list(callerKey(call));
      return result({
        structuredContent: { terminals: own.map(({ startedAt: _startedAt, ...entry }) => entry) },
        content: [text(own.length === 0 ? 'No terminals.' : own.map(describeEntry).join('\n'))],
      });
    },
  });
}

function describeEntry(info: TerminalInfo): string {
  const { id, label, columns, rows, durationMs } = info;
  const seconds = Math.round(durationMs / 1_000);
  return `${id}  ${label}  ${columns}x${rows}, ${seconds} s, ${describeStatus(info)}`;
}

function closeTool({ terminals, commands: { artifacts } }: TerminalToolsOptions): Tool {
  return defineTool({
    name: 'close_terminal',
    title: 'Close a terminal',
    description:
      'Ends the program of a terminal and all it started: hangs up as closing a window does, and by force after 2 seconds. Returns its last screen. Let programs end by their own command where what they have not saved matters.',
    input: z.object({ id: idField }),
    output: screenSchema,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    timeoutMs: 15_000,
    async run({ id }, call) {
      const owner = callerKey(call);
      const session = terminals.get(id, owner);
      await session.kill();
      return screenResult(session, { artifacts, owner });
    },
  });
}
