import { systemClock, type Clock } from '../clock.ts';
import { positiveInteger } from '../options.ts';
import { StoreError, type Store, type StoreWriteOptions } from '../store.ts';
import { checkKey, countBytes, defaultMaxValueBytes, encodeValue, expiryOf } from './entry.ts';
import { atomically, openTable, type SqliteConnection, type SqliteFile } from './sqlite-database.ts';
import { createTable } from './sqlite-table.ts';

/** A `path`, or a `database` that you opened. */
export type SqliteStoreOptions = SqliteStoreBounds & (SqliteFile | SqliteConnection);

/** The table of {@link sqliteStore}, and what it may hold. */
export interface SqliteStoreBounds {
  /** The table; created when absent, together with some objects whose names start with its name. Default: `toolyard_store`. */
  readonly table?: string | undefined;
  /** Default: 100,000. */
  readonly maxEntries?: number | undefined;
  /** Bytes of all keys and values together, as UTF-8 JSON. Default: 256 MiB. */
  readonly maxBytes?: number | undefined;
  /** Bytes of one value as UTF-8 JSON; larger ones are refused. Default: 1 MiB. */
  readonly maxValueBytes?: number | undefined;
  readonly clock?: Pick<Clock, 'now'> | undefined;
}

/**
 * A store in a file, through `node:sqlite`: it outlives the process, and any number of processes on one machine may
 * use the same file at once. Claims made with `create` hold across them.
 *
 * When it is full, expired entries make room, then those written longest ago. Expired entries are removed by later
 * writes, at most 500 by one: where thousands have to go, the next writes share the work. The file keeps the size
 * of its fullest moment and reuses the space.
 *
 * What was written survives the end of the process, `kill -9` included; a power failure may cost the last moments.
 * Operations take some ten microseconds and run on the calling thread.
 *
 * @throws {StoreError} `STORE_OPEN_FAILED` when the file or the table cannot be used.
 *
 * @example
 * ```ts
 * import { sqliteStore } from '@toolyard/core/stores';
 *
 * const claims = sqliteStore({ path: ':memory:', table: 'claims' });
 * const mine = await claims.create('order-7', { by: process.pid }, { ttlMs: 60_000 });
 * await claims.close?.();
 * ```
 */
export function sqliteStore(options: SqliteStoreOptions): Store {
  const { clock = systemClock } = options;
  const maxEntries = positiveInteger('maxEntries', options.maxEntries ?? 100_000);
  const maxBytes = positiveInteger('maxBytes', options.maxBytes ?? 256 * 1024 * 1024);
  const maxValueBytes = positiveInteger('maxValueBytes', options.maxValueBytes ?? defaultMaxValueBytes);

  const {
    database,
    prepared: table,
    close,
  } = openTable(options, 'a store', options.table ?? 'toolyard_store', createTable);
  let closed = false;

  function check(key: string): void {
    if (closed) throw new StoreError('STORE_CLOSED', 'The store is closed.');
    checkKey(key);
  }

  /** Runs one kind of write and makes room for it, both or neither. */
  function write(kind: 'put' | 'claim', key: string, value: unknown, how?: StoreWriteOptions): boolean {
    check(key);
    const now = clock.now();
    const text = encodeValue(value, maxValueBytes);
    const bytes = countBytes(key, text, maxBytes);
    const expiry = expiryOf(now, how);
    return atomically(database, () => {
      const written = table[kind]({ key, text, bytes, expiresAt: expiry === Infinity ? null : expiry }, now);
      if (written) makeRoom(now);
      return written;
    });
  }

  function makeRoom(now: number): void {
    // Nothing that is live goes while something expired is left.
    if (table.dropExpired(now, maxDropsPerWrite) === maxDropsPerWrite) return;
    let { entries, bytes } = table.size();
    for (let drops = 0; drops < maxDropsPerWrite && (entries > maxEntries || bytes > maxBytes); drops++) {
      bytes -= table.dropOldest();
      entries--;
    }
  }

  return {
    async get(key) {
      check(key);
      const text = table.find(key, clock.now());
      return text === undefined ? undefined : JSON.parse(text);
    },
    async set(key, value, how) {
      write('put', key, value, how);
    },
    async create(key, value, how) {
      return write('claim', key, value, how);
    },
    async delete(key) {
      check(key);
      return table.remove(key, clock.now());
    },
    async close() {
      if (!closed) close();
      closed = true;
    },
  };
}

const maxDropsPerWrite = 500;
