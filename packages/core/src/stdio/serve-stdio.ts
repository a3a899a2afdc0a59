import { constants } from 'node:buffer';
import type { Readable, Writable } from 'node:stream';

import type { Dispatcher } from '../dispatcher.ts';
import { CancelledError, InvalidOptionError, ShutdownError } from '../errors.ts';
import { local, type Principal } from '../principal.ts';
import { Connection } from './connection.ts';
import { LineReader } from './line-reader.ts';
import { MessageWriter } from './message-writer.ts';
import { guardStdout } from './stdout-guard.ts';

/** Options of {@link serveStdio}. */
export interface StdioOptions {
  /** Default: `process.stdin`. */
  readonly input?: Readable;
  /** Default: `process.stdout`. */
  readonly output?: Writable;
  /** On whose behalf the client speaks. Default: `local`, who may do everything, as its user started the process. */
  readonly principal?: Principal;
  readonly tenant?: string;
  /** Largest message that is read. Larger ones are answered with an error. Default 10 MiB. */
  readonly maxMessageBytes?: number;
  /** Requests that may be answered at once; further ones get an error. Default 1000. */
  readonly maxInFlight?: number;
  /**
   * What may wait for a slow reader. Above it nothing more is read, and progress and log messages are left out.
   * Default 4 MiB.
   */
  readonly maxQueuedBytes?: number;
  /** How long running calls may take after the client has closed its side. Default 1000. */
  readonly deadlineMs?: number;
  /**
   * Sends to stderr what others write to `process.stdout`, so that a `console.log` cannot break the protocol.
   * Default: on when `process.stdout` is the output.
   */
  readonly guardStdout?: boolean;
  /** Ends the connection like {@link StdioServer.close}. */
  readonly signal?: AbortSignal;
}

/** A served connection, as {@link serveStdio} gives it. */
export interface StdioServer extends AsyncDisposable {
  /** Resolves when the connection has ended, whoever ended it. Never rejects. */
  readonly closed: Promise<void>;
  /**
   * Stops reading, lets running calls finish until the deadline, gives up the rest, and writes what is answered.
   * Neither stream is ended.
   *
   * @param options - `deadlineMs`: default that of the options.
   */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

/** Messages handled before timers and other work get their turn. */
const MESSAGES_PER_TURN = 64;
/** What a slow reader gets after the deadline to take what is answered. */
const FLUSH_MS = 1000;

/**
 * Serves an app to the process that started this one: JSON-RPC, one message per line, every protocol revision. Ends
 * when the client closes its side; the app stays open.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { createApp, defineTool } from '@toolyard/core';
 * import { serveStdio } from '@toolyard/core/stdio';
 *
 * const hello = defineTool({ name: 'hello', run: () => 'Hello!' });
 * const app = createApp({ name: 'greeter', version: '1.0.0' }).add(hello);
 *
 * await serveStdio(app).closed;
 * await app.close();
 * ```
 */
export function serveStdio(app: Dispatcher, options: StdioOptions = {}): StdioServer {
  const { input = process.stdin, output = process.stdout, principal = local, tenant, signal } = options;
  const { maxMessageBytes = 10 * 1024 * 1024, maxInFlight = 1000, maxQueuedBytes = 4 * 1024 * 1024 } = options;
  const { deadlineMs: defaultDeadlineMs = 1000, guardStdout: guarded = output === process.stdout } = options;
  for (const [option, value] of Object.entries({ maxMessageBytes, maxInFlight, maxQueuedBytes })) {
    if (!(value > 0)) throw new InvalidOptionError(option, 'must be above 0');
  }
  if (maxMessageBytes > constants.MAX_STRING_LENGTH) {
    throw new InvalidOptionError('maxMessageBytes', `must be at most ${constants.MAX_STRING_LENGTH}`);
  }

  const guard = guarded ? guardStdout() : undefined;
  const lines = new LineReader(maxMessageBytes);
  const writer = new MessageWriter(output, {
    maxQueuedBytes,
    logger: app.logger,
    write: output === process.stdout ? (guard?.write as Writable['write'] | undefined) : undefined,
    onRelieved: () => stalled && pump(),
    onBroken(err) {
      app.logger.debug({ err }, 'The client has stopped reading.');
      giveUp(new CancelledError('The client is gone.', { cause: err }));
      void close({ deadlineMs: 0 });
    },
  });
  const connection = new Connection(app, {
    principal,
    tenant,
    maxInFlight,
    maxMessageBytes,
    send: (message) => writer.send(message),
    notify: (notification) => writer.notify(notification),
  });

  /** The reader is slow: reading goes on when the writer says so. */
  let stalled = false;
  /** Reading goes on in the next turn of the event loop. */
  let scheduled = false;
  let ended = false;
  let closing: Promise<void> | undefined;
  let giveUp = (reason: CancelledError): void => connection.close(reason);

  const onData = (chunk: Buffer | string): void => {
    lines.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    if (!scheduled && !stalled) pump();
  };
  const onEnd = (): void => {
    if (ended) return;
    ended = true;
    lines.end();
    if (!scheduled && !stalled) pump();
  };
  const onInputError = (err: Error): void => {
    app.logger.warn({ err }, 'The input failed.');
    onEnd();
  };

  function pump(): void {
    stalled = false;
    scheduled = false;
    if (closing) return;
    for (let handled = 0; handled < MESSAGES_PER_TURN; handled += 1) {
      stalled = writer.congested;
      if (stalled) return void input.pause();
      const line = lines.next();
      if (line) {
        connection.receive(line);
        continue;
      }
      if (ended) void close();
      else if (input.isPaused()) input.resume();
      return;
    }
    scheduled = true;
    input.pause();
    setImmediate(pump);
  }

  function close({ deadlineMs = defaultDeadlineMs }: { readonly deadlineMs?: number } = {}): Promise<void> {
    const timer = app.clock.after(deadlineMs, () => giveUp(new ShutdownError()));
    closing ??= shutDown();
    return closing.finally(() => timer.cancel());
  }

  async function shutDown(): Promise<void> {
    signal?.removeEventListener('abort', onAbort);
    input.off('data', onData);
    input.off('end', onEnd);
    input.off('close', onEnd);
    input.off('error', onInputError);
    if (input.listenerCount('data') === 0) input.pause();

    const givenUp = new Promise<void>((resolve) => {
      giveUp = (reason) => {
        connection.close(reason);
        resolve();
      };
    });
    await Promise.race([connection.idle(new ShutdownError()), givenUp]);
    // Calls that were given up are answered at once, unless middleware holds on to them.
    await new Promise((resolve) => setImmediate(resolve));
    connection.close(new ShutdownError());
    connection.endSession();
    using limit = app.clock.timeout(FLUSH_MS);
    await Promise.race([writer.drained(), aborted(limit.signal)]);
    writer.close();
    guard?.[Symbol.dispose]();
  }

  const onAbort = () => void close();
  let settleClosed!: () => void;
  const closed = new Promise<void>((resolve) => (settleClosed = resolve));

  return { closed, close, [Symbol.asyncDispose]: () => close() };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
