import { withoutPartialEnd, withoutPartialStart } from './utf8.ts';

/** The first and the last bytes of a stream, and counts of what lay between. */
export interface KeptEnds {
  write(bytes: Buffer): void;
  snapshot(): EndsOfText;
}

interface EndsOfText {
  readonly head: string;
  readonly tail: string;
  readonly totalBytes: number;
  readonly omittedBytes: number;
  readonly omittedLines: number;
}

/** What a small output takes of the tail; it doubles with the output. */
const FIRST_RING_BYTES = 4_096;

/** Keeps the ends of UTF-8 text that comes in pieces of whole characters; never shows a part of one. */
export function keptEnds(headBytes: number, tailBytes: number): KeptEnds {
  let head: Buffer[] = [];
  let headLength = 0;
  /** `written` bytes went into the ring, the next one goes to `written % ring.length`. */
  let ring = Buffer.alloc(0);
  let written = 0;
  let totalBytes = 0;
  let lines = 0;
  let headLines = 0;

  function write(bytes: Buffer): void {
    totalBytes += bytes.length;
    const added = countLines(bytes);
    lines += added;
    let rest = bytes;
    if (written === 0 && headLength < headBytes) {
      const first = withoutPartialEnd(bytes.subarray(0, headBytes - headLength));
      head.push(Buffer.from(first));
      if (head.length > 64) head = [Buffer.concat(head)];
      headLength += first.length;
      headLines += first.length === bytes.length ? added : countLines(first);
      rest = bytes.subarray(first.length);
    }
    if (rest.length > 0) writeTail(rest);
  }

  function writeTail(bytes: Buffer): void {
    grow(bytes.length);
    const last = bytes.subarray(-ring.length);
    const at = ring.length === 0 ? 0 : (written + bytes.length - last.length) % ring.length;
    const copied = last.copy(ring, at);
    last.copy(ring, 0, copied);
    written += bytes.length;
  }

  function grow(more: number): void {
    const needed = Math.min(tailBytes, written + more);
    if (ring.length >= needed) return;
    const larger = Buffer.alloc(Math.min(tailBytes, Math.max(FIRST_RING_BYTES, needed * 2)));
    // Before the ring has its full length nothing in it has been written over.
    ring.copy(larger, 0, 0, written);
    ring = larger;
  }

  function tail(): Buffer {
    if (written <= ring.length) return ring.subarray(0, written);
    const at = written % ring.length;
    return withoutPartialStart(Buffer.concat([ring.subarray(at), ring.subarray(0, at)]));
  }

  return {
    write,
    snapshot() {
      if (head.length > 1) head = [Buffer.concat(head)];
      const first = head[0]?.toString() ?? '';
      const last = tail();
      return {
        head: first,
        tail: last.toString(),
        totalBytes,
        omittedBytes: totalBytes - headLength - last.length,
        omittedLines: lines - headLines - countLines(last),
      };
    },
  };
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let index = 0; index < bytes.length; index++) if (bytes[index] === 0x0a) lines += 1;
  return lines;
}
