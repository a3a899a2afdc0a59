import type { Redactor } from '../../redaction/redactor.ts';

/** Options of `captureOutput`. */
export interface CaptureOptions {
  /** Of each stream, kept from its start. Default: 64 KiB. */
  readonly headBytes?: number | undefined;
  /** Of each stream, kept from its end. Default: 256 KiB. */
  readonly tailBytes?: number | undefined;
  /** What the file may take that holds all of it; 0 for no file. Default: 64 MiB. */
  readonly maxSpillBytes?: number | undefined;
  /** Where that file is made: a directory of mode 0700, made if missing. Default: a fresh one for temporary files. */
  readonly spillDirectory?: string | undefined;
  /** Masks secrets, also where a program writes them in pieces. Default: nothing is masked. */
  readonly redactor?: Redactor | undefined;
  /** `strip` takes out escape sequences and all but a few frames of progress lines. Default: `strip`. */
  readonly ansi?: 'strip' | 'keep' | undefined;
  /** Gets the text as it comes. A promise holds back what follows, until it resolves. */
  readonly onText?: ((chunk: OutputChunk) => Promise<void> | void) | undefined;
}

/** Collects what a program writes, in bounded memory. */
export interface OutputCapture {
  /**
   * Takes bytes over; do not change them afterwards. A promise asks to pause the pipe until it resolves: the disk or
   * `onText` has fallen behind, or the chunk is so large that other work gets its turn in between. It never rejects.
   * After `end()` nothing is taken any more.
   */
  write(stream: 'stdout' | 'stderr', chunk: Buffer): Promise<void> | void;
  /** Waits for what was written, gives out what was held back, and closes the file. */
  end(): Promise<CapturedOutput>;
  /** What there is by now. The start of what may be a secret or a character is not in it yet. */
  snapshot(): CapturedOutput;
  /** Removes the file, unless somebody has taken it over. Call it when the output is of no more use. */
  discard(): Promise<void>;
}

/** A piece of output: whole characters, masked. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** What was kept of one stream. `head`, what was left out, and `tail` make up the whole, in this order. */
export interface CapturedStream {
  readonly head: string;
  readonly tail: string;
  /** Of the whole text, as UTF-8: after escapes, progress and secrets were taken out. */
  readonly totalBytes: number;
  readonly omittedBytes: number;
  /** Line ends in what was left out. */
  readonly omittedLines: number;
  /** Whether the first 8 KiB look like anything but text. */
  readonly isBinary: boolean;
}

/** What was kept of the output of a program. */
export interface CapturedOutput {
  readonly stdout: CapturedStream;
  readonly stderr: CapturedStream;
  /** All of it in the order in which it came, in a file that only this user can read. Missing where it is small. */
  readonly spilled?: SpilledOutput | undefined;
  /** Why there is no file, or one that ends early, where the disk is to blame. */
  readonly spillError?: Error | undefined;
}

/** Output in a file. */
export interface SpilledOutput {
  readonly path: string;
  readonly bytes: number;
  /** Whether the end is missing: there was more than `maxSpillBytes`, or see `spillError`. */
  readonly truncated: boolean;
}
