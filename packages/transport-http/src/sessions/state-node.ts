import { isProtocolError, type App, type Timer } from '@toolyard/core';
import { isRecord, type JsonRpcNotification, type JsonRpcResponse } from '@toolyard/core/protocol';

import type { HttpSession } from './session.ts';
import { readAddress, unaddressed } from './shared-session.ts';
import { StateUnavailableError } from './state-error.ts';
import type { HttpState, StreamClaim } from './state.ts';

/** What the nodes of a server tell each other of their sessions. */
type NodeMessage =
  | { readonly kind: 'answered'; readonly session: string; readonly response: JsonRpcResponse }
  | { readonly kind: 'cancelled'; readonly session: string; readonly message: JsonRpcNotification }
  | { readonly kind: 'ended'; readonly session: string }
  | { readonly kind: 'claimed'; readonly session: string; readonly epoch: number; readonly former: string }
  /** Everything until your claim is in the log. */
  | { readonly kind: 'yielded'; readonly session: string; readonly epoch: number }
  | { readonly kind: 'overtaken'; readonly session: string; readonly text: string }
  /** A client follows a stream of yours from here. */
  | { readonly kind: 'following'; readonly session: string; readonly stream: string }
  /** Nothing more comes on that stream. */
  | { readonly kind: 'over'; readonly session: string; readonly stream: string };

/** What a node does with its own sessions when others say so. */
export interface NodeHost {
  /** A session this node has something of. */
  local(id: string): HttpSession | undefined;
  /** Somebody has ended it. */
  ended(session: HttpSession): void;
  cancelled(session: HttpSession, message: JsonRpcNotification): void;
}

/** How long a node counts as alive after a sign of life, and how often it gives one. */
const ALIVE_MS = 8000;
const BEAT_MS = 2000;
const RETRY_MS = 1000;
/** How long the former writer of a stream may take to say that nothing is missing. */
const YIELD_MS = 1000;

/** This process among those that share a state. */
export class StateNode {
  readonly id = crypto.randomUUID().replaceAll('-', '').slice(0, 12);
  readonly state: HttpState;
  readonly #app: App<any, any>;
  readonly #host: NodeHost;
  readonly #stops: (() => void)[] = [];
  /** What those wait for who follow a stream of another node. */
  readonly #followers = new Map<string, Set<() => void>>();
  /** Those who wait for a former writer, by session and claim. */
  readonly #yields = new Map<string, (yielded: boolean) => void>();
  #joined: Promise<void> | undefined;
  #isJoined = false;
  #closed = false;
  #timer: Timer | undefined;

  constructor(app: App<any, any>, state: HttpState, host: NodeHost) {
    this.#app = app;
    this.state = state;
    this.#host = host;
    // Without waiting: the first requests do. Whether it works, they learn.
    this.join().catch(() => {});
  }

  /**
   * Resolves once other nodes can reach this one.
   *
   * @throws {StateUnavailableError}
   */
  join(): Promise<void> {
    return (this.#joined ??= this.#join());
  }

  get isJoined(): boolean {
    return this.#isJoined;
  }

  /** Takes an answer to a question of any node. */
  async settle(session: HttpSession, response: JsonRpcResponse): Promise<void> {
    const address = readAddress(response.id);
    if (!address) return;
    const own = unaddressed(response, address.id);
    if (address.node === this.id) session.settle(own);
    else await this.#tell(address.node, { kind: 'answered', session: session.id, response: own });
  }

  /** Tells the others that a client gives up a request, whoever answers it. */
  async cancel(session: HttpSession, message: JsonRpcNotification): Promise<void> {
    await this.#quietly(() => this.#tellAll({ kind: 'cancelled', session: session.id, message }));
  }

  async end(session: HttpSession): Promise<void> {
    await this.state.sessions.delete(session.id);
    await this.#quietly(async () => this.state.events.drop(session.id));
    await this.#quietly(() => this.#tellAll({ kind: 'ended', session: session.id }));
  }

  /** Ends what others write on a claimed stream. Whether its former writer says that nothing is missing. */
  async takeOver(session: HttpSession, { epoch, former = '' }: StreamClaim): Promise<boolean> {
    const key = `${session.id} ${epoch}`;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#yields.set(key, resolve);
    const timer = this.#app.clock.after(YIELD_MS, () => resolve(false));
    try {
      await this.#quietly(() => this.#tellAll({ kind: 'claimed', session: session.id, epoch, former }));
      return await promise;
    } finally {
      timer.cancel();
      this.#yields.delete(key);
    }
  }

  async tellOvertaken(session: HttpSession, text: string): Promise<void> {
    await this.#quietly(() => this.#tellAll({ kind: 'overtaken', session: session.id, text }));
  }

  /** Asks the node that writes a stream to go on, and to say when nothing more comes. */
  async tellFollowing(writer: string, session: string, stream: string): Promise<void> {
    await this.#quietly(() => this.#tell(writer, { kind: 'following', session, stream }));
  }

  onOver(session: string, stream: string, listener: () => void): () => void {
    const key = `${session} ${stream}`;
    const listeners = this.#followers.get(key) ?? new Set();
    this.#followers.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#followers.delete(key);
    };
  }

