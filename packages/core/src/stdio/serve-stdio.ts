import { constants } from 'node:buffer';
import type { Readable, Writable } from 'node:stream';

import type { Dispatcher } from '../dispatcher.ts';
import { InvalidOptionError } from '../errors.ts';
import { local, type Principal } from '../principal.ts';
import { Serving } from './serving.ts';

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
   * Takes no new calls, lets running ones finish until the deadline, gives up the rest, and writes what is answered.
   * Neither stream is ended.
   *
   * @param options - `deadlineMs`: default that of the options.
   */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

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
  const {
    maxMessageBytes = 10 * 1024 * 1024,
    maxInFlight = 1000,
    maxQueuedBytes = 4 * 1024 * 1024,
  } = options;
  const { deadlineMs = 1000, guardStdout = output === process.stdout } = options;
  for (const [option, value] of Object.entries({ maxMessageBytes, maxInFlight, maxQueuedBytes })) {
    if (!(value > 0)) throw new InvalidOptionError(option, 'must be above 0');
  }
  if (!(deadlineMs >= 0)) throw new InvalidOptionError('deadlineMs', 'must not be negative');
  if (maxMessageBytes > constants.MAX_STRING_LENGTH) {
    throw new InvalidOptionError('maxMessageBytes', `must be at most ${constants.MAX_STRING_LENGTH}`);
  }
  const limits = { maxMessageBytes, maxInFlight, maxQueuedBytes, deadlineMs };
  return new Serving(app, { ...limits, input, output, principal, tenant, guardStdout, signal });
}
