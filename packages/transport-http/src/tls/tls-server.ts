import type { RequestListener, ServerOptions } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';

import type { Logger } from '@toolyard/core';

import type { TlsOptions } from './options.ts';
import type { ServedCertificate } from './served-certificate.ts';

/** What makes a TLS server, besides the options of an HTTP server. */
export interface TlsServerOptions {
  readonly certificate: ServedCertificate;
  readonly clientCertificates: TlsOptions['clientCertificates'];
  readonly handshakeTimeoutMs: number;
  readonly logger: Logger;
}

/** An HTTPS server that serves `certificate`, whatever takes its place. */
export function createTlsServer(
  http: ServerOptions,
  { certificate, clientCertificates, handshakeTimeoutMs, logger }: TlsServerOptions,
  listener: RequestListener,
): Server {
  const server = createServer(
    {
      ...http,
      ...certificate.context,
      requestCert: clientCertificates !== undefined,
      rejectUnauthorized: clientCertificates === 'require',
      handshakeTimeout: handshakeTimeoutMs,
    },
    listener,
  );
  certificate.attach(server);
  cutHandshakesToo(server);
  // Port scans and health checks fail here all day long.
  server.on(
    'tlsClientError',
    ({ code, message }: NodeJS.ErrnoException, { authorizationError, remoteAddress }) => {
      // A client certificate that is refused: Node says why on the connection alone.
      const refusal = authorizationError && { refusal: String(authorizationError) };
      logger.debug({ code, reason: message, ...refusal, remoteAddress }, 'A TLS handshake failed.');
    },
  );
  return server;
}

/** `closeAllConnections` for connections that have not come through their handshake yet, which Node does not count. */
function cutHandshakesToo(server: Server): void {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const cutRequests = server.closeAllConnections.bind(server);
  server.closeAllConnections = () => {
    cutRequests();
    for (const socket of sockets) socket.destroy();
  };
}
