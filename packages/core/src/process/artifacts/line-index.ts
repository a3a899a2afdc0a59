/** Finds lines in text that grows, with little memory: it knows where some of them start. */
export interface LineIndex {
  /** Takes what comes next. */
  add(bytes: Uint8Array): void;
  /** Lines so far, one without an end at its end included. */
  readonly lines: number;
  /** A known start of a line at or before the wanted line. */
  before(line: number): LinePosition;
  /** A known start of a line at or before the byte. */
  beforeByte(from: number): LinePosition;
}

interface LinePosition {
  /** From 1. */
  readonly line: number;
  readonly from: number;
}

/** Between two starts that are remembered; twice as many once there are too many. */
const FIRST_STEP = 256;
const MAX_STARTS = 2_048;

export function lineIndex(): LineIndex {
  let step = FIRST_STEP;
  /** Where the lines 1, 1 + step, 1 + 2 × step … start. */
  let starts: number[] = [0];
  let lineEnds = 0;
  let length = 0;
  let endsWithLineEnd = true;

  function remember(from: number): void {
    starts.push(from);
    if (starts.length < MAX_STARTS) return;
    starts = starts.filter((_start, index) => index % 2 === 0);
    step *= 2;
  }

  const positionAt = (index: number): LinePosition => ({ line: 1 + index * step, from: starts[index] ?? 0 });

  return {
    add(bytes) {
      for (let index = 0; index < bytes.length; index++) {
        if (bytes[index] !== 0x0a) continue;
        lineEnds += 1;
        if (lineEnds === starts.length * step) remember(length + index + 1);
      }
      if (bytes.length > 0) endsWithLineEnd = bytes.at(-1) === 0x0a;
      length += bytes.length;
    },
    get lines() {
      return lineEnds + (endsWithLineEnd ? 0 : 1);
    },
    before: (line) => positionAt(Math.min(starts.length - 1, Math.floor((line - 1) / step))),
    beforeByte(from) {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if ((starts[middle] ?? 0) <= from) low = middle;
        else high = middle - 1;
      }
      return positionAt(low);
    },
  };
}
