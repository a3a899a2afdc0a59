import { anonymous, type Principal } from '@toolyard/core';
import { ErrorCode, errorResponse } from '@toolyard/core/protocol';

import { isChallenge, type Authenticate } from '../endpoint/auth.ts';
import { createGuards, preflightHeaders, type GuardOptions, type Guards } from '../endpoint/guards.ts';
import type { AuthRequest, HttpHeaders, Incoming } from '../endpoint/message.ts';
import type { Caller } from './caller.ts';

/** Who may come in, and as whom. */
export interface GateOptions extends GuardOptions {
  /** Tells who is calling, or refuses. Without it everybody is anonymous and has no scopes. */
  readonly auth?: Authenticate;
  /** The tenant a principal acts in; caches, limits and stores keep tenants apart. */
  readonly tenant?: (principal: Principal, request: AuthRequest) => string | undefined;
}

/** The part of a reply that a refusal needs. */
export interface Refusable {
  send(status: number, headers: HttpHeaders, body?: string): void;
}

/** A request that was let in. */
export interface Admission {
  readonly caller: Caller;
  /** Headers of every answer to it. */
  readonly headers: HttpHeaders;
}

/** Host, Origin, preflight and authentication, in front of everything else. */
export class Gate {
  readonly #guards: Guards;
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#guards = createGuards(options);
    this.#options = options;
  }

  /** Lets a request in; where the result is `undefined` it has been answered. */
  async admit(incoming: Incoming, reply: Refusable): Promise<Admission | undefined> {
    const headers = this.#guards.corsFor(incoming);
    const problem = this.#guards.refuse(incoming);
    if (problem !== undefined) {
      refuseWith(reply, 403, `Forbidden: ${problem}`, headers);
      return undefined;
    }
    if (incoming.method === 'OPTIONS') {
      reply.send(204, { ...headers, ...preflightHeaders(incoming) });
      return undefined;
    }
    const { auth, tenant } = this.#options;
    const verdict = auth ? await auth(incoming.request) : anonymous;
    if (isChallenge(verdict)) {
      refuseWith(reply, verdict.status, verdict.message, { ...headers, ...verdict.headers });
      return undefined;
    }
    const caller = {
      principal: verdict,
      tenant: tenant?.(verdict, incoming.request),
      peer: incoming.peer,
    };
    return { caller, headers };
  }

  /** Answers 500 to a request that something unforeseen has happened to. */
  fail(incoming: Incoming, reply: Refusable): void {
    refuseWith(reply, 500, 'Internal error', this.#guards.corsFor(incoming), ErrorCode.internalError);
  }
}

/** Refuses a request, with a status for everything between and a JSON-RPC error for clients. */
export function refuseWith(
  reply: Refusable,
  status: number,
  message: string,
  headers: HttpHeaders,
  code: number = ErrorCode.serverError,
): void {
  reply.send(status, headers, JSON.stringify(errorResponse(null, { code, message })));
}
