import { InvalidOptionError } from '@toolyard/core';

import type { GateOptions } from '../connection/gate.ts';

/** Options of {@link createSseHandler}. */
export interface SseOptions extends GateOptions {
  /** Where clients open their stream with GET. Default `/sse`. */
  readonly path?: string;
  /** Where they post their messages. Default `/messages`. */
  readonly messagesPath?: string;
  /** What they are told of it, where a framework or proxy has taken a prefix away: `/tools/messages`. Default `messagesPath`. */
  readonly advertisedMessagesPath?: string;
  /** Largest message a client may post; larger ones get 413. Default 4 MiB. */
  readonly maxBodyBytes?: number;
  /** A comment goes down every stream this often, so that proxies keep it open. Default 15 000. */
  readonly keepAliveMs?: number;
  /** Streams that may be open; further clients get 503. Default 1000. */
  readonly maxSessions?: number;
  /** A stream over which no message has gone either way for this time is ended. Default 30 minutes. */
  readonly idleMs?: number;
  /** Every stream is ended after this time. Default 24 hours. */
  readonly maxAgeMs?: number;
  /** Requests of one client that may be answered at once; further ones get an error. Default 100. */
  readonly maxInFlight?: number;
  /** What a slow client may leave untaken before its stream is ended. Default 16 MiB. */
  readonly maxBufferedBytes?: number;
}

/** {@link SseOptions} with its defaults. */
export interface SseSettings {
  readonly path: string;
  readonly messagesPath: string;
  readonly advertisedMessagesPath: string;
  readonly maxBodyBytes: number;
  readonly keepAliveMs: number;
  readonly maxSessions: number;
  readonly idleMs: number;
  readonly maxAgeMs: number;
  readonly maxInFlight: number;
  readonly maxBufferedBytes: number;
}

/** @throws {InvalidOptionError} `INVALID_OPTION` for a value that cannot work. */
export function sseSettingsOf(options: SseOptions): SseSettings {
  const { path = '/sse', messagesPath = '/messages', advertisedMessagesPath = messagesPath } = options;
  const { maxBodyBytes = 4 * 1_048_576, maxBufferedBytes = 16 * 1_048_576, keepAliveMs = 15_000 } = options;
  const { maxSessions = 1000, idleMs = 1_800_000, maxAgeMs = 86_400_000, maxInFlight = 100 } = options;
  for (const [option, value] of Object.entries({ path, messagesPath, advertisedMessagesPath })) {
    // More would end the event that tells it, or begin a query of its own.
    if (!/^\/[^\s?#]*$/.test(value))
      throw new InvalidOptionError(option, 'must be a path that starts with "/"');
  }
  if (path === messagesPath) throw new InvalidOptionError('messagesPath', 'must differ from path');
  const limits = { maxBodyBytes, maxBufferedBytes, keepAliveMs, maxSessions, idleMs, maxAgeMs, maxInFlight };
  for (const [option, value] of Object.entries(limits)) {
    if (!(value > 0)) throw new InvalidOptionError(option, 'must be above 0');
  }
  return { path, messagesPath, advertisedMessagesPath, ...limits };
}
