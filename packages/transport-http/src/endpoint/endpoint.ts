import { anonymous, ShutdownError, type App, type Awaitable, type Principal } from '@toolyard/core';
import {
  answerableId,
  ErrorCode,
  eraOf,
  kindOf,
  MODERN_REVISIONS,
  type JsonRpcNotification,
  type JsonRpcRequest,
} from '@toolyard/core/protocol';

import { ChangeRelay } from '../sessions/change-relay.ts';
import { SessionPool } from '../sessions/session-pool.ts';
import { StateUnavailableError } from '../sessions/state-error.ts';
import { isJson, readAccept } from './accept.ts';
import { httpError, refuse, unavailable } from './answer.ts';
import { isChallenge, type Challenge } from './auth.ts';
import { createGuards, preflightHeaders, type Guards } from './guards.ts';
import {
  serveDelete,
  serveInitialize,
  serveInSession,
  serveWithoutSession,
  type LegacyServing,
} from './legacy.ts';
import type { Arrival } from './arrival.ts';
import { BodyError, type HttpHeaders, type Incoming, type Reply } from './message.ts';
import { namesModernVersion, serveModernNotification, serveModernRequest } from './modern.ts';
import { OpenExchanges } from './open-exchanges.ts';
import { settingsOf, type HttpOptions, type HttpSettings, type Route } from './options.ts';
import { serveStream } from './session-streams.ts';

