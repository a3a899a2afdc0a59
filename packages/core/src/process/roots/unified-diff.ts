import { createTwoFilesPatch } from 'diff';

const MAX_DIFF_CHARACTERS = 8_000;
const MAX_CHANGED_LINES = 1_000;

/** What changed from one text to another, as people read it: shortened when it is long, empty when nothing did. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return '';
  const patch = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, {
    context: 3,
    maxEditLength: MAX_CHANGED_LINES,
    headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: true },
  });
  if (patch === undefined) return `More than ${MAX_CHANGED_LINES} lines changed.`;
  if (patch.length <= MAX_DIFF_CHARACTERS) return patch;
  const end = patch.lastIndexOf('\n', MAX_DIFF_CHARACTERS);
  const rest = patch.slice(end + 1).split('\n').length;
  return `${patch.slice(0, end + 1)}… ${rest} more lines\n`;
}
