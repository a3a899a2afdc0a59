import { StateUnavailableError } from '../state-error.ts';

/** What is used of a `DatabaseSync` of `node:sqlite`. */
export interface StateDatabase {
  exec(sql: string): void;
  prepare(sql: string): StateStatement;
  close(): void;
}

/** What is used of a prepared statement. */
export interface StateStatement {
  get(...values: (string | number | null)[]): Record<string, unknown> | undefined;
  all(...values: (string | number | null)[]): Record<string, unknown>[];
  run(...values: (string | number | null)[]): { readonly changes: number | bigint };
}

const BUSY_TIMEOUT_MS = 2000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS toolyard_sessions (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, tag TEXT NOT NULL, ends_at INTEGER NOT NULL, idle_ms INTEGER NOT NULL,
    used_at INTEGER NOT NULL, version INTEGER NOT NULL, record TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS toolyard_sessions_use ON toolyard_sessions (used_at);
  CREATE TABLE IF NOT EXISTS toolyard_nodes (node TEXT PRIMARY KEY, alive_until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS toolyard_counter (id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL);
  INSERT OR IGNORE INTO toolyard_counter VALUES (1, 0);
  CREATE TABLE IF NOT EXISTS toolyard_events (
    position INTEGER PRIMARY KEY, session TEXT NOT NULL, stream TEXT NOT NULL, at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, text TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS toolyard_events_session ON toolyard_events (session, position);
  CREATE INDEX IF NOT EXISTS toolyard_events_expiry ON toolyard_events (expires_at);
  CREATE TABLE IF NOT EXISTS toolyard_claims (
    session TEXT NOT NULL, stream TEXT NOT NULL, epoch INTEGER NOT NULL, holder TEXT NOT NULL,
    held_until INTEGER NOT NULL, PRIMARY KEY (session, stream)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS toolyard_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, sent_at INTEGER NOT NULL, message TEXT NOT NULL
  );`;

/** Opens the tables of the state. */
export function openStateDatabase(
  path: string | undefined,
  given: StateDatabase | undefined,
): { database: StateDatabase; close: () => void } {
  const own = path === undefined ? undefined : openFile(path);
  const database = (given ?? own)!;
  try {
    atomically(database, () => database.exec(SCHEMA));
  } catch (error) {
    own?.close();
    throw error;
  }
  return { database, close: () => own?.close() };
}

/** Runs `action` so that all of it happens or nothing, with nobody in between. */
export function atomically<T>(database: StateDatabase, action: () => T): T {
  // IMMEDIATE takes the write lock first: a transaction that reads and then writes can fail without waiting.
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = action();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** Runs an operation of the state. @throws {StateUnavailableError} where the file is busy, full or closed. */
export async function use<T>(action: () => T): Promise<T> {
  try {
    return action();
  } catch (cause) {
    throw new StateUnavailableError('database', { cause });
  }
}

function openFile(path: string): StateDatabase {
  // Loaded here and not imported above: this file is importable where there is no SQLite.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  if (path !== ':memory:') createPrivately(path);
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    retryWhileBusy(() => database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL'));
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

// SQLite would let everybody read the file, and gives its side files the permissions of the main one.
function createPrivately(path: string): void {
  const { closeSync, openSync } = process.getBuiltinModule('node:fs');
  closeSync(openSync(path, 'a', 0o600));
}

// When processes open a new file together, SQLite fails the switch to WAL at once instead of waiting.
// See https://github.com/russellromney/honker/pull/102
function retryWhileBusy(action: () => void): void {
  const deadline = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      return action();
    } catch (error) {
      const isBusy = error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
      if (!isBusy || performance.now() >= deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function rollBack(database: StateDatabase): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // A full disk, for one, makes SQLite roll back by itself.
  }
}
