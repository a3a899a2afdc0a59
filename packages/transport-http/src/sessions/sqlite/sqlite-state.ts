import { InvalidOptionError, systemClock, type Clock } from '@toolyard/core';

import type { HttpState } from '../state.ts';
import { sqliteBus } from './sqlite-bus.ts';
import { openStateDatabase, type StateDatabase } from './sqlite-database.ts';
import { sqliteEventLog } from './sqlite-event-log.ts';
import { SqlitePoll } from './sqlite-poll.ts';
import { sqliteSessionStore } from './sqlite-session-store.ts';

/** Options of {@link sqliteState}: a `path`, or a `database` that you opened. */
export interface SqliteStateOptions {
  /** A file in a directory that exists; created for the current user alone. */
  readonly path?: string | undefined;
  /** A `DatabaseSync`. Its journal mode, busy timeout and closing are yours. */
  readonly database?: StateDatabase | undefined;
  /** How often a process looks for what others wrote. Default 100. */
  readonly pollMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** State in a file. */
export interface SqliteState extends HttpState {
  /** Closes the file, unless you opened it. Close the handlers first. */
  close(): Promise<void>;
}

/**
 * State in a file, through `node:sqlite`: sessions outlive the process, and any number of processes on one machine
 * serve them together. Between processes messages take up to `pollMs`; for several machines take Redis.
 *
 * What was written survives the end of the process, `kill -9` included; a power failure may cost the last moments.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { serveHttp } from '@toolyard/transport-http';
 * import { sqliteState } from '@toolyard/transport-http/stores';
 *
 * const state = sqliteState({ path: 'sessions.db' });
 * await serveHttp(createApp({ name: 'demo', version: '1.0.0' }), { state });
 * ```
 */
export function sqliteState(options: SqliteStateOptions): SqliteState {
  const { path, pollMs = 100, clock = systemClock } = options;
  if (!(pollMs > 0)) throw new InvalidOptionError('pollMs', 'must be above 0');
  if ((path === undefined) === (options.database === undefined))
    throw new InvalidOptionError('path', 'or database is needed, one of them');
  const { database, close } = openStateDatabase(path, options.database);
  const poll = new SqlitePoll(clock, pollMs);
  return {
    sessions: sqliteSessionStore(database, clock),
    events: sqliteEventLog(database, clock, poll),
    bus: sqliteBus(database, clock, poll),
    async close() {
      poll.stop();
      close();
    },
  };
}
