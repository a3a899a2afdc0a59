import type { IncomingMessage, ServerResponse } from 'node:http';

import type { App } from '@toolyard/core';

import { Endpoint } from './endpoint/endpoint.ts';
import type { HttpOptions } from './endpoint/options.ts';
import { FetchIncoming, FetchReply } from './fetch/fetch-message.ts';
import { NodeIncoming, NodeReply } from './node/node-message.ts';

/** An app as an HTTP handler, for `node:http` and for everything that speaks `fetch`. */
export interface HttpHandler {
  /** Answers a web-standard request. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Answers a `node:http` request. A body that a framework has parsed is taken from `req.body`. */
  readonly node: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Sessions of 2025 clients that are open now. */
  readonly sessionCount: number;
  /**
   * Ends streams, refuses new requests with 503, gives running ones until the deadline (default 10 000 ms), then
   * gives them up. The app stays open.
   */
  readonly close: (options?: { deadlineMs?: number }) => Promise<void>;
}

/**
 * Serves an app over Streamable HTTP, to clients of every revision on one path. Opens nothing by itself.
 *
 * Requests whose Host or Origin is not allowed get 403: on a public name, set `publicUrl` (or `allowedHosts`).
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createApp } from '@toolyard/core';
 * import { createHttpHandler } from '@toolyard/transport-http';
 *
 * const handler = createHttpHandler(createApp({ name: 'demo', version: '1.0.0' }));
 * createServer(handler.node).listen(3000, '127.0.0.1');
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
export function createHttpHandler(app: App<any, any>, options: HttpOptions = {}): HttpHandler {
  const endpoint = new Endpoint(app, options);
  return {
    fetch(request) {
      const reply = new FetchReply(request);
      void endpoint.handle(new FetchIncoming(request), reply);
      return reply.response;
    },
    node: (request, response) => endpoint.handle(new NodeIncoming(request), new NodeReply(response)),
    get sessionCount() {
      return endpoint.sessionCount;
    },
    close: (closeOptions) => endpoint.close(closeOptions),
  };
}
