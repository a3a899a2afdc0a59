import { InvalidOptionError } from '@toolyard/core';

import type { GateOptions } from '../connection/gate.ts';

/** Options of {@link createWebSocketHandler}. */
export interface WebSocketOptions extends GateOptions {
  /** Where clients connect. Default `/ws`. */
  readonly path?: string;
  /** Largest message a client may send, unpacked; a larger one ends its connection with 1009. Default 4 MiB. */
  readonly maxMessageBytes?: number;
  /** Connections that may be open; further clients get 503. Default 1000. */
  readonly maxConnections?: number;
  /** How long `auth` may take before the client gets 503. Default 10 000. */
  readonly handshakeTimeoutMs?: number;
  /** A ping goes to every client this often; one that has not answered by the next is cut off. Default 30 000. */
  readonly pingMs?: number;
  /** A connection over which no message has gone either way for this time is closed with 1000. Default 30 minutes. */
  readonly idleMs?: number;
  /** Every connection is closed with 1000 after this time. Default 24 hours. */
  readonly maxAgeMs?: number;
  /** Requests of one client that may be answered at once; further ones get an error. Default 100. */
  readonly maxInFlight?: number;
  /** What a slow client may leave untaken before it is closed with 1008. Default 16 MiB. */
  readonly maxBufferedBytes?: number;
  /**
   * Messages of this size and above are compressed for clients that offer permessage-deflate. Default 1024; `false`
   * switches it off.
   */
  readonly compressFromBytes?: number | false;
}

/** {@link WebSocketOptions} with its defaults. */
export interface WebSocketSettings {
  readonly path: string;
  readonly maxMessageBytes: number;
  readonly maxConnections: number;
  readonly handshakeTimeoutMs: number;
  readonly pingMs: number;
  readonly idleMs: number;
  readonly maxAgeMs: number;
  readonly maxInFlight: number;
  readonly maxBufferedBytes: number;
  readonly compressFromBytes: number | false;
}

/** @throws {InvalidOptionError} `INVALID_OPTION` for a value that cannot work. */
export function webSocketSettingsOf(options: WebSocketOptions): WebSocketSettings {
  const { path = '/ws', compressFromBytes = 1024, handshakeTimeoutMs = 10_000, pingMs = 30_000 } = options;
  const { maxMessageBytes = 4 * 1_048_576, maxBufferedBytes = 16 * 1_048_576 } = options;
  const { maxConnections = 1000, idleMs = 1_800_000, maxAgeMs = 86_400_000, maxInFlight = 100 } = options;
  if (!/^\/[^\s?#]*$/.test(path)) throw new InvalidOptionError('path', 'must be a path that starts with "/"');
  if (compressFromBytes !== false && !(compressFromBytes >= 0)) {
    throw new InvalidOptionError('compressFromBytes', 'must not be negative');
  }
  const sizes = { maxMessageBytes, maxBufferedBytes, maxConnections, maxInFlight };
  const limits = { ...sizes, handshakeTimeoutMs, pingMs, idleMs, maxAgeMs };
  for (const [option, value] of Object.entries(limits)) {
    if (!(value > 0)) throw new InvalidOptionError(option, 'must be above 0');
  }
  return { path, compressFromBytes, ...limits };
}
