import { toProtocolError } from '../app/in-process.ts';
import type { Progress } from '../call.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { CancelledError, isProtocolError, ToolyardError } from '../errors.ts';
import type { Exchange, SessionRecord } from '../exchange.ts';
import { MemorySession } from '../memory-session.ts';
import { local, type Principal } from '../principal.ts';
import { ErrorCode } from '../protocol/error-codes.ts';
import {
  isRecord,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type RequestId,
} from '../protocol/json-rpc.ts';
import type {
  ClientCapabilities,
  Implementation,
  InitializeResult,
  JsonObject,
  LogLevel,
  ServerNotification,
  ServerRequest,
} from '../protocol/messages.ts';
import { MetaKey } from '../protocol/meta.ts';
import { isModernVersion, LATEST_LEGACY_REVISION, MODERN_REVISION, type Era } from '../protocol/revisions.ts';
import { ServerRequests } from '../server-requests.ts';
import { Inbox } from './inbox.ts';
import { answerInput, capabilitiesFor, type InputHandlers } from './input-handlers.ts';
import { overWire } from './wire.ts';

/** Options of `createTestClient`. */
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

/** The wire of a test client: envelopes or a handshake, ids, cancellation, and what the server says unasked. */
export class TestConnection {
  readonly era: Era;
  readonly protocolVersion: string;
  readonly inbox = new Inbox();
  readonly serverRequests: ServerRequest[] = [];
  readonly #app: Dispatcher;
  readonly #options: TestClientOptions;
  readonly #capabilities: ClientCapabilities;
  readonly #gone = new AbortController();
  readonly #scope = crypto.randomUUID();
  readonly #session = new WireSession();
  readonly #open = new Set<RequestId>();
  #lastId = 0;
  #handshake: Promise<InitializeResult> | undefined = undefined;
  #shaken = false;
  #stopSubscription: (() => void) | undefined = undefined;

  constructor(app: Dispatcher, options: TestClientOptions) {
    const { protocolVersion, era, onInput = {} } = options;
    this.#app = app;
    this.#options = options;
    this.era =
      era ?? (protocolVersion === undefined || isModernVersion(protocolVersion) ? 'modern' : 'legacy');
    this.protocolVersion =
      protocolVersion ?? (this.era === 'modern' ? MODERN_REVISION : LATEST_LEGACY_REVISION);
    this.#capabilities = options.capabilities ?? capabilitiesFor(onInput, this.protocolVersion);
  }

  get sessionId(): string | undefined {
    return this.#session.record && this.#session.id;
  }

  /** Whether requests can be sent: 2025 clients shake hands first. */
  get ready(): boolean {
    return this.era === 'modern' || this.#shaken;
  }

