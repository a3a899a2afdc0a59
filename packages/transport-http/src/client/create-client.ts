import type { CallToolResult, JsonObject, Listing, Progress, Tool } from '@toolyard/core';

import { CallQueue } from './calls/call-queue.ts';
import { settleMany } from './calls/call-many.ts';
import { Caller, type RequestOptions } from './calls/caller.ts';
import { outputOf } from './calls/tool-result.ts';
import { ChangeFeed } from './changes/change-feed.ts';
import { isRepeatable, Lists } from './changes/lists.ts';
import { Link } from './connection/link.ts';
import { Emitter } from './emitter.ts';
import { ClientError, closedError } from './errors.ts';
import { Patience } from './http/patience.ts';
import { TokenKeeper } from './http/token-keeper.ts';
import type {
  ClientEvents,
  LaterCall,
  LaterOptions,
  ListOptions,
  ManagedClient,
  ReadOptions,
  ServerFacts,
  ToolCall,
  ToolCallOptions,
} from './managed-client.ts';
import { memoryOfflineQueue } from './offline/offline-queue.ts';
import { OfflineSender } from './offline/offline-sender.ts';
import { settingsOf, type ManagedClientOptions } from './options.ts';
import { ResponseCache } from './response-cache.ts';
import { Feed, type ClientState } from './state.ts';
import { Counters } from './statistics.ts';

/**
 * A client that stays connected: it reconnects with growing pauses, opens a new session where the server has
 * forgotten one, notices connections that are dead without having ended, makes up for changes it has missed, and
 * sends calls again where a repeat is harmless. Opens nothing before the first call or `connect`.
 *
 * Speaks to servers of every revision, in Node and browsers. Needs `@modelcontextprotocol/client`.
 *
 * @example
 * ```ts
 * import { createManagedClient } from '@toolyard/transport-http/client';
 *
 * await using client = createManagedClient({ url: 'http://127.0.0.1:9001/mcp' });
 * client.on('stateChanged', ({ status }) => console.log(status));
 * const { content } = await client.call('echo', { text: 'hello' });
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 */
export function createManagedClient(options: ManagedClientOptions): ManagedClient {
  return new Managed(options);
}

const IDEMPOTENCY_KEY = 'toolyard/idempotencyKey';
const STALE = 'toolyard/stale';
const DAY_MS = 24 * 3_600_000;

class Managed implements ManagedClient {
  readonly #settings;
  readonly #closing = new AbortController();
  readonly #counters = new Counters();
  readonly #feed = new Feed<ClientState>();
  readonly #emitter: Emitter<ClientEvents>;
  readonly #cache: ResponseCache;
  readonly #lists = new Lists();
  readonly #link: Link;
  readonly #queue: CallQueue;
  readonly #caller: Caller;
  readonly #changes: ChangeFeed;
  readonly #later: OfflineSender;
  readonly #stopHearing: () => void;

