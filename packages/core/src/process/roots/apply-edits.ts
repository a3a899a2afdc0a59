import { ToolError } from '../../errors.ts';
import { shorten } from '../../shorten.ts';
import { quote } from './file-errors.ts';

/** One exact replacement. */
export interface TextEdit {
  /** Text that occurs exactly once, unless `all` is set. */
  readonly find: string;
  readonly replace: string;
  /** Replace every occurrence. Default: false. */
  readonly all?: boolean | undefined;
}

const MAX_EDITS = 200;

/**
 * The text after the edits, one after the other. Line ends stay as the text has them: an edit written with `\n` fits a
 * text with `\r\n`, and what it puts in has `\r\n` too.
 *
 * @throws {ToolError} `EDIT_INVALID`, `EDIT_NOT_FOUND`, `EDIT_AMBIGUOUS` or `FILE_TOO_LARGE`.
 */
export function applyEdits(
  path: string,
  text: string,
  edits: readonly TextEdit[],
  maxLength: number,
): { readonly text: string; readonly replacements: number } {
  if (edits.length === 0 || edits.length > MAX_EDITS)
    throw new ToolError(
      'EDIT_INVALID',
      `1 to ${MAX_EDITS} edits are possible at a time, not ${edits.length}.`,
    );
  let current = text;
  let replacements = 0;
  for (const [index, edit] of edits.entries()) {
    const label = edits.length === 1 ? 'The edit' : `Edit ${index + 1} of ${edits.length}`;
    if (edit.find === '') throw new ToolError('EDIT_INVALID', `${label} has nothing to find.`);
    if (!edit.replace.isWellFormed())
      throw new ToolError('EDIT_INVALID', `${label} puts in half of a character.`);
    const found = locateEdit(current, edit.find);
    if (!found) throw notFound(label, path, current, edit.find);
    if (found.count > 1 && !edit.all)
      throw new ToolError(
        'EDIT_AMBIGUOUS',
        `${label} fits ${found.count} places of ${quote(path)}, at the lines ${linesOf(current, found.find)}. Put more of the surrounding text into "find", or set "all".`,
      );
    const replace = withLineEnds(edit.replace, lineEndsOf(current, found.find));
    const length = current.length + found.count * (replace.length - found.find.length);
    if (length > maxLength)
      throw new ToolError('FILE_TOO_LARGE', `${label} would make ${quote(path)} ${length} characters long.`);
    // A function: in a text, "$&" would mean the text that was found.
    current = current.replaceAll(found.find, () => replace);
    replacements += found.count;
  }
  return { text: current, replacements };
}

interface Located {
  /** The text to find, with the line ends the file has there. */
  readonly find: string;
  readonly count: number;
}

function locateEdit(text: string, find: string): Located | undefined {
  for (const variant of new Set([find, withLineEnds(find, '\n'), withLineEnds(find, '\r\n')])) {
    const count = countOf(text, variant);
    if (count > 0) return { find: variant, count };
  }
  return undefined;
}

function countOf(text: string, find: string): number {
  let count = 0;
  for (let at = text.indexOf(find); at !== -1; at = text.indexOf(find, at + find.length)) count++;
  return count;
}

/** The line ends of the text, or of the place where it has both kinds; nothing when that place has none. */
function lineEndsOf(text: string, place: string): '\n' | '\r\n' | undefined {
  const ofText = onlyLineEnds(text);
  return ofText === 'both' || ofText === undefined ? asOne(onlyLineEnds(place)) : ofText;
}

function onlyLineEnds(text: string): '\n' | '\r\n' | 'both' | undefined {
  const hasWindows = text.includes('\r\n');
  const hasUnix = /(?<!\r)\n/.test(text);
  if (hasWindows && hasUnix) return 'both';
  return hasWindows ? '\r\n' : hasUnix ? '\n' : undefined;
}

function asOne(ends: ReturnType<typeof onlyLineEnds>): '\n' | '\r\n' | undefined {
  return ends === 'both' ? undefined : ends;
}

function withLineEnds(text: string, ends: '\n' | '\r\n' | undefined): string {
  return ends === undefined ? text : text.replaceAll(/\r?\n/g, ends);
}

function linesOf(text: string, find: string): string {
  const lines: number[] = [];
  let line = 1;
  let from = 0;
  for (
    let at = text.indexOf(find);
    at !== -1 && lines.length < 5;
    at = text.indexOf(find, at + find.length)
  ) {
    line += countOf(text.slice(from, at), '\n');
    from = at;
    lines.push(line);
  }
  return lines.join(', ') + (lines.length === 5 ? ' …' : '');
}

/** Says what a reader would look for: the same text with other spaces, or its first line. */
function notFound(label: string, path: string, text: string, find: string): ToolError {
  const message = `${label} was not found in ${quote(path)}: ${JSON.stringify(shorten(find, 120))} does not occur there.`;
  const wanted = squeeze(find);
  const firstLine = squeeze(find.split('\n').find((line) => line.trim() !== '') ?? '');
  const lines = text.split('\n');
  const near = firstLine === '' ? -1 : lines.findIndex((line) => squeeze(line).includes(firstLine));
  if (near === -1) return new ToolError('EDIT_NOT_FOUND', `${message} Read the file again.`);
  const hint =
    wanted !== '' && squeeze(lines.slice(near, near + find.split('\n').length).join('\n')).includes(wanted)
      ? `Line ${near + 1} has it with other spaces`
      : `Line ${near + 1} is like its first line`;
  return new ToolError(
    'EDIT_NOT_FOUND',
    `${message} ${hint}: ${JSON.stringify(shorten(lines[near]!, 200))}. Copy the text exactly.`,
  );
}

function squeeze(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
