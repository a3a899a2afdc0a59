import { InvalidOptionError, systemClock, type Clock } from '@toolyard/core';

import type { HttpState } from '../state.ts';
import { redisBus } from './redis-bus.ts';
import { RedisConnection } from './redis-connection.ts';
import { redisEventLog } from './redis-event-log.ts';
import { redisLike, type RedisClient, type RedisLike } from './redis-like.ts';
import { redisSessionStore } from './redis-session-store.ts';

/** Options of {@link redisState}. */
export interface RedisStateOptions {
  /**
   * In front of all keys and channels. Servers with the same one share their sessions. Default `{toolyard}:`; in a
   * cluster keep the braces, which put all keys in one slot.
   */
  readonly prefix?: string | undefined;
  /** How long a command may take. Then the state counts as unavailable. Default 2000. */
  readonly timeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * State in Redis 6.2 or newer, for any number of nodes: each serves every session, and sessions outlive all of them.
 *
 * The client stays yours to connect and to close. A second connection, for messages, is opened while a handler uses
 * the state. What clients are sent is kept for some minutes: let nobody else read the database.
 *
 * @param client - of `redis` or `ioredis`.
 * @throws {InvalidOptionError} `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { serveHttp } from '@toolyard/transport-http';
 * import { redisState } from '@toolyard/transport-http/redis';
 * import { createClient } from 'redis';
 *
 * const client = await createClient({ url: 'redis://127.0.0.1:6379' }).connect();
 * await serveHttp(createApp({ name: 'demo', version: '1.0.0' }), { state: redisState(client) });
 * ```
 */
export function redisState(client: RedisClient | RedisLike, options: RedisStateOptions = {}): HttpState {
  const { prefix = '{toolyard}:', timeoutMs = 2000, clock = systemClock } = options;
  if (!(timeoutMs > 0)) throw new InvalidOptionError('timeoutMs', 'must be above 0');
  const connection = new RedisConnection(redisLike(client), clock, timeoutMs);
  return {
    sessions: redisSessionStore(connection, prefix, clock),
    events: redisEventLog(connection, prefix, clock),
    bus: redisBus(connection, prefix),
  };
}
