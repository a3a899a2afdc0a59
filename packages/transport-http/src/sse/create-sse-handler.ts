import type { App } from '@toolyard/core';

import { sharedOf, type HttpAddition, type HttpPart } from '../connection/http-part.ts';
import { FetchIncoming, FetchReply } from '../fetch/fetch-message.ts';
import { NodeIncoming, NodeReply } from '../node/node-message.ts';
import type { SseOptions } from './options.ts';
import { SseEndpoint } from './sse-endpoint.ts';

/** An app behind the 2024-11-05 transport, for `node:http` and for everything that speaks `fetch`. */
export interface SseHandler extends HttpPart {
  /** Streams that are open now. */
  readonly sessionCount: number;
  /**
   * Refuses new streams with 503, gives running requests until the deadline (default 10 000 ms), then ends all
   * streams. The app stays open.
   */
  readonly close: (options?: { deadlineMs?: number }) => Promise<void>;
}

/**
 * Serves an app to clients of the HTTP+SSE transport of 2024-11-05: `GET /sse` opens a stream, whose first event says
 * where to post messages. For clients that cannot speak Streamable HTTP yet; all others are better served by
 * `createHttpHandler`, which can resume what was cut off.
 *
 * A stream and the messages posted to it have to come from the same principal, and a session lives on one node: behind
 * a load balancer both need to reach the same one.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createApp } from '@toolyard/core';
 * import { createSseHandler } from '@toolyard/transport-http/sse';
 *
 * const handler = createSseHandler(createApp({ name: 'demo', version: '1.0.0' }));
 * createServer(handler.node).listen(3000, '127.0.0.1');
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 * @see https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
 */
export function createSseHandler(app: App<any, any>, options: SseOptions = {}): SseHandler {
  const endpoint = new SseEndpoint(app, options);
  return {
    paths: [endpoint.settings.path, endpoint.settings.messagesPath],
    fetch(request) {
      const reply = new FetchReply(request);
      void endpoint.handle(new FetchIncoming(request), reply);
      return reply.response;
    },
    node: (request, response) =>
      endpoint.handle(new NodeIncoming(request), new NodeReply(response), () => response.destroy()),
    get sessionCount() {
      return endpoint.sessionCount;
    },
    close: (closeOptions) => endpoint.close(closeOptions),
  };
}

/**
 * {@link createSseHandler} beside Streamable HTTP: `serveHttp(app, { also: [sse()] })`. Guards, `auth`, `tenant`,
 * `maxBodyBytes` and `keepAliveMs` are those of the server unless given here.
 */
export function sse(options: SseOptions = {}): HttpAddition {
  return function serveSse(app, shared) {
    return createSseHandler(app, { ...sharedOf(shared), ...options });
  };
}
