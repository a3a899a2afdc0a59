import type { Clock, SessionRecord } from '@toolyard/core';

import type { SessionStore } from '../state.ts';
import { atomically, use, type StateDatabase } from './sqlite-database.ts';

/** Sessions as rows. */
export function sqliteSessionStore(database: StateDatabase, clock: Pick<Clock, 'now'>): SessionStore {
  const live = 'id = ? AND ends_at > ? AND used_at + idle_ms > ?';
  const insert = database.prepare('INSERT INTO toolyard_sessions VALUES (?, ?, ?, ?, ?, ?, 1, ?)');
  const dropOver = database.prepare(
    'DELETE FROM toolyard_sessions WHERE ends_at <= ? OR used_at + idle_ms <= ?',
  );
  const count = database.prepare('SELECT count(*) AS count FROM toolyard_sessions');
  const evict = database.prepare(`
    DELETE FROM toolyard_sessions WHERE used_at <= ? AND id =
      (SELECT id FROM toolyard_sessions ORDER BY used_at LIMIT 1)`);
  const find = database.prepare(`
    UPDATE toolyard_sessions SET used_at = max(used_at, ?) WHERE owner = ? AND ${live}
    RETURNING tag, ends_at, record, version`);
  const replace = database.prepare(`
    UPDATE toolyard_sessions SET record = ?, version = version + 1 WHERE version = ? AND ${live}
    RETURNING version`);
  const remove = database.prepare(`DELETE FROM toolyard_sessions WHERE ${live}`);
  const beat = database.prepare(`
    INSERT INTO toolyard_nodes VALUES (?, ?) ON CONFLICT (node) DO UPDATE SET alive_until = excluded.alive_until`);
  const dropNodes = database.prepare('DELETE FROM toolyard_nodes WHERE alive_until <= ?');
  const alive = database.prepare('SELECT 1 AS alive FROM toolyard_nodes WHERE node = ? AND alive_until > ?');

  return {
    create: (id, { owner, tag, endsAt, record }, { idleMs, maxSessions, evictAfterMs }) =>
      use(() =>
        atomically(database, () => {
          const now = clock.now();
          dropOver.run(now, now);
          const isFull = Number(count.get()?.['count']) >= maxSessions;
          if (isFull && evict.run(now - evictAfterMs).changes === 0) return false;
          insert.run(id, owner, tag, endsAt, idleMs, now, JSON.stringify(record));
          return true;
        }),
      ),
    use: (id, owner) =>
      use(() => {
        const now = clock.now();
        const row = find.get(now, owner, id, now, now);
        if (!row) return undefined;
        const record = JSON.parse(String(row['record'])) as SessionRecord;
        const [tag, endsAt, version] = [String(row['tag']), Number(row['ends_at']), Number(row['version'])];
        return { owner, tag, endsAt, record, version };
      }),
    replace: (id, record, version) =>
      use(() => {
        const now = clock.now();
        const row = replace.get(JSON.stringify(record), version, id, now, now);
        return row && Number(row['version']);
      }),
    delete: (id) => use(() => remove.run(id, clock.now(), clock.now()).changes === 1),
    beat: (node, ttlMs) =>
      use(() => {
        const now = clock.now();
        if (ttlMs > 0) beat.run(node, now + ttlMs);
        else beat.run(node, now);
        dropNodes.run(now);
      }),
    isAlive: (node) => use(() => alive.get(node, clock.now()) !== undefined),
  };
}
