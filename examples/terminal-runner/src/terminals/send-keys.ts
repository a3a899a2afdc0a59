import { callerKey, defineTool, type Tool } from '@toolyard/core';
import type { TerminalInput } from '@toolyard/core/process';
import { z } from 'zod';

import { idField, MAX_WAIT_MS, patternField, waitField } from './fields.ts';
import type { TerminalToolsOptions } from './options.ts';
import { screenResult, screenSchema } from './screen-result.ts';
import { checkPattern, settle } from './settle.ts';
import { typingGuard } from './typing.ts';

const inputSchema = z
  .object({
    id: idField,
    // All of it is shown to the person who is asked.
    text: z.string().max(4_000).optional().describe('Typed as it stands, line ends as Enter'),
    keys: z
      .array(z.string().min(1).max(40))
      .max(100)
      .optional()
      .describe(
        'Pressed after the text, one by one: "Enter", "Tab", "Escape", "ArrowUp", "PageDown", "F1", "Ctrl+C", "Alt+x", "q"',
      ),
    enter: z.boolean().default(false).describe('Presses Enter at the end, to send a line'),
    pattern: patternField.optional(),
    waitMs: waitField.default(5_000).describe('The longest wait for an answer, in milliseconds'),
  })
  .refine(({ text = '', keys = [], enter }) => text !== '' || keys.length > 0 || enter, {
    message: 'give text, keys or enter: there is nothing to type',
  });

/** `send_keys`: types, and shows what came of it. */
export function sendKeysTool({ terminals, commands, onDecision }: TerminalToolsOptions): Tool {
  const { sandbox, artifacts, policy } = commands;
  const assertMayType = typingGuard({ isBoundary: sandbox.isBoundary, onDecision });
  return defineTool({
    name: 'send_keys',
    title: 'Type into a terminal',
    description: [
      'Types into a terminal of open_terminal: first text, then keys, then Enter if enter is true. Returns the screen once the program has been silent for a moment, or, with pattern, once that matches; after waitMs in any case.',
      'To run a line: { "id", "text": "6 * 7", "enter": true }. In menus and editors: { "id", "keys": ["ArrowDown", "Enter"] }.',
      'If the program is slower, look again with screen and a pattern. Ctrl+C interrupts it, and throws away what it has not read yet: send it alone.',
      sandbox.isBoundary
        ? ''
        : 'What is typed is a command: the user is asked every time, and sees all of it.',
    ]
      .join(' ')
      .trim(),
    input: inputSchema,
    output: screenSchema,
    annotations: policy.annotations,
    timeoutMs: MAX_WAIT_MS + 15_000,
    async run({ id, text, keys = [], enter, pattern, waitMs }, call) {
      const owner = callerKey(call);
      const session = terminals.get(id, owner);
      const input = inputOf({ text, keys, enter });
      // Says that it has ended, before somebody is asked.
      session.sendKeys([]);
      await checkPattern(session, pattern);
      await assertMayType(call, { label: session.info().label, input });
      session.sendKeys(input);
      const waited = await settle(session, { pattern, waitMs, signal: call.signal });
      return screenResult(session, { artifacts, owner, waited });
    },
  });
}

function inputOf({
  text = '',
  keys,
  enter,
}: {
  readonly text: string | undefined;
  readonly keys: readonly string[];
  readonly enter: boolean;
}): TerminalInput[] {
  return [
    ...(text === '' ? [] : [{ text }]),
    ...keys.map((key) => ({ key })),
    ...(enter ? [{ key: 'Enter' }] : []),
  ];
}
