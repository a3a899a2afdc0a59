import type { Awaitable, Clock } from '@toolyard/core';

import { ClientError } from '../errors.ts';
import { within } from '../wait.ts';

/**
 * Where a client's access tokens come from. Each hook runs once for all requests that wait for it, and has five
 * minutes: it may have to ask a person.
 */
export interface ClientAuth {
  /** The token to use now; `undefined` sends none. Asked once, then after every `refresh` and `stepUp`. */
  readonly token: () => Awaitable<string | undefined>;
  /** The server refused the token: get another one. Rejecting, or no hook, makes calls fail with `UNAUTHORIZED`. */
  readonly refresh?: () => Awaitable<unknown>;
  /** The token lacks these scopes: get one that has them. Rejecting, or no hook: `FORBIDDEN`. */
  readonly stepUp?: (scopes: readonly string[]) => Awaitable<unknown>;
}

/** Time a hook has. */
const HOOK_MS = 5 * 60_000;

/** Knows the present token, and renews it once for everybody who was refused with it. */
export class TokenKeeper {
  readonly #auth: ClientAuth;
  readonly #clock: Clock;
  readonly #onRefreshed: () => void;
  #token: Promise<string | undefined> | undefined;
  #renewal: Promise<void> | undefined;

  constructor(auth: ClientAuth, clock: Clock, onRefreshed: () => void) {
    this.#auth = auth;
    this.#clock = clock;
    this.#onRefreshed = onRefreshed;
  }

  async token(): Promise<string | undefined> {
    await this.#renewal;
    const asked = (this.#token ??= this.#run(this.#auth.token));
    try {
      return await asked;
    } catch (cause) {
      if (this.#token === asked) this.#token = undefined;
      throw new ClientError('UNAUTHORIZED', 'No access token could be got.', { cause });
    }
  }

  /** After a 401. A token that has changed since is good enough. */
  async refresh(refused: string | undefined): Promise<void> {
    const { refresh } = this.#auth;
    if ((await this.token()) !== refused) return;
    if (!refresh) throw unauthorized();
    await this.#renew(refresh, (cause) => unauthorized(cause));
  }

  /** After a 403 for want of scopes. */
  async stepUp(scopes: readonly string[], refused: string | undefined): Promise<void> {
    const { stepUp } = this.#auth;
    if ((await this.token()) !== refused) return;
    if (!stepUp) throw forbidden(scopes);
    await this.#renew(
      () => stepUp(scopes),
      (cause) => forbidden(scopes, cause),
    );
  }

  #run<T>(hook: () => Awaitable<T>): Promise<T> {
    return within(this.#clock, HOOK_MS, hook, () => new Error('It took longer than five minutes.'));
  }

  #renew(hook: () => Awaitable<unknown>, explain: (cause: unknown) => ClientError): Promise<void> {
    this.#renewal ??= (async () => {
      try {
        await this.#run(hook);
        this.#token = undefined;
        this.#onRefreshed();
      } catch (cause) {
        throw explain(cause);
      }
    })();
    const renewal = this.#renewal;
    const forget = () => {
      if (this.#renewal === renewal) this.#renewal = undefined;
    };
    void renewal.then(forget, forget);
    return renewal;
  }
}

export function unauthorized(cause?: unknown): ClientError {
  return new ClientError('UNAUTHORIZED', 'The server wants a valid access token.', { cause, status: 401 });
}

export function forbidden(scopes: readonly string[], cause?: unknown): ClientError {
  const needed = scopes.length > 0 ? ` It needs the scopes: ${scopes.join(', ')}.` : '';
  return new ClientError('FORBIDDEN', `The server does not allow this.${needed}`, {
    cause,
    status: 403,
    scopes,
  });
}

/** The scopes a `WWW-Authenticate` challenge asks for; `undefined` when it is about something else. */
export function scopesAskedFor(header: string | null): readonly string[] | undefined {
  if (header === null || !/\berror="?insufficient_scope\b/.test(header)) return undefined;
  return /\bscope="([^"]*)"/.exec(header)?.[1]?.split(' ').filter(Boolean) ?? [];
}
