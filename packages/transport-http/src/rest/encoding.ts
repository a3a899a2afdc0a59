import type { HttpHeaders } from '../endpoint/message.ts';

/** Below this, compressing costs more than it saves. */
const MIN_BYTES = 1024;

type Encoding = 'br' | 'gzip';

/** A body as it is sent, and the headers that say how. */
export interface EncodedBody {
  readonly body: string | Uint8Array;
  readonly headers: HttpHeaders;
}

/** Compresses a text of 1 KiB or more, if the client takes that and there is `node:zlib`. */
export async function encodeBody(text: string, acceptEncoding: string | undefined): Promise<EncodedBody> {
  const encoding = zlib && text.length >= MIN_BYTES ? chooseEncoding(acceptEncoding) : undefined;
  if (encoding === undefined) return { body: text, headers: {} };
  return { body: await compress[encoding](text), headers: { 'content-encoding': encoding } };
}

/** The encoding a client likes best of those there are; `undefined` for none. */
export function chooseEncoding(header: string | undefined): Encoding | undefined {
  if (!header) return undefined;
  const weights = new Map<string, number>();
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    weights.set(name, weight === undefined ? 1 : Number(weight));
  }
  const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0;
  const [brotli, gzip, identity] = [weightOf('br'), weightOf('gzip'), weights.get('identity') ?? 0];
  const best = brotli >= gzip ? 'br' : 'gzip';
  const weight = Math.max(brotli, gzip);
  return weight > 0 && weight >= identity ? best : undefined;
}

type Zlib = typeof import('node:zlib');

// Not imported: REST is served on workers too, which may have no zlib.
const zlib = (
  globalThis as { process?: { getBuiltinModule?(id: string): unknown } }
).process?.getBuiltinModule?.('node:zlib') as Zlib | undefined;

const compress: Readonly<Record<Encoding, (text: string) => Promise<Uint8Array>>> = {
  gzip: (text) => new Promise((resolve, reject) => zlib!.gzip(text, settle(resolve, reject))),
  br: (text) =>
    new Promise((resolve, reject) => {
      // The quality meant for answers made on the spot: about as fast as gzip, and smaller.
      const params = { [zlib!.constants.BROTLI_PARAM_QUALITY]: 4 };
      zlib!.brotliCompress(text, { params }, settle(resolve, reject));
    }),
};

function settle(resolve: (bytes: Uint8Array) => void, reject: (error: Error) => void) {
  return (error: Error | null, bytes: Uint8Array) => (error ? reject(error) : resolve(bytes));
}
