import { ToolError, type Call } from '@toolyard/core';
import type { CommandQuestion } from '@toolyard/core/process';

import { confirm } from '../approval/confirm.ts';
import { visible } from '../approval/visible.ts';

/** Whoever decides sees all of it, or nothing runs. */
const MAX_SHOWN = 8_000;

/**
 * Asks the person at the client whether commands may run; `undefined` where the client cannot ask. The handler runs
 * again with the answer, so nothing may have been started before.
 *
 * @throws {ToolError} `COMMAND_NOT_APPROVED` for commands that are too long to be shown.
 */
export function askPerson(call: Call) {
  return async (commands: readonly CommandQuestion[]): Promise<boolean | undefined> => {
    const message = ['Run this?', ...commands.map(describe)].join('\n');
    if (message.length > MAX_SHOWN) {
      const problem = `A person has to agree to this, and ${message.length} characters are too many to show`;
      throw new ToolError(
        'COMMAND_NOT_APPROVED',
        `${problem}; at most ${MAX_SHOWN} are. Use shorter commands.`,
      );
    }
    return confirm(call, { key: 'approve', message });
  };
}

function describe({ program, args, cwd, reason }: CommandQuestion): string {
  return `${[program, ...args].map(visible).join(' ')} in ${visible(cwd)}: ${reason}`;
}
