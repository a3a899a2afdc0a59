import { EMPTY_CHAIN } from '../audit/chain.ts';
import type { AuditRecord, ChainEnd } from '../audit/record.ts';
import { positiveInteger } from '../options.ts';
import { chainMoved, logClosed, type AuditLog } from './audit-log.ts';
import {
  atomically,
  openTable,
  type SqliteConnection,
  type SqliteDatabase,
  type SqliteFile,
} from './sqlite-database.ts';

/** A `path`, or a `database` that you opened. */
export type SqliteAuditOptions = SqliteAuditBounds & (SqliteFile | SqliteConnection);

/** The table of {@link sqliteAuditSink}, and what it may hold. */
export interface SqliteAuditBounds {
  /** The table; created when absent, with two indices. Default: `toolyard_audit`. */
  readonly table?: string | undefined;
  /** Where more are kept, the oldest go. Default: all are kept. */
  readonly maxRecords?: number | undefined;
  /** Waits for the disk before records count as kept: a power failure costs none of them. With `path` only. Default: false. */
  readonly fsync?: boolean | undefined;
}

/**
 * Keeps audit records in a table, through `node:sqlite`. Any number of processes on one machine may write to it: they
 * share one chain. Records outlive the process, `kill -9` included; without `fsync`, a power failure may cost the last.
 *
 * `principal`, `tenant`, `method`, `target` and `outcome` are columns of their own, for your queries; `record` is what
 * the chain covers.
 *
 * @throws {StoreError} `STORE_OPEN_FAILED` when the file or the table cannot be used.
 *
 * @example
 * ```ts
 * import { audit, verifyAuditChain } from '@toolyard/core/middleware';
 * import { sqliteAuditSink } from '@toolyard/core/stores';
 *
 * const sink = sqliteAuditSink({ path: ':memory:', maxRecords: 1_000_000 });
 * const trail = audit({ sink });
 * const { ok } = await verifyAuditChain(sink.records(), { from: 'any' });
 * ```
 */
export function sqliteAuditSink(options: SqliteAuditOptions): AuditLog {
  const { table = 'toolyard_audit', maxRecords, fsync = false } = options;
  if (maxRecords !== undefined) positiveInteger('maxRecords', maxRecords);
  const { database, prepared: statements, close } = openTable(options, 'an audit log', table, prepare);
  if (fsync && !options.database) database.exec('PRAGMA synchronous = FULL');
  let closed = false;

  function check(): void {
    if (closed) throw logClosed();
  }

  /** Nobody else writes between finding the end of the chain and the new records. */
  function keep(next: (end: ChainEnd) => AuditRecord | undefined): number {
    check();
    return atomically(database, () => {
      let end = endOf(statements.end.get());
      let kept = 0;
      for (let record = next(end); record; record = next(end)) {
        if (record.prevHash !== end.hash) throw chainMoved();
        insert(record);
        end = record;
        kept += 1;
      }
      if (maxRecords !== undefined) statements.dropBefore.run(end.seq - maxRecords);
      return kept;
    });
  }

  function insert(record: AuditRecord): void {
    const { seq, hash, time, principal, tenant, method, target, outcome } = record;
    const [who, what, json] = [principal.id, target?.name ?? null, JSON.stringify(record)];
    statements.insert.run(seq, hash, time, who, tenant ?? null, method, what, outcome, json);
  }

  return {
    async append(record) {
      const records = [record];
      keep(() => records.shift());
    },
    extend: async (next) => keep(next),
    async last() {
      check();
      return parse(statements.last.get());
    },
    async *records() {
      let seq = -1;
      for (;;) {
        check();
        const record = parse(statements.after.get(seq));
        if (!record) return;
        yield record;
        seq = record.seq;
      }
    },
    async flush() {},
    async close() {
      if (!closed) close();
      closed = true;
    },
  };
}

function prepare(database: SqliteDatabase, table: string) {
  return atomically(database, () => {
    database.exec(`
      CREATE TABLE IF NOT EXISTS "${table}" (
        seq INTEGER PRIMARY KEY,
        hash TEXT NOT NULL,
        time TEXT NOT NULL,
        principal TEXT NOT NULL,
        tenant TEXT,
        method TEXT NOT NULL,
        target TEXT,
        outcome TEXT NOT NULL,
        record TEXT NOT NULL
      );
      CREATE INDEX IF NOT EXISTS "${table}_time" ON "${table}" (time);
      CREATE INDEX IF NOT EXISTS "${table}_principal" ON "${table}" (principal, time);
    `);
    return {
      end: database.prepare(`SELECT seq, hash FROM "${table}" ORDER BY seq DESC LIMIT 1`),
      last: database.prepare(`SELECT record FROM "${table}" ORDER BY seq DESC LIMIT 1`),
      after: database.prepare(`SELECT record FROM "${table}" WHERE seq > ? ORDER BY seq LIMIT 1`),
      insert: database.prepare(`INSERT INTO "${table}" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
      dropBefore: database.prepare(`DELETE FROM "${table}" WHERE seq <= ?`),
    };
  });
}

function endOf(row: Record<string, unknown> | undefined): ChainEnd {
  return row === undefined ? EMPTY_CHAIN : { seq: Number(row['seq']), hash: String(row['hash']) };
}

function parse(row: Record<string, unknown> | undefined): AuditRecord | undefined {
  return row === undefined ? undefined : (JSON.parse(String(row['record'])) as AuditRecord);
}
