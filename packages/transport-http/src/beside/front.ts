import {
  anonymous,
  InvalidOptionError,
  ShutdownError,
  type Awaitable,
  type Clock,
  type Logger,
  type Principal,
} from '@toolyard/core';

import type { GateOptions } from '../connection/gate.ts';
import { isChallenge, type Authenticate } from '../endpoint/auth.ts';
import { createGuards, preflightHeaders, type Guards } from '../endpoint/guards.ts';
import type { HttpHeaders, Incoming, Reply } from '../endpoint/message.ts';
import { OpenExchanges } from '../endpoint/open-exchanges.ts';
import { problem, sendProblem } from './problem.ts';

/** Who may come in, and as whom. What is served beside MCP takes these from the server it is beside. */
export interface FrontOptions extends GateOptions {
  /** A comment goes down every open stream this often, so that proxies keep it open. Default 15 000. */
  readonly keepAliveMs?: number;
}

/** One request that was let in. */
export interface Visit {
  readonly incoming: Incoming;
  readonly reply: Reply;
  readonly principal: Principal;
  readonly tenant: string | undefined;
  /** Headers of every answer to it. */
  readonly headers: HttpHeaders;
}

/** What a front is for. */
export interface FrontPurpose {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Methods a preflight lets pass. */
  readonly methods: string;
  /** Request headers a preflight lets pass besides those of MCP. */
  readonly requestHeaders?: readonly string[];
}

/** Time for answers of given-up requests to leave. */
const GRACE_MS = 1000;

/**
 * What all that is served beside MCP does first and last: Host and Origin, CORS, preflight, authentication, and the end
 * of it all. As strict as the MCP endpoint, and in the same order.
 */
export class Front {
  /** Streams and calls under way. */
  readonly open: OpenExchanges;
  readonly #purpose: FrontPurpose;
  readonly #options: FrontOptions;
  readonly #guards: Guards;
  /** Twice the number of requests; each counts for its handling and for its answer. */
  #pending = 0;
  #closed: Promise<void> | undefined = undefined;
  #onIdle: (() => void) | undefined = undefined;

  /** @throws {InvalidOptionError} `INVALID_OPTION` */
  constructor(purpose: FrontPurpose, options: FrontOptions) {
    const { keepAliveMs = 15_000 } = options;
    if (!(keepAliveMs > 0)) throw new InvalidOptionError('keepAliveMs', 'must be above 0');
    this.#purpose = purpose;
    this.#options = options;
    this.#guards = createGuards(options);
    this.open = new OpenExchanges(purpose.clock, keepAliveMs);
  }

  /** Lets one request in to `serve`, or refuses it. Never rejects. */
  async handle(incoming: Incoming, reply: Reply, serve: (visit: Visit) => Awaitable<void>): Promise<void> {
    // Counted until it has been dealt with and its answer has left.
    this.#pending += 2;
    reply.onSent(this.#leave);
    try {
      await this.#admit(incoming, reply, serve);
    } catch (err) {
      const { method, path } = incoming;
      this.#purpose.logger.error({ err, method, path }, 'An HTTP request failed.');
      const masked = problem(500, 'INTERNAL', 'The request failed because of an internal error.');
      sendProblem(reply, masked, this.#guards.corsFor(incoming));
    } finally {
      this.#leave();
    }
  }

  /** Refuses new requests, ends streams, and gives running requests until the deadline. */
  close({ deadlineMs = 10_000 }: { deadlineMs?: number } = {}): Promise<void> {
    return (this.#closed ??= this.#drain(deadlineMs));
  }

  #admit(incoming: Incoming, reply: Reply, serve: (visit: Visit) => Awaitable<void>): Awaitable<void> {
    const cors = this.#guards.corsFor(incoming);
    const objection = this.#guards.refuse(incoming);
    if (objection !== undefined)
      return sendProblem(reply, problem(403, 'FORBIDDEN', `Forbidden: ${objection}`), cors);
    if (incoming.method === 'OPTIONS') return reply.send(204, { ...cors, ...this.#preflight(incoming) });
    if (this.#closed) {
      const leaving = problem(503, 'SHUTTING_DOWN', 'The server is shutting down.');
      return sendProblem(reply, leaving, { ...cors, 'retry-after': '1', connection: 'close' });
    }
    const { auth, tenant } = this.#options;
    const enter = (verdict: Awaited<ReturnType<Authenticate>>): Awaitable<void> => {
      if (isChallenge(verdict)) {
        const { status, message } = verdict;
        const refusal = problem(status, status === 401 ? 'UNAUTHENTICATED' : 'ACCESS_DENIED', message);
        return sendProblem(reply, refusal, { ...cors, ...verdict.headers });
      }
      return serve({
        incoming,
        reply,
        principal: verdict,
        tenant: tenant?.(verdict, incoming.request),
        headers: cors,
      });
    };
    const verdict = auth ? auth(incoming.request) : anonymous;
    return 'then' in verdict ? verdict.then(enter) : enter(verdict);
  }

  #preflight(incoming: Incoming): HttpHeaders {
    const { methods, requestHeaders = [] } = this.#purpose;
    const usual = preflightHeaders(incoming);
    return {
      ...usual,
      'access-control-allow-methods': methods,
      'access-control-allow-headers': [usual['access-control-allow-headers'], ...requestHeaders].join(', '),
    };
  }

  async #drain(deadlineMs: number): Promise<void> {
    const shutdown = new ShutdownError();
    this.open.abortListening(shutdown);
    if (!(await this.#isIdleWithin(deadlineMs))) {
      this.open.abortAll(shutdown);
      // What is given up answers at once. Whatever does not notice, like an auth function, is left behind.
      await this.#isIdleWithin(GRACE_MS);
    }
    this.open.stop();
  }

  #isIdleWithin(limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#pending === 0 || limitMs <= 0) {
        resolve(this.#pending === 0);
        return;
      }
      const timer = this.#purpose.clock.after(limitMs, () => resolve(false));
      this.#onIdle = () => {
        timer.cancel();
        resolve(true);
      };
    });
  }

  readonly #leave = (): void => {
    this.#pending -= 1;
    if (this.#pending === 0) this.#onIdle?.();
  };
}
