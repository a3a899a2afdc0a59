import type { ErrorContract } from '@toolyard/core';
import { z } from 'zod';

const MAX_VARIABLES = 64;
const MAX_TEXT = 1024 * 1024;

/** Just below the minute after which many clients give up. */
export const DEFAULT_RUN_MS = 50_000;
/** The longest `run` and `run_line` may take. */
const MAX_RUN_MS = 600_000;
/** Above all limits of a run: asking, checks before the start, and the end of a stubborn program. */
export const RUN_TOOL_TIMEOUT_MS = MAX_RUN_MS + 60_000;

/** What a command can be refused with. */
export const COMMAND_ERRORS: readonly ErrorContract[] = [
  { code: 'COMMAND_DENIED', description: 'The policy does not allow it; the message names the rule.' },
  { code: 'COMMAND_NOT_APPROVED', description: 'Somebody has to allow it, and nobody did.' },
  { code: 'TOO_MANY_PROCESSES', description: 'Others have to end first.', retryable: true },
];

/** What a tool for one process can be refused with. */
export const PROCESS_ERRORS: readonly ErrorContract[] = [
  { code: 'PROCESS_NOT_FOUND', description: 'The id is unknown, belongs to somebody else, or is too old.' },
];

/** Arguments that several tools take. */
export const fields = {
  args: z
    .array(z.string().max(131_072))
    .max(1_024)
    .default([])
    .describe('One item for each argument, without quotes: ["-n", "5", "my notes.txt"]'),
  cwd: z
    .string()
    .min(1)
    .max(4_096)
    .optional()
    .describe(
      'Directory to run in: "src", "root:src" or an absolute path in a root; default: the first root',
    ),
  env: z
    .record(z.string().max(200), z.string().max(8_192))
    .refine((variables) => Object.keys(variables).length <= MAX_VARIABLES, {
      message: `at most ${MAX_VARIABLES} variables`,
    })
    .optional()
    .describe('Variables to add, as far as the policy allows them; nothing else is inherited'),
  stdin: z.string().max(MAX_TEXT).optional().describe('Text for the standard input; default: none'),
  timeoutMs: z
    .number()
    .int()
    .min(1)
    .max(MAX_RUN_MS)
    .default(DEFAULT_RUN_MS)
    .describe(
      `Milliseconds until it is ended with all it started; default ${DEFAULT_RUN_MS}, at most ${MAX_RUN_MS}`,
    ),
  id: z.string().min(1).max(100).describe('Of the process, as start or list_processes gave it'),
} as const;

const MAX_NAMES = 120;

/** For the description of a field that takes a program. */
export function programField(programs: readonly string[]) {
  const names = programs.slice(0, MAX_NAMES).join(', ');
  const more = programs.length > MAX_NAMES ? ` and ${programs.length - MAX_NAMES} more` : '';
  return z
    .string()
    .min(1)
    .max(256)
    .describe(`Its bare name. Allowed, each with some of its arguments: ${names}${more}`);
}
