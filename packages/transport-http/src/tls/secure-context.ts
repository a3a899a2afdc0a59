import { constants, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

import { InvalidOptionError } from '@toolyard/core';

import { CertificateError } from './certificate-error.ts';
import type { TlsOptions, TlsPair, TlsSettings } from './options.ts';

/** What Node's TLS server is made from, known to work, and the facts of its certificate. */
export interface CheckedContext {
  readonly context: SecureContextOptions;
  readonly facts: CertificateFacts;
}

/** What may be logged of a certificate. */
export interface CertificateFacts {
  readonly subject: string;
  readonly fingerprint: string;
  readonly validFrom: Date;
  readonly validTo: Date;
}

/** @throws {CertificateError} `CERTIFICATE_UNUSABLE` where it is none, or does not belong to its key. */
export function checkContext({ key, cert, ca }: TlsPair, settings: TlsSettings): CheckedContext {
  // Node takes a missing key or certificate, and fails in each handshake.
  if (key.length === 0 || cert.length === 0)
    throw new CertificateError('its text or that of its key is empty');
  if (settings.clientCertificates && (ca?.length ?? 0) === 0)
    throw new CertificateError('there is no ca to check client certificates against');
  const { passphrase, minVersion = 'TLSv1.3' } = settings;
  const certificate = bytesOf(cert);
  const context: SecureContextOptions = {
    key: bytesOf(key),
    cert: certificate,
    ...(ca !== undefined && { ca: bytesOf(ca) }),
    ...(passphrase !== undefined && { passphrase }),
    minVersion,
    // In TLS 1.2, a client could change its certificate on an open connection, and Node would not check the new one.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
  try {
    createSecureContext(context);
    return { context, facts: factsOf(new X509Certificate(certificate)) };
  } catch (cause) {
    throw new CertificateError(reasonOf(cause), { cause });
  }
}

/** Why a certificate is not valid at `now`, or `undefined`. */
export function untimely({ validFrom, validTo }: CertificateFacts, now: number): string | undefined {
  if (now > validTo.getTime()) return `it has expired on ${validTo.toISOString()}`;
  return now < validFrom.getTime() ? `it is not valid before ${validFrom.toISOString()}` : undefined;
}

/** @throws {InvalidOptionError} `INVALID_OPTION` for what cannot work whatever is in the certificate. */
export function checkTlsOptions(options: TlsOptions): void {
  const { minVersion = 'TLSv1.3', clientCertificates } = options;
  if (!['TLSv1.2', 'TLSv1.3'].includes(minVersion))
    throw new InvalidOptionError('tls.minVersion', 'must be "TLSv1.2" or "TLSv1.3"');
  if (!['require', 'request', undefined].includes(clientCertificates))
    throw new InvalidOptionError('tls.clientCertificates', 'must be "require" or "request"');
  const inFiles = options.keyFile !== undefined && options.certFile !== undefined;
  if (inFiles === (options.key !== undefined && options.cert !== undefined))
    throw new InvalidOptionError('tls', 'needs key and cert, or keyFile and certFile');
  const hasAuthority = (options.caFile ?? options.ca) !== undefined;
  if (clientCertificates && !hasAuthority)
    throw new InvalidOptionError(
      'tls.clientCertificates',
      'needs ca or caFile: whose certificates are trusted',
    );
  if (!clientCertificates && hasAuthority)
    throw new InvalidOptionError(
      'tls.ca',
      'checks client certificates: set clientCertificates, or put what is between your certificate and its root into cert',
    );
}

function factsOf({ subject, fingerprint256, validFrom, validTo }: X509Certificate): CertificateFacts {
  return {
    subject: (subject ?? '').replaceAll('\n', ', '),
    fingerprint: fingerprint256,
    validFrom: new Date(validFrom),
    validTo: new Date(validTo),
  };
}

function bytesOf(text: string | Uint8Array): Buffer {
  return Buffer.from(text as Uint8Array);
}

/** OpenSSL's own words are for people who know OpenSSL. */
function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'ERR_OSSL_X509_KEY_VALUES_MISMATCH':
      return 'the key is that of another certificate';
    case 'ERR_OSSL_PEM_NO_START_LINE':
      return 'it is not in PEM, or ends early';
    case 'ERR_OSSL_UNSUPPORTED':
      return 'the key is not in PEM, or ends early';
    case 'ERR_OSSL_BAD_DECRYPT':
      return 'passphrase does not open the key';
    default:
      return message;
  }
}
