import { isIP } from 'node:net';
import { connect, rootCertificates, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';

import type { Examination } from '../examination.ts';
import { noAnswer } from '../http.ts';
import { REMEDIES } from '../remedies.ts';
import type { Verdict } from '../report.ts';
import { connected, hostOf, portOf } from './network.ts';

const DAY_MS = 86_400_000;
/** Certificates of 90 days are renewed 30 days before; one that is closer to its end was forgotten. */
const SOON_DAYS = 14;

/** Whether clients will trust the certificate, and for how long yet. */
export async function checkTls({ settings, limits }: Examination): Promise<Verdict> {
  const { url, ca } = settings;
  if (url.protocol !== 'https:') return { status: 'skipped', summary: 'The URL is plain http.' };
  const { clock, signal } = limits;
  using limit = clock.timeout(limits.timeoutMs);
  const host = hostOf(url);
  // Nothing is sent over this connection; unverified, it tells what is wrong with the certificate.
  const socket = connect({
    host,
    port: portOf(url),
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: false,
    ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
  });
  try {
    await connected(socket, 'secureConnect', AbortSignal.any([signal, limit.signal]));
    return judge(socket, clock.now());
  } catch (error) {
    signal.throwIfAborted();
    const { reason, message } = noAnswer(error, limit.signal.aborted ? limits.timeoutMs : undefined);
    const summary = `No TLS connection comes about. ${message}`;
    return { status: 'fail', summary, facts: { reason }, remedies: REMEDIES.certificate };
  } finally {
    socket.destroy();
  }
}

function judge(socket: TLSSocket, nowMs: number): Verdict {
  const certificate = socket.getPeerCertificate(true);
  const daysLeft = Math.floor((Date.parse(certificate.valid_to) - nowMs) / DAY_MS);
  const facts = {
    version: socket.getProtocol(),
    cipher: socket.getCipher().name,
    subject: certificate.subject?.CN,
    issuer: certificate.issuer?.O ?? certificate.issuer?.CN,
    names: certificate.subjectaltname?.slice(0, 1000),
    validFrom: certificate.valid_from,
    validTo: certificate.valid_to,
    daysLeft,
    chainLength: chainLength(certificate),
  };
  if (!socket.authorized) {
    const reason = reasonOf(socket.authorizationError);
    const summary = `Clients will not trust the certificate: ${SENTENCES[reason] ?? reason}.`;
    return { status: 'fail', summary, facts: { ...facts, reason }, remedies: REMEDIES.certificate };
  }
  const summary = `${facts.version}, certificate of ${String(facts.issuer)}, ${daysLeft} days left.`;
  return daysLeft < SOON_DAYS
    ? { status: 'warn', summary, facts, remedies: REMEDIES.certificate }
    : { status: 'ok', summary, facts };
}

/** The declared type is Error, older ones give the code alone. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
}

const SENTENCES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet, or a clock is wrong',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends at an authority nobody knows',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the intermediate certificate is not sent along',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the intermediate certificate is not sent along, or its authority is private',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name',
};

function chainLength(certificate: DetailedPeerCertificate): number {
  let length = 1;
  // The root is its own issuer.
  for (let current = certificate; length < 10; length += 1) {
    const issuer = current.issuerCertificate;
    if (!issuer || issuer.fingerprint256 === current.fingerprint256) break;
    current = issuer;
  }
  return length;
}
