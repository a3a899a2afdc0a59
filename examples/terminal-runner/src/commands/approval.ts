import type { Call } from '@toolyard/core';
import type { CommandQuestion } from '@toolyard/core/process';
import { z } from 'zod';

const MAX_SHOWN = 500;

/**
 * Asks the person at the client whether commands may run; `undefined` where the client cannot ask. The handler runs
 * again with the answer, so nothing may have been started before.
 */
export function askPerson(call: Call) {
  return async (commands: readonly CommandQuestion[]): Promise<boolean | undefined> => {
    const message = ['Run this?', ...commands.map(describe)].join('\n');
    try {
      const { action } = await call.requireInput('approve', { message, schema: z.object({}) });
      return action === 'accept';
    } catch (error) {
      if (isMissingCapability(error)) return undefined;
      throw error;
    }
  };
}

function describe({ program, args, cwd, reason }: CommandQuestion): string {
  // As JSON, nothing in an argument can pass for the end of the command or the rest of the question.
  const text = JSON.stringify([program, ...args]);
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)` : text;
  return `${shown} in ${JSON.stringify(cwd)}: ${reason}`;
}

function isMissingCapability(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'MISSING_CAPABILITY';
}
