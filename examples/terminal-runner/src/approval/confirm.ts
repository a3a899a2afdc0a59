import type { Call } from '@toolyard/core';
import { z } from 'zod';

/**
 * Asks the person at the client a question to be answered with yes or no. The handler can run again with the answer, so
 * nothing may have been done before.
 *
 * @param key - of the question among those of the call.
 * @returns `undefined` where the client cannot ask.
 */
export async function confirm(
  call: Call,
  { key, message }: { readonly key: string; readonly message: string },
): Promise<boolean | undefined> {
  try {
    const { action } = await call.requireInput(key, { message, schema: z.object({}) });
    return action === 'accept';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MISSING_CAPABILITY') return undefined;
    throw error;
  }
}
