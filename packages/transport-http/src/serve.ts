import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { InvalidOptionError, type App } from '@toolyard/core';

import type { HttpOptions } from './endpoint/endpoint.ts';
import { createHttpHandler, type HttpHandler } from './handler.ts';

/** Options of {@link serveHttp}. */
export interface ServeOptions extends HttpOptions {
  /** 0 takes any free port. Default 9001. */
  readonly port?: number;
  /** Default `127.0.0.1`. Any other address needs `auth`, or `allowUnauthenticated`. */
  readonly host?: string;
  /** Serve the network although nobody has to say who they are. */
  readonly allowUnauthenticated?: boolean;
  /** Time a client has to send a whole request; then it gets 408. Default 30 000. */
  readonly requestTimeoutMs?: number;
}

/** A listening server. */
export interface HttpServer extends AsyncDisposable {
  /** Where clients connect: `http://127.0.0.1:9001/mcp`. */
  readonly url: string;
  readonly port: number;
  readonly handler: HttpHandler;
  /** Stops listening and drains; see {@link HttpHandler.close}. The app stays open. */
  close(options?: { deadlineMs?: number }): Promise<void>;
}

/**
 * Serves an app on a port of its own, for those without an HTTP framework. Also answers `/healthz` and `/readyz`.
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { serveHttp } from '@toolyard/transport-http';
 *
 * const { url } = await serveHttp(createApp({ name: 'demo', version: '1.0.0' }), { port: 3000 });
 * process.stderr.write(`Serving on ${url}\n`);
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`, also for a public address without `auth`.
 */
export async function serveHttp(app: App<any, any>, options: ServeOptions = {}): Promise<HttpServer> {
  const { port = 9001, host = '127.0.0.1', path = '/mcp', allowUnauthenticated = false, ...rest } = options;
  const { requestTimeoutMs = 30_000 } = options;
  if (!(requestTimeoutMs > 0)) throw new InvalidOptionError('requestTimeoutMs', 'must be above 0');
  if (!isLoopback(host) && !options.auth && !allowUnauthenticated) {
    throw new InvalidOptionError('host', `is ${host}, which others can reach: set auth, or allowUnauthenticated if you mean it`);
  }
  const handler = createHttpHandler(app, { ...rest, path });
  const limits = { requestTimeout: requestTimeoutMs, connectionsCheckingInterval: Math.min(requestTimeoutMs, 10_000) };
  const server = createServer({ ...limits, noDelay: true }, (request, response) => {
    void handler.node(request, response);
  });
  await listen(server, port, host);
  const { port: actualPort } = server.address() as AddressInfo;
  const close = async (closeOptions?: { deadlineMs?: number }) => {
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    await handler.close(closeOptions);
    server.closeAllConnections();
    await stopped;
  };
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}${path === '*' ? '/' : path}`,
    port: actualPort,
    handler,
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
