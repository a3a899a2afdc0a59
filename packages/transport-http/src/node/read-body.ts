import type { IncomingMessage } from 'node:http';

import { BodyError } from '../endpoint/message.ts';

/** Bytes of a refused body that are still read, so that the client sees the refusal instead of a reset. */
const MAX_DRAINED_BYTES = 64 * 1_048_576;

/**
 * Collects a request body as text.
 *
 * @throws {BodyError} 413 when it is larger than `maxBytes`, 400 when it ends early.
 */
export function readBody(message: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else if (size > maxBytes + MAX_DRAINED_BYTES) message.destroy();
    });
    message.on('end', () => {
      if (size > maxBytes) reject(tooLarge(maxBytes));
      else resolve(chunks.length === 1 ? chunks[0]!.toString() : Buffer.concat(chunks).toString());
    });
    message.on('error', (cause) => reject(new BodyError(400, `The body could not be read: ${cause.message}`)));
    message.on('close', () => {
      if (!message.readableEnded) reject(size > maxBytes ? tooLarge(maxBytes) : new BodyError(400, 'The body ended early.'));
    });
  });
}

function tooLarge(maxBytes: number): BodyError {
  return new BodyError(413, `The body is larger than ${maxBytes} bytes.`);
}
