import type { IncomingMessage, ServerResponse } from 'node:http';

import type { App } from '@toolyard/core';

import type { HttpPart, SharedOptions } from '../connection/http-part.ts';

/** Something that is served beside MCP, on paths of its own. It guards and authenticates for itself. */
export interface BesideHandler extends HttpPart {
  /** Paths it answers, without query. One that ends in `/*` stands for all below it; `owns` knows which these are. */
  readonly paths: readonly string[];
  /** Whether a path (without query) is one of its own. */
  readonly owns: (path: string) => boolean;
  /** Answers a web-standard request; one for a path that is not its own gets 404. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Answers a `node:http` request. A path that is not its own goes to `next`, where there is one, and else gets 404. */
  readonly node: (
    request: IncomingMessage,
    response: ServerResponse,
    next?: (error?: unknown) => void,
  ) => Promise<void>;
  /**
   * Ends streams, refuses new requests with 503, gives running ones until the deadline (default 10 000 ms), then gives
   * them up.
   */
  readonly close: (options?: { deadlineMs?: number }) => Promise<void>;
}

/** Makes what is served beside MCP, with the guards, `auth` and `tenant` of the server it is made for. */
export type Beside = (app: App<any, any>, shared: SharedOptions) => BesideHandler;
