import type { Clock } from '@toolyard/core';

import type { FoundSession, SessionStore } from './state.ts';

interface Entry {
  session: FoundSession;
  readonly idleMs: number;
  usedAt: number;
}

/** Sessions in the memory of this process. */
export function memorySessionStore(clock: Pick<Clock, 'now'>): SessionStore {
  // Used again means put in last: the first is the one unused for longest.
  const entries = new Map<string, Entry>();
  const nodes = new Map<string, number>();

  function find(id: string): Entry | undefined {
    const entry = entries.get(id);
    if (!entry || !isOver(entry)) return entry;
    entries.delete(id);
    return undefined;
  }

  function isOver({ session, idleMs, usedAt }: Entry): boolean {
    const now = clock.now();
    return now >= session.endsAt || now - usedAt >= idleMs;
  }

  function hasRoom(maxSessions: number, evictAfterMs: number): boolean {
    if (entries.size < maxSessions) return true;
    for (const [id, entry] of entries) if (isOver(entry)) entries.delete(id);
    if (entries.size < maxSessions) return true;
    const [oldest] = entries;
    if (!oldest || clock.now() - oldest[1].usedAt < evictAfterMs) return false;
    return entries.delete(oldest[0]);
  }

  return {
    create(id, session, { idleMs, maxSessions, evictAfterMs }) {
      if (!hasRoom(maxSessions, evictAfterMs)) return false;
      entries.set(id, { session: { ...session, version: 1 }, idleMs, usedAt: clock.now() });
      return true;
    },
    use(id, owner) {
      const entry = find(id);
      if (entry?.session.owner !== owner) return undefined;
      entry.usedAt = clock.now();
      entries.delete(id);
      entries.set(id, entry);
      return entry.session;
    },
    replace(id, record, version) {
      const entry = find(id);
      if (entry?.session.version !== version) return undefined;
      entry.session = { ...entry.session, record, version: version + 1 };
      return version + 1;
    },
    delete(id) {
      const existed = find(id) !== undefined;
      entries.delete(id);
      return existed;
    },
    beat(node, ttlMs) {
      const now = clock.now();
      for (const [other, until] of nodes) if (until <= now) nodes.delete(other);
      if (ttlMs > 0) nodes.set(node, now + ttlMs);
      else nodes.delete(node);
    },
    isAlive: (node) => (nodes.get(node) ?? 0) > clock.now(),
  };
}
