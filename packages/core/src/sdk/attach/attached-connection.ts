import type { App } from '../../app/app.ts';
import { findResource } from '../../app/catalog.ts';
import type { AppCore } from '../../app/core.ts';
import { notificationOf } from '../../app/hub.ts';
import { CancelledError, isProtocolError } from '../../errors.ts';
import type { Exchange } from '../../exchange.ts';
import { mayUse, type Principal } from '../../principal.ts';
import { eraOf } from '../../protocol/envelope.ts';
import { ErrorCode } from '../../protocol/error-codes.ts';
import {
  errorResponse,
  kindOf,
  type JsonRpcError,
  type JsonRpcErrorResponse,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
} from '../../protocol/json-rpc.ts';
import type { ServerNotification } from '../../protocol/messages.ts';
import { isRevision } from '../../protocol/revisions.ts';
import { ServerRequests } from '../../server-requests.ts';
import { coreOf } from '../core-of.ts';
import type { SdkTransport } from '../sdk-server.ts';
import type { AttachOptions } from './attach.ts';
import { AttachedSession } from './attached-session.ts';
import { principalOf, readExtra, type ReadExtra } from './identity.ts';
import type { Interceptor } from './intercept-transport.ts';
import { hostPage, isList, joinDescriptions, joinPages } from './joint-answer.ts';
import { answererOf } from './part-of-app.ts';

type Deliver = (message: unknown, extra: unknown) => void;

interface Caller {
  readonly principal: Principal;
  readonly tenant: string | undefined;
}

/** One connection of a host's server, as the app sees it: answers its part and leaves the rest to the host. */
export class AttachedConnection implements Interceptor {
  readonly #app: App<any, any>;
  readonly #core: AppCore;
  readonly #transport: SdkTransport;
  readonly #options: AttachOptions;
  readonly #scope = crypto.randomUUID();
  readonly #gone = new AbortController();
  readonly #requests: ServerRequests;
  /** Requests the host's server was given whose answer is wanted here, by id. */
  readonly #askedHost = new Map<string, (response: JsonRpcResponse | undefined) => void>();
  readonly #session: AttachedSession;
  #unsubscribe: (() => void) | undefined = undefined;

  constructor(app: App<any, any>, transport: SdkTransport, options: AttachOptions) {
    this.#app = app;
    this.#core = coreOf(app);
    this.#transport = transport;
    this.#options = options;
    this.#session = new AttachedSession(() => transport.sessionId);
    this.#requests = new ServerRequests({ clock: app.clock, timeoutMs: app.inputTimeoutMs });
  }

