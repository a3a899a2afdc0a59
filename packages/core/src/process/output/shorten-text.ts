/** How much of a text a model gets. */
export interface TextBudget {
  readonly maxChars: number;
  readonly maxLines: number;
}

/** The two ends of a long text. Where nothing was taken out, `tail` is empty. */
export interface TextEnds {
  readonly head: string;
  readonly tail: string;
}

/** Of what is kept, the part that is taken from the start: the end says how it went. */
const HEAD_SHARE = 0.2;
/** A cut moves to the end of a line, unless that costs more than this part of the piece. */
const MAX_MOVE = 0.25;

/** Keeps a fifth of the budget from the start of a text and the rest from its end; cuts between lines where it can. */
export function shortenText(text: string, budget: TextBudget): TextEnds {
  if (text.length <= budget.maxChars && countLines(text) <= budget.maxLines) return { head: text, tail: '' };
  return shortenEnds({ head: text, tail: text }, budget);
}

/** {@link shortenText} for what is left of a text. Ends that overlap are those of one text. */
export function shortenEnds(ends: TextEnds, { maxChars, maxLines }: TextBudget): TextEnds {
  const headLines = Math.max(1, Math.floor(maxLines * HEAD_SHARE));
  const head = startOf(ends.head, Math.floor(maxChars * HEAD_SHARE), headLines);
  const rest = ends.tail === ends.head ? ends.tail.slice(head.length) : ends.tail;
  const tail = endOf(rest, maxChars - head.length, Math.max(1, maxLines - headLines));
  return { head, tail };
}

/** Lines of a text, one without an end at its end included. */
export function countLines(text: string): number {
  return countLineEnds(text) + (text === '' || text.endsWith('\n') ? 0 : 1);
}

function startOf(text: string, maxChars: number, maxLines: number): string {
  let end = Math.min(text.length, maxChars);
  let line = -1;
  for (let count = 0; count < maxLines; count++) {
    const next = text.indexOf('\n', line + 1);
    if (next < 0 || next >= end) break;
    line = next;
    if (count === maxLines - 1) end = line + 1;
  }
  if (end < text.length && line + 1 >= end * (1 - MAX_MOVE)) end = line + 1;
  return text.slice(0, isSplitPair(text, end) ? end - 1 : end);
}

function endOf(text: string, maxChars: number, maxLines: number): string {
  let start = Math.max(0, text.length - maxChars);
  let from = text.length - (text.endsWith('\n') ? 1 : 0);
  for (let count = 0; count < maxLines && from > start; count++) {
    const previous = text.lastIndexOf('\n', from - 1);
    if (previous < start) break;
    from = previous;
    if (count === maxLines - 1) start = previous + 1;
  }
  if (start > 0 && text[start - 1] !== '\n') {
    const next = text.indexOf('\n', start);
    if (next >= 0 && next + 1 - start <= (text.length - start) * MAX_MOVE) start = next + 1;
  }
  return text.slice(isSplitPair(text, start) ? start + 1 : start);
}

function isSplitPair(text: string, at: number): boolean {
  return /[\uD800-\uDBFF]/.test(text[at - 1] ?? '') && /[\uDC00-\uDFFF]/.test(text[at] ?? '');
}

export function countLineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