  constructor(options: ManagedClientOptions) {
    const settings = settingsOf(options);
    this.#settings = settings;
    this.#emitter = new Emitter(settings.logger);
    this.#cache = new ResponseCache(settings.maxCacheBytes);
    const counters = this.#counters;
    const keeper =
      settings.auth && new TokenKeeper(settings.auth, settings.clock, () => (counters.tokenRefreshes += 1));
    const patience = new Patience(settings.clock);
    const closing = this.#closing.signal;
    const common = { settings, counters, patience, cache: this.#cache };
    this.#changes = new ChangeFeed(
      { ...common, link: () => this.#link, lists: this.#lists, closing },
      {
        wants: (kind) => kind !== 'templates' && this.#emitter.has('listChanged'),
        listChanged: (kind, items) =>
          this.#emitter.emit('listChanged', { kind, items } as ClientEvents['listChanged']),
        resourceUpdated: (uri, repaired) => this.#emitter.emit('resourceUpdated', { uri, repaired }),
        logged: (params) => this.#emitter.emit('logged', params),
      },
    );
    this.#link = new Link(
      { ...common, keeper },
      {
        changesOpened: (connection, gap) => this.#changes.opened(connection, gap),
        notified: (method, params) => this.#changes.notified(method, params),
      },
      {
        stateChanged: (state) => this.#tell(state),
        up: (connection, fresh) => {
          this.#changes.attach(connection, fresh);
          this.#queue.drain();
          this.#later.work();
        },
        usable: () => this.#queue.drain(),
        unreachable: (error) => this.#queue.refuseImpatient(error),
        refused: (error) => this.#queue.refuseAll(error),
      },
    );
    this.#queue = new CallQueue(
      settings,
      () => this.#link.usable,
      () => this.#explainWait(),
    );
    this.#caller = new Caller({ ...common, link: this.#link, queue: this.#queue, closing });
    this.#later = new OfflineSender(
      { queue: options.offlineQueue ?? memoryOfflineQueue(), clock: settings.clock, logger: settings.logger },
      ({ tool, arguments: args, meta, repeatable }) =>
        this.call(tool, args, { meta, repeatable, priority: -1 }),
      (settled) => this.#emitter.emit('laterSettled', settled),
    );
    this.#stopHearing = onNetworkBack(() => this.retryNow());
  }

  get state(): ClientState {
    return this.#link.state;
  }

  get server(): ServerFacts | undefined {
    const connection = this.#link.current;
    if (!connection) return undefined;
    const { client, era, capabilities } = connection;
    return {
      era,
      protocolVersion: client.getNegotiatedProtocolVersion() ?? '',
      info: client.getServerVersion() as ServerFacts['info'],
      capabilities,
      instructions: client.getInstructions(),
    };
  }

  states({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<ClientState> {
    return this.#feed.read(this.state, signal);
  }

  on<E extends keyof ClientEvents>(event: E, listener: (details: ClientEvents[E]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  async connect({ signal, timeoutMs = this.#settings.timeoutMs }: RequestOptions = {}): Promise<void> {
    if (this.#link.closed) throw closedError();
    if (this.#link.usable) return;
    this.#link.start();
    const deadline = this.#settings.clock.monotonic() + timeoutMs;
    this.#queue.leave(await this.#queue.enter({ priority: Infinity, deadline, signal }));
  }

  call(tool: Tool | string, args?: any, options: ToolCallOptions = NO_OPTIONS): Promise<any> {
    if (typeof tool === 'string') return this.#call(tool, args, options, undefined);
    return this.#call(tool.name, args, options, tool).then(outputOf);
  }

  callMany(calls: readonly ToolCall[], { concurrency = 8 }: { concurrency?: number } = {}) {
    return settleMany(calls, Math.max(1, concurrency), ({ tool, args, options = NO_OPTIONS }) =>
      typeof tool === 'string'
        ? this.#call(tool, args, options, undefined)
        : this.#call(tool.name, args, options, tool),
    );
  }

  async callLater(
    tool: string | Tool,
    args: JsonObject = {},
    { meta = {}, repeatable, expiresInMs = DAY_MS }: LaterOptions = {},
  ): Promise<LaterCall> {
    if (this.#link.closed) throw closedError();
    const name = typeof tool === 'string' ? tool : tool.name;
    const id = crypto.randomUUID();
    const addedAt = this.#settings.clock.now();
    const hinted = typeof tool === 'string' ? this.#lists.isRepeatable(name) : isRepeatable(tool.annotations);
    const { result } = await this.#later.add({
      id,
      tool: name,
      arguments: args,
      meta: { [IDEMPOTENCY_KEY]: id, ...meta },
      addedAt,
      expiresAt: addedAt + expiresInMs,
      repeatable: repeatable ?? hinted ?? false,
    });
    this.#link.start();
    if (this.#link.current) this.#later.work();
    return { id, result };
  }

  list<K extends keyof Listing>(
    kind: K,
    { cache = 'use', ...options }: ListOptions = {},
  ): Promise<Listing[K]> {
    return this.#caller.send(
      {
        repeatable: always,
        run: ({ client }, timeout) =>
          this.#lists.fetch(
            client,
            kind,
            withSignal({ timeout, ...(cache === 'refresh' && { cacheMode: cache }) }, options),
          ),
      },
      options,
    );
  }

  async read(uri: string, { cache = 'use', whenOffline = 'wait', ...options }: ReadOptions = {}) {
    if (whenOffline === 'stale' && !this.#link.current) {
      const stale = this.#cache.stale('resources/read', uri) as ReadResult | undefined;
      if (stale) return { ...stale, _meta: { ...stale['_meta'], [STALE]: true } };
    }
    return this.#caller.send<ReadResult>(
      {
        repeatable: always,
        run: async ({ client }, timeout) =>
          (await client.readResource(
            { uri },
            withSignal({ timeout, cacheMode: cache }, options),
          )) as ReadResult,
      },
      { ...options, whenOffline: whenOffline === 'fail' ? 'fail' : 'wait' },
    );
  }

  prompt(name: string, args: Record<string, string> = {}, options: RequestOptions = NO_OPTIONS) {
    return this.#caller.send<PromptResult>(
      {
        repeatable: always,
        run: async ({ client }, timeout) =>
          (await client.getPrompt(
            { name, arguments: args },
            withSignal({ timeout }, options),
          )) as PromptResult,
      },
      options,
    );
  }

  watch(uri: string, listener: (update: ClientEvents['resourceUpdated']) => void): () => void {
    const off = this.#emitter.on('resourceUpdated', (update) => {
      if (update.uri === uri) listener(update);
    });
    const connection = this.#link.current;
    if (this.#changes.watch(uri) && connection?.era === 'legacy')
      void this.#changes.subscribe(connection, uri);
    this.#link.start();
    let stopped = false;
    return () => {
      if (stopped) return;
      stopped = true;
      off();
      const current = this.#link.current;
      if (this.#changes.unwatch(uri) && current?.era === 'legacy')
        void this.#changes.unsubscribe(current, uri);
    };
  }

  retryNow(): void {
    this.#link.hurry();
  }

  clearCache(): void {
    this.#cache.clear();
  }

  statistics() {
    return this.#counters.snapshot(this.#queue.running, this.#queue.waiting);
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(closedError());
    this.#stopHearing();
    this.#queue.refuseAll(closedError());
    this.#changes.close();
    await this.#link.close();
    await this.#later.close();
    this.#feed.close();
    this.#emitter.clear();
    this.#cache.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #call(
    name: string,
    args: JsonObject | undefined,
    options: ToolCallOptions,
    tool: Tool | undefined,
  ): Promise<CallToolResult> {
    const { meta, onProgress } = options;
    const params = { name, arguments: args ?? {}, ...(meta && { _meta: meta }) };
    return this.#caller.send<CallToolResult>(
      {
        run: async ({ client }, timeout) =>
          (await client.callTool(
            params,
            withSignal(onProgress ? withProgress(timeout, onProgress) : { timeout }, options),
          )) as CallToolResult,
        repeatable: () =>
          options.repeatable ?? (tool ? isRepeatable(tool.annotations) : this.#lists.isRepeatable(name)),
        ask: async ({ client }) => {
          await this.#lists.fetch(client, 'tools', { timeout: this.#settings.timeoutMs });
          return this.#lists.isRepeatable(name) ?? false;
        },
      },
      options,
    );
  }

  #tell(state: ClientState): void {
    this.#feed.push(state);
    this.#emitter.emit('stateChanged', state);
  }

  /** Why a call's time passed while it waited. */
  #explainWait(): ClientError {
    const { failure } = this.#link;
    if (failure) return new ClientError('SERVER_UNREACHABLE', failure.message, { cause: failure });
    const reason = this.#link.current ? 'too many others were running' : 'no connection was opened in time';
    return new ClientError('CALL_TIMEOUT', `The call was not sent: ${reason}.`);
  }
}

type ReadResult = Awaited<ReturnType<ManagedClient['read']>>;
type PromptResult = Awaited<ReturnType<ManagedClient['prompt']>>;

const NO_OPTIONS = {};
const always = () => true;

function withSignal<T extends object>(
  options: T,
  { signal }: { readonly signal?: AbortSignal | undefined },
): T & { signal?: AbortSignal } {
  return signal ? { ...options, signal } : options;
}

/** How much longer than its `timeoutMs` a call may take that tells its progress all the time. */
const MAX_EXTENSION = 10;

function withProgress(timeout: number, onProgress: (progress: Progress) => void) {
  return {
    timeout,
    resetTimeoutOnProgress: true,
    maxTotalTimeout: timeout * MAX_EXTENSION,
    onprogress: onProgress as never,
  };
}

/** Browsers tell when the network is back. */
function onNetworkBack(action: () => void): () => void {
  const target = globalThis as unknown as Partial<EventTarget>;
  target.addEventListener?.('online', action);
  return () => target.removeEventListener?.('online', action);
}
