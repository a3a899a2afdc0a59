import { type CapturedOutput, type CapturedStream } from '@toolyard/core/process';
/** Output up to here is shown whole, in both. */
export declare const WHOLE_CHARACTERS = 7900;
/** Captured of each stream: what can be shown of it, and what a cache may keep. */
export declare const CAPTURE: {
  headBytes: number;
  tailBytes: number;
  maxSpillBytes: number;
};
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
export declare function showOutput(output: CapturedOutput, more: string | undefined): ShownOutput;
/** The two ends of one stream. */
export declare function showStream(stream: CapturedStream, maxChars: number): ShownStream;
//# sourceMappingURL=show-output.d.ts.map
