import { positiveInteger } from '../../options.ts';
import type { CapturedOutput, CapturedStream } from './output-capture.ts';
import { countLineEnds, countLines, shortenEnds, shortenText, type TextBudget } from './shorten-text.ts';

/** Options of {@link outputText}. */
export interface OutputTextOptions {
  /** Characters of output in all. Default: 24 000. */
  readonly maxChars?: number | undefined;
  /** Lines of output in all. Default: 2 000. */
  readonly maxLines?: number | undefined;
  /** How to get what is left out, as the end of a sentence: `read it with read_output, id "abc"`. */
  readonly more?: string | undefined;
}

/** The errors of a program get this part of the budget, and what the other stream leaves over. */
const STDERR_SHARE = 0.4;

/**
 * The output of a program as text for a model: the first fifth and the last four fifths of the budget, with a line
 * between them that says how much is missing and how to get it. Empty streams take no space.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { captureOutput, outputText } from '@toolyard/core/process';
 *
 * const capture = captureOutput();
 * void capture.write('stdout', Buffer.from('done\n'));
 * const text = outputText(await capture.end(), { maxChars: 8_000, more: 'read it with read_output, id "abc"' });
 * ```
 */
export function outputText({ stdout, stderr }: CapturedOutput, options: OutputTextOptions = {}): string {
  const { maxChars = 24_000, maxLines = 2_000, more } = options;
  positiveInteger('maxChars', maxChars);
  positiveInteger('maxLines', maxLines);
  if (stderr.totalBytes === 0) return textOf(stdout, { maxChars, maxLines }, more);
  const needed = sizeOf(stdout);
  const errors = textOf(
    stderr,
    {
      maxChars: Math.max(1, Math.floor(Math.max(maxChars * STDERR_SHARE, maxChars - needed.maxChars))),
      maxLines: Math.max(1, Math.floor(Math.max(maxLines * STDERR_SHARE, maxLines - needed.maxLines))),
    },
    more,
  );
  if (stdout.totalBytes === 0) return `[stderr]\n${errors}`;
  const left = {
    maxChars: Math.max(1, maxChars - errors.length),
    maxLines: Math.max(1, maxLines - countLines(errors)),
  };
  return `${endLine(textOf(stdout, left, more))}[stderr]\n${errors}`;
}

function textOf(stream: CapturedStream, budget: TextBudget, more: string | undefined): string {
  const { head, tail, totalBytes, omittedBytes, omittedLines, isBinary } = stream;
  const hint = more === undefined ? '' : `; ${more}`;
  if (isBinary) return `[${totalBytes} bytes that are not text${hint}]\n`;
  const whole = omittedBytes === 0 ? head + tail : undefined;
  const kept = whole === undefined ? shortenEnds(stream, budget) : shortenText(whole, budget);
  if (kept.head === whole) return whole;
  const bytes = totalBytes - Buffer.byteLength(kept.head) - Buffer.byteLength(kept.tail);
  const lines = omittedLines + countLineEnds(head + tail) - countLineEnds(kept.head + kept.tail);
  const what = lines === 0 ? `${bytes} bytes` : `${bytes} bytes in ${lines} lines`;
  return `${endLine(kept.head)}[… ${what} left out${hint} …]\n${kept.tail}`;
}

function sizeOf({ head, tail, omittedBytes }: CapturedStream): TextBudget {
  if (omittedBytes > 0) return { maxChars: Infinity, maxLines: Infinity };
  return { maxChars: head.length + tail.length, maxLines: countLines(head + tail) };
}

function endLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
