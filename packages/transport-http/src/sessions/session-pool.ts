import {
  InvalidOptionError,
  principalKey,
  type App,
  type Awaitable,
  type Principal,
  type Timer,
} from '@toolyard/core';
import type { JsonRpcNotification, JsonRpcResponse } from '@toolyard/core/protocol';

import { eventBoundsOf, STANDING, type EventLogOptions } from './session-log.ts';
import { HttpSession } from './session.ts';
import { SharedSession } from './shared-session.ts';
import { StateNode } from './state-node.ts';
import type { EventBounds, HttpState } from './state.ts';

/** How long sessions of 2025 clients live and how many there may be. */
export interface SessionOptions {
  /**
   * Default 1000, with `state` of all nodes together. When it is reached the session idle for longest makes room; if
   * none is idle, clients get 503.
   */
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
/** A claim is kept beyond its holder, so that the next one learns that changes may have been missed. */
export const CLAIM_MS = 600_000;

/** The sessions of one handler, or with a state the part of them that this node has open. */
export class SessionPool {
  readonly node: StateNode | undefined;
  readonly #sessions = new Map<string, HttpSession>();
  readonly #app: App<any, any>;
  readonly #options: Required<Omit<SessionOptions, 'events'>>;
  readonly #events: EventBounds;
  readonly #sweepMs: number;
  #sweeper: Timer | undefined;

