import { InvalidOptionError, type Principal } from '@toolyard/core';

import type { SessionOptions } from '../sessions/session-pool.ts';
import type { HttpState } from '../sessions/state.ts';
import type { Authenticate } from './auth.ts';
import type { GuardOptions } from './guards.ts';
import type { AuthRequest, HttpHeaders } from './message.ts';

/** Options of `createHttpHandler` and everything built on it. */
export interface HttpOptions extends GuardOptions {
  /** Where MCP is served; `'*'` where a framework has routed the request already. Default `/mcp`. */
  readonly path?: string;
  /** Tells who is calling, or refuses. Without it everybody is anonymous and has no scopes. */
  readonly auth?: Authenticate;
  /** The tenant a principal acts in; caches, limits and stores keep tenants apart. */
  readonly tenant?: (principal: Principal, request: AuthRequest) => string | undefined;
  /**
   * How clients of 2025-11-25 and older are served: with sessions (the default), `stateless` (no subscriptions, no
   * questions to the client), or not at all.
   */
  readonly legacy?: 'sessions' | 'stateless' | 'reject';
  /** Bounds of sessions. */
  readonly sessions?: SessionOptions;
  /**
   * What this node shares with others: sessions, their events, and notifications. Then each of them serves every
   * session, whoever opened it. While it cannot be reached, requests in sessions get 503 and others go on. It stays
   * open when the handler closes. Default: this process keeps its sessions itself, and they end with it.
   */
  readonly state?: HttpState;
  /** Largest request body. Default 4 MiB. */
  readonly maxBodyBytes?: number;
  /** A comment goes down every open stream this often, so that proxies keep it open. Default 15 000. */
  readonly keepAliveMs?: number;
  /**
   * Pages beside MCP, by path, answered to GET behind the same guards and `auth`: metrics, a dashboard. Not served
   * where `path` is `'*'`.
   */
  readonly routes?: Readonly<Record<string, Route>>;
  /** Asked by `/readyz`: whether this instance wants traffic. Throwing counts as no. */
  readonly ready?: () => boolean | Promise<boolean>;
}

/** What a page beside MCP answers. */
export interface Page {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: HttpHeaders;
  readonly body: string;
}

/** Answers GET on a path beside MCP. What it throws is answered with 500 and logged. */
export type Route = (request: AuthRequest, principal: Principal) => Page | Promise<Page>;

/** {@link HttpOptions} with its defaults. */
export interface HttpSettings extends HttpOptions {
  readonly path: string;
  readonly legacy: 'sessions' | 'stateless' | 'reject';
  readonly maxBodyBytes: number;
  readonly keepAliveMs: number;
}

/** @throws {InvalidOptionError} `INVALID_OPTION` for a value that cannot work. */
export function settingsOf(options: HttpOptions): HttpSettings {
  const { path = '/mcp', maxBodyBytes = 4 * 1_048_576, keepAliveMs = 15_000, legacy = 'sessions' } = options;
  if (path !== '*' && !path.startsWith('/'))
    throw new InvalidOptionError('path', 'must start with "/" or be "*"');
  if (!(maxBodyBytes > 0)) throw new InvalidOptionError('maxBodyBytes', 'must be above 0');
  if (!(keepAliveMs > 0)) throw new InvalidOptionError('keepAliveMs', 'must be above 0');
  if (!['sessions', 'stateless', 'reject'].includes(legacy)) {
    throw new InvalidOptionError('legacy', 'must be "sessions", "stateless" or "reject"');
  }
  return { ...options, path, maxBodyBytes, keepAliveMs, legacy };
}
