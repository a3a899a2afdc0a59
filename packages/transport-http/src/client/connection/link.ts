import type { Timer } from '@toolyard/core';

import { ClientError, closedError } from '../errors.ts';
import type { ClientState } from '../state.ts';
import { waitOrEnd } from '../wait.ts';
import { connectFailure, isFinal } from './connect-failure.ts';
import { Connection, type ConnectionContext } from './connection.ts';

/** What a link tells the client it belongs to. */
export interface LinkEvents {
  stateChanged(state: ClientState): void;
  /** Calls can be sent. `fresh`: under a new handshake. */
  up(connection: Connection, fresh: boolean): void;
  /** A suspicion was unfounded: calls can be sent again. */
  usable(): void;
  /** The server cannot be reached at the moment. */
  unreachable(error: ClientError): void;
  /** The server was reached and will not have us; trying on is no use. */
  refused(error: ClientError): void;
}

/** Keeps one connection to the server, and opens another whenever it is lost. */
export class Link {
  readonly #context: Omit<ConnectionContext, 'events'>;
  readonly #connectionEvents: Pick<ConnectionContext['events'], 'changesOpened' | 'notified'>;
  readonly #events: LinkEvents;
  readonly #closing = new AbortController();
  #state: ClientState = { status: 'idle' };
  #current: Connection | undefined;
  /** Not reachable at the moment; its session may have outlived that. */
  #kept: Connection | undefined;
  #trying = false;
  #probing: Promise<void> | undefined;
  #changesLost = false;
  #busy: Timer | undefined;
  #onlineSince = 0;
  #failure: ClientError | undefined;
  #pause: AbortController | undefined;

  constructor(
    context: Omit<ConnectionContext, 'events'>,
    connectionEvents: Pick<ConnectionContext['events'], 'changesOpened' | 'notified'>,
    events: LinkEvents,
  ) {
    this.#context = context;
    this.#connectionEvents = connectionEvents;
    this.#events = events;
  }

  get state(): ClientState {
    return this.#state;
  }

  get current(): Connection | undefined {
    return this.#current;
  }

