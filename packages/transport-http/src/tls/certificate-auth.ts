import { systemClock, type Awaitable, type Clock, type Principal } from '@toolyard/core';

import { challenge, type Authenticate, type Challenge } from '../endpoint/auth.ts';
import { readClientCertificate, type ClientCertificate, type NoCertificate } from './client-certificate.ts';

/** Options of {@link certificateAuth}. */
export interface CertificateAuthOptions {
  /**
   * Who holds a certificate; `undefined` where nobody known does. Called for each request. Set `issuer` where several
   * authorities are trusted: each of them can sign any name.
   */
  readonly principal: (certificate: ClientCertificate) => Awaitable<Principal | undefined>;
  readonly clock?: Clock | undefined;
}

/**
 * An `auth` function for TLS client certificates: those of `tls.clientCertificates` of `serveHttp`, and of any
 * `node:https` server with `requestCert` and `ca`, behind Express and Fastify too. Such a server has to keep to
 * TLS 1.3, or set `SSL_OP_NO_RENEGOTIATION`: else a client can change its certificate afterwards, and nobody checks
 * the new one. Behind a proxy that ends TLS the certificate would be the proxy's.
 *
 * A certificate that expires while its connection is open is refused from then on. In `anyOf`, put it after those
 * that read a token: their refusals tell clients where to get one.
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { serveHttp } from '@toolyard/transport-http';
 * import { certificateAuth } from '@toolyard/transport-http/auth';
 *
 * const auth = certificateAuth({
 *   principal: ({ commonName }) => (commonName === 'deployer' ? { id: commonName, scopes: ['deploy'] } : undefined),
 * });
 * const tls = { keyFile: 'tls.key', certFile: 'tls.crt', caFile: 'clients.crt', clientCertificates: 'require' } as const;
 * const open = () => serveHttp(createApp({ name: 'demo', version: '1.0.0' }), { port: 3000, tls, auth });
 * ```
 */
export function certificateAuth({ principal, clock = systemClock }: CertificateAuthOptions): Authenticate {
  return function authenticateByCertificate(request) {
    const certificate = readClientCertificate(request);
    if (typeof certificate === 'string') return challenge({ description: REFUSALS[certificate] });
    // The handshake has checked that, for the moment of the handshake.
    if (clock.now() > certificate.expiresAt)
      return challenge({ description: 'The client certificate has expired; connect with a new one.' });
    const holder = principal(certificate);
    return holder !== undefined && 'then' in holder ? holder.then(judge) : judge(holder);
  };
}

function judge(holder: Principal | undefined): Principal | Challenge {
  return holder ?? challenge({ description: 'Nobody known here holds the client certificate.' });
}

const REFUSALS: Readonly<Record<NoCertificate, string>> = {
  'no TLS': 'Connect over TLS, with a client certificate.',
  'none shown': 'Connect with a client certificate.',
  'not trusted': 'The client certificate is expired, or not signed by an authority trusted here.',
};
