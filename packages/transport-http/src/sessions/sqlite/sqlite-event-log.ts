import type { Clock } from '@toolyard/core';

import type { EventLog } from '../state.ts';
import { atomically, use, type StateDatabase } from './sqlite-database.ts';
import type { SqlitePoll } from './sqlite-poll.ts';

/** Events of all sessions in one table, claims in another. */
export function sqliteEventLog(
  database: StateDatabase,
  clock: Pick<Clock, 'now'>,
  poll: SqlitePoll,
): EventLog {
  const count = database.prepare('UPDATE toolyard_counter SET last = max(last + 1, ?) RETURNING last');
  const insert = database.prepare('INSERT INTO toolyard_events VALUES (?, ?, ?, ?, ?, ?)');
  const dropOver = database.prepare('DELETE FROM toolyard_events WHERE expires_at <= ?');
  // Of each event, how many newer ones there are and how much they take with it.
  const trim = database.prepare(`
    DELETE FROM toolyard_events WHERE position IN (
      SELECT position FROM (
        SELECT position,
          row_number() OVER (ORDER BY position DESC) AS number,
          sum(length(text)) OVER (ORDER BY position DESC) AS size
        FROM toolyard_events WHERE session = ?
      ) WHERE number > 1 AND (number > ? OR size > ?))`);
  const size = database.prepare(
    'SELECT count(*) AS events, sum(length(text)) AS bytes FROM toolyard_events WHERE session = ?',
  );
  const read = database.prepare(`
    SELECT position, text FROM toolyard_events
    WHERE session = ? AND stream = ? AND position > ? AND expires_at > ? ORDER BY position`);
  const newest = database.prepare('SELECT max(position) AS position FROM toolyard_events WHERE session = ?');
  const held = database.prepare(
    'SELECT epoch, holder FROM toolyard_claims WHERE session = ? AND stream = ? AND held_until > ?',
  );
  const claim = database.prepare('INSERT OR REPLACE INTO toolyard_claims VALUES (?, ?, ?, ?, ?)');
  const renew = database.prepare(`
    UPDATE toolyard_claims SET held_until = ?
    WHERE session = ? AND stream = ? AND epoch = ? AND held_until > ?`);
  const dropClaims = database.prepare('DELETE FROM toolyard_claims WHERE held_until <= ?');
  const drop = database.prepare('DELETE FROM toolyard_events WHERE session = ?');
  const dropClaimsOf = database.prepare('DELETE FROM toolyard_claims WHERE session = ?');

  const nextNumber = (now: number) => Number(count.get(now * 1000)?.['last']);

  return {
    append: (session, { stream, text, epoch }, { maxEvents, maxBytes, maxAgeMs }) =>
      use(() =>
        atomically(database, () => {
          const now = clock.now();
          if (epoch !== undefined && epoch < Number(held.get(session, stream, now)?.['epoch'] ?? 0))
            return undefined;
          const position = nextNumber(now);
          if (text === undefined) return position;
          dropOver.run(now);
          insert.run(position, session, stream, now, now + maxAgeMs, text);
          const { events, bytes } = size.get(session)!;
          if (Number(events) > maxEvents || Number(bytes) > maxBytes) trim.run(session, maxEvents, maxBytes);
          return position;
        }),
      ),
    read: (session, stream, after) =>
      use(() =>
        read
          .all(session, stream, after, clock.now())
          .map((row) => ({ position: Number(row['position']), text: String(row['text']) })),
      ),
    follow(session, listener) {
      let seen: unknown;
      return poll.add(() => {
        try {
          const position = newest.get(session)?.['position'];
          if (position === seen) return;
          seen = position;
        } catch {
          // The listener will meet the same problem, and knows what to do.
        }
        listener();
      });
    },
    claim: (session, stream, holder, ttlMs) =>
      use(() =>
        atomically(database, () => {
          const now = clock.now();
          dropClaims.run(now);
          const former = held.get(session, stream, now)?.['holder'];
          const epoch = nextNumber(now);
          claim.run(session, stream, epoch, holder, now + ttlMs);
          return { epoch, former: typeof former === 'string' ? former : undefined };
        }),
      ),
    renew: (session, stream, epoch, ttlMs) =>
      use(() => {
        const now = clock.now();
        return renew.run(ttlMs > 0 ? now + ttlMs : 0, session, stream, epoch, now).changes === 1;
      }),
    drop: (session) =>
      use(() => {
        drop.run(session);
        dropClaimsOf.run(session);
      }),
  };
}
