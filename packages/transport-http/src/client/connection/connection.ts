import {
  Client,
  ProtocolError,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type ResponseCacheStore,
} from '@modelcontextprotocol/client';
import { isRecord, type InputRequest, type ServerCapabilities } from '@toolyard/core/protocol';

import { ClientError, clientErrorIn } from '../errors.ts';
import { HttpLink } from '../http/http-link.ts';
import type { Patience } from '../http/patience.ts';
import { RetrySchedule } from '../http/retry-schedule.ts';
import type { TokenKeeper } from '../http/token-keeper.ts';
import type { Settings, TransportLike } from '../options.ts';
import type { Counters } from '../statistics.ts';
import { deferred, within } from '../wait.ts';
import { statusIn } from './connect-failure.ts';
import { STREAM_LOST, tap, type Tap } from './tap.ts';

/** What a connection tells its owner. */
interface ConnectionEvents {
  /** The transport is closed; nothing more will come. */
  lost(connection: Connection, error: unknown): void;
  /** The server forgot the session. */
  gone(connection: Connection): void;
  /** Changes arrive again. `gap`: some may have been missed. */
  changesOpened(connection: Connection, gap: boolean): void;
  changesLost(connection: Connection): void;
  notified(method: string, params: Record<string, unknown>): void;
}

/** What all connections of a client share. */
export interface ConnectionContext {
  readonly settings: Settings;
  readonly keeper: TokenKeeper | undefined;
  readonly counters: Counters;
  readonly patience: Patience;
  readonly cache: ResponseCacheStore;
  readonly events: ConnectionEvents;
}

const NOTIFICATIONS = [
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
  'notifications/message',
] as const;

const QUESTIONS = {
  elicitation: 'elicitation/create',
  sampling: 'sampling/createMessage',
  roots: 'roots/list',
} as const;

/** Time a server has to take note that a session is over. */
const FAREWELL_MS = 2000;

/** One handshake with the server, and everything that travels under it. */
export class Connection {
  readonly client: Client;
  /** For HTTP: what its requests tell. */
  readonly http: HttpLink | undefined;
  readonly #context: ConnectionContext;
  readonly #schedule: RetrySchedule;
  #transport: TransportLike | undefined;
  #tap: Tap | undefined;
  #running = 0;
  #retired = false;
  #closed = false;
  #standingOpened = false;
  #standingFailures = 0;

