import { CancelledError, callerKey, type App } from '@toolyard/core';

import type { Caller } from '../connection/caller.ts';
import { Connection } from '../connection/connection.ts';
import { CLOSE_GRACE_MS, type Ending, type Line } from '../connection/line-pool.ts';
import type { Sink } from '../endpoint/message.ts';
import { KEEP_ALIVE } from '../endpoint/sse.ts';
import type { SseSettings } from './options.ts';

/** One client's stream. Its session ends with it: this transport has no way to resume. */
export class SseLine implements Line {
  /** What the client names when it posts. */
  readonly id = crypto.randomUUID();
  readonly connection: Connection;
  readonly openedAt: number;
  lastUsedAt: number;
  readonly #app: App<any, any>;
  readonly #owner: string;
  readonly #sink: Sink;
  readonly #cut: () => void;
  readonly #maxBufferedBytes: number;
  #ended = false;

  /** @param cut - destroys the connection under `sink`. */
  constructor(app: App<any, any>, owner: Caller, sink: Sink, cut: () => void, settings: SseSettings) {
    this.#app = app;
    this.#cut = cut;
    this.#owner = callerKey(owner);
    this.#sink = sink;
    this.#maxBufferedBytes = settings.maxBufferedBytes;
    this.openedAt = this.lastUsedAt = app.clock.now();
    this.connection = new Connection(app, {
      transport: 'sse',
      owner,
      eras: 'legacy',
      maxInFlight: settings.maxInFlight,
      send: (text) => this.#send(text),
    });
    sink.write(`event: endpoint\ndata: ${settings.advertisedMessagesPath}?sessionId=${this.id}\n\n`);
  }

  /** Whether messages of this caller belong here. */
  isOf(caller: Caller): boolean {
    return callerKey(caller) === this.#owner;
  }

  receive(message: unknown, caller: Caller): void {
    this.lastUsedAt = this.#app.clock.now();
    this.connection.receive(message, caller);
  }

  beat(): void {
    this.#sink.write(KEEP_ALIVE);
  }

  end(_ending: Ending, reason: CancelledError): void {
    this.connection.close(reason);
    this.#close();
  }

  #send(text: string): void {
    if (this.#ended) return;
    this.lastUsedAt = this.#app.clock.now();
    if (this.#sink.buffered <= this.#maxBufferedBytes) {
      this.#sink.write(`event: message\ndata: ${text}\n\n`);
      return;
    }
    this.#app.logger.warn(
      { maxBufferedBytes: this.#maxBufferedBytes },
      'A client reads its stream too slowly.',
    );
    this.#close();
    this.connection.close(new CancelledError('The client reads too slowly.'));
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sink.end();
    // Of a client that does not read, the end would wait for ever behind what it has left untaken.
    const grace = this.#app.clock.after(CLOSE_GRACE_MS, this.#cut);
    this.#sink.onClose(() => grace.cancel());
  }
}
