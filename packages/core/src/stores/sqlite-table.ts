import { atomically, type SqliteDatabase } from './sqlite-database.ts';

/** The table of one store. Each method is one statement. */
export interface StoreTable {
  /** The text under the key, unless it has expired. */
  find(key: string, now: number): string | undefined;
  /** Writes the row, whatever was there. */
  put(row: StoreRow, now: number): boolean;
  /** Writes the row unless there is a live one. */
  claim(row: StoreRow, now: number): boolean;
  /** Whether there was a live one. */
  remove(key: string, now: number): boolean;
  /** How many were dropped. */
  dropExpired(now: number, limit: number): number;
  /** How many bytes the dropped row counted. */
  dropOldest(): number;
  size(): { entries: number; bytes: number };
}

interface StoreRow {
  readonly key: string;
  readonly text: string;
  readonly bytes: number;
  readonly expiresAt: number | null;
}

/** Creates what is missing, and nothing when the table turns out to be somebody else's. */
export function createTable(database: SqliteDatabase, name: string): StoreTable {
  return atomically(database, () => {
    database.exec(schemaOf(name));
    return prepareTable(database, name);
  });
}

// `id` grows with every write, so the smallest is the row written longest ago. The triggers keep the size exact for
// all processes: counting the rows would take longer the more there are.
function schemaOf(name: string): string {
  return `
    CREATE TABLE IF NOT EXISTS "${name}" (
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE,
      bytes INTEGER NOT NULL,
      expires_at INTEGER,
      value TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS "${name}_expiry" ON "${name}" (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE IF NOT EXISTS "${name}_size" (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      entries INTEGER NOT NULL,
      bytes INTEGER NOT NULL
    );
    INSERT OR IGNORE INTO "${name}_size" SELECT 1, count(*), coalesce(sum(bytes), 0) FROM "${name}";
    CREATE TRIGGER IF NOT EXISTS "${name}_added" AFTER INSERT ON "${name}" BEGIN
      UPDATE "${name}_size" SET entries = entries + 1, bytes = bytes + new.bytes;
    END;
    CREATE TRIGGER IF NOT EXISTS "${name}_replaced" AFTER UPDATE OF bytes ON "${name}" BEGIN
      UPDATE "${name}_size" SET bytes = bytes + new.bytes - old.bytes;
    END;
    CREATE TRIGGER IF NOT EXISTS "${name}_removed" AFTER DELETE ON "${name}" BEGIN
      UPDATE "${name}_size" SET entries = entries - 1, bytes = bytes - old.bytes;
    END;
  `;
}

function prepareTable(database: SqliteDatabase, name: string): StoreTable {
  const upsert = `
    INSERT INTO "${name}" (key, bytes, expires_at, value) VALUES (?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET
      id = (SELECT max(id) + 1 FROM "${name}"),
      bytes = excluded.bytes,
      expires_at = excluded.expires_at,
      value = excluded.value`;
  const put = database.prepare(upsert);
  const claim = database.prepare(`${upsert} WHERE "${name}".expires_at <= ?`);
  const live = 'key = ? AND (expires_at IS NULL OR expires_at > ?)';
  const find = database.prepare(`SELECT value FROM "${name}" WHERE ${live}`);
  const remove = database.prepare(`DELETE FROM "${name}" WHERE ${live}`);
  const dropExpired = database.prepare(`
    DELETE FROM "${name}" WHERE id IN (
      SELECT id FROM "${name}" WHERE expires_at <= ? ORDER BY expires_at LIMIT ?
    )`);
  const dropOldest = database.prepare(`
    DELETE FROM "${name}" WHERE id = (SELECT min(id) FROM "${name}") RETURNING bytes`);
  const size = database.prepare(`SELECT entries, bytes FROM "${name}_size"`);

  return {
    find(key, now) {
      const text = find.get(key, now)?.['value'];
      return typeof text === 'string' ? text : undefined;
    },
    put: ({ key, bytes, expiresAt, text }) => put.run(key, bytes, expiresAt, text).changes === 1,
    claim: ({ key, bytes, expiresAt, text }, now) =>
      claim.run(key, bytes, expiresAt, text, now).changes === 1,
    remove: (key, now) => remove.run(key, now).changes === 1,
    dropExpired: (now, limit) => Number(dropExpired.run(now, limit).changes),
    dropOldest: () => Number(dropOldest.get()?.['bytes'] ?? 0),
    size() {
      const row = size.get();
      return { entries: Number(row?.['entries'] ?? 0), bytes: Number(row?.['bytes'] ?? 0) };
    },
  };
}
