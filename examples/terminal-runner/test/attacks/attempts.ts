import type { Client } from '@modelcontextprotocol/client';
import { z } from 'zod';

/** What came of a call. */
export interface Attempt {
  /** Whether it was an error, of the tool or of the protocol. */
  readonly isError: boolean;
  /** The stable code of a refusal. */
  readonly code: string | undefined;
  /** All that the client has been told. */
  readonly text: string;
  readonly data: any;
}

const errorMeta = z.object({ 'toolyard/error': z.object({ code: z.string() }) });

/** Calls a tool and keeps whatever comes back. */
export async function attempt(
  client: Client,
  name: string,
  args: Record<string, unknown>,
  options: { readonly signal?: AbortSignal; readonly timeout?: number } = {},
): Promise<Attempt> {
  try {
    const answer = await client.callTool({ name, arguments: args }, options);
    const { _meta } = answer;
    const meta = errorMeta.safeParse(_meta);
    return {
      isError: answer.isError === true,
      code: meta.data?.['toolyard/error'].code,
      text: JSON.stringify(answer),
      data: answer.structuredContent,
    };
  } catch (error) {
    return { isError: true, code: undefined, text: String(error), data: undefined };
  }
}

/** Words as a line for `run_line`. */
export function lineOf(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
}

/** Codes that say no before anything is started. */
export const REFUSALS: readonly (string | undefined)[] = [
  'COMMAND_DENIED',
  'COMMAND_NOT_APPROVED',
  'COMMAND_LINE_NOT_ALLOWED',
  'ENV_NOT_ALLOWED',
  'INVALID_ARGUMENTS',
  'PATH_OUTSIDE_ROOT',
  'PATH_INVALID',
  'PROTECTED_NAME',
  'ROOT_NOT_FOUND',
  'ROOT_READ_ONLY',
  'ROOT_KEPT',
  'PATH_NOT_FOUND',
  'NOT_A_DIRECTORY',
  'NOT_A_FILE',
  'IS_A_LINK',
  'PROGRAM_NOT_FOUND',
];
