import type { Clock } from '@toolyard/core';

import type { EventBounds, EventLog, LoggedEvent } from './state.ts';

interface Claim {
  readonly epoch: number;
  readonly holder: string;
  until: number;
}

interface SessionEvents {
  readonly events: (LoggedEvent & { readonly stream: string; readonly at: number })[];
  readonly claims: Map<string, Claim>;
  bytes: number;
  /** When nothing of it is needed any more. */
  expiresAt: number;
}

/** Events in the memory of this process. */
export function memoryEventLog(clock: Pick<Clock, 'now'>): EventLog {
  const sessions = new Map<string, SessionEvents>();
  const followers = new Map<string, Set<() => void>>();
  let last = 0;

  /** Also after everything was forgotten no number comes twice. */
  function nextNumber(): number {
    return (last = Math.max(last + 1, clock.now() * 1000));
  }

  function keep(id: string, forMs: number): SessionEvents {
    const now = clock.now();
    for (const [other, { expiresAt }] of sessions) {
      if (expiresAt > now) break;
      sessions.delete(other);
    }
    const own = sessions.get(id) ?? { events: [], claims: new Map(), bytes: 0, expiresAt: 0 };
    own.expiresAt = Math.max(own.expiresAt, now + forMs);
    sessions.delete(id);
    sessions.set(id, own);
    return own;
  }

  function find(id: string): SessionEvents | undefined {
    const own = sessions.get(id);
    return own && own.expiresAt > clock.now() ? own : undefined;
  }

  function trim(own: SessionEvents, { maxEvents, maxBytes, maxAgeMs }: EventBounds): void {
    const oldest = clock.now() - maxAgeMs;
    let drop = 0;
    for (const { text, at } of own.events) {
      const left = own.events.length - drop;
      const fits = left <= 1 || (left <= maxEvents && own.bytes <= maxBytes);
      if (fits && at > oldest) break;
      own.bytes -= text.length;
      drop += 1;
    }
    own.events.splice(0, drop);
  }

  function claimOf(own: SessionEvents | undefined, stream: string): Claim | undefined {
    const claim = own?.claims.get(stream);
    return claim && claim.until > clock.now() ? claim : undefined;
  }

  return {
    append(session, { stream, text, epoch }, bounds) {
      if (epoch !== undefined && epoch < (claimOf(find(session), stream)?.epoch ?? 0)) return undefined;
      const position = nextNumber();
      if (text === undefined) return position;
      const own = keep(session, bounds.maxAgeMs);
      own.events.push({ stream, position, text, at: clock.now() });
      own.bytes += text.length;
      trim(own, bounds);
      for (const listener of followers.get(session) ?? []) queueMicrotask(listener);
      return position;
    },
    read(session, stream, after) {
      const own = find(session);
      return (own?.events ?? [])
        .filter((event) => event.stream === stream && event.position > after)
        .map(({ position, text }) => ({ position, text }));
    },
    follow(session, listener) {
      const own = followers.get(session) ?? new Set();
      const tell = () => listener();
      followers.set(session, own.add(tell));
      return () => {
        own.delete(tell);
        if (own.size === 0 && followers.get(session) === own) followers.delete(session);
      };
    },
    claim(session, stream, holder, ttlMs) {
      const own = keep(session, ttlMs);
      const former = claimOf(own, stream)?.holder;
      const epoch = nextNumber();
      own.claims.set(stream, { epoch, holder, until: clock.now() + ttlMs });
      return { epoch, former };
    },
    renew(session, stream, epoch, ttlMs) {
      const own = find(session);
      const claim = claimOf(own, stream);
      if (!own || claim?.epoch !== epoch) return false;
      if (ttlMs <= 0) return own.claims.delete(stream);
      claim.until = clock.now() + ttlMs;
      keep(session, ttlMs);
      return true;
    },
    drop: (session) => void sessions.delete(session),
  };
}