  /** The connection calls are sent over. None while it is not known whether the server is still there. */
  get usable(): Connection | undefined {
    return this.#probing ? undefined : this.#current;
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Why the server could not be reached when that was last tried; absent while it can be, or was never tried. */
  get failure(): ClientError | undefined {
    return this.#failure;
  }

  /** Resolves when it is known whether a suspected server is there; absent while none is suspected. */
  get doubt(): Promise<void> | undefined {
    return this.#probing;
  }

  /** Sees to it that a connection is there or being opened. */
  start(): void {
    if (this.#current || this.#trying || this.closed) return;
    void this.#keepTrying(undefined);
  }

  /** Ends a pause between attempts: there is reason to believe that the server can be reached. */
  hurry(): void {
    this.#pause?.abort();
    this.#current?.hurry();
  }

  /** Something went wrong that may mean that the server is gone: asks it. Resolves when that is known. */
  suspect(connection: Connection): Promise<void> {
    if (connection !== this.#current) return Promise.resolve();
    this.#probing ??= this.#probe(connection);
    this.#refresh();
    return this.#probing;
  }

  /** The server forgot the session: one other is opened in its place, however many calls have noticed. */
  gone(connection: Connection): void {
    if (!this.#isOurs(connection)) return;
    this.#context.counters.reinitialized += 1;
    this.#drop(connection);
    connection.retire();
    this.start();
  }

  changesLost(connection: Connection): void {
    if (!this.#isOurs(connection)) return;
    this.#changesLost = true;
    void this.suspect(connection);
  }

  changesRestored(connection: Connection): void {
    // Also of one that is only being tried again: its streams may open before its first probe is answered.
    if (!this.#isOurs(connection)) return;
    this.#changesLost = false;
    this.#refresh();
  }

  /** The server asked for patience. */
  busy(ms: number): void {
    this.#busy?.cancel();
    this.#busy = this.#context.settings.clock.after(ms, () => {
      this.#busy = undefined;
      this.#refresh();
    });
    this.#refresh();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.#closing.abort(closedError());
    this.#busy?.cancel();
    this.#set({ status: 'closed' });
    const connections = [this.#current, this.#kept].filter((connection) => connection !== undefined);
    this.#current = undefined;
    this.#kept = undefined;
    await Promise.all(connections.map((connection) => connection.close(true)));
  }

  async #probe(connection: Connection): Promise<void> {
    const alive = await connection.probe();
    this.#probing = undefined;
    if (connection !== this.#current || this.closed) return;
    if (alive) {
      this.#refresh();
      connection.hurry();
      this.#events.usable();
      return;
    }
    this.#current = undefined;
    this.#kept = connection;
    const error = new ClientError('SERVER_UNREACHABLE', 'The server does not answer any more.');
    this.#fail(error);
    void this.#keepTrying(error);
  }

  /** @param before - what ended the last connection, where another attempt at once would be of no use. */
  async #keepTrying(before: ClientError | undefined): Promise<void> {
    if (this.#trying) return;
    this.#trying = true;
    try {
      for (let attempt = 1, failure = before; ; attempt += 1) {
        if (failure) await this.#waitAfter(failure, attempt - (before ? 0 : 1));
        if (this.closed) return;
        this.#set({ status: 'connecting', attempt });
        failure = await this.#attempt();
        if (!failure || this.closed) return;
        this.#context.counters.connectFailed += 1;
        this.#fail(failure);
        if (isFinal(failure)) {
          this.#set({ status: 'offline', error: failure, attempt, retryAt: undefined });
          this.#events.refused(failure);
          return;
        }
      }
    } finally {
      this.#trying = false;
    }
  }

  async #attempt(): Promise<ClientError | undefined> {
    const kept = this.#kept;
    if (kept && (await kept.probe()) && this.#kept === kept) {
      this.#kept = undefined;
      this.#goUp(kept, false);
      return undefined;
    }
    try {
      const connection = await Connection.open(
        {
          ...this.#context,
          events: {
            ...this.#connectionEvents,
            lost: (lost) => this.#lost(lost),
            gone: (gone) => this.gone(gone),
            changesLost: (of) => this.changesLost(of),
          },
        },
        this.#closing.signal,
      );
      this.#kept?.retire();
      this.#kept = undefined;
      if (this.closed) {
        await connection.close(true);
        return closedError();
      }
      this.#context.counters.opened += 1;
      this.#goUp(connection, true);
      return undefined;
    } catch (error) {
      return connectFailure(error, this.#context.patience.ms);
    }
  }

  #goUp(connection: Connection, fresh: boolean): void {
    this.#current = connection;
    this.#failure = undefined;
    if (fresh) this.#changesLost = false;
    this.#onlineSince = this.#context.settings.clock.now();
    this.#refresh();
    connection.hurry();
    this.#events.up(connection, fresh);
  }

  #lost(connection: Connection): void {
    if (!this.#isOurs(connection)) return;
    this.#drop(connection);
    this.start();
  }

  #fail(error: ClientError): void {
    this.#failure = error;
    this.#events.unreachable(error);
  }

  #isOurs(connection: Connection): boolean {
    return connection === this.#current || connection === this.#kept;
  }

  #drop(connection: Connection): void {
    if (this.#current === connection) this.#current = undefined;
    if (this.#kept === connection) this.#kept = undefined;
  }

  async #waitAfter(error: ClientError, attempt: number): Promise<void> {
    const { clock, backoff } = this.#context.settings;
    const delayMs = Math.max(backoff.delayMs(Math.max(attempt, 1)), error.retryAfterMs ?? 0);
    this.#set({ status: 'offline', error, attempt, retryAt: clock.now() + delayMs });
    this.#pause = new AbortController();
    const signal = AbortSignal.any([this.#pause.signal, this.#closing.signal]);
    await waitOrEnd(clock, delayMs, signal);
    this.#pause = undefined;
  }

  #refresh(): void {
    if (!this.#current || this.closed) return;
    const reason = this.#probing
      ? 'probing'
      : this.#changesLost
        ? 'changes'
        : this.#busy
          ? 'busy'
          : undefined;
    const { clock } = this.#context.settings;
    if (reason) this.#set({ status: 'degraded', reason, since: clock.now() });
    else this.#set({ status: 'online', since: this.#onlineSince });
  }

  #set(state: ClientState): void {
    const { status } = this.#state;
    if (status === 'closed') return;
    const isSame =
      status === state.status &&
      (status === 'online' ||
        (status === 'degraded' && state.status === 'degraded' && this.#state.reason === state.reason));
    this.#state = isSame ? this.#state : state;
    if (!isSame) this.#events.stateChanged(state);
  }
}
