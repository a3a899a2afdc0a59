import { ToolError } from '../../errors.ts';
import type { TerminalSize } from './screen.ts';

const MAX_COLUMNS = 500;
const MAX_ROWS = 200;

/** @throws {ToolError} `INVALID_SIZE` */
export function checkSize({ columns, rows }: TerminalSize): TerminalSize {
  if (fits(columns, MAX_COLUMNS) && fits(rows, MAX_ROWS)) return { columns, rows };
  throw new ToolError(
    'INVALID_SIZE',
    `A terminal has 1 to ${MAX_COLUMNS} columns and 1 to ${MAX_ROWS} rows.`,
  );
}

function fits(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= max;
}
