import { InvalidOptionError, principalKey, type App, type Principal, type Timer } from '@toolyard/core';

import type { EventLogOptions } from './event-log.ts';
import { HttpSession } from './session.ts';

/** How long sessions of 2025 clients live and how many there may be. */
export interface SessionOptions {
  /** Default 1000. When it is reached the session idle for longest makes room; if none is idle, clients get 503. */
  readonly maxSessions?: number;
  /** A session nobody uses is gone after this time. Default 30 minutes. */
  readonly idleMs?: number;
  /** Every session is gone after this time. Default 24 hours. */
  readonly maxAgeMs?: number;
  /** How long a call or stream waits for a client that was cut off. Default 60 000. */
  readonly resumeWindowMs?: number;
  /** Events kept per session for clients that come back. */
  readonly events?: EventLogOptions;
}

const SWEEP_MS = 30_000;

/** The sessions of one handler. */
export class SessionPool {
  readonly #sessions = new Map<string, HttpSession>();
  readonly #app: App<any, any>;
  readonly #options: Required<SessionOptions>;
  #sweeper: Timer | undefined;

  constructor(app: App<any, any>, options: SessionOptions = {}) {
    const {
      maxSessions = 1000,
      idleMs = 1_800_000,
      maxAgeMs = 86_400_000,
      resumeWindowMs = 60_000,
      events = {},
    } = options;
    for (const [name, value] of Object.entries({ maxSessions, idleMs, maxAgeMs, resumeWindowMs })) {
      if (!(value > 0)) throw new InvalidOptionError(`sessions.${name}`, 'must be above 0');
    }
    for (const [name, value] of Object.entries(events)) {
      if (!(value > 0)) throw new InvalidOptionError(`sessions.events.${name}`, 'must be above 0');
    }
    this.#app = app;
    this.#options = { maxSessions, idleMs, maxAgeMs, resumeWindowMs, events };
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** A new session, which holds its place from now on; `undefined` when there is no room. */
  open(principal: Principal): HttpSession | undefined {
    if (this.#sessions.size >= this.#options.maxSessions) this.#sweep();
    if (this.#sessions.size >= this.#options.maxSessions && !this.#evictIdle()) return undefined;
    const session = new HttpSession({
      id: crypto.randomUUID(),
      principal,
      clock: this.#app.clock,
      events: this.#options.events,
      resumeWindowMs: this.#options.resumeWindowMs,
      requestTimeoutMs: this.#app.inputTimeoutMs,
    });
    this.#sessions.set(session.id, session);
    this.#sweeper ??= this.#app.clock.after(SWEEP_MS, () => this.#sweepLater());
    return session;
  }

  /** The session of that id, if it is this principal's. Foreign sessions look like ones that do not exist. */
  find(id: string, principal: Principal): HttpSession | undefined {
    const session = this.#sessions.get(id);
    if (!session || !isSame(session.principal, principal)) return undefined;
    if (this.#isOver(session)) {
      this.end(session);
      return undefined;
    }
    session.touch();
    return session;
  }

  end(session: HttpSession): void {
    if (!this.#sessions.delete(session.id)) return;
    session.close();
    // One whose `initialize` failed was never announced.
    if (session.record) this.#app.endSession(session.id);
  }

  close(): void {
    this.#sweeper?.cancel();
    this.#sweeper = undefined;
    for (const session of this.#sessions.values()) this.end(session);
  }

  #isOver({ createdAt, lastUsedAt, busy }: HttpSession): boolean {
    const now = this.#app.clock.now();
    return now - createdAt >= this.#options.maxAgeMs || (!busy && now - lastUsedAt >= this.#options.idleMs);
  }

  #sweep(): void {
    for (const session of this.#sessions.values()) {
      if (this.#isOver(session)) this.end(session);
      else session.trim();
    }
  }

  #sweepLater(): void {
    this.#sweep();
    this.#sweeper =
      this.#sessions.size > 0 ? this.#app.clock.after(SWEEP_MS, () => this.#sweepLater()) : undefined;
  }

  #evictIdle(): boolean {
    let longest: HttpSession | undefined;
    for (const session of this.#sessions.values()) {
      if (!session.busy && !(longest && longest.lastUse < session.lastUse)) longest = session;
    }
    if (longest) this.end(longest);
    return longest !== undefined;
  }
}

function isSame(one: Principal, other: Principal): boolean {
  return one === other || principalKey(one) === principalKey(other);
}
