import type { Clock } from '@toolyard/core';

import type { BusListener, NotificationBus } from '../state.ts';
import { use, type StateDatabase } from './sqlite-database.ts';
import type { SqlitePoll } from './sqlite-poll.ts';

/** Processes that did not look for this long have missed messages. */
const KEPT_MS = 60_000;
/** Messages taken over in one go. */
const BATCH = 500;

/** A bus of rows that every process reads in turn. */
export function sqliteBus(
  database: StateDatabase,
  clock: Pick<Clock, 'now'>,
  poll: SqlitePoll,
): NotificationBus {
  const insert = database.prepare('INSERT INTO toolyard_messages (topic, sent_at, message) VALUES (?, ?, ?)');
  const forget = database.prepare('DELETE FROM toolyard_messages WHERE sent_at <= ?');
  const newest = database.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?');
  const oldest = database.prepare('SELECT min(id) AS id FROM toolyard_messages');
  const next = database.prepare(
    'SELECT id, topic, message FROM toolyard_messages WHERE id > ? ORDER BY id LIMIT ?',
  );
  const topics = new Map<string, Set<BusListener>>();
  let seen = 0;
  let failed = false;
  let stop: (() => void) | undefined;

  const lastId = () => Number(newest.get('toolyard_messages')?.['seq'] ?? 0);

  function look(): void {
    try {
      const last = lastId();
      const first = oldest.get()?.['id'] ?? undefined;
      const missed = first === undefined ? last > seen : Number(first) > seen + 1;
      // There are none left up to here; any that came since have higher numbers.
      if (first === undefined) seen = last;
      for (const row of next.all(seen, BATCH)) {
        seen = Number(row['id']);
        const listeners = topics.get(String(row['topic']));
        if (listeners) for (const each of listeners) each.message(JSON.parse(String(row['message'])));
      }
      if (missed || failed) for (const all of topics.values()) for (const each of all) each.gap();
      failed = false;
    } catch {
      // Busy or gone for now. What was missed cannot be told when it is back.
      failed = true;
    }
  }

  return {
    publish: (topic, message) =>
      use(() => {
        const now = clock.now();
        forget.run(now - KEPT_MS);
        insert.run(topic, now, JSON.stringify(message));
      }),
    subscribe: (topic, listener) =>
      use(() => {
        if (!stop) {
          seen = lastId();
          stop = poll.add(look);
        }
        const listeners = topics.get(topic) ?? new Set();
        // One of its own for each subscription: the same listener may have several.
        const own: BusListener = {
          message: (message) => listener.message(message),
          gap: () => listener.gap(),
        };
        topics.set(topic, listeners.add(own));
        return () => {
          listeners.delete(own);
          if (listeners.size > 0 || topics.get(topic) !== listeners) return;
          topics.delete(topic);
          if (topics.size > 0) return;
          stop?.();
          stop = undefined;
        };
      }),
  };
}
