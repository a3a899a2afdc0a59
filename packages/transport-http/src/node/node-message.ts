import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Peer } from '@toolyard/core';

import type { AuthRequest, HttpHeaders, Incoming, Reply, Sink } from '../endpoint/message.ts';
import { readBody } from './read-body.ts';

/** A `node:http` request. Frameworks that have parsed the body already leave it in `body`. */
export class NodeIncoming implements Incoming {
  readonly method: string;
  readonly path: string;
  readonly #message: IncomingMessage & { body?: unknown; originalUrl?: string };

  constructor(message: IncomingMessage) {
    this.#message = message;
    this.method = message.method ?? 'GET';
    this.path = pathOf(message.url ?? '/');
  }

  header(name: string): string | undefined {
    // Of several Host or Authorization headers Node keeps the first, while a proxy may have looked at another.
    if (name === 'host' || name === 'authorization') return allOf(this.#message.rawHeaders, name);
    const value = this.#message.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  get request(): AuthRequest {
    return {
      method: this.method,
      url: this.#message.url ?? '/',
      header: (name) => this.header(name.toLowerCase()),
      original: this.#message,
    };
  }

  get peer(): Peer | undefined {
    const { socket, httpVersion } = this.#message;
    const { remoteAddress: address, remotePort: port } = socket;
    return address === undefined ? undefined : { address, port, protocolVersion: httpVersion };
  }

  readBody(maxBytes: number): Promise<string> {
    return readBody(this.#message, maxBytes);
  }
}

/** The answer to a `node:http` request. */
export class NodeReply implements Reply {
  readonly #response: ServerResponse;
  #onGone: (() => void) | undefined = undefined;
  #onSent: (() => void) | undefined = undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on('error', ignore);
    response.on('close', () => {
      if (!response.writableEnded) this.#onGone?.();
      this.#onSent?.();
    });
  }

  onSent(listener: () => void): void {
    this.#onSent = listener;
  }

  onGone(listener: () => void): void {
    const before = this.#onGone;
    // The messages of a batch share one reply.
    this.#onGone = before ? () => (before(), listener()) : listener;
    if (this.#response.closed && !this.#response.writableEnded) listener();
  }

  send(status: number, headers: HttpHeaders, body?: string | Uint8Array<ArrayBuffer>): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed) {
      response.end();
      return;
    }
    if (body !== undefined) {
      const length = Buffer.byteLength(body);
      response.writeHead(status, {
        'content-type': 'application/json',
        ...headers,
        'content-length': length,
      });
    } else if (status === 204) response.writeHead(status, { ...headers });
    else response.writeHead(status, { ...headers, 'content-length': 0 });
    response.end(body);
  }

  open(status: number, headers: HttpHeaders): Sink & { cut(): void } {
    const response = this.#response;
    if (!response.headersSent && !response.destroyed) {
      response.writeHead(status, { ...headers });
      response.flushHeaders();
    }
    return {
      write: (chunk) => void (response.writable && response.write(chunk)),
      end: () => void response.end(),
      /** Ends it at once, without what the client has not taken. */
      cut: () => void response.destroy(),
      get buffered() {
        return response.writableLength;
      },
      onClose: (listener) => void (response.closed ? listener() : response.once('close', listener)),
    };
  }
}

// What fails to be written is told by `close`.
function ignore(): void {}

function allOf(rawHeaders: readonly string[], name: string): string | undefined {
  let found: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]!.length !== name.length || rawHeaders[index]!.toLowerCase() !== name) continue;
    found = found === undefined ? rawHeaders[index + 1]! : `${found}, ${rawHeaders[index + 1]}`;
  }
  return found;
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