/** The MCP endpoint, apart from any HTTP server. */
export class Endpoint {
  readonly #settings: HttpSettings;
  readonly #guards: Guards;
  readonly #serving: LegacyServing;
  /** What connects the changes of this node with those of others. */
  readonly #relay: ChangeRelay | undefined;
  /** Twice the number of requests; each counts for its handling and for its answer. */
  #open = 0;
  #closed: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(app: App<any, any>, options: HttpOptions = {}) {
    this.#settings = settingsOf(options);
    this.#guards = createGuards(options);
    const keepsSessions = this.#settings.legacy === 'sessions';
    this.#serving = {
      app,
      open: new OpenExchanges(app.clock, this.#settings.keepAliveMs),
      pool: new SessionPool(app, options.sessions, keepsSessions ? this.#settings.state : undefined),
    };
    if (this.#settings.state) this.#relay = new ChangeRelay(app, this.#settings.state.bus);
  }

  /** Sessions that are open now. */
  get sessionCount(): number {
    return this.#serving.pool.size;
  }

  /** Answers one request. Never rejects. */
  async handle(incoming: Incoming, reply: Reply): Promise<void> {
    // Counted until it has been dealt with and its answer has left.
    this.#open += 2;
    reply.onSent(this.#leave);
    try {
      await this.#route(incoming, reply);
    } catch (error) {
      this.#answerFailure(error, incoming, reply);
    } finally {
      this.#leave();
    }
  }

  #answerFailure(err: unknown, incoming: Incoming, reply: Reply): void {
    const { app } = this.#serving;
    const cors = this.#guards.corsFor(incoming);
    if (err instanceof StateUnavailableError) {
      const { error, headers } = unavailable(app, err);
      return refuse(reply, 503, error, { ...cors, ...headers });
    }
    app.logger.error({ err, method: incoming.method, path: incoming.path }, 'An HTTP request failed.');
    refuse(reply, 500, { code: ErrorCode.internalError, message: 'Internal error' }, cors);
  }

  /** Refuses new requests, ends streams, and gives running requests until the deadline. */
  close({ deadlineMs = 10_000 }: { deadlineMs?: number } = {}): Promise<void> {
    return (this.#closed ??= this.#drain(deadlineMs));
  }

  async #drain(deadlineMs: number): Promise<void> {
    const { open, pool } = this.#serving;
    const shutdown = new ShutdownError();
    open.abortListening(shutdown);
    if (!(await this.#isIdleWithin(deadlineMs))) {
      open.abortAll(shutdown);
      // What is given up answers at once. Whatever does not notice, like an auth function, is left behind.
      await this.#isIdleWithin(GRACE_MS);
    }
    this.#relay?.close();
    await pool.close();
    open.stop();
  }

  #isIdleWithin(limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#open === 0 || limitMs <= 0) {
        resolve(this.#open === 0);
        return;
      }
      const timer = this.#serving.app.clock.after(limitMs, () => resolve(false));
      this.#onIdle = () => {
        timer.cancel();
        resolve(true);
      };
    });
  }

  readonly #leave = (): void => {
    this.#open -= 1;
    if (this.#open === 0) this.#onIdle?.();
  };

  #route(incoming: Incoming, reply: Reply): Awaitable<void> {
    const cors = this.#guards.corsFor(incoming);
    const problem = this.#guards.refuse(incoming);
    if (problem !== undefined) return refuse(reply, 403, httpError(`Forbidden: ${problem}`), cors);
    let page: Route | undefined;
    if (this.#settings.path !== '*') {
      const { path } = incoming;
      page = this.#pageAt(path);
      if (path === '/healthz') return reply.send(200, { 'content-type': 'text/plain', ...cors }, 'ok\n');
      if (path === '/readyz') return this.#answerReady(reply, cors);
      if (path !== this.#settings.path && !page)
        return refuse(reply, 404, httpError(`Not found. MCP is at ${this.#settings.path}.`), cors);
    }
    if (incoming.method === 'OPTIONS') return reply.send(204, { ...cors, ...preflightHeaders(incoming) });
    if (this.#closed) {
      return refuse(reply, 503, httpError('The server is shutting down.'), {
        ...cors,
        'retry-after': '1',
        connection: 'close',
      });
    }
    const serve = (verdict: Principal | Challenge): Awaitable<void> => {
      if (isChallenge(verdict)) {
        return refuse(reply, verdict.status, httpError(verdict.message), { ...cors, ...verdict.headers });
      }
      if (page) return this.#answerPage(page, incoming, reply, verdict, cors);
      return this.#serve(incoming, reply, verdict, cors);
    };
    const { auth } = this.#settings;
    const verdict = auth ? auth(incoming.request) : anonymous;
    return 'then' in verdict ? verdict.then(serve) : serve(verdict);
  }

  #serve(incoming: Incoming, reply: Reply, principal: Principal, headers: HttpHeaders): Awaitable<void> {
    const arrival: Arrival = {
      incoming,
      reply,
      principal,
      tenant: this.#settings.tenant?.(principal, incoming.request),
      resourceMetadata: this.#settings.auth?.resourceMetadata,
      accepts: readAccept(incoming.header('accept')),
      headers,
    };
    const { method } = incoming;
    switch (method) {
      case 'POST':
        return this.#post(arrival);
      case 'GET':
      case 'DELETE':
        if (this.#settings.legacy === 'sessions') {
          return method === 'GET' ? serveStream(this.#serving, arrival) : serveDelete(this.#serving, arrival);
        }
    }
    refuse(reply, 405, httpError('Method not allowed.'), { ...headers, allow: this.#allowed() });
  }

  async #post(arrival: Arrival): Promise<void> {
    const { incoming, reply, accepts, headers } = arrival;
    if (!isJson(incoming.header('content-type'))) {
      return refuse(
        reply,
        415,
        httpError('Unsupported Media Type: Content-Type must be application/json.'),
        headers,
      );
    }
    if (!accepts.json && !accepts.stream) {
      return refuse(
        reply,
        406,
        httpError('Not Acceptable: accept application/json or text/event-stream.'),
        headers,
      );
    }
    let text: string;
    try {
      text = await incoming.readBody(this.#settings.maxBodyBytes);
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      return refuse(reply, error.status, httpError(error.message), headers);
    }
    const body = parseJson(text);
    if (body === NOT_JSON) {
      const error = { code: ErrorCode.parseError, message: 'Parse error: the body is not JSON.' };
      return refuse(reply, 400, error, headers);
    }
    if (Array.isArray(body)) return this.#legacy(arrival, body);
    const kind = kindOf(body);
    if (kind === 'invalid') {
      const error = {
        code: ErrorCode.invalidRequest,
        message: 'Bad Request: the body is not a JSON-RPC 2.0 message.',
      };
      return refuse(reply, 400, error, headers, answerableId(body));
    }
    if (kind === 'response') return this.#legacy(arrival, body);
    const message = body as JsonRpcRequest | JsonRpcNotification;
    const isInitialize = message.method === 'initialize';
    if (eraOf(message) === 'modern' || (!isInitialize && namesModernVersion(incoming))) {
      return kind === 'request'
        ? serveModernRequest(this.#serving, arrival, message as JsonRpcRequest)
        : serveModernNotification(this.#serving, arrival, message);
    }
    return this.#legacy(arrival, message);
  }

  #legacy(arrival: Arrival, body: unknown): Promise<void> | void {
    const { reply, headers } = arrival;
    switch (this.#settings.legacy) {
      case 'reject':
        return refuseLegacy(arrival, body);
      case 'stateless':
        if (Array.isArray(body)) {
          return refuse(
            reply,
            400,
            { code: ErrorCode.invalidRequest, message: 'Batches are not served here.' },
            headers,
          );
        }
        return serveWithoutSession(this.#serving, arrival, body);
      default:
        return kindOf(body) === 'request' && (body as JsonRpcRequest).method === 'initialize'
          ? serveInitialize(this.#serving, arrival, body as JsonRpcRequest)
          : serveInSession(this.#serving, arrival, body);
    }
  }

  #pageAt(path: string): Route | undefined {
    const { routes } = this.#settings;
    return routes && this.#settings.path !== '*' && Object.hasOwn(routes, path) ? routes[path] : undefined;
  }

  async #answerPage(
    page: Route,
    { method, request }: Incoming,
    reply: Reply,
    principal: Principal,
    cors: HttpHeaders,
  ): Promise<void> {
    if (method !== 'GET')
      return refuse(reply, 405, httpError('Method not allowed.'), { ...cors, allow: 'GET, OPTIONS' });
    const { status = 200, headers, body } = await page(request, principal);
    reply.send(status, { 'content-type': 'text/plain; charset=utf-8', ...cors, ...headers }, body);
  }

  async #answerReady(reply: Reply, headers: HttpHeaders): Promise<void> {
    const ready = !this.#closed && (await this.#isReady());
    reply.send(
      ready ? 200 : 503,
      { 'content-type': 'text/plain', ...headers },
      ready ? 'ready\n' : 'not ready\n',
    );
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await this.#settings.ready?.()) ?? true;
    } catch (err) {
      this.#serving.app.logger.warn({ err }, 'The readiness check failed.');
      return false;
    }
  }

  #allowed(): string {
    return this.#settings.legacy === 'sessions' ? 'GET, POST, DELETE, OPTIONS' : 'POST, OPTIONS';
  }
}

const NOT_JSON = Symbol('not JSON');

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}

/** Time for answers of given-up requests to leave. */
const GRACE_MS = 1000;

/** The answer of an endpoint for the 2026 era alone: which revisions it does serve. */
function refuseLegacy({ reply, headers }: Arrival, body: unknown): void {
  switch (kindOf(body)) {
    case 'notification':
      return reply.send(202, headers);
    case 'request': {
      const { id, method } = body as JsonRpcRequest;
      const message = `${method}: this server speaks protocol revision ${MODERN_REVISIONS.join(', ')} alone.`;
      const data = { supported: MODERN_REVISIONS };
      return refuse(reply, 400, { code: ErrorCode.unsupportedProtocolVersion, message, data }, headers, id);
    }
    default:
      return refuse(
        reply,
        400,
        { code: ErrorCode.invalidRequest, message: 'Bad Request: send one request.' },
        headers,
      );
  }
}
