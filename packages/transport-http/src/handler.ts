import type { IncomingMessage, ServerResponse } from 'node:http';

import type { App } from '@toolyard/core';

import type { HttpAddition, HttpPart } from './connection/http-part.ts';
import { Endpoint } from './endpoint/endpoint.ts';
import type { HttpOptions } from './endpoint/options.ts';
import { FetchIncoming, FetchReply } from './fetch/fetch-message.ts';
import { NodeIncoming, NodeReply } from './node/node-message.ts';

/** Options of {@link createHttpHandler}. */
export interface HandlerOptions extends HttpOptions {
  /** Other transports and feeds, on paths of their own, with the same guards and `auth`: `sse()`, `webSocket()`. */
  readonly also?: readonly HttpAddition[];
}

/** An app as an HTTP handler, for `node:http` and for everything that speaks `fetch`. */
export interface HttpHandler {
  /** Answers a web-standard request. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Answers a `node:http` request. A body that a framework has parsed is taken from `req.body`. */
  readonly node: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Takes connections over, for a server's `upgrade` event. There is one if something in `also` needs it. */
  readonly upgrade?: NonNullable<HttpPart['upgrade']>;
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
export function createHttpHandler(app: App<any, any>, options: HandlerOptions = {}): HttpHandler {
  const { also = [], ...own } = options;
  const endpoint = new Endpoint(app, own);
  const parts = also.map((add) => add(app, own));
  const partAt = (path: string) => parts.find(({ owns, paths }) => owns?.(path) ?? paths.includes(path));
  const upgradable = parts.find(({ upgrade }) => upgrade);
  return {
    fetch(request) {
      const part = parts.length > 0 ? partAt(new URL(request.url).pathname) : undefined;
      if (part) return part.fetch(request);
      const reply = new FetchReply(request);
      void endpoint.handle(new FetchIncoming(request), reply);
      return reply.response;
    },
    node(request, response) {
      const incoming = new NodeIncoming(request);
      const part = partAt(incoming.path);
      return part ? part.node(request, response) : endpoint.handle(incoming, new NodeReply(response));
    },
    ...(upgradable && {
      upgrade(request, socket, head) {
        const part = partAt(new NodeIncoming(request).path);
        // One that does not serve the path says so.
        (part?.upgrade ?? upgradable.upgrade!)(request, socket, head);
      },
    }),
    get sessionCount() {
      return endpoint.sessionCount;
    },
    async close(closeOptions) {
      await Promise.all([endpoint, ...parts].map((each) => each.close(closeOptions)));
    },
  };
}