  /** Does something that may fail without harm: what depends on it is repaired in other ways. */
  async #quietly(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (err) {
      this.#app.logger.warn({ err }, 'Other nodes could not be reached.');
    }
  }

  /** Leaves the others. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    for (const stop of this.#stops.splice(0)) stop();
    if (this.#isJoined) await this.#quietly(async () => this.state.sessions.beat(this.id, 0));
  }

  async #join(): Promise<void> {
    try {
      for (const topic of ['nodes', `node:${this.id}`]) {
        const stop = await this.state.bus.subscribe(topic, {
          message: (message) => this.#hear(message),
          // What was missed is found out by those who wait: they look again by themselves.
          gap: () => {},
        });
        if (this.#closed) stop();
        else this.#stops.push(stop);
      }
      await this.state.sessions.beat(this.id, ALIVE_MS);
    } catch (error) {
      for (const stop of this.#stops.splice(0)) stop();
      // Whoever comes within the next second shares this failure.
      if (!this.#closed) this.#timer = this.#app.clock.after(RETRY_MS, () => (this.#joined = undefined));
      throw isProtocolError(error) ? error : new StateUnavailableError('other nodes', { cause: error });
    }
    this.#isJoined = true;
    if (!this.#closed) this.#scheduleBeat();
  }

  #scheduleBeat(): void {
    this.#timer = this.#app.clock.after(BEAT_MS, () => {
      this.#scheduleBeat();
      void this.#quietly(async () => this.state.sessions.beat(this.id, ALIVE_MS));
    });
  }

  async #tell(node: string, message: NodeMessage): Promise<void> {
    await this.state.bus.publish(`node:${node}`, { ...message, from: this.id });
  }

  async #tellAll(message: NodeMessage): Promise<void> {
    await this.state.bus.publish('nodes', { ...message, from: this.id });
  }

  #hear(received: unknown): void {
    if (!isRecord(received) || received['from'] === this.id) return;
    try {
      this.#act(received as unknown as NodeMessage & { from: string });
    } catch (err) {
      // Whoever has access to the bus can send anything; nobody waits for this.
      this.#app.logger.warn({ err }, 'A message of another node could not be taken.');
    }
  }

  #act(message: NodeMessage & { from: string }): void {
    const session = this.#host.local(message.session);
    switch (message.kind) {
      case 'answered':
        return session?.settle(message.response);
      case 'cancelled':
        return session && this.#host.cancelled(session, message.message);
      case 'ended':
        return session && this.#host.ended(session);
      case 'claimed':
        return this.#yield(message, session);
      case 'yielded':
        return this.#yields.get(`${message.session} ${message.epoch}`)?.(true);
      case 'overtaken':
        return session?.sendStanding(message.text);
      case 'following': {
        const channel = session?.channel(message.stream);
        if (channel && !channel.finished) return channel.keep();
        const { session: id, stream } = message;
        return void this.#quietly(() => this.#tell(message.from, { kind: 'over', session: id, stream }));
      }
      case 'over':
        for (const listener of this.#followers.get(`${message.session} ${message.stream}`) ?? []) listener();
    }
  }

  #yield(
    { session: id, epoch, former, from }: Extract<NodeMessage, { kind: 'claimed' }> & { from: string },
    session: HttpSession | undefined,
  ): void {
    const log = session?.shared?.log;
    if (session && (log?.epoch ?? Infinity) < epoch) session.dropStanding();
    // A writer that has nothing of it left had nothing to write either.
    if (former !== this.id || log?.isIncomplete) return;
    void this.#quietly(() => this.#tell(from, { kind: 'yielded', session: id, epoch }));
  }
}
