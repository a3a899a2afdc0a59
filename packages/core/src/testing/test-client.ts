import { toProtocolError } from '../app/in-process.ts';
import type { Progress, ResultOf } from '../call.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { CancelledError, isProtocolError, ToolyardError } from '../errors.ts';
import type { Exchange, Session, SessionRecord } from '../exchange.ts';
import { local, type Principal } from '../principal.ts';
import { ErrorCode } from '../protocol/error-codes.ts';
import { isRecord, type JsonRpcNotification, type JsonRpcRequest, type JsonRpcResponse, type RequestId } from '../protocol/json-rpc.ts';
import type {
  CallToolResult,
  ClientCapabilities,
  CompleteResult,
  GetPromptResult,
  Implementation,
  InitializeResult,
  InputRequest,
  JsonObject,
  LogLevel,
  Methods,
  ReadResourceResult,
  ServerCapabilities,
  ServerNotification,
  ServerRequest,
  SubscriptionFilter,
} from '../protocol/messages.ts';
import { MetaKey } from '../protocol/meta.ts';
import { isModernVersion, LATEST_LEGACY_REVISION, MODERN_REVISION, type Era } from '../protocol/revisions.ts';
import type { Tool } from '../registry/tool.ts';
import type { Listing } from '../app/app.ts';
import { ServerRequests } from '../server-requests.ts';
import { ChangeStream } from './change-stream.ts';
import { Inbox } from './inbox.ts';
import { answerInput, capabilitiesFor, type InputHandlers } from './input-handlers.ts';
import { overWire } from './wire.ts';

/** Options of {@link createTestClient}. */
export interface TestClientOptions {
  /** On whose behalf it speaks. Default: `local`, who may do everything. */
  readonly as?: Principal;
  readonly tenant?: string;
  /** Default: that of `protocolVersion`, else `modern`. */
  readonly era?: Era;
  /** Default: the newest of the era. Any text is sent as it is, to see what the server makes of it. */
  readonly protocolVersion?: string;
  /** Default: what `onInput` can answer. */
  readonly capabilities?: ClientCapabilities;
  readonly info?: Implementation;
  /** Log messages it wants. Default: what the era's servers send unasked. */
  readonly logLevel?: LogLevel;
  /** Answers what the server asks, in the way of the era. */
  readonly onInput?: InputHandlers;
  /** Answers what the server asks before `onInput` does; `undefined` leaves it to that. */
  readonly onRequest?: (request: ServerRequest) => JsonObject | undefined | Promise<JsonObject | undefined>;
  /** What the app sees as `call.transport`. Default `memory`. */
  readonly transportName?: string;
}

/** Options of one request. */
export interface TestRequestOptions {
  /** Cancels the request as a client does: tells the server and waits no longer. */
  readonly signal?: AbortSignal;
  /** Merged into `_meta`; `undefined` takes a key of the envelope away. */
  readonly meta?: JsonObject;
  readonly onProgress?: (progress: Progress) => void;
  /** Instead of the client's own, for this request. */
  readonly onInput?: InputHandlers;
}

/** What a server says of itself, in either era. */
export interface ServerDescription {
  readonly protocolVersion: string;
  readonly capabilities: ServerCapabilities;
  readonly serverInfo: Implementation;
  readonly instructions?: string | undefined;
}

/** What a client gets from a tool whose type is known. */
export type ToolResult<Output> = Output extends CallToolResult
  ? CallToolResult
  : Omit<CallToolResult, 'structuredContent'> & { structuredContent?: Output };

/** Rounds of questions one call may take. */
const MAX_ROUNDS = 16;

const LISTS = {
  tools: ['tools/list', 'tools'],
  prompts: ['prompts/list', 'prompts'],
  resources: ['resources/list', 'resources'],
  templates: ['resources/templates/list', 'resourceTemplates'],
} as const;