  /** Opens the session of a 2025 client, once. */
  shakeHands(): Promise<InitializeResult> {
    return (this.#handshake ??= this.#initialize());
  }

  /** Sends one request as it is. */
  async request(
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
      void this.cancel(id);
    };
    signal?.addEventListener('abort', onAbort);
    try {
      const message: JsonRpcRequest = {
        jsonrpc: '2.0',
        id,
        method,
        params: this.#paramsOf(id, params, options),
      };
      const exchange = this.#exchange(options, (notification) => {
        onNotification?.(notification);
        if (notification.method !== 'notifications/progress' || notification.params?.['progressToken'] !== id)
          return;
        const { progressToken: _token, ...progress } = notification.params;
        options.onProgress?.(progress as unknown as Progress);
      });
      const response = await Promise.race([this.#app.dispatch(overWire(message), exchange), cancelled]);
      if (response === undefined)
        throw new CancelledError(`The server gave up ${method}.`, { cause: this.#gone.signal.reason });
      return resultOf(overWire(response), id);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#open.delete(id);
    }
  }

  /** Sends a notification. */
  async notify(method: string, params: JsonObject = {}): Promise<void> {
    const meta =
      this.era === 'modern' ? { _meta: { ...this.#envelope(), ...(params['_meta'] as JsonObject) } } : {};
    await this.send({ jsonrpc: '2.0', method, params: { ...params, ...meta } });
  }

  /** Tells the server to give up a request, by default the newest that is open. */
  async cancel(requestId: RequestId | undefined = [...this.#open].at(-1), reason?: string): Promise<void> {
    await this.notify('notifications/cancelled', { requestId, ...(reason !== undefined && { reason }) });
  }

  async send(message: unknown): Promise<JsonRpcResponse | undefined> {
    return overWire(await this.#app.dispatch(overWire(message), this.#exchange({})));
  }

  /** Answers a request of the server. */
  async answer(
    request: ServerRequest,
    { onInput = this.#options.onInput }: TestRequestOptions,
  ): Promise<JsonObject> {
    this.serverRequests.push(request);
    const answer = (await this.#options.onRequest?.(request)) ?? (await answerInput(request, onInput ?? {}));
    if (answer) return overWire(answer);
    throw new ToolyardError(
      'NO_INPUT_HANDLER',
      `The server asks ${request.method}, and this client has no handler for it.`,
    );
  }

  close(): void {
    if (this.#gone.signal.aborted) return;
    const reason = new CancelledError('The client is gone.');
    this.#gone.abort(reason);
    this.#stopSubscription?.();
    if (this.#session.record) this.#app.endSession(this.#session.id);
    this.inbox.close(reason);
  }

  #exchange(
    options: TestRequestOptions,
    onNotification?: (notification: ServerNotification) => void,
  ): Exchange {
    const { as = local, tenant, transportName = 'memory' } = this.#options;
    const base = {
      transport: transportName,
      principal: as,
      tenant,
      scope: this.#scope,
      signal: this.#gone.signal,
      notify: (notification: ServerNotification) => {
        const received = overWire({ ...notification });
        this.inbox.receive(received);
        onNotification?.(received);
      },
    };
    if (this.era === 'modern') return { ...base, era: 'modern' };
    const requests = new ServerRequests({ clock: this.#app.clock, timeoutMs: this.#app.inputTimeoutMs });
    const send = (message: JsonRpcRequest | JsonRpcNotification) =>
      void this.#receive(overWire(message), requests, options);
    return {
      ...base,
      era: 'legacy',
      session: this.#session,
      request: (request, signal) => requests.request(request, signal, send),
    };
  }

  /** Answers a request of the server as a 2025 client does. */
  async #receive(
    message: JsonRpcRequest | JsonRpcNotification,
    requests: ServerRequests,
    options: TestRequestOptions,
  ): Promise<void> {
    const { method, params } = message;
    if (!('id' in message)) return this.inbox.receive({ method, params });
    const { id } = message;
    try {
      const result = await this.answer({ method, ...(params && { params }) }, options);
      requests.settle({ jsonrpc: '2.0', id, result });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const unknown = error instanceof ToolyardError && error.code === 'NO_INPUT_HANDLER';
      const code = isProtocolError(error)
        ? error.rpcCode
        : unknown
          ? ErrorCode.methodNotFound
          : ErrorCode.internalError;
      requests.settle({ jsonrpc: '2.0', id, error: { code, message: text } });
    }
  }

  async #initialize(): Promise<InitializeResult> {
    const { as = local, logLevel } = this.#options;
    const result = await this.request(
      'initialize',
      { protocolVersion: this.protocolVersion, capabilities: this.#capabilities, clientInfo: this.#info },
      {},
    );
    await this.notify('notifications/initialized');
    this.#stopSubscription = this.#app.subscribe({
      principal: as,
      session: this.#session,
      notify: (notification) => this.inbox.receive(overWire({ ...notification })),
    });
    if (logLevel !== undefined) await this.request('logging/setLevel', { level: logLevel }, {});
    this.#shaken = true;
    return result as unknown as InitializeResult;
  }

  #paramsOf(id: RequestId, params: JsonObject, { meta, onProgress }: TestRequestOptions): JsonObject {
    const allMeta = {
      ...(this.era === 'modern' && this.#envelope()),
      ...(onProgress && { [MetaKey.progressToken]: id }),
      ...(isRecord(params['_meta']) && params['_meta']),
      ...meta,
    };
    return Object.keys(allMeta).length === 0 ? params : { ...params, _meta: allMeta };
  }

  #envelope(): JsonObject {
    const { logLevel } = this.#options;
    return {
      [MetaKey.protocolVersion]: this.protocolVersion,
      [MetaKey.clientCapabilities]: this.#capabilities,
      [MetaKey.clientInfo]: this.#info,
      ...(logLevel !== undefined && { [MetaKey.logLevel]: logLevel }),
    };
  }

  get #info(): Implementation {
    return this.#options.info ?? { name: 'test-client', version: '0.0.0' };
  }
}

class WireSession extends MemorySession {
  override update(record: SessionRecord): void {
    super.update(overWire(record));
  }
}

function resultOf(response: JsonRpcResponse, id: RequestId): JsonObject {
  if (response.id !== id)
    throw new ToolyardError('WRONG_ID', `Request ${id} was answered under the id ${String(response.id)}.`);
  if ('error' in response) throw toProtocolError(response.error);
  return response.result;
}

function rejectable(): { promise: Promise<never>; reject: (reason: unknown) => void } {
  let reject!: (reason: unknown) => void;
  const promise = new Promise<never>((_resolve, onReject) => (reject = onReject));
  promise.catch(() => {});
  return { promise, reject };
}