  received(message: unknown, extra: unknown, deliver: Deliver): void {
    const kind = kindOf(message);
    if (kind === 'request') return this.#request(message as JsonRpcRequest, extra, deliver);
    if (kind === 'notification') this.#notification(message as JsonRpcNotification, extra);
    if (kind === 'response' && this.#settle(message as JsonRpcResponse)) return;
    deliver(message, extra);
  }

  sent(message: unknown, options: unknown): Promise<void> {
    if (kindOf(message) === 'response') {
      const response = message as JsonRpcResponse;
      const key = keyOf(response.id);
      const take = this.#askedHost.get(key);
      if (take) {
        this.#askedHost.delete(key);
        take(response);
        return Promise.resolve();
      }
    }
    return this.#transport.send(message, options);
  }

  closed(): void {
    if (this.#gone.signal.aborted) return;
    const reason = new CancelledError('The client is gone.');
    this.#gone.abort(reason);
    this.#unsubscribe?.();
    this.#requests.close(reason);
    for (const give of this.#askedHost.values()) give(undefined);
    this.#askedHost.clear();
    if (this.#session.record) this.#app.endSession(this.#session.id);
  }

  #request(request: JsonRpcRequest, extra: unknown, deliver: Deliver): void {
    const answerer = answererOf(this.#core, request);
    if (answerer === 'host') return deliver(request, extra);
    const askHost = () => this.#askHost(request, extra, deliver);
    this.#inBackground(this.#answer(request, extra, answerer === 'both' ? askHost : undefined));
  }

  async #answer(
    request: JsonRpcRequest,
    extra: unknown,
    askHost: (() => Promise<JsonRpcResponse | undefined>) | undefined,
  ): Promise<void> {
    let response: JsonRpcResponse | undefined;
    try {
      const read = readExtra(extra, this.#transport.sessionId);
      const caller = await this.#callerOf(read);
      if (eraOf(request) === 'modern' && !read.isHttp) this.#listen(caller.principal);
      const exchange = this.#exchange(request, read, caller);
      response = askHost
        ? await this.#answerTogether(request, exchange, askHost)
        : await this.#app.dispatch(request, exchange);
    } catch (error) {
      response = errorResponse(request.id, this.#failure(error));
    }
    if (response) this.#write(response);
  }

  /** Why nobody is known to answer for: the host's mapping failed, or refused. */
  #failure(error: unknown): JsonRpcError {
    if (isProtocolError(error)) {
      const { rpcCode, message, data } = error;
      return { code: rpcCode, message, ...(data !== undefined && { data }) };
    }
    this.#app.logger.error({ err: error }, 'It could not be told who sends a request.');
    return { code: ErrorCode.internalError, message: 'Internal error' };
  }

  /** Runs in both; the host's answer stands where the app has nothing to add. */
  async #answerTogether(
    request: JsonRpcRequest,
    exchange: Exchange,
    askHost: () => Promise<JsonRpcResponse | undefined>,
  ): Promise<JsonRpcResponse | undefined> {
    const { id, method } = request;
    if (isList(method)) return this.#list(request, exchange, askHost);
    const ours = await this.#app.dispatch(request, exchange);
    if (ours === undefined || 'error' in ours) return ours;
    const theirs = await askHost();
    if (theirs === undefined) return undefined;
    if ('error' in theirs) return isUnserved(theirs) && method !== 'initialize' ? ours : theirs;
    if (method === 'logging/setLevel') return theirs;
    if (method === 'initialize') this.#session.speak(theirs.result['protocolVersion']);
    return { jsonrpc: '2.0', id, result: joinDescriptions(theirs.result, ours.result) };
  }

  /** The pages of the host's server, then those of the app. */
  async #list(
    request: JsonRpcRequest,
    exchange: Exchange,
    askHost: () => Promise<JsonRpcResponse | undefined>,
  ): Promise<JsonRpcResponse | undefined> {
    const { id, method, params = {} } = request;
    const { cursor, ...others } = params;
    const mark = `toolyard:${this.#app.info.name}:`;
    const listOurs = async (ownCursor: string | undefined) => {
      const page = ownCursor === undefined ? others : { ...others, cursor: ownCursor };
      return markCursor(await this.#app.dispatch({ ...request, params: page }, exchange), mark);
    };
    if (typeof cursor === 'string' && cursor.startsWith(mark)) return listOurs(cursor.slice(mark.length));
    const theirs = await askHost();
    if (theirs === undefined) return undefined;
    if ('error' in theirs) return isUnserved(theirs) ? listOurs(undefined) : theirs;
    const page = hostPage(this.#core, method, theirs.result);
    if (page['nextCursor'] !== undefined) return { jsonrpc: '2.0', id, result: page };
    const ours = await listOurs(undefined);
    if (ours === undefined || 'error' in ours) return ours;
    return { jsonrpc: '2.0', id, result: joinPages(method, page, ours.result) };
  }

  #askHost(request: JsonRpcRequest, extra: unknown, deliver: Deliver): Promise<JsonRpcResponse | undefined> {
    const key = keyOf(request.id);
    if (this.#gone.signal.aborted) return Promise.resolve(undefined);
    if (this.#askedHost.has(key)) {
      const message = 'A request with this id is still being answered.';
      return Promise.resolve(errorResponse(request.id, { code: ErrorCode.invalidRequest, message }));
    }
    return new Promise((resolve) => {
      this.#askedHost.set(key, resolve);
      deliver(request, extra);
    });
  }

  #notification(notification: JsonRpcNotification, extra: unknown): void {
    const { method, params } = notification;
    if (method === 'notifications/cancelled') {
      // The host's server answers nothing that was cancelled.
      const key = keyOf(params?.['requestId']);
      this.#askedHost.get(key)?.(undefined);
      this.#askedHost.delete(key);
    }
    const read = readExtra(extra, this.#transport.sessionId);
    this.#inBackground(this.#observe(notification, read));
  }

  async #observe(notification: JsonRpcNotification, read: ReadExtra): Promise<void> {
    const caller = await this.#callerOf(read);
    await this.#app.dispatch(notification, this.#exchange(notification, read, caller));
    if (notification.method === 'notifications/initialized' && this.#session.record) {
      this.#subscribe(caller.principal);
    }
  }

  /** Whether the response answers a question of the app. */
  #settle(response: JsonRpcResponse): boolean {
    const id = this.#ownId(response.id);
    if (id === undefined) return false;
    this.#requests.settle({ ...response, id });
    return true;
  }

  async #callerOf({ info }: ReadExtra): Promise<Caller> {
    const { principal = principalOf, tenant } = this.#options;
    const found = typeof principal === 'function' ? await principal(info) : principal;
    return { principal: found, tenant: tenant?.(info) };
  }

  #exchange(
    message: JsonRpcRequest | JsonRpcNotification,
    { info, isHttp, closeStream }: ReadExtra,
    { principal, tenant }: Caller,
  ): Exchange {
    const related = 'id' in message ? { relatedRequestId: message.id } : undefined;
    const base = {
      transport: this.#options.transportName ?? (isHttp ? 'http' : 'sdk'),
      principal,
      tenant,
      scope: this.#scope,
      signal: this.#gone.signal,
      notify: ({ method, params }: ServerNotification) =>
        this.#write({ jsonrpc: '2.0', method, ...(params && { params }) }, related),
      ...(isHttp && { header: (name: string) => info.header(name) }),
      ...(closeStream && { detach: closeStream }),
    };
    if (eraOf(message) === 'modern') return { ...base, era: 'modern' };
    const spoken = info.header('mcp-protocol-version');
    return {
      ...base,
      era: 'legacy',
      session: this.#session,
      ...(isRevision(spoken) && { protocolVersion: spoken }),
      request: (asked, signal) =>
        this.#requests.request(asked, signal, (question) => this.#write(this.#withOwnId(question), related)),
    };
  }

