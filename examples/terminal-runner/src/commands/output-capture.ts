import { withoutPartialEnd, withoutPartialStart } from '../utf8.ts';

/** What was kept of one output stream. */
export interface CapturedOutput {
  /** All of it, or its head and tail around a line that says how much is missing. */
  readonly text: string;
  readonly totalBytes: number;
  readonly omittedBytes: number;
}

/** How much of one stream is kept, in bytes. */
export interface CaptureLimits {
  readonly headBytes: number;
  readonly tailBytes: number;
}

/** Collects one stream in bounded memory. */
export interface OutputCapture {
  write(chunk: Buffer): void;
  finish(): CapturedOutput;
}

/** Keeps the first and the last bytes of a stream. Never cuts a UTF-8 character in two; invalid bytes become U+FFFD. */
export function captureOutput({ headBytes, tailBytes }: CaptureLimits): OutputCapture {
  const head = Buffer.alloc(headBytes);
  // A ring: `written` bytes went in, the next one goes to `written % tailBytes`.
  let ring: Buffer | undefined;
  let written = 0;
  let totalBytes = 0;

  return {
    write(chunk) {
      const toHead = chunk.copy(head, Math.min(totalBytes, headBytes));
      totalBytes += chunk.length;
      const rest = chunk.subarray(toHead);
      if (rest.length === 0 || tailBytes === 0) return;
      ring ??= Buffer.alloc(tailBytes);
      const last = rest.subarray(-tailBytes);
      written += rest.length - last.length;
      const at = written % tailBytes;
      const first = last.copy(ring, at);
      last.copy(ring, 0, first);
      written += last.length;
    },
    finish() {
      const start = head.subarray(0, Math.min(totalBytes, headBytes));
      const end = unroll(ring, written);
      if (start.length + end.length === totalBytes)
        return { text: decode(Buffer.concat([start, end])), totalBytes, omittedBytes: 0 };
      const keptStart = withoutPartialEnd(start);
      const keptEnd = withoutPartialStart(end);
      const omittedBytes = totalBytes - keptStart.length - keptEnd.length;
      const text = `${decode(keptStart)}\n[… ${omittedBytes} bytes omitted …]\n${decode(keptEnd)}`;
      return { text, totalBytes, omittedBytes };
    },
  };
}

function unroll(ring: Buffer | undefined, written: number): Buffer {
  if (!ring) return Buffer.alloc(0);
  if (written <= ring.length) return ring.subarray(0, written);
  const at = written % ring.length;
  return Buffer.concat([ring.subarray(at), ring.subarray(0, at)]);
}

function decode(bytes: Buffer): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
