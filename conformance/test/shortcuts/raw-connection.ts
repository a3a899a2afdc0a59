import { once } from 'node:events';
import { createConnection } from 'node:net';

import { MODERN_REVISION, type JsonObject } from '@toolyard/core/protocol';
import { onTestFinished } from 'vitest';

import { META } from './wires.ts';

/** An answer as it came over the connection. */
interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** The body as JSON. */
  json(): any;
}

/** One connection that stays open, and what is written on it, byte by byte. */
export interface RawConnection {
  write(bytes: string | Uint8Array): void;
  /** The next answer. */
  answer(options?: { readonly hasBody?: boolean }): Promise<RawAnswer>;
  close(): void;
}

export async function connect(port: number): Promise<RawConnection> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  let received = Buffer.alloc(0);
  let arrived = Promise.withResolvers<void>();
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    arrived.resolve();
  });
  socket.on('close', () => arrived.reject(new Error(`closed after ${JSON.stringify(received.toString())}`)));
  arrived.promise.catch(() => {});

  /** Waits until something can be taken from what was received. */
  async function take(length: () => number): Promise<Buffer> {
    for (;;) {
      const end = length();
      if (end >= 0 && received.length >= end) {
        const taken = received.subarray(0, end);
        received = received.subarray(end);
        return taken;
      }
      await arrived.promise;
      arrived = Promise.withResolvers<void>();
      arrived.promise.catch(() => {});
    }
  }
  const upTo = (text: string) =>
    take(() => (received.includes(text) ? received.indexOf(text) + text.length : -1));

  return {
    write: (bytes) => void socket.write(bytes),
    close: () => void socket.destroy(),
    async answer({ hasBody = true } = {}) {
      const [statusLine = '', ...lines] = (await upTo('\r\n\r\n')).toString('latin1').trimEnd().split('\r\n');
      const headers = new Map(
        lines.map((line) => [
          line.slice(0, line.indexOf(':')).toLowerCase(),
          line.slice(line.indexOf(':') + 1).trim(),
        ]),
      );
      const length = Number(headers.get('content-length') ?? 0);
      const body = hasBody ? await take(() => length) : Buffer.alloc(0);
      return {
        status: Number(statusLine.split(' ')[1]),
        headers,
        body,
        json: () => JSON.parse(body.toString()),
      };
    },
  };
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request of 2026-07-28 as text; a header with several values is written several times. */
export function modernText(
  method: string,
  params: JsonObject = {},
  headers: Headers = {},
  id: unknown = 1,
): string {
  const { name } = params;
  const body = JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: META } });
  const own = {
    'mcp-protocol-version': MODERN_REVISION,
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': name }),
  };
  return requestText('POST', { ...own, ...headers }, body);
}

/** Any request as text. */
export function requestText(method: string, headers: Headers = {}, body = ''): string {
  const all: Headers = {
    host: 'localhost',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(body !== '' && { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    [value ?? []].flat().map((each) => `${name}: ${each}`),
  );
  return [`${method} /mcp HTTP/1.1`, ...lines, '', body].join('\r\n');
}
