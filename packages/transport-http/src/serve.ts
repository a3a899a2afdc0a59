import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

import { InvalidOptionError, type App } from '@toolyard/core';

import { LOOPBACK } from './endpoint/guards.ts';
import type { HttpOptions } from './endpoint/options.ts';
import { createHttpHandler, type HandlerOptions, type HttpHandler } from './handler.ts';
import type { TlsOptions, TlsPair } from './tls/options.ts';
import { ServedCertificate } from './tls/served-certificate.ts';
import { createTlsServer } from './tls/tls-server.ts';

/** Options of {@link serveHttp}. */
export interface ServeOptions extends HandlerOptions {
  /** 0 takes any free port. Default 9001. */
  readonly port?: number;
  /** Default `127.0.0.1`. Any other address needs `auth`, or `allowUnauthenticated`. */
  readonly host?: string;
  /** Serve the network although nobody has to say who they are. */
  readonly allowUnauthenticated?: boolean;
  /** Time a client has to send a whole request; then it gets 408. As long for a TLS handshake. Default 30 000. */
  readonly requestTimeoutMs?: number;
  /** Serves HTTPS, and nothing else. Default: HTTP, for loopback and for proxies that end TLS. */
  readonly tls?: TlsOptions | undefined;
}

/** A listening server. */
export interface HttpServer extends AsyncDisposable {
  /** Where clients connect: `http://127.0.0.1:9001/mcp`. */
  readonly url: string;
  readonly port: number;
  readonly handler: HttpHandler;
  /** Drains (see {@link HttpHandler.close}) and stops listening. The app stays open. */
  readonly close: (options?: { deadlineMs?: number }) => Promise<void>;
}

/** A listening server with `tls`. */
export interface SecureHttpServer extends HttpServer {
  /**
   * Serves another certificate from now on. Open connections stay as they are, and so do those whose client
   * certificate the new `ca` would not trust: what has to end at once, `auth` refuses.
   *
   * @param pair - default: what `keyFile` and `certFile` hold now. They need no call when they change.
   * @throws {CertificateError} `CERTIFICATE_UNUSABLE` where it does not fit its key, cannot be read, or is not valid
   * now. The old one stays.
   */
  readonly reload: (pair?: TlsPair) => Promise<void>;
}

/**
 * Serves an app over HTTPS, with TLS 1.3 unless `minVersion` says otherwise.
 *
 * A certificate that is not valid now is served, and logged as an error.
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 * @throws {CertificateError} `CERTIFICATE_UNUSABLE`
 */
export function serveHttp(
  app: App<any, any>,
  options: ServeOptions & { readonly tls: TlsOptions },
): Promise<SecureHttpServer>;
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
export function serveHttp(app: App<any, any>, options?: ServeOptions): Promise<HttpServer>;
export async function serveHttp(
  app: App<any, any>,
  options: ServeOptions = {},
): Promise<HttpServer | SecureHttpServer> {
  const {
    port = 9001,
    host = '127.0.0.1',
    path = '/mcp',
    allowUnauthenticated = false,
    tls,
    ...rest
  } = options;
  const { requestTimeoutMs = 30_000 } = options;
  if (!(requestTimeoutMs > 0)) throw new InvalidOptionError('requestTimeoutMs', 'must be above 0');
  if (!isLoopback(host) && !options.auth && !allowUnauthenticated) {
    throw new InvalidOptionError(
      'host',
      `is ${host}, which others can reach: set auth, or allowUnauthenticated if you mean it`,
    );
  }
  const certificate = tls && (await ServedCertificate.load(tls, app.clock, app.logger));
  const hostName = nameOf(host);
  const handler = createHttpHandler(app, {
    ...rest,
    ...ownHosts(hostName, options),
    path,
  });
  const { upgrade } = handler;
  const limits = {
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(requestTimeoutMs, 10_000),
    noDelay: true,
    ...(upgrade && ONLY_WEB_SOCKETS),
  };
  const answer: RequestListener = (request, response) => void handler.node(request, response);
  const { clientCertificates } = tls ?? {};
  const secure = certificate && {
    certificate,
    clientCertificates,
    handshakeTimeoutMs: requestTimeoutMs,
    logger: app.logger,
  };
  const server = secure ? createTlsServer(limits, secure, answer) : createServer(limits, answer);
  if (upgrade) server.on('upgrade', upgrade);
  try {
    await listen(server, port, host);
  } catch (error) {
    certificate?.stop();
    await handler.close({ deadlineMs: 0 });
    throw error;
  }
  server.on('error', (err) => app.logger.error({ err }, 'The HTTP server failed to take a connection.'));
  const { port: actualPort } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  const stop = async (closeOptions?: { deadlineMs?: number }) => {
    certificate?.stop();
    // Listening until everything is answered: those who come meanwhile read 503 and go elsewhere.
    await handler.close(closeOptions);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };
  const close = (closeOptions?: { deadlineMs?: number }) => (closed ??= stop(closeOptions));
  return {
    url: `${tls ? 'https' : 'http'}://${hostName}:${actualPort}${path === '*' ? '/' : path}`,
    port: actualPort,
    handler,
    close,
    ...(certificate && { reload: (pair?: TlsPair) => certificate.reload(pair) }),
    [Symbol.asyncDispose]: () => close(),
  };
}

/** Clients that only offer something else, as Java's do with HTTP/2, are answered as if they had not. From Node 22.21. */
const ONLY_WEB_SOCKETS = {
  shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
};

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

/** What stands for an address in a URL. Where all are listened on, it is one of them. */
function nameOf(host: string): string {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/** The address listened on is a name of this server too. */
function ownHosts(
  hostName: string,
  { allowedHosts, publicUrl }: ServeOptions,
): Pick<HttpOptions, 'allowedHosts'> {
  return allowedHosts || publicUrl !== undefined ? {} : { allowedHosts: [...LOOPBACK, hostName] };
}
