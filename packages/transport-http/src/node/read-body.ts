import type { IncomingMessage } from 'node:http';

import { BodyError } from '../endpoint/message.ts';

/**
 * Collects a request body as text. A framework that has read it already is expected to have left it in `body`.
 *
 * @throws {BodyError} 413 when it is larger than `maxBytes`, 400 when it ends early or is gone.
 */
export function readBody(message: IncomingMessage & { body?: unknown }, maxBytes: number): Promise<string> {
  if (message.readableEnded || message.destroyed) return readParsed(message.body);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    // What is left of a refused body is thrown away as it comes, so that the client reads the refusal, not a reset.
    const refuse = () => {
      message.off('data', collect).resume();
      reject(new BodyError(413, `The body is larger than ${maxBytes} bytes.`));
    };
    const collect = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else refuse();
    };
    if (Number(message.headers['content-length']) > maxBytes) {
      refuse();
      return;
    }
    message.on('data', collect);
    message.on('end', () => resolve(textOf(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))));
    message.on('error', (cause) =>
      reject(new BodyError(400, `The body could not be read: ${cause.message}`)),
    );
    message.on('close', () => {
      if (!message.readableEnded) reject(new BodyError(400, 'The body ended early.'));
    });
  });
}

/** UTF-8 without its byte order mark, as `fetch` reads it. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString();
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

async function readParsed(body: unknown): Promise<string> {
  if (body === undefined)
    throw new BodyError(400, 'The body was read before it came here; leave it, or leave it in `body`.');
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array ? textOf(Buffer.from(body)) : JSON.stringify(body);
}
