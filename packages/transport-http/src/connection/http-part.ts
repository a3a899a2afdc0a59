import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import type { App } from '@toolyard/core';

import type { GateOptions } from './gate.ts';

/** Something served beside MCP's own path, on paths of its own. It guards and authenticates for itself. */
export interface HttpPart {
  /** Paths it answers, without query. */
  readonly paths: readonly string[];
  /** Whether a path is one of its own, where `paths` alone does not tell. */
  readonly owns?: (path: string) => boolean;
  readonly node: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Takes connections over, for a server's `upgrade` event. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly close: (options?: { deadlineMs?: number }) => Promise<void>;
}

/** Options that a part takes over from the handler it is served beside. */
export interface SharedOptions extends GateOptions {
  readonly maxBodyBytes?: number;
  readonly keepAliveMs?: number;
}

/** Makes a part, as {@link HttpPart} describes it, for a handler. */
export type HttpAddition = (app: App<any, any>, shared: SharedOptions) => HttpPart;

/** What a part takes over, without what is not set. */
export function sharedOf(shared: SharedOptions): SharedOptions {
  const { auth, tenant, allowedHosts, allowedOrigins, publicUrl, maxBodyBytes, keepAliveMs } = shared;
  const options = { auth, tenant, allowedHosts, allowedOrigins, publicUrl, maxBodyBytes, keepAliveMs };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
