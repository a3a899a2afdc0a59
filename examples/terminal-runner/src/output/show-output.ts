import { outputText, type CapturedOutput, type CapturedStream } from '@toolyard/core/process';

/** Characters of output in one result: in its text and its structured content together. */
const MAX_CHARACTERS = 16_000;
const MAX_TEXT = 12_000;
/** Output up to here is shown whole, in both. */
export const WHOLE_CHARACTERS = 7_900;

/** Captured of each stream: what can be shown of it, and what a cache may keep. */
export const CAPTURE = { headBytes: 16 * 1024, tailBytes: 64 * 1024, maxSpillBytes: 0 };

/** One stream as a result has it. */
export interface ShownStream {
  /** The output; of a long one the first fifth and the end. */
  readonly text: string;
  readonly totalBytes: number;
  readonly omittedBytes: number;
}

/** Output as a result has it: as one text, and by stream. */
export interface ShownOutput {
  readonly text: string;
  readonly stdout: ShownStream;
  readonly stderr: ShownStream;
}

/**
 * Output that fits a result. Some hosts show their model the text, some the structured content: of what is too long for
 * both the text gets most.
 *
 * @param more - how to get the rest, as the end of a sentence.
 */
export function showOutput(output: CapturedOutput, more: string | undefined): ShownOutput {
  const { stdout, stderr } = output;
  const text = outputText(output, { maxChars: MAX_TEXT, maxLines: MAX_TEXT, more });
  const budget = Math.max(MAX_CHARACTERS - text.length, MAX_CHARACTERS - MAX_TEXT);
  const errors = showStream(stderr, Math.max(budget * STDERR_SHARE, budget - sizeOf(stdout)));
  return { text, stdout: showStream(stdout, budget - errors.text.length), stderr: errors };
}

const STDERR_SHARE = 0.4;
const HEAD_SHARE = 0.2;

/** The two ends of one stream. */
export function showStream(stream: CapturedStream, maxChars: number): ShownStream {
  const { head, tail, totalBytes, omittedBytes, isBinary } = stream;
  if (isBinary) return { text: '', totalBytes, omittedBytes: totalBytes };
  const all = head + tail;
  if (omittedBytes === 0 && all.length <= maxChars) return { text: all, totalBytes, omittedBytes };
  const start = (omittedBytes === 0 ? all : head).slice(0, Math.floor(maxChars * HEAD_SHARE));
  // A cut at a line where there is one; never inside a character.
  const first = start.slice(0, start.lastIndexOf('\n') + 1) || start.replace(/[\ud800-\udbff]$/, '');
  const end = (omittedBytes === 0 ? all : tail).slice(-Math.max(1, Math.floor(maxChars) - first.length));
  const newline = end.indexOf('\n');
  const last = newline >= 0 && newline < end.length / 4 ? end.slice(newline + 1) : withoutHalf(end);
  const missing = totalBytes - Buffer.byteLength(first) - Buffer.byteLength(last);
  const gap = `${first === '' || first.endsWith('\n') ? '' : '\n'}[… ${missing} bytes left out …]\n`;
  return { text: first + gap + last, totalBytes, omittedBytes: missing };
}

function withoutHalf(text: string): string {
  return text.replace(/^[\udc00-\udfff]/, '');
}

function sizeOf({ head, tail, omittedBytes }: CapturedStream): number {
  return omittedBytes > 0 ? Infinity : head.length + tail.length;
}