  /** Ids of the app's requests are texts of its own: the host's server counts on numbers. */
  #withOwnId(message: JsonRpcRequest | JsonRpcNotification): JsonRpcMessage {
    const own = (id: unknown) => `${this.#scope}:${String(id)}`;
    if ('id' in message) return { ...message, id: own(message.id) };
    const { params } = message;
    return { ...message, params: { ...params, requestId: own(params?.['requestId']) } };
  }

  #ownId(id: unknown): number | undefined {
    const start = `${this.#scope}:`;
    return typeof id === 'string' && id.startsWith(start) ? Number(id.slice(start.length)) : undefined;
  }

  /** Tells a 2025 client of changes. */
  #subscribe(principal: Principal): void {
    if (this.#unsubscribe || this.#gone.signal.aborted) return;
    const notify = (notification: ServerNotification) => this.#tell(notification);
    this.#follow(() => this.#app.subscribe({ principal, session: this.#session, notify }));
  }

  /** Tells a 2026 client on a lasting connection of changes: the SDK stamps and filters what leaves. */
  #listen(principal: Principal): void {
    if (this.#unsubscribe || this.#gone.signal.aborted) return;
    this.#follow(() =>
      this.#core.hub.listen((change) => {
        if (change.kind === 'resource') {
          const resource = findResource(this.#core.catalog, change.uri)?.entry.compiled.resource;
          if (resource && !mayUse(resource.access, principal)) return;
        }
        this.#tell(notificationOf(change));
      }),
    );
  }

  /** Without room for one more stream of changes the connection is served all the same. */
  #follow(subscribe: () => () => void): void {
    try {
      this.#unsubscribe = subscribe();
    } catch (err) {
      this.#unsubscribe = () => {};
      this.#app.logger.warn({ err }, 'A client will not hear of changes.');
    }
  }

  #tell({ method, params }: ServerNotification): void {
    this.#write({ jsonrpc: '2.0', method, ...(params && { params }) });
  }

  #write(message: JsonRpcMessage, options?: object): void {
    if (this.#gone.signal.aborted) return;
    this.#inBackground(this.#send(message, options));
  }

  /** Transports of hosts may throw at once. */
  async #send(message: JsonRpcMessage, options: object | undefined): Promise<void> {
    await this.#transport.send(message, options);
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((err: unknown) => {
      if (!this.#gone.signal.aborted) this.#app.logger.warn({ err }, 'A message could not be answered.');
    });
  }
}

function keyOf(id: unknown): string {
  return `${typeof id} ${String(id)}`;
}

function isUnserved({ error }: JsonRpcErrorResponse): boolean {
  return error.code === ErrorCode.methodNotFound;
}

function markCursor(response: JsonRpcResponse | undefined, mark: string): JsonRpcResponse | undefined {
  if (response === undefined || 'error' in response) return response;
  const next = response.result['nextCursor'];
  if (typeof next !== 'string') return response;
  return { ...response, result: { ...response.result, nextCursor: mark + next } };
}
