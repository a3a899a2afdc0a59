import type { AuthRequest } from '../endpoint/message.ts';

/** The certificate a client has shown in its TLS handshake, checked against the authorities of the server. */
export interface ClientCertificate {
  /** SHA-256 of the whole certificate, in lower-case hexadecimal. Another one after each renewal. */
  readonly fingerprint: string;
  /** `CN` of the subject: the first, if there are several. */
  readonly commonName: string | undefined;
  /** Attributes of the subject by their short names: `CN`, `O`, `OU`. Those that are there twice are lists. */
  readonly subject: Readonly<Record<string, string | readonly string[]>>;
  /** The same of who has signed it. */
  readonly issuer: Readonly<Record<string, string | readonly string[]>>;
  /** Names of the subjectAltName extension; a SPIFFE ID is a `uri`. */
  readonly names: readonly CertificateName[];
  readonly serialNumber: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** One name in a certificate. */
export interface CertificateName {
  readonly kind: 'dns' | 'uri' | 'email' | 'ip';
  readonly value: string;
}

/** Why there is no {@link ClientCertificate}. */
export type NoCertificate = 'no TLS' | 'none shown' | 'not trusted';

/** The certificate a request has come with. Reads Node's requests alone, as Express and Fastify pass them on too. */
export function readClientCertificate({ original }: AuthRequest): ClientCertificate | NoCertificate {
  const socket = (original as { socket?: TlsSocketLike } | undefined)?.socket;
  if (!socket?.encrypted || !socket.getPeerCertificate) return 'no TLS';
  const known = certificates.get(socket);
  if (known !== undefined) return known;
  const found = readFrom(socket);
  certificates.set(socket, found);
  return found;
}

/** The part of Node's `TLSSocket` that is used. */
interface TlsSocketLike {
  readonly encrypted?: boolean;
  /** Whether the certificate has stood the check. */
  readonly authorized?: boolean;
  getPeerCertificate?(): PeerCertificateLike;
}

interface PeerCertificateLike {
  readonly subject?: Record<string, string | string[]>;
  readonly issuer: Record<string, string | string[]>;
  readonly subjectaltname?: string;
  readonly fingerprint256: string;
  readonly serialNumber: string;
  readonly valid_to: string;
}

/** Reading one takes longer than the rest of most requests, and a connection has one for life. */
const certificates = new WeakMap<TlsSocketLike, ClientCertificate | NoCertificate>();

function readFrom(socket: TlsSocketLike): ClientCertificate | NoCertificate {
  const shown = socket.getPeerCertificate!();
  if (shown.subject === undefined) return 'none shown';
  if (socket.authorized !== true) return 'not trusted';
  const { CN } = shown.subject;
  return Object.freeze({
    fingerprint: shown.fingerprint256.replaceAll(':', '').toLowerCase(),
    commonName: Array.isArray(CN) ? CN[0] : CN,
    subject: shown.subject,
    issuer: shown.issuer,
    names: namesIn(shown.subjectaltname ?? ''),
    serialNumber: shown.serialNumber,
    expiresAt: Date.parse(shown.valid_to),
  });
}

const KINDS: Readonly<Record<string, CertificateName['kind']>> = {
  DNS: 'dns',
  URI: 'uri',
  email: 'email',
  'IP Address': 'ip',
};

/**
 * Node joins names with commas, and quotes those that hold one as JSON. A text that reads otherwise gives no name.
 *
 * @see https://nodejs.org/api/crypto.html#x509subjectaltname
 */
export function namesIn(text: string): readonly CertificateName[] {
  const names: CertificateName[] = [];
  let end = 0;
  for (const [whole, kind, quoted, plain] of text.matchAll(
    /([^:,"]+):(?:("(?:[^"\\]|\\.)*")|([^,"]*))(?:, |$)/gy,
  )) {
    end += whole.length;
    const value = quoted === undefined ? plain! : (JSON.parse(quoted) as string);
    if (Object.hasOwn(KINDS, kind!)) names.push({ kind: KINDS[kind!]!, value });
  }
  return end === text.length ? names : [];
}
