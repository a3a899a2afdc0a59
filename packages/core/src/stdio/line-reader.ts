import { isUtf8 } from 'node:buffer';

/** One line of the input, without its newline. */
export type Line =
  | { readonly kind: 'text'; readonly text: string }
  /** Not UTF-8. */
  | { readonly kind: 'garbled' }
  /** More than the limit; of its text only both ends were kept. */
  | { readonly kind: 'oversized'; readonly bytes: number; readonly head: string; readonly tail: string };

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** Kept of both ends of an oversized line. */
const KEPT_BYTES = 512;
const FIRST_CAPACITY = 64 * 1024;
/** Buffers above this are given back after use. */
const KEPT_CAPACITY = 1024 * 1024;

/**
 * Cuts chunks into lines. Each byte is looked at once and copied at most a few times, however the lines are spread
 * over chunks, and at most twice `maxBytes` are held.
 */
export class LineReader {
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  /** Where in the first chunk to go on. */
  #position = 0;
  /** The beginning of a line that started in an earlier chunk. */
  #partial = Buffer.alloc(0);
  #partialBytes = 0;
  #oversized: { head: Buffer; tail: Buffer; bytes: number } | undefined = undefined;
  #started = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  /** The next complete line. After {@link LineReader.end} also what is left without a newline. */
  next(): Line | undefined {
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const start = this.#position;
      const end = chunk.indexOf(NEWLINE, start);
      if (end >= 0) {
        this.#position = end + 1;
        return this.#finish(chunk.subarray(start, end));
      }
      this.#keep(chunk.subarray(start));
      this.#chunks.shift();
      this.#position = 0;
    }
    return undefined;
  }

  /** The input is over: what came after the last newline counts as a line. */
  end(): void {
    this.#chunks.push(Buffer.from('\n'));
  }

  #keep(piece: Buffer): void {
    const oversized = this.#oversized;
    if (oversized) {
      oversized.bytes += piece.length;
      oversized.head = firstBytes(oversized.head, piece);
      oversized.tail = lastBytes(oversized.tail, piece);
      return;
    }
    const bytes = this.#partialBytes + piece.length;
    if (bytes > this.#maxBytes) {
      const partial = this.#partial.subarray(0, this.#partialBytes);
      this.#oversized = {
        bytes,
        head: firstBytes(partial, piece),
        tail: lastBytes(partial, piece),
      };
      this.#forget();
      return;
    }
    if (bytes > this.#partial.length) {
      // Doubling keeps a line that comes in many small chunks from being copied for each of them.
      const larger = Buffer.allocUnsafe(
        Math.min(Math.max(bytes, this.#partial.length * 2, FIRST_CAPACITY), this.#maxBytes),
      );
      this.#partial.copy(larger, 0, 0, this.#partialBytes);
      this.#partial = larger;
    }
    piece.copy(this.#partial, this.#partialBytes);
    this.#partialBytes = bytes;
  }

  #finish(piece: Buffer): Line {
    if (this.#partialBytes === 0 && this.#oversized === undefined && piece.length <= this.#maxBytes)
      return this.#decode(piece);
    this.#keep(piece);
    const oversized = this.#oversized;
    if (oversized) {
      this.#oversized = undefined;
      this.#started = true;
      const { bytes, head, tail } = oversized;
      return { kind: 'oversized', bytes, head: head.toString('utf8'), tail: tail.toString('utf8') };
    }
    const line = this.#decode(this.#partial.subarray(0, this.#partialBytes));
    this.#partialBytes = 0;
    if (this.#partial.length > KEPT_CAPACITY) this.#forget();
    return line;
  }

  #decode(bytes: Buffer): Line {
    const marked = !this.#started && bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
    this.#started = true;
    const line = marked ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
    return isUtf8(line) ? { kind: 'text', text: line.toString('utf8') } : { kind: 'garbled' };
  }

  #forget(): void {
    this.#partial = Buffer.alloc(0);
    this.#partialBytes = 0;
  }
}

function firstBytes(before: Buffer, piece: Buffer): Buffer {
  if (before.length >= KEPT_BYTES)
    return before.length === KEPT_BYTES ? before : Buffer.from(before.subarray(0, KEPT_BYTES));
  return Buffer.concat([before, piece.subarray(0, KEPT_BYTES - before.length)]);
}

function lastBytes(before: Buffer, piece: Buffer): Buffer {
  if (piece.length >= KEPT_BYTES) return Buffer.from(piece.subarray(-KEPT_BYTES));
  return Buffer.concat([before.subarray(-KEPT_BYTES), piece]).subarray(-KEPT_BYTES);
}