  private constructor(context: ConnectionContext, kind: 'http' | 'sse' | 'custom') {
    const { settings, counters, keeper, cache, patience } = context;
    this.#context = context;
    this.#schedule = new RetrySchedule(settings.clock, settings.backoff, () => patience.ms);
    this.http =
      kind === 'custom'
        ? undefined
        : new HttpLink(settings, keeper, counters, patience, {
            sessionGone: () => context.events.gone(this),
            standingOpened: (resumed) => this.#onStandingOpened(resumed),
            standingLost: (error) => (kind === 'sse' ? this.#onClosed(error) : this.#onStandingLost()),
            standingAbsent: () => {},
            ownerOf: (eventId) => this.#tap?.ownerOf(eventId),
            probe: () => this.probe(),
          });
    this.client = new Client(settings.clientInfo, {
      capabilities: settings.capabilities as never,
      responseCacheStore: cache,
      ...(settings.era === 'auto' &&
        kind !== 'sse' && {
          versionNegotiation: { mode: 'auto', probe: { timeoutMs: settings.connectTimeoutMs } },
        }),
    });
    this.#register();
  }

  /**
   * Connects; where Streamable HTTP is refused, over HTTP+SSE of 2024-11-05.
   *
   * @throws what the SDK or the fetch throws; see `connectFailure`.
   */
  static async open(context: ConnectionContext, signal: AbortSignal): Promise<Connection> {
    if (context.settings.connect) return new Connection(context, 'custom').#open(signal);
    try {
      return await new Connection(context, 'http').#open(signal);
    } catch (error) {
      if (signal.aborted || !isRefusalOfStreamableHttp(error)) throw error;
      try {
        return await new Connection(context, 'sse').#open(signal, true);
      } catch {
        throw error;
      }
    }
  }

  get era(): 'modern' | 'legacy' {
    return this.client.getProtocolEra() ?? 'legacy';
  }

  get capabilities(): ServerCapabilities {
    return (this.client.getServerCapabilities() ?? {}) as ServerCapabilities;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A call begins; a connection that was replaced stays open for those that run. */
  enter(): void {
    this.#running += 1;
  }

  leave(): void {
    this.#running -= 1;
    if (this.#retired && this.#running === 0) void this.close();
  }

  /** Whether the server answers under this connection. */
  async probe(): Promise<boolean> {
    const options = { timeout: this.#context.settings.probeTimeoutMs };
    try {
      await (this.era === 'modern' ? this.client.discover(options) : this.client.ping(options));
      return true;
    } catch (error) {
      // Of a session, any answer of MCP will do: old servers do not know `ping`.
      return this.era === 'legacy' && error instanceof ProtocolError && error.data !== STREAM_LOST;
    }
  }

  /** The server is back: streams that wait to be opened again do so now. */
  hurry(): void {
    this.#schedule.hurry();
  }

  /** Closes it once nothing runs under it any more. */
  retire(): void {
    this.#retired = true;
    this.#schedule.clear();
    if (this.#running === 0) void this.close();
  }

  /** @param farewell - tells the server that its session is over. */
  async close(farewell = false): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#schedule.clear();
    if (farewell && this.#transport instanceof StreamableHTTPClientTransport) {
      const late = deferred();
      const timer = this.#context.settings.clock.after(FAREWELL_MS, late.resolve);
      await Promise.race([this.#transport.terminateSession().catch(() => {}), late.promise]);
      timer.cancel();
    }
    await this.client.close().catch(() => {});
  }

  async #open(signal: AbortSignal, overSse = false): Promise<Connection> {
    const { settings, counters } = this.#context;
    const transport = await this.#createTransport(overSse);
    this.#transport = transport;
    Object.assign(transport, {
      onclose: () => this.#onClosed(new Error('The transport was closed.')),
      onerror: (err: Error) => settings.logger.debug({ err }, 'The transport reported an error.'),
    });
    this.#tap = tap(transport, counters);
    // The SDK looks at the signal only after its probe.
    const stop = () => void transport.close().catch(() => {});
    signal.addEventListener('abort', stop, { once: true });
    try {
      await this.client.connect(transport, { timeout: settings.connectTimeoutMs, signal });
    } catch (error) {
      this.#closed = true;
      this.#schedule.clear();
      await transport.close().catch(() => {});
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
    return this;
  }

  async #createTransport(overSse: boolean): Promise<TransportLike> {
    const { settings } = this.#context;
    if (settings.connect) {
      return within(settings.clock, settings.connectTimeoutMs, settings.connect, lateError);
    }
    const { url, headers, backoff } = settings;
    const http = this.http as HttpLink;
    const common = { fetch: http.fetch, ...(headers && { requestInit: { headers } }) };
    if (overSse) return new SSEClientTransport(url as URL, common);
    return new StreamableHTTPClientTransport(url as URL, {
      ...common,
      reconnectionOptions: {
        initialReconnectionDelay: backoff.initialMs,
        maxReconnectionDelay: backoff.maxMs,
        reconnectionDelayGrowFactor: 1,
        maxRetries: Infinity,
      },
      reconnectionScheduler: (reconnect, delayMs, failures) =>
        this.#schedule.add(reconnect, delayMs, failures),
    });
  }

  #register(): void {
    const { settings, events } = this.#context;
    for (const method of NOTIFICATIONS) {
      this.client.setNotificationHandler(method, ({ params }) =>
        events.notified(method, isRecord(params) ? params : {}),
      );
    }
    const { onInput } = settings;
    if (!onInput) return;
    for (const [capability, method] of Object.entries(QUESTIONS)) {
      if (!Object.hasOwn(settings.capabilities, capability)) continue;
      this.client.setRequestHandler(
        method as 'roots/list',
        async ({ params }) => (await onInput({ method, params: params ?? {} } as InputRequest)) as never,
      );
    }
  }

  #onStandingOpened(resumed: boolean): void {
    this.#standingOpened = true;
    this.#context.events.changesOpened(this, !resumed);
  }

  #onStandingLost(): void {
    if (this.#closed) return;
    this.#context.events.changesLost(this);
    // The transport sees to a stream it had; one that never opened it gives up at once.
    if (this.#standingOpened || !(this.#transport instanceof StreamableHTTPClientTransport)) return;
    const transport = this.#transport;
    const { initialMs } = this.#context.settings.backoff;
    const reopen = async () => {
      try {
        await transport.resumeStream('');
      } catch {
        // Was told as a lost stream already, and is scheduled again.
      }
    };
    this.#standingFailures += 1;
    this.#schedule.add(() => void reopen(), initialMs, this.#standingFailures);
  }

  #onClosed(reason: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#schedule.clear();
    void this.client.close().catch(() => {});
    this.#context.events.lost(this, reason);
  }
}

function lateError(): ClientError {
  return new ClientError('SERVER_UNREACHABLE', 'No transport was made in time.');
}

/** How servers that only know HTTP+SSE answer a POST to their URL. */
function isRefusalOfStreamableHttp(reason: unknown): boolean {
  const status = statusIn(reason);
  return !clientErrorIn(reason) && (status === 400 || status === 404 || status === 405);
}
