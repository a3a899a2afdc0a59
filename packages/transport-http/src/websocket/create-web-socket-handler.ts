import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import type { App } from '@toolyard/core';

import { sharedOf, type HttpAddition, type HttpPart } from '../connection/http-part.ts';
import { FetchIncoming, FetchReply } from '../fetch/fetch-message.ts';
import { NodeIncoming, NodeReply } from '../node/node-message.ts';
import type { WebSocketOptions } from './options.ts';
import { WebSocketEndpoint } from './web-socket-endpoint.ts';

/** An app behind WebSockets, for `node:http`. */
export interface WebSocketHandler extends HttpPart {
  /** Takes connections over: `server.on('upgrade', handler.upgrade)`. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Connections that are open now. */
  readonly connectionCount: number;
  /**
   * Refuses new connections with 503, gives running requests until the deadline (default 10 000 ms), then closes all
   * with 1001. The app stays open.
   */
  readonly close: (options?: { deadlineMs?: number }) => Promise<void>;
}

/**
 * Serves an app over WebSockets: one JSON-RPC message per text frame, subprotocol `mcp`, every protocol revision.
 *
 * **WebSocket is no transport of the MCP specification.** Few clients speak it and none has to; offer it beside
 * Streamable HTTP, to clients of your own.
 *
 * Host, Origin and `auth` are checked before the upgrade, so clients that are refused read 401 or 403. Browsers cannot
 * send an `Authorization` header with a WebSocket: an `auth` function for them reads a cookie (safe here, since Origin is
 * checked) or a second subprotocol. Who a client is, is settled then for the whole connection: where tokens expire, set
 * `maxAgeMs` to what you can bear.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createApp } from '@toolyard/core';
 * import { createWebSocketHandler } from '@toolyard/transport-http/websocket';
 *
 * const handler = createWebSocketHandler(createApp({ name: 'demo', version: '1.0.0' }));
 * createServer(handler.node).on('upgrade', handler.upgrade).listen(3000, '127.0.0.1');
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 */
export function createWebSocketHandler(app: App<any, any>, options: WebSocketOptions = {}): WebSocketHandler {
  const endpoint = new WebSocketEndpoint(app, options);
  return {
    paths: [endpoint.settings.path],
    fetch(request) {
      const reply = new FetchReply(request);
      void endpoint.handle(new FetchIncoming(request), reply);
      return reply.response;
    },
    node: (request, response) => endpoint.handle(new NodeIncoming(request), new NodeReply(response)),
    upgrade: (request, socket, head) => void endpoint.upgrade(request, socket, head),
    get connectionCount() {
      return endpoint.connectionCount;
    },
    close: (closeOptions) => endpoint.close(closeOptions),
  };
}

/**
 * {@link createWebSocketHandler} beside Streamable HTTP: `serveHttp(app, { also: [webSocket()] })`. Guards, `auth` and
 * `tenant` are those of the server unless given here; messages may have its `maxBodyBytes`.
 */
export function webSocket(options: WebSocketOptions = {}): HttpAddition {
  return function serveWebSocket(app, shared) {
    const { maxBodyBytes, keepAliveMs: _, ...rest } = sharedOf(shared);
    const limit = maxBodyBytes === undefined ? {} : { maxMessageBytes: maxBodyBytes };
    return createWebSocketHandler(app, { ...rest, ...limit, ...options });
  };
}
