import { gzipSync } from 'node:zlib';

const bytesOf = (text: string) => Buffer.from(text);

/** Bodies as bytes that are not plainly UTF-8 in one piece. */
const encodings = {
  'UTF-8 with a byte order mark': (text) => [Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytesOf(text)])],
  'UTF-16': (text) => [Buffer.from(text, 'utf16le')],
  'UTF-16 with a byte order mark': (text) => [Buffer.from(`\uFEFF${text}`, 'utf16le')],
  'ISO 8859-1': (text) => [Buffer.from(text, 'latin1')],
  'a byte that is no UTF-8': (text) => [wedge(text, [0xff])],
  'an overlong slash': (text) => [wedge(text, [0xc0, 0xaf])],
  'a surrogate as UTF-8': (text) => [wedge(text, [0xed, 0xa0, 0x80])],
  'half a character': (text) => [wedge(text, [0xf0, 0x9f, 0x98])],
  gzip: (text) => [gzipSync(text)],
  'pieces of one byte': (text) => cut(bytesOf(text), 1),
  'pieces of seven bytes': (text) => cut(bytesOf(text), 7),
  'an empty piece first': (text) => [Buffer.alloc(0), bytesOf(text)],
} satisfies Record<string, (text: string) => Buffer[]>;

/** How a body that is a text becomes bytes. */
export type Encoding = keyof typeof encodings;

export const encodingNames = Object.keys(encodings) as Encoding[];

/** The body of a request: as it is, or encoded, and then sent in pieces without its length. */
export function encode(body: string, encoding: Encoding | undefined): string | ReadableStream<Uint8Array> {
  if (encoding === undefined) return body;
  const pieces = encodings[encoding](body);
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces.shift();
      if (piece) controller.enqueue(new Uint8Array(piece));
      else controller.close();
    },
  });
}

/** Ends of characters in all places, and never so many pieces that sending them is what takes the time. */
function cut(bytes: Buffer, size: number): Buffer[] {
  const step = Math.max(size, Math.ceil(bytes.length / 10_000));
  return Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) =>
    bytes.subarray(index * step, (index + 1) * step),
  );
}

/** Puts bytes into the first text of a JSON, right after its opening quote. */
function wedge(text: string, bytes: readonly number[]): Buffer {
  const at = text.lastIndexOf(':"') + 2;
  return Buffer.concat([bytesOf(text.slice(0, at)), Buffer.from(bytes), bytesOf(text.slice(at))]);
}
