import { callerKey, ToolError, type Call } from '@toolyard/core';
import type { DecidedCommand, TerminalInput } from '@toolyard/core/process';

import { confirm } from '../approval/confirm.ts';
import { visible } from '../approval/visible.ts';

/** What is about to be typed, and where. */
export interface Typing {
  /** What runs there. */
  readonly label: string;
  readonly input: readonly TerminalInput[];
}

interface TypingGuardOptions {
  /** Whether programs are held in bounds, whatever is typed. */
  readonly isBoundary: boolean;
  readonly onDecision?: ((decided: DecidedCommand) => void) | undefined;
}

const RULE = 'terminal.keys';

/**
 * Lets pass what may be typed: everything where a sandbox is a boundary, else what the person at the client allows. A
 * typed line is a command that no policy sees.
 *
 * Nothing may have been typed before, because the handler can run again with the answer.
 *
 * @returns a function that throws a {@link ToolError} `COMMAND_NOT_APPROVED`.
 */
export function typingGuard({ isBoundary, onDecision }: TypingGuardOptions) {
  return async function assertMayType(call: Call, typing: Typing): Promise<void> {
    const isApproved = isBoundary || (await confirm(call, { key: 'type', message: questionOf(typing) }));
    onDecision?.({
      owner: callerKey(call),
      program: typing.label,
      // Not the text: people type passwords.
      args: typing.input.map((each) => ('key' in each ? `<${each.key}>` : `${each.text.length} characters`)),
      cwd: '',
      ruleId: RULE,
      reason: 'Keys for a terminal.',
      effect: isBoundary ? 'allow' : 'ask',
      ...(!isBoundary && { isApproved: isApproved ?? false }),
    });
    if (isApproved === true) return;
    const why =
      isApproved === false
        ? 'Nobody allowed it; nothing was typed.'
        : 'What is typed has to be allowed by a person, and this client cannot ask one; nothing was typed. A server with a sandbox does not ask.';
    throw new ToolError('COMMAND_NOT_APPROVED', `${why} (rule: ${RULE})`, { data: { ruleId: RULE } });
  };
}

function questionOf({ label, input }: Typing): string {
  return `Type this into the terminal of ${visible(label)}?\n${input.map(describe).join(' ')}`;
}

/** Keys by name, texts in quotes. */
function describe(input: TerminalInput): string {
  return 'key' in input ? `<${visible(input.key).slice(1, -1)}>` : visible(input.text);
}
