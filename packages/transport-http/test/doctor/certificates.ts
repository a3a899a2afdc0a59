import { execFile, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { temporaryDirectory } from './nginx.ts';

const run = promisify(execFile);

const isInstalled = spawnSync('openssl', ['version']).status === 0;
if (!isInstalled) process.stderr.write('openssl is not installed: tests with certificates are skipped.\n');

/** Whether tests with certificates run: not without openssl, but with `CI=true` they do and fail. */
export const hasOpenssl = isInstalled || process.env['CI'] === 'true';

/** A certificate and its key as PEM, and the files they are in. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certPath: string;
  readonly keyPath: string;
}

/** Makes a self-signed certificate. Trusted as an authority it is a good one. */
export async function selfSigned({
  name = 'localhost',
  startDay = -1,
  endDay = 90,
}: { name?: string; startDay?: number; endDay?: number } = {}): Promise<Certificate> {
  const directory = await temporaryDirectory();
  const path = (file: string) => join(directory, file);
  const address = name === 'localhost' ? ',IP:127.0.0.1' : '';
  await writeFile(
    path('openssl.cnf'),
    `[ca]
default_ca = own
[own]
database = ${path('index.txt')}
serial = ${path('serial')}
new_certs_dir = ${directory}
default_md = sha256
policy = any
x509_extensions = extensions
[any]
commonName = supplied
[extensions]
basicConstraints = CA:true
subjectAltName = DNS:${name}${address}
[req]
distinguished_name = subject
[subject]
`,
  );
  await writeFile(path('index.txt'), '');
  await writeFile(path('serial'), '01\n');
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    path('key.pem'),
  ];
  await run('openssl', [
    'req',
    '-config',
    path('openssl.cnf'),
    ...key,
    '-subj',
    `/CN=${name}`,
    '-out',
    path('r.pem'),
  ]);
  const dates = ['-startdate', opensslDate(startDay), '-enddate', opensslDate(endDay)];
  const files = ['-keyfile', path('key.pem'), '-in', path('r.pem'), '-out', path('cert.pem')];
  await run('openssl', [
    'ca',
    '-config',
    path('openssl.cnf'),
    '-batch',
    '-notext',
    '-selfsign',
    ...files,
    ...dates,
  ]);
  return {
    cert: await readFile(path('cert.pem'), 'utf8'),
    key: await readFile(path('key.pem'), 'utf8'),
    certPath: path('cert.pem'),
    keyPath: path('key.pem'),
  };
}

function opensslDate(day: number): string {
  const date = new Date(Date.now() + day * 86_400_000);
  return date.toISOString().replaceAll(/[-T:]|\.\d+/g, '');
}
