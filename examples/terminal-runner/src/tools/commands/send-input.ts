import { callerKey, defineTool, ToolError, type Tool } from '@toolyard/core';
import type { DecidedCommand } from '@toolyard/core/process';
import { z } from 'zod';

import type { Commands } from '../../commands/commands.ts';
import type { Background } from './background.ts';
import { fields, PROCESS_ERRORS } from './fields.ts';
import { inputGuard } from './input-guard.ts';

const MAX_TEXT = 64 * 1024;

/**
 * `send_input`: text for a program in the background.
 *
 * @param onDecision - hears what is sent, and what was refused; for an audit.
 */
export function sendInputTool(
  { policy, roots, sandbox }: Commands,
  background: Background,
  onDecision: ((decided: DecidedCommand) => void) | undefined,
): Tool {
  // Where programs can do no harm, or something holds them, nobody has to look.
  const needsApproval = !sandbox.isBoundary && !policy.annotations.readOnlyHint;
  const assertMaySend = inputGuard({ roots, needsApproval, onDecision });

  return defineTool({
    name: 'send_input',
    title: 'Send input',
    description: [
      'Writes text to the standard input of a process that start began with openInput. Write "\\n" for Enter; end: true closes',
      'the input behind the text, which many programs wait for. Returns the position before the text: wait with until: "idle"',
      'or "match" and that position as from to get the answer.',
      ...(needsApproval
        ? [
            'The policy looks at commands, not at what is typed into them, and no sandbox holds programs here: the user is asked',
            'once for each process, and without an answer nothing is sent.',
          ]
        : []),
      'It is a pipe, not a terminal: control keys do nothing, use signal for Ctrl-C.',
    ].join(' '),
    input: z.object({
      id: fields.id,
      text: z.string().max(MAX_TEXT).describe(`At most ${MAX_TEXT} characters; may be empty with end`),
      end: z.boolean().default(false).describe('Closes its standard input after the text; default false'),
    }),
    output: z.object({
      id: z.string(),
      position: z.number().describe('Bytes of output before the text was sent: the from of wait'),
    }),
    annotations: policy.annotations,
    errors: [
      ...PROCESS_ERRORS,
      { code: 'STDIN_CLOSED', description: 'It takes no input, or no more.' },
      { code: 'STDIN_FULL', description: 'It does not read what it got before.', retryable: true },
      { code: 'COMMAND_NOT_APPROVED', description: 'Somebody has to allow it, and nobody did.' },
    ],
    timeoutMs: 60_000,
    async run({ id, text, end }, call) {
      const process = background.get(id, callerKey(call));
      if (!process.info().hasOpenInput)
        throw new ToolError('STDIN_CLOSED', 'The process takes no input: its stdin is closed.');
      await assertMaySend(process, text, call);
      const position = background.outputOf(process).end;
      if (text !== '') await process.write(text);
      if (end) process.endInput();
      return { id, position };
    },
  });
}