/**
 * A client in memory that speaks JSON-RPC to an app, in either era. Every message is copied through JSON, so tests
 * see what a wire would carry. A 2025 client shakes hands before its first request, or on {@link TestClient.connect}.
 *
 * @example
 * ```ts
 * import { createApp, defineTool } from '@toolyard/core';
 * import { createTestClient } from '@toolyard/core/testing';
 * import { z } from 'zod';
 *
 * const add = defineTool({ name: 'add', input: z.object({ a: z.number(), b: z.number() }), run: ({ a, b }) => ({ sum: a + b }) });
 * const app = createApp({ name: 'calculator', version: '1.0.0' }).add(add);
 *
 * await using client = createTestClient(app, { era: 'legacy' });
 * const { structuredContent } = await client.call(add, { a: 1, b: 2 });
 * console.log(structuredContent?.sum); // 3
 * ```
 */
export function createTestClient(app: Dispatcher, options: TestClientOptions = {}): TestClient {
  return new TestClient(app, options);
}

/** Made by {@link createTestClient}. */
export class TestClient implements AsyncDisposable {
  readonly era: Era;
  /** What the server has asked, in either era. */
  readonly serverRequests: ServerRequest[] = [];
  readonly #app: Dispatcher;
  readonly #options: TestClientOptions;
  readonly #protocolVersion: string;
  readonly #capabilities: ClientCapabilities;
  readonly #inbox = new Inbox();
  readonly #gone = new AbortController();
  readonly #scope = crypto.randomUUID();
  readonly #session = new MemorySession();
  readonly #open = new Set<RequestId>();
  #lastId = 0;
  #handshake: Promise<InitializeResult> | undefined = undefined;
  #stopSubscription: (() => void) | undefined = undefined;

  /** Use {@link createTestClient}. */
  constructor(app: Dispatcher, options: TestClientOptions) {
    const { protocolVersion, era, onInput = {} } = options;
    this.#app = app;
    this.#options = options;
    this.era = era ?? (protocolVersion === undefined || isModernVersion(protocolVersion) ? 'modern' : 'legacy');
    this.#protocolVersion = protocolVersion ?? (this.era === 'modern' ? MODERN_REVISION : LATEST_LEGACY_REVISION);
    this.#capabilities = options.capabilities ?? capabilitiesFor(onInput, this.#protocolVersion);
  }

  /** Everything the server has told, in order. */
  get notifications(): readonly ServerNotification[] {
    return this.#inbox.notifications;
  }

  /** The session of a 2025 client, once it is open. */
  get sessionId(): string | undefined {
    return this.#session.record && this.#session.id;
  }

