/**
 * The end of what a program in the background has written: 64 KiB at least. Positions are bytes, as in `read_output`.
 */
export declare class RecentOutput {
  #private;
  /** Bytes written so far. */
  get end(): number;
  add(text: string): void;
  /** What was written between two positions, as far as it is still there, and where that begins. */
  between(
    from: number,
    to: number,
  ): {
    readonly text: string;
    readonly from: number;
  };
  /** The position in characters, as `ManagedProcess.wait` counts. */
  charactersAt(byte: number): number;
  /** The position in bytes, of one in characters. */
  bytesAt(character: number): number;
}
//# sourceMappingURL=recent-output.d.ts.map
