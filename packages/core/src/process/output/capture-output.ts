import { InvalidOptionError } from '../../errors.ts';
import { positiveInteger } from '../../options.ts';
import { keptEnds } from './kept-ends.ts';
import type {
  CapturedOutput,
  CapturedStream,
  CaptureOptions,
  OutputCapture,
  OutputChunk,
} from './output-capture.ts';
import { spillFile } from './spill-file.ts';
import { textStream } from './text-stream.ts';

/** Handled in one go: a millisecond or so. */
const SLICE_BYTES = 65_536;
/** Slices before other work gets its turn. */
const SLICES_PER_TURN = 4;
/** Smaller output needs no file: it is in `head` and `tail`. */
const MIN_SPILL_BYTES = 16_384;

/**
 * Captures the output of a program: whole characters (invalid bytes become U+FFFD), its head and its tail in memory,
 * all of it in a private file, secrets masked before anything leaves.
 *
 * What the counts, the file and `onText` speak of is the same text. With `ansi: 'strip'` escape sequences are gone, and
 * of a line that a program draws over and over the first, second, fourth, eighth … and the last state are left.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { spawn } from 'node:child_process';
 * import { captureOutput } from '@toolyard/core/process';
 *
 * const capture = captureOutput({ onText: ({ text }) => void process.stderr.write(text) });
 * const child = spawn('/usr/bin/git', ['status']);
 * for await (const chunk of child.stdout) await capture.write('stdout', chunk);
 * const { stdout } = await capture.end();
 * await capture.discard();
 * ```
 */
export function captureOutput(options: CaptureOptions = {}): OutputCapture {
  const {
    headBytes = 65_536,
    tailBytes = 262_144,
    maxSpillBytes = 67_108_864,
    spillDirectory: directory,
    redactor,
    ansi = 'strip',
    onText,
  } = options;
  positiveInteger('headBytes', headBytes);
  positiveInteger('tailBytes', tailBytes);
  if (maxSpillBytes !== 0) positiveInteger('maxSpillBytes', maxSpillBytes);
  if (ansi !== 'strip' && ansi !== 'keep') throw new InvalidOptionError('ansi', "must be 'strip' or 'keep'");

  const makeStream = () => ({ text: textStream({ ansi, redactor }), kept: keptEnds(headBytes, tailBytes) });
  const streams = { stdout: makeStream(), stderr: makeStream() };
  const keepBytes = Math.min(headBytes, MIN_SPILL_BYTES);
  const spill =
    maxSpillBytes === 0 ? undefined : spillFile({ maxBytes: maxSpillBytes, keepBytes, directory });
  /** Chunks that wait for their turn, in order. */
  let queue: Promise<void> | undefined;
  let ending: Promise<CapturedOutput> | undefined;

  function write(stream: 'stdout' | 'stderr', chunk: Buffer): Promise<void> | void {
    if (ending) return;
    if (queue) return enqueue(() => take(stream, chunk));
    const waiting = take(stream, chunk);
    if (waiting) return enqueue(() => waiting);
  }

  function enqueue(work: () => Promise<void> | void): Promise<void> {
    const mine = Promise.resolve(queue)
      .then(work)
      .then(() => {
        if (queue === mine) queue = undefined;
      });
    queue = mine;
    return mine;
  }

  /** At once if it can be, else in turns. */
  function take(stream: 'stdout' | 'stderr', chunk: Buffer): Promise<void> | void {
    if (chunk.length > SLICE_BYTES * SLICES_PER_TURN) return takeInTurns(stream, chunk);
    let waiting: Promise<void> | undefined;
    for (let from = 0; from < chunk.length; from += SLICE_BYTES) {
      const behind = show(stream, streams[stream].text.write(chunk.subarray(from, from + SLICE_BYTES)));
      if (behind) waiting = waiting ? both(waiting, behind) : behind;
    }
    return waiting;
  }

  async function takeInTurns(stream: 'stdout' | 'stderr', chunk: Buffer): Promise<void> {
    const turn = SLICE_BYTES * SLICES_PER_TURN;
    for (let from = 0; from < chunk.length; from += turn) {
      await take(stream, chunk.subarray(from, from + turn));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  function show(stream: 'stdout' | 'stderr', text: string): Promise<void> | undefined {
    if (text === '') return undefined;
    const bytes = Buffer.from(text);
    streams[stream].kept.write(bytes);
    const spilling = spill?.write(bytes);
    const telling = tell({ stream, text });
    return spilling && telling ? both(spilling, telling) : (spilling ?? telling);
  }

  /** What a listener throws must not end the program whose output this is. */
  function tell(chunk: OutputChunk): Promise<void> | undefined {
    try {
      const told = onText?.(chunk);
      return told instanceof Promise ? told.catch(() => {}) : undefined;
    } catch {
      return undefined;
    }
  }

  async function end(): Promise<CapturedOutput> {
    await queue;
    for (const stream of ['stdout', 'stderr'] as const) await show(stream, streams[stream].text.end());
    await spill?.end();
    return snapshot();
  }

  function snapshot(): CapturedOutput {
    return {
      stdout: streamOf('stdout'),
      stderr: streamOf('stderr'),
      spilled: spill?.snapshot(),
      spillError: spill?.error,
    };
  }

  function streamOf(stream: 'stdout' | 'stderr'): CapturedStream {
    const { text, kept } = streams[stream];
    return { ...kept.snapshot(), isBinary: text.isBinary };
  }

  return {
    write,
    end: () => (ending ??= end()),
    snapshot,
    async discard() {
      await (ending ??= end());
      await spill?.discard();
    },
  };
}

async function both(first: Promise<void>, second: Promise<void>): Promise<void> {
  await first;
  await second;
}
