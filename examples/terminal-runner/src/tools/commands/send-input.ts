import { callerKey, defineTool, ToolError, type Call, type Tool } from '@toolyard/core';
import type { ManagedProcess } from '@toolyard/core/process';
import { z } from 'zod';

import { confirm } from '../../approval/confirm.ts';
import { visible, visibleLines } from '../../approval/visible.ts';
import type { Commands } from '../../commands/commands.ts';
import type { Background } from './background.ts';
import { fields, PROCESS_ERRORS } from './fields.ts';

const MAX_TEXT = 64 * 1024;
/** Whoever decides sees all of the first text. */
const MAX_ASKED = 8_000;

/** `send_input`: text for a program in the background. */
export function sendInputTool({ policy, sandbox }: Commands, background: Background): Tool {
  const { readOnlyHint } = policy.annotations;
  // What is typed into a program no policy looks at: where it could do harm and nothing holds it, a person decides.
  const needsApproval = !sandbox.isBoundary && !readOnlyHint;
  const approved = new WeakSet<ManagedProcess>();

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
      { code: 'INPUT_NOT_APPROVED', description: 'Somebody has to allow it, and nobody did.' },
    ],
    timeoutMs: 60_000,
    async run({ id, text, end }, call) {
      const process = background.get(id, callerKey(call));
      if (!process.info().hasOpenInput)
        throw new ToolError('STDIN_CLOSED', 'The process takes no input: its stdin is closed.');
      if (needsApproval && !approved.has(process)) {
        await approve(process, text, call);
        approved.add(process);
      }
      const position = background.outputOf(process).end;
      if (text !== '') await process.write(text);
      if (end) process.endInput();
      return { id, position };
    },
  });
}

async function approve(process: ManagedProcess, text: string, call: Call): Promise<void> {
  if (text.length > MAX_ASKED)
    throw notApproved(`Somebody has to see the first text, and ${MAX_ASKED} characters are the most`);
  const { program, args, cwd } = process.info();
  const message = [
    `Send this to ${[program, ...args].map(visible).join(' ')} in ${visible(cwd)}, and what may follow later without a question?`,
    visibleLines(text),
  ].join('\n');
  const answer = await confirm(call, { key: 'approve', message });
  if (answer === true) return;
  throw notApproved(answer === undefined ? 'This client cannot ask anybody' : 'Nobody allowed it');
}

function notApproved(why: string): ToolError {
  return new ToolError(
    'INPUT_NOT_APPROVED',
    `${why}, so nothing was sent. Give the text to start as stdin, which goes with the command, or let the server run programs in a sandbox.`,
  );
}
