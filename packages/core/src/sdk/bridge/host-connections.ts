import type { Awaitable } from '../../awaitable.ts';
import type { Call } from '../../call.ts';
import type { Clock, Timer } from '../../clock.ts';
import { digest } from '../../digest.ts';
import { LimitExceededError } from '../../errors.ts';
import { callerKey } from '../../principal.ts';
import type { ServerNotification } from '../../protocol/messages.ts';
import type { AnySdkServer } from '../sdk-server.ts';
import { HostConnection, type ClientFace } from './host-connection.ts';

/** One server for everybody, or what makes one for each session. */
export type SdkServerSource = AnySdkServer | (() => Awaitable<AnySdkServer>);

/** Options of {@link HostConnections}. */
interface HostConnectionsOptions {
  readonly clock: Clock;
  readonly maxSessions: number;
  readonly sessionIdleMs: number;
  readonly onNotification: (notification: ServerNotification) => void;
}

interface Session {
  readonly connection: Promise<HostConnection>;
  opened: HostConnection | undefined;
  /** By the clock's `monotonic`. */
  lastUsed: number;
  idleTimer: Timer | undefined;
}

/** A server that everybody shares cannot know who will ask: it is told of a client that can do everything. */
const EVERYBODY: ClientFace = {
  info: { name: 'toolyard', version: '1.0.0' },
  capabilities: { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} },
};

/** The connections to a host's servers: one that is shared, or one per session beside one for the lists. */
export class HostConnections {
  readonly #source: SdkServerSource;
  readonly #options: HostConnectionsOptions;
  /** By session, the one used last at the end. */
  readonly #sessions = new Map<string, Session>();
  #shared: HostConnection | undefined = undefined;

  constructor(source: SdkServerSource, options: HostConnectionsOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Opens the connection that is listed from. */
  async openShared(): Promise<HostConnection> {
    this.#shared = await this.#open(EVERYBODY, () => {});
    return this.#shared;
  }

  /** @throws {LimitExceededError} `LIMIT_EXCEEDED` when `maxSessions` are busy. */
  async for(call: Call): Promise<HostConnection> {
    if (typeof this.#source !== 'function') return this.#shared!;
    const key = JSON.stringify([callerKey(call), call.session?.id ?? (await digest(call.client))]);
    const session = this.#sessions.get(key) ?? this.#openSession(key, call);
    session.lastUsed = this.#options.clock.monotonic();
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    return session.connection;
  }

  async close(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const { idleTimer } of sessions) idleTimer?.cancel();
    const opened = await Promise.allSettled(sessions.map(({ connection }) => connection));
    const connections = opened.map((each) => (each.status === 'fulfilled' ? each.value : undefined));
    const all = [this.#shared, ...connections].filter((connection) => connection !== undefined);
    await Promise.allSettled(all.map((connection) => connection.close()));
  }

  #openSession(key: string, { client }: Call): Session {
    this.#makeRoom();
    const { extensions: _extensions, ...capabilities } = client.capabilities;
    const face = { info: client.info ?? EVERYBODY.info, capabilities };
    const forget = () => {
      if (this.#sessions.get(key) === session) this.#sessions.delete(key);
      session.idleTimer?.cancel();
    };
    const session: Session = {
      connection: this.#open(face, forget),
      opened: undefined,
      lastUsed: 0,
      idleTimer: undefined,
    };
    session.connection.then(
      (connection) => {
        session.opened = connection;
        this.#closeWhenIdle(session, connection);
      },
      forget, // told to whoever asked for it
    );
    return session;
  }

  #closeWhenIdle(session: Session, connection: HostConnection): void {
    const { clock, sessionIdleMs } = this.#options;
    const untilIdle = session.lastUsed + sessionIdleMs - clock.monotonic();
    if (untilIdle <= 0 && connection.idle) return void closeQuietly(connection);
    const delayMs = untilIdle > 0 ? untilIdle : sessionIdleMs;
    session.idleTimer = clock.after(delayMs, () => this.#closeWhenIdle(session, connection));
  }

  #makeRoom(): void {
    const { maxSessions } = this.#options;
    if (this.#sessions.size < maxSessions) return;
    for (const [key, { opened, idleTimer }] of this.#sessions) {
      if (!opened?.idle) continue;
      idleTimer?.cancel();
      this.#sessions.delete(key);
      return void closeQuietly(opened);
    }
    throw new LimitExceededError(`The mounted server has ${maxSessions} busy sessions, its limit.`);
  }

  async #open(client: ClientFace, onClose: () => void): Promise<HostConnection> {
    const source = this.#source;
    const server = typeof source === 'function' ? await source() : source;
    const { clock, onNotification } = this.#options;
    return HostConnection.open(server, { clock, client, onNotification, onClose });
  }
}

/** It is forgotten, whatever comes of it. */
function closeQuietly(connection: HostConnection): Promise<void> {
  return connection.close().catch(() => {});
}
