import { CancelledError, type App } from '@toolyard/core';
import { ErrorCode } from '@toolyard/core/protocol';
import type { RawData, WebSocket } from 'ws';

import type { Caller } from '../connection/caller.ts';
import { Connection } from '../connection/connection.ts';
import { CLOSE_GRACE_MS, type Ending, type Line } from '../connection/line-pool.ts';
import type { WebSocketSettings } from './options.ts';

/** One client's WebSocket: messages as text frames, one each. */
export class WebSocketLine implements Line {
  readonly connection: Connection;
  readonly openedAt: number;
  lastUsedAt: number;
  readonly #app: App<any, any>;
  readonly #socket: WebSocket;
  readonly #maxBufferedBytes: number;
  /** Whether anything has come since the last ping. */
  #alive = true;
  #ended = false;

  /** @param onClosed - runs once, when the connection is gone. */
  constructor(
    app: App<any, any>,
    owner: Caller,
    socket: WebSocket,
    settings: WebSocketSettings,
    onClosed: () => void,
  ) {
    this.#app = app;
    this.#socket = socket;
    this.#maxBufferedBytes = settings.maxBufferedBytes;
    this.openedAt = this.lastUsedAt = app.clock.now();
    this.connection = new Connection(app, {
      transport: 'websocket',
      owner,
      eras: 'both',
      maxInFlight: settings.maxInFlight,
      send: (text) => this.#send(text),
    });
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => (this.#alive = true));
    // What breaks the protocol, ws answers by itself: bad UTF-8 with 1007, too large a message with 1009.
    socket.on('error', (err) => app.logger.debug({ err }, 'A WebSocket client broke the protocol.'));
    socket.on('close', () => {
      this.#ended = true;
      this.connection.close(new CancelledError('The client is gone.'));
      onClosed();
    });
  }

  beat(): void {
    if (!this.#alive) {
      this.#app.logger.debug({}, 'A WebSocket client no longer answers.');
      this.#socket.terminate();
      return;
    }
    this.#alive = false;
    this.#socket.ping();
  }

  end(ending: Ending, reason: CancelledError): void {
    this.connection.close(reason);
    this.#close(ending === 'shutdown' ? Close.goingAway : Close.normal, reason.message);
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#ended) return;
    this.#alive = true;
    this.lastUsedAt = this.#app.clock.now();
    if (isBinary) {
      this.connection.close(new CancelledError('The client is gone.'));
      this.#close(Close.unsupportedData, 'Send text frames.');
      return;
    }
    let message: unknown;
    try {
      message = JSON.parse((data as Buffer).toString());
    } catch {
      this.connection.refuse(ErrorCode.parseError, 'Parse error: the message is not JSON.');
      return;
    }
    this.connection.receive(message);
  }

  #send(text: string): void {
    if (this.#ended) return;
    this.lastUsedAt = this.#app.clock.now();
    if (this.#socket.bufferedAmount <= this.#maxBufferedBytes) {
      this.#socket.send(text);
      return;
    }
    this.#app.logger.warn(
      { maxBufferedBytes: this.#maxBufferedBytes },
      'A WebSocket client reads too slowly.',
    );
    const reason = 'The client reads too slowly.';
    this.#close(Close.policyViolation, reason);
    this.connection.close(new CancelledError(reason));
  }

  #close(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.close(code, reason);
    // A client that does not read does not answer the close frame either.
    const grace = this.#app.clock.after(CLOSE_GRACE_MS, () => this.#socket.terminate());
    this.#socket.once('close', () => grace.cancel());
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const Close = { normal: 1000, goingAway: 1001, unsupportedData: 1003, policyViolation: 1008 } as const;
