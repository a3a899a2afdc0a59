import type { Readable, Writable } from 'node:stream';

import type { Timer } from '../clock.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { CancelledError, ShutdownError } from '../errors.ts';
import type { Principal } from '../principal.ts';
import { Connection } from './connection.ts';
import { LineReader } from './line-reader.ts';
import { MessageWriter } from './message-writer.ts';
import type { StdioServer } from './serve-stdio.ts';
import { guardStdout, type StdoutGuard } from './stdout-guard.ts';

/** The options of `serveStdio`, all filled in. */
export interface ServingOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly principal: Principal;
  readonly tenant: string | undefined;
  readonly maxMessageBytes: number;
  readonly maxInFlight: number;
  readonly maxQueuedBytes: number;
  readonly deadlineMs: number;
  readonly guardStdout: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Messages handled before their answers, timers and other work get a turn. */
const MESSAGES_PER_TURN = 64;
/** What a slow reader gets after the deadline to take what is answered. */
const FLUSH_MS = 1000;

/** Moves messages between two streams and a connection, at the pace of the slower side. */
export class Serving implements StdioServer {
  readonly closed: Promise<void>;
  readonly #app: Dispatcher;
  readonly #options: ServingOptions;
  readonly #lines: LineReader;
  readonly #writer: MessageWriter;
  readonly #connection: Connection;
  readonly #guard: StdoutGuard | undefined;
  /** Handling of messages goes on by itself: in the next turn, or when the slow reader has caught up. */
  #paused: 'no' | 'until next turn' | 'until relieved' = 'no';
  /** Since promises had their turn: a stream may give many chunks in a row. */
  #handled = 0;
  #inputEnded = false;
  #closing: Promise<void> | undefined = undefined;
  #onClosed!: () => void;
  #onGivenUp!: () => void;
  readonly #givenUp = new Promise<void>((resolve) => (this.#onGivenUp = resolve));

  constructor(app: Dispatcher, options: ServingOptions) {
    const { input, output, principal, tenant, maxInFlight, maxMessageBytes, maxQueuedBytes, signal } =
      options;
    this.#app = app;
    this.#options = options;
    this.closed = new Promise((resolve) => (this.#onClosed = resolve));
    this.#guard = options.guardStdout ? guardStdout() : undefined;
    this.#lines = new LineReader(maxMessageBytes);
    const writer = new MessageWriter(output, {
      maxQueuedBytes,
      logger: app.logger,
      write: output === process.stdout ? this.#guard?.write : undefined,
      onRelieved: this.#onRelieved,
      onBroken: this.#onBroken,
    });
    this.#writer = writer;
    this.#connection = new Connection(app, {
      principal,
      tenant,
      maxInFlight,
      maxMessageBytes,
      send: (message) => writer.send(message),
      notify: (notification) => writer.notify(notification),
    });
    input.on('data', this.#onData);
    input.on('end', this.#onInputEnd);
    input.on('close', this.#onInputEnd);
    input.on('error', this.#onInputError);
    if (input.readableEnded || input.destroyed) setImmediate(this.#onInputEnd);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) setImmediate(this.#onAbort);
  }

  close({ deadlineMs = this.#options.deadlineMs }: { readonly deadlineMs?: number } = {}): Promise<void> {
    // A second call can only bring the end nearer.
    const timer = this.#app.clock.after(deadlineMs, () => this.#giveUp(new ShutdownError()));
    return this.#close(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timer: Timer): Promise<void> {
    await (this.#closing ??= this.#shutDown());
    timer.cancel();
  }

  async #shutDown(): Promise<void> {
    // The deadline alone would not: a process whose last call hangs would leave without answering the others.
    const keepAlive = setInterval(() => {}, 60_000);
    await Promise.race([this.#connection.idle(), this.#givenUp]);
    // What was given up is answered at once, unless middleware holds on to it.
    await new Promise((resolve) => setImmediate(resolve));
    this.#stopReading();
    this.#connection.close(new ShutdownError());
    const limit = this.#app.clock.timeout(FLUSH_MS);
    await Promise.race([this.#writer.drained(), onceAborted(limit.signal)]);
    limit[Symbol.dispose]();
    this.#writer.close();
    this.#guard?.[Symbol.dispose]();
    clearInterval(keepAlive);
    this.#onClosed();
  }

  #giveUp(reason: CancelledError): void {
    this.#connection.close(reason);
    this.#onGivenUp();
  }

  #stopReading(): void {
    const { input, signal } = this.#options;
    this.#inputEnded = true;
    signal?.removeEventListener('abort', this.#onAbort);
    input.off('data', this.#onData);
    input.off('end', this.#onInputEnd);
    input.off('close', this.#onInputEnd);
    input.off('error', this.#onInputError);
    // Paused, process.stdin does not keep the process alive.
    if (input.listenerCount('data') === 0) input.pause();
  }

  /** Handles the lines that are there, as far as the reader of the answers keeps up. */
  readonly #pump = (): void => {
    const { input } = this.#options;
    this.#paused = 'no';
    while (this.#handled < MESSAGES_PER_TURN) {
      if (this.#writer.congested) {
        this.#paused = 'until relieved';
        input.pause();
        return;
      }
      const line = this.#lines.next();
      if (line === undefined) {
        if (this.#inputEnded) void this.close();
        else if (input.isPaused()) input.resume();
        return;
      }
      if (this.#handled === 0) queueMicrotask(() => (this.#handled = 0));
      this.#handled += 1;
      this.#connection.receive(line);
    }
    this.#paused = 'until next turn';
    input.pause();
    setImmediate(this.#pump);
  };

  readonly #onData = (chunk: Buffer | string): void => {
    this.#lines.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    if (this.#paused === 'no') this.#pump();
  };

  readonly #onInputEnd = (): void => {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    this.#lines.end();
    if (this.#paused === 'no') this.#pump();
  };

  readonly #onInputError = (err: Error): void => {
    this.#app.logger.warn({ err }, 'Reading from the client failed.');
    this.#onInputEnd();
  };

  readonly #onRelieved = (): void => {
    if (this.#paused === 'until relieved') this.#pump();
  };

  readonly #onBroken = (err: unknown): void => {
    this.#app.logger.debug({ err }, 'The client no longer reads.');
    this.#giveUp(new CancelledError('The client is gone.', { cause: err }));
    void this.close();
  };

  readonly #onAbort = (): void => void this.close();
}

function onceAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
