import { RE2JS } from 're2js';
import { ToolError } from '../../errors.ts';
import { shorten } from '../../shorten.ts';

/** What to look for in each line: a text as it is, or a regular expression. */
export type SearchQuery = (
  | { readonly text: string; readonly pattern?: undefined }
  | {
      /** RE2 syntax: no back references and no look-around, so that no text takes longer than linear time. */
      readonly pattern: string;
      readonly text?: undefined;
    }
) & {
  /** Default: false. */
  readonly ignoreCase?: boolean | undefined;
};

/** A query, ready to be asked of lines. */
export interface LineMatcher {
  matches(line: string): boolean;
  /** Where in a matching line, from 0; -1 when that is not known. */
  indexIn(line: string): number;
}

const MAX_LENGTH = 1_000;
/** Steps of a compiled pattern: each may be taken for each character. */
const MAX_PROGRAM = 2_000;
/** How much of a line a pattern is tried on, and on how much it is asked for the place. */
const MAX_LINE = 16_384;
const MAX_INDEXED = 2_000;

/** @throws {ToolError} `PATTERN_INVALID`. */
export function compileQuery({ text, pattern, ignoreCase = false }: SearchQuery): LineMatcher {
  const source = text ?? pattern;
  if (source === '' || source.length > MAX_LENGTH)
    throw new ToolError('PATTERN_INVALID', `Search for 1 to ${MAX_LENGTH} characters, not ${source.length}.`);
  if (/\n/.test(source))
    throw new ToolError('PATTERN_INVALID', 'Search looks at one line at a time; leave out the line end.');
  if (text !== undefined && !ignoreCase)
    return { matches: (line) => line.includes(text), indexIn: (line) => line.indexOf(text) };
  const regex = compile(text === undefined ? source : RE2JS.quote(source), source, ignoreCase);
  return {
    matches: (line) => regex.test(cut(line, MAX_LINE)),
    indexIn(line) {
      const matcher = regex.matcher(cut(line, MAX_INDEXED));
      return matcher.find() ? matcher.start() : -1;
    },
  };
}

function cut(line: string, length: number): string {
  return line.length > length ? line.slice(0, length) : line;
}

function compile(expression: string, source: string, ignoreCase: boolean): RE2JS {
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(expression, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    const reason = error instanceof Error ? `: ${error.message}` : '';
    throw new ToolError(
      'PATTERN_INVALID',
      `${JSON.stringify(shorten(source))} is not a regular expression of RE2 syntax${reason}.`,
      { cause: error },
    );
  }
  if (regex.programSize() <= MAX_PROGRAM) return regex;
  throw new ToolError(
    'PATTERN_INVALID',
    `${JSON.stringify(shorten(source))} is too large once its repetitions are written out; use smaller counts.`,
  );
}