  /** Opens the session of a 2025 client; a 2026 client asks with `server/discover`. */
  async connect(): Promise<ServerDescription> {
    if (this.era === 'legacy') return this.#shakeHands();
    const { capabilities, instructions, _meta } = await this.request('server/discover');
    const serverInfo = _meta?.[MetaKey.serverInfo] as Implementation;
    return { protocolVersion: this.#protocolVersion, capabilities, serverInfo, instructions };
  }

  /**
   * Sends a request and gives its result, whatever kind it is.
   *
   * @throws {ProtocolError} when it is answered with an error.
   * @throws {CancelledError} when the server gives it up without an answer.
   */
  async request<M extends keyof Methods>(
    method: M,
    ...[params, options]: Record<never, never> extends Methods[M]['params']
      ? [params?: Methods[M]['params'] & JsonObject, options?: TestRequestOptions]
      : [params: Methods[M]['params'] & JsonObject, options?: TestRequestOptions]
  ): Promise<ResultOf<M>>;
  async request(method: string, params?: JsonObject, options?: TestRequestOptions): Promise<JsonObject>;
  async request(method: string, params: JsonObject = {}, options: TestRequestOptions = {}): Promise<unknown> {
    if (this.era === 'legacy' && method !== 'initialize') await this.#shakeHands();
    return this.#request(method, params, options);
  }

  /** Calls a tool and answers what it asks with `onInput`. Results with `isError` are returned, not thrown. */
  call<Input, Output>(
    tool: Tool<Input, Output, any>,
    ...rest: undefined extends Input ? [args?: Input, options?: TestRequestOptions] : [args: Input, options?: TestRequestOptions]
  ): Promise<ToolResult<Output>>;
  call(tool: string, args?: JsonObject, options?: TestRequestOptions): Promise<CallToolResult>;
  async call(tool: Tool | string, args?: unknown, options?: TestRequestOptions): Promise<unknown> {
    const name = typeof tool === 'string' ? tool : tool.name;
    return this.#requestWithInput('tools/call', { name, ...(args !== undefined && { arguments: args }) }, options);
  }

  /** Reads a resource and answers what it asks with `onInput`. */
  async read(uri: string, options?: TestRequestOptions): Promise<ReadResourceResult> {
    return (await this.#requestWithInput('resources/read', { uri }, options)) as unknown as ReadResourceResult;
  }

  /** Gets a prompt and answers what it asks with `onInput`. */
  async prompt(name: string, args?: Record<string, string>, options?: TestRequestOptions): Promise<GetPromptResult> {
    const params = { name, ...(args && { arguments: args }) };
    return (await this.#requestWithInput('prompts/get', params, options)) as unknown as GetPromptResult;
  }

  /** All pages of a list. */
  async list<K extends keyof Listing>(kind: K, options?: TestRequestOptions): Promise<Listing[K]> {
    const [method, field] = LISTS[kind];
    const items: unknown[] = [];
    const cursors = new Set<unknown>();
    for (let cursor: unknown; ; ) {
      const page = (await this.request(method as string, cursor === undefined ? {} : { cursor }, options)) as JsonObject;
      items.push(...(page[field] as unknown[]));
      cursor = page['nextCursor'];
      if (cursor === undefined) return items as Listing[K];
      if (cursors.has(cursor)) throw new ToolyardError('CURSOR_REPEATED', `${method} leads back to the cursor ${String(cursor)}.`);
      cursors.add(cursor);
    }
  }

  /** What `completion/complete` suggests. `argument` holds the one being typed, `others` those that are filled in. */
  async complete(
    ref: Methods['completion/complete']['params']['ref'],
    argument: { readonly name: string; readonly value: string },
    others?: Record<string, string>,
  ): Promise<CompleteResult['completion']> {
    const { completion } = await this.request('completion/complete', {
      ref,
      argument,
      ...(others && { context: { arguments: others } }),
    });
    return completion;
  }

  /** 2025: asks to be told when a resource changes. 2026 clients {@link TestClient.listen}. */
  async subscribe(uri: string): Promise<void> {
    await this.request('resources/subscribe', { uri });
  }

  async unsubscribe(uri: string): Promise<void> {
    await this.request('resources/unsubscribe', { uri });
  }

  /** 2026: opens a stream of changes. */
  listen(filter: SubscriptionFilter, options: Pick<TestRequestOptions, 'meta'> = {}): ChangeStream {
    return new ChangeStream((signal, notify) =>
      this.#request('subscriptions/listen', { notifications: filter }, { ...options, signal }, notify),
    );
  }

  /**
   * The first notification of a kind that no earlier call was given: one that is there already, or the next to come.
   *
   * @throws {ToolyardError} `NOT_NOTIFIED` after `timeoutMs` of real time, default 5000.
   */
  waitFor(
    method: string,
    options?: { readonly where?: (params: JsonObject) => boolean; readonly timeoutMs?: number },
  ): Promise<ServerNotification> {
    return this.#inbox.waitFor(method, options);
  }

  /** Sends a notification. */
  async notify(method: string, params: JsonObject = {}): Promise<void> {
    const meta = this.era === 'modern' ? { _meta: { ...this.#envelope(), ...(params['_meta'] as JsonObject) } } : {};
    await this.send({ jsonrpc: '2.0', method, params: { ...params, ...meta } });
  }

  /** Tells the server to give up a request: the newest that is open, or the one named. Its promise stays pending until the server reacts. */
  async cancel({ requestId = [...this.#open].at(-1), reason }: { requestId?: RequestId | undefined; reason?: string } = {}): Promise<void> {
    await this.notify('notifications/cancelled', { requestId, ...(reason !== undefined && { reason }) });
  }

  /** Sends anything at all, as it is, and gives what comes back. Nothing is added and no hands are shaken. */
  async send(message: unknown): Promise<JsonRpcResponse | undefined> {
    return overWire(await this.#app.dispatch(overWire(message), this.#exchange({})));
  }

  /** Disconnects: what is open is given up, the session ends. */
  async close(): Promise<void> {
    if (this.#gone.signal.aborted) return;
    const reason = new CancelledError('The client is gone.');
    this.#gone.abort(reason);
    this.#stopSubscription?.();
    if (this.#session.record) this.#app.endSession(this.#session.id);
    this.#inbox.close(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #request(
    method: string,
    params: JsonObject,
    options: TestRequestOptions,
    onNotification?: (notification: ServerNotification) => void,
  ): Promise<JsonObject> {
    const { signal } = options;
    this.#gone.signal.throwIfAborted();
    signal?.throwIfAborted();
    const id = ++this.#lastId;
    this.#open.add(id);
    const { promise: cancelled, reject } = rejectable();
    const onAbort = () => {
      reject(signal?.reason);
      void this.cancel({ requestId: id });
    };
    signal?.addEventListener('abort', onAbort);
    try {
      const message: JsonRpcRequest = { jsonrpc: '2.0', id, method, params: this.#paramsOf(id, params, options) };
      const exchange = this.#exchange(options, (notification) => {
        onNotification?.(notification);
        if (notification.method !== 'notifications/progress' || notification.params?.['progressToken'] !== id) return;
        const { progressToken: _token, ...progress } = notification.params;
        options.onProgress?.(progress as unknown as Progress);
      });
      const response = await Promise.race([this.#app.dispatch(overWire(message), exchange), cancelled]);
      if (response === undefined) throw new CancelledError(`The server gave up ${method}.`, { cause: this.#gone.signal.reason });
      return resultOf(overWire(response), id);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#open.delete(id);
    }
  }

  /** Repeats a request with the answers it asks for, until it is complete. */
  async #requestWithInput(method: string, params: JsonObject, options: TestRequestOptions = {}): Promise<JsonObject> {
    let answers: JsonObject = {};
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const result = await this.request(method, { ...params, ...answers }, options);
      if (result['resultType'] !== 'input_required') return result;
      const { inputRequests = {}, requestState } = result as { inputRequests?: Record<string, InputRequest>; requestState?: string };
      const inputResponses: JsonObject = {};
      for (const [key, request] of Object.entries(inputRequests)) inputResponses[key] = await this.#answer(request, options);
      answers = { inputResponses, ...(requestState !== undefined && { requestState }) };
    }
    throw new ToolyardError('TOO_MANY_ROUNDS', `${method} still asks for input after ${MAX_ROUNDS} rounds.`);
  }

  async #answer(request: ServerRequest, { onInput = this.#options.onInput }: TestRequestOptions): Promise<JsonObject> {
    this.serverRequests.push(request);
    const answer = (await this.#options.onRequest?.(request)) ?? (await answerInput(request, onInput ?? {}));
    if (answer) return overWire(answer);
    throw new ToolyardError('NO_INPUT_HANDLER', `The server asks ${request.method}, and this client has no handler for it.`);
  }

  #exchange(options: TestRequestOptions, onNotification?: (notification: ServerNotification) => void): Exchange {
    const { as = local, tenant, transportName = 'memory' } = this.#options;
    const base = {
      transport: transportName,
      principal: as,
      tenant,
      scope: this.#scope,
      signal: this.#gone.signal,
      notify: (notification: ServerNotification) => {
        const received = overWire({ ...notification });
        this.#inbox.receive(received);
        onNotification?.(received);
      },
    };
    if (this.era === 'modern') return { ...base, era: 'modern' };
    const requests = new ServerRequests({
      clock: this.#app.clock,
      timeoutMs: this.#app.inputTimeoutMs,
      send: (message) => void this.#receive(overWire(message), requests, options),
    });
    return {
      ...base,
      era: 'legacy',
      session: this.#session,
      request: (request, signal) => requests.request(request, signal),
    };
  }

  /** Answers a request of the server as a 2025 client does. */
  async #receive(
    message: JsonRpcRequest | JsonRpcNotification,
    requests: ServerRequests,
    options: TestRequestOptions,
  ): Promise<void> {
    const { method, params } = message;
    if (!('id' in message)) return this.#inbox.receive({ method, params });
    const { id } = message;
    try {
      const result = await this.#answer({ method, ...(params && { params }) }, options);
      requests.settle({ jsonrpc: '2.0', id, result });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const unknown = error instanceof ToolyardError && error.code === 'NO_INPUT_HANDLER';
      const code = isProtocolError(error) ? error.rpcCode : unknown ? ErrorCode.methodNotFound : ErrorCode.internalError;
      requests.settle({ jsonrpc: '2.0', id, error: { code, message: text } });
    }
  }

  #shakeHands(): Promise<InitializeResult> {
    return (this.#handshake ??= this.#initialize());
  }

  async #initialize(): Promise<InitializeResult> {
    const { as = local, logLevel } = this.#options;
    const result = await this.#request(
      'initialize',
      { protocolVersion: this.#protocolVersion, capabilities: this.#capabilities, clientInfo: this.#info },
      {},
    );
    await this.notify('notifications/initialized');
    this.#stopSubscription = this.#app.subscribe({
      principal: as,
      session: this.#session,
      notify: (notification) => this.#inbox.receive(overWire({ ...notification })),
    });
    if (logLevel !== undefined) await this.#request('logging/setLevel', { level: logLevel }, {});
    return result as unknown as InitializeResult;
  }

  #paramsOf(id: RequestId, params: JsonObject, { meta, onProgress }: TestRequestOptions): JsonObject {
    const _meta = {
      ...(this.era === 'modern' && this.#envelope()),
      ...(onProgress && { [MetaKey.progressToken]: id }),
      ...(isRecord(params['_meta']) && params['_meta']),
      ...meta,
    };
    return Object.keys(_meta).length === 0 ? params : { ...params, _meta };
  }

  #envelope(): JsonObject {
    const { logLevel } = this.#options;
    return {
      [MetaKey.protocolVersion]: this.#protocolVersion,
      [MetaKey.clientCapabilities]: this.#capabilities,
      [MetaKey.clientInfo]: this.#info,
      ...(logLevel !== undefined && { [MetaKey.logLevel]: logLevel }),
    };
  }

  get #info(): Implementation {
    return this.#options.info ?? { name: 'test-client', version: '0.0.0' };
  }
}

class MemorySession implements Session {
  readonly id = crypto.randomUUID();
  record: SessionRecord | undefined = undefined;

  update(record: SessionRecord): void {
    this.record = overWire(record);
  }
}

function resultOf(response: JsonRpcResponse, id: RequestId): JsonObject {
  if (response.id !== id) throw new ToolyardError('WRONG_ID', `Request ${id} was answered under the id ${String(response.id)}.`);
  if ('error' in response) throw toProtocolError(response.error);
  return response.result;
}

function rejectable(): { promise: Promise<never>; reject: (reason: unknown) => void } {
  let reject!: (reason: unknown) => void;
  const promise = new Promise<never>((_resolve, onReject) => (reject = onReject));
  promise.catch(() => {});
  return { promise, reject };
}
