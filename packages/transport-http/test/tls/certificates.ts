import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Certificate } from '../doctor/certificates.ts';
import { temporaryDirectory } from '../doctor/nginx.ts';

const run = promisify(execFile);

/** Makes a certificate that `authority` has signed: for a client, or for a server in place of another. */
export async function signedBy(
  authority: Certificate,
  { subject = '/CN=localhost', names = 'DNS:localhost,IP:127.0.0.1' } = {},
): Promise<Certificate> {
  const directory = await temporaryDirectory();
  const keyPath = join(directory, 'key.pem');
  const certPath = join(directory, 'cert.pem');
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const signer = ['-CA', authority.certPath, '-CAkey', authority.keyPath];
  const content = ['-subj', subject, '-addext', `subjectAltName=${names}`, '-days', '1'];
  const files = ['-keyout', keyPath, '-out', certPath];
  await run('openssl', ['req', '-x509', ...kind, ...signer, ...content, ...files]);
  const [cert, key] = await Promise.all([readFile(certPath, 'utf8'), readFile(keyPath, 'utf8')]);
  return { cert, key, certPath, keyPath };
}
