import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import type { Refusable } from '../connection/gate.ts';
import type { HttpHeaders } from '../endpoint/message.ts';

/** Answers on a connection that asked to be taken over, where no HTTP response object is left to do it. */
export class SocketReply implements Refusable {
  readonly #socket: Duplex;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Sends an answer and closes the connection. */
  send(status: number, headers: HttpHeaders, body = ''): void {
    const lines = Object.entries({
      connection: 'close',
      'content-type': 'application/json',
      ...headers,
      'content-length': String(Buffer.byteLength(body)),
    }).map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]/g, ' ')}\r\n`);
    const socket = this.#socket;
    socket.once('finish', () => socket.destroy());
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
  }
}
