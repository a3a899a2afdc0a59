import { InvalidOptionError } from '../errors.ts';
import { positiveInteger } from '../options.ts';
import { StoreError } from '../store.ts';

/** What is used of a `DatabaseSync` of `node:sqlite`. */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  readonly isTransaction: boolean;
  close(): void;
}

/** What is used of a prepared statement. */
export interface SqliteStatement {
  get(...values: SqliteValue[]): Record<string, unknown> | undefined;
  run(...values: SqliteValue[]): { readonly changes: number | bigint };
}

/** What is bound to a statement. */
export type SqliteValue = string | number | null;

/** A database file, opened and closed for you. */
export interface SqliteFile {
  /** A file in a directory that exists; created for the current user alone. `:memory:` for none. */
  readonly path: string;
  readonly database?: undefined;
  /** How long an operation waits, and blocks, while another process writes. Default: 5,000. */
  readonly busyTimeoutMs?: number | undefined;
}

/** A database that you opened. */
export interface SqliteConnection {
  /** A `DatabaseSync`. Its journal mode, busy timeout and closing are yours. */
  readonly database: SqliteDatabase;
  readonly path?: undefined;
}

/** A database with a table that is ready for use. */
export interface OpenTable<Prepared> {
  readonly database: SqliteDatabase;
  readonly prepared: Prepared;
  /** Closes the database, unless somebody else opened it. */
  readonly close: () => void;
}

/**
 * Opens a table for one purpose.
 *
 * @param prepare - creates the table where it is absent, and what is needed to use it.
 * @throws {InvalidOptionError} for a bad table name or timeout.
 * @throws {StoreError} `STORE_OPEN_FAILED` when the file or the table cannot be used.
 */
export function openTable<Prepared>(
  options: SqliteFile | SqliteConnection,
  purpose: string,
  table: string,
  prepare: (database: SqliteDatabase, table: string) => Prepared,
): OpenTable<Prepared> {
  if (!/^[a-z][a-z0-9_]{0,59}$/i.test(table) || /^sqlite_/i.test(table)) {
    throw new InvalidOptionError('table', 'must be a letter, then up to 59 letters, digits and underscores');
  }
  const busyTimeoutMs = options.database
    ? 0
    : positiveInteger('busyTimeoutMs', options.busyTimeoutMs ?? 5_000);
  let own: SqliteDatabase | undefined;
  try {
    const database = options.database ?? (own = openDatabase(options.path, busyTimeoutMs));
    return { database, prepared: prepare(database, table), close: () => own?.close() };
  } catch (cause) {
    own?.close();
    const place = options.database ? 'the given database' : `"${options.path}"`;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const problem = `Cannot keep ${purpose} in table "${table}" of ${place}: ${reason}.`;
    throw new StoreError('STORE_OPEN_FAILED', problem, { cause });
  }
}

/** Opens a file that several processes may write at once. */
function openDatabase(path: string, busyTimeoutMs: number): SqliteDatabase {
  // Loaded here and not imported above: importing `@toolyard/core/stores` works where there is no SQLite,
  // and prints no ExperimentalWarning for those who do not use it.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  if (isFile(path)) createPrivately(path);
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
  try {
    // Readers and a writer do not wait for each other, and a commit does not wait for the disk.
    retryWhileBusy(busyTimeoutMs, () =>
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL'),
    );
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/** Runs `action` so that all of its writes happen or none, also within a transaction of the caller. */
export function atomically<Result>(database: SqliteDatabase, action: () => Result): Result {
  // IMMEDIATE takes the write lock first: a transaction that reads and then writes can fail without waiting.
  const [begin, commit, rollback] = database.isTransaction
    ? ['SAVEPOINT toolyard', 'RELEASE toolyard', 'ROLLBACK TO toolyard; RELEASE toolyard']
    : ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'];
  database.exec(begin);
  try {
    const result = action();
    database.exec(commit);
    return result;
  } catch (error) {
    // A full disk, for one, makes SQLite roll back by itself.
    if (database.isTransaction) database.exec(rollback);
    throw error;
  }
}

function isFile(path: string): boolean {
  return path !== ':memory:' && !path.startsWith('file:');
}

// SQLite would let everybody read the file, and gives its side files the permissions of the main one.
function createPrivately(path: string): void {
  const { closeSync, openSync } = process.getBuiltinModule('node:fs');
  closeSync(openSync(path, 'a', 0o600));
}

// When processes open a new file together, SQLite fails the switch to WAL at once instead of waiting for the busy
// timeout. See https://github.com/russellromney/honker/pull/102
function retryWhileBusy(timeoutMs: number, action: () => void): void {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function isBusy(error: unknown): boolean {
  const SQLITE_BUSY = 5; // the low byte; the others tell which kind
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}