  /** @param state - shared with other nodes. Left out, sessions live and end with this pool. */
  constructor(app: App<any, any>, options: SessionOptions = {}, state?: HttpState) {
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
    this.#options = { maxSessions, idleMs, maxAgeMs, resumeWindowMs };
    this.#events = eventBoundsOf(events);
    // With a state the rounds also tell that sessions are in use, before they count as idle.
    this.#sweepMs = state ? Math.min(SWEEP_MS, idleMs / 3) : SWEEP_MS;
    if (state) {
      this.node = new StateNode(app, state, {
        local: (id) => this.#sessions.get(id),
        ended: (session) => this.#endHere(session),
        cancelled: (session, message) => this.#cancelHere(session, message),
      });
    }
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** A new session, which holds its place from now on; `undefined` when there is no room. */
  open(principal: Principal): HttpSession | undefined {
    if (this.#sessions.size >= this.#options.maxSessions) this.#sweep();
    if (this.#sessions.size >= this.#options.maxSessions && !this.#evictIdle()) return undefined;
    return this.#add(crypto.randomUUID(), principal);
  }

  /**
   * Makes an initialized session known to all nodes. `false` when there is no room for it.
   *
   * @throws {StateUnavailableError}
   */
  save(session: HttpSession): Awaitable<boolean> {
    const { node } = this;
    return node && session.shared ? this.#save(node, session, session.shared) : true;
  }

  /**
   * The session of that id, if it is this principal's. Foreign sessions look like ones that do not exist.
   *
   * @throws {StateUnavailableError}
   */
  find(id: string, principal: Principal): Awaitable<HttpSession | undefined> {
    if (this.node) return this.#findShared(this.node, id, principal);
    const session = this.#sessions.get(id);
    if (!session || !isSame(session.principal, principal)) return undefined;
    if (this.#isOver(session)) {
      this.#endHere(session);
      return undefined;
    }
    session.touch();
    return session;
  }

  /**
   * Ends a session everywhere.
   *
   * @throws {StateUnavailableError}
   */
  end(session: HttpSession): Awaitable<void> {
    if (!this.node) return this.#endHere(session);
    return this.node.end(session).then(() => this.#endHere(session));
  }

  /** Forgets a session that was never announced. */
  discard(session: HttpSession): void {
    this.#endHere(session);
  }

  /** Takes a client's answer to a question. */
  settle(session: HttpSession, response: JsonRpcResponse): Awaitable<void> {
    return this.node ? this.node.settle(session, response) : session.settle(response);
  }

  close(): Awaitable<void> {
    this.#sweeper?.cancel();
    this.#sweeper = undefined;
    for (const session of this.#sessions.values()) {
      if (this.node) this.#dropHere(session);
      else this.#endHere(session);
    }
    return this.node?.close();
  }

  #add(id: string, principal: Principal): HttpSession {
    const { node } = this;
    const { resumeWindowMs, maxAgeMs } = this.#options;
    const session = new HttpSession({
      id,
      principal,
      clock: this.#app.clock,
      events: this.#events,
      resumeWindowMs,
      requestTimeoutMs: this.#app.inputTimeoutMs,
      share:
        node &&
        ((own) =>
          new SharedSession(own, { node: node.id, state: node.state, events: this.#events, maxAgeMs })),
    });
    this.#sessions.set(session.id, session);
    this.#sweeper ??= this.#app.clock.after(this.#sweepMs, () => this.#sweepLater());
    return session;
  }

  async #save(node: StateNode, session: HttpSession, shared: SharedSession): Promise<boolean> {
    const { record } = session;
    if (!record) return false;
    await node.join();
    const stored = shared.describe(record);
    const { idleMs, maxSessions } = this.#options;
    // Which sessions are in use is known as of the last round of each node.
    const bounds = { idleMs, maxSessions, evictAfterMs: 2 * this.#sweepMs };
    if (!(await node.state.sessions.create(session.id, stored, bounds))) return false;
    shared.found({ ...stored, version: 1 });
    return true;
  }

  async #findShared(node: StateNode, id: string, principal: Principal): Promise<HttpSession | undefined> {
    // No other was ever given out.
    if (!/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(id)) return undefined;
    if (!node.isJoined) await node.join();
    const found = await node.state.sessions.use(id, principalKey(principal));
    const local = this.#sessions.get(id);
    if (!found) {
      if (local && isSame(local.principal, principal)) this.#endHere(local);
      return undefined;
    }
    if (!local && this.#sessions.size >= this.#options.maxSessions) this.#evictIdle();
    const session = local ?? this.#add(id, principal);
    session.shared?.found(found);
    session.touch();
    return session;
  }

  /** Ends what this node has of a session. */
  #endHere(session: HttpSession): void {
    if (!this.#sessions.delete(session.id)) return;
    session.close();
    // One whose `initialize` failed was never announced.
    if (session.record) this.#app.endSession(session.id);
  }

  /** Lets go of a session that lives on elsewhere. */
  #dropHere(session: HttpSession): void {
    this.#sessions.delete(session.id);
    session.close();
  }

  #cancelHere(session: HttpSession, message: JsonRpcNotification): void {
    const { id, principal } = session;
    const exchange = {
      transport: 'http',
      era: 'legacy',
      principal,
      session,
      scope: id,
      notify() {},
    } as const;
    void this.#app.dispatch(message, exchange);
  }

  #isOver({ createdAt, lastUsedAt, busy }: HttpSession): boolean {
    const now = this.#app.clock.now();
    return now - createdAt >= this.#options.maxAgeMs || (!busy && now - lastUsedAt >= this.#options.idleMs);
  }

  #sweep(): void {
    for (const session of this.#sessions.values()) {
      if (this.node && session.shared) this.#sweepShared(this.node, session, session.shared);
      else if (this.#isOver(session)) this.#endHere(session);
      else session.trim();
    }
  }

  /** Keeps what is in use here from ending elsewhere, and lets go of the rest. */
  #sweepShared(node: StateNode, session: HttpSession, shared: SharedSession): void {
    if (session.isEmpty) {
      if (this.#app.clock.now() - session.lastUsedAt >= this.#sweepMs) this.#dropHere(session);
      return;
    }
    this.#keep(node, session, shared).catch((err: unknown) => {
      this.#app.logger.warn({ err }, 'The state that nodes share cannot be reached.');
    });
  }

  async #keep(node: StateNode, session: HttpSession, shared: SharedSession): Promise<void> {
    const { sessions, events } = node.state;
    if (session.busy) {
      const found = await sessions.use(session.id, principalKey(session.principal));
      if (!found) return this.#endHere(session);
      shared.found(found);
    }
    const { epoch } = shared.log;
    if (epoch === undefined || !session.hasStanding) return;
    const kept = await events.renew(session.id, STANDING, epoch, CLAIM_MS);
    // It may have been claimed anew by this node meanwhile.
    if (!kept && shared.log.epoch === epoch) session.dropStanding();
  }

  #sweepLater(): void {
    this.#sweep();
    this.#sweeper =
      this.#sessions.size > 0 ? this.#app.clock.after(this.#sweepMs, () => this.#sweepLater()) : undefined;
  }

  #evictIdle(): boolean {
    let longest: HttpSession | undefined;
    for (const session of this.#sessions.values()) {
      const isIdle = this.node ? session.isEmpty : !session.busy;
      if (isIdle && !(longest && longest.lastUse < session.lastUse)) longest = session;
    }
    if (longest && this.node) this.#dropHere(longest);
    else if (longest) this.#endHere(longest);
    return longest !== undefined;
  }
}

function isSame(one: Principal, other: Principal): boolean {
  return one === other || principalKey(one) === principalKey(other);
}
