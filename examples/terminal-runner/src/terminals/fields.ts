import { z } from 'zod';

/** The fields that tools for terminals have in common. */
export const idField = z.string().max(64).describe('As open_terminal or list_terminals gave it');
export const columnsField = z.number().int().min(20).max(250);
export const rowsField = z.number().int().min(5).max(100);
export const patternField = z
  .string()
  .min(1)
  .max(1_000)
  .describe(
    'RE2 expression; ^ and $ match at lines. Waits until it matches on the screen, for example a prompt: "^>>> $"',
  );

/** The longest a tool may be asked to wait. */
export const MAX_WAIT_MS = 60_000;
export const waitField = z.number().int().min(1).max(MAX_WAIT_MS);
