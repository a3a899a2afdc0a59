import { callerKey, ToolError, type Call } from '@toolyard/core';
import type { DecidedCommand, ManagedProcess, SafeRoots } from '@toolyard/core/process';

import { confirm } from '../../approval/confirm.ts';
import { visible, visibleLines } from '../../approval/visible.ts';
import { shownDirectory } from '../../commands/shown-directory.ts';

interface InputGuardOptions {
  readonly roots: SafeRoots;
  /** Whether a person decides, once for each process. */
  readonly needsApproval: boolean;
  readonly onDecision: ((decided: DecidedCommand) => void) | undefined;
}

const RULE = 'process.input';
/** Whoever decides sees all of the first text. */
const MAX_SHOWN = 8_000;

/**
 * Lets text pass to a process once the person at the client has allowed it. The policy has looked at the command, and
 * never at what is typed into it.
 *
 * @returns a function that throws a {@link ToolError} `COMMAND_NOT_APPROVED`.
 */
export function inputGuard({ roots, needsApproval, onDecision }: InputGuardOptions) {
  const approved = new WeakSet<ManagedProcess>();

  return async function assertMaySend(process: ManagedProcess, text: string, call: Call): Promise<void> {
    const { label, cwd: absolute } = process.info();
    const cwd = await shownDirectory(roots, absolute);
    const answer = !needsApproval || approved.has(process) || (await ask(process, { text, cwd, call }));
    onDecision?.({
      owner: callerKey(call),
      program: label,
      // Not the text: programs ask for passwords.
      args: [`${text.length} characters`],
      cwd,
      ruleId: RULE,
      reason: 'Input for a process.',
      effect: needsApproval ? 'ask' : 'allow',
      ...(needsApproval && { isApproved: answer ?? false }),
    });
    if (answer !== true)
      throw notApproved(answer === undefined ? 'This client cannot ask anybody' : 'Nobody allowed it');
    approved.add(process);
  };
}

interface Question {
  readonly text: string;
  readonly cwd: string;
  readonly call: Call;
}

async function ask(process: ManagedProcess, { text, cwd, call }: Question): Promise<boolean | undefined> {
  if (text.length > MAX_SHOWN)
    throw notApproved(`A person has to see the first text, and ${MAX_SHOWN} characters are the most`);
  const { program, args } = process.info();
  const command = [program, ...args].map(visible).join(' ');
  const question = `Send this to ${command} in ${visible(cwd)}, and what may follow later without a question?`;
  return confirm(call, { key: 'approve', message: `${question}\n${visibleLines(text)}` });
}

function notApproved(why: string): ToolError {
  const help =
    'Give the text to start as stdin, which goes with the command, or let the server run programs in a sandbox.';
  return new ToolError('COMMAND_NOT_APPROVED', `${why}, so nothing was sent. ${help} (rule: ${RULE})`, {
    data: { ruleId: RULE },
  });
}
