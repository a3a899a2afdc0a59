import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { describe, expect, onTestFinished, test } from 'vitest';

import { createHttpHandler } from '../../src/index.ts';
import { demoApp } from '../demo-app.ts';
import { hasOpenssl, selfSigned, type Certificate } from './certificates.ts';
import { acceptWith, checkOf, complaints, examine, remediesOf } from './reports.ts';

/** The demo app behind TLS, and the credentials that have reached it. */
async function serveTls({ cert, key }: Certificate) {
  const handler = createHttpHandler(demoApp());
  const seen: unknown[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    seen.push(request.headers.authorization);
    void handler.node(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await handler.close({ deadlineMs: 0 });
    server.closeAllConnections();
    server.close();
  });
  return { url: `https://localhost:${(server.address() as AddressInfo).port}/mcp`, seen };
}

const headers = { authorization: 'Bearer a-token-nobody-may-see' };

describe.skipIf(!hasOpenssl)('the certificate', () => {
  test('of a known authority is fine', async () => {
    const certificate = await selfSigned();
    const { url, seen } = await serveTls(certificate);
    const report = await examine(url, { ca: certificate.cert, headers });
    // Nobody asks for the token.
    expect(complaints(report)).toEqual([]);
    const { facts } = checkOf(report, 'tls');
    expect(facts).toMatchObject({ version: 'TLSv1.3', subject: 'localhost', daysLeft: 89, chainLength: 1 });
    expect(seen).toContain(headers.authorization);
    // Reached the server, with a name that is not in the certificate.
    expect(checkOf(report, 'host').facts).toEqual({ status: 403 });
  });

  test('that ends soon is a warning', async () => {
    const certificate = await selfSigned({ endDay: 6 });
    const { url } = await serveTls(certificate);
    const check = checkOf(await examine(url, { ca: certificate.cert }), 'tls');
    expect(check).toMatchObject({ status: 'warn', facts: { daysLeft: 5 } });
  });

  test.for([
    ['that is self-signed', {}, 'DEPTH_ZERO_SELF_SIGNED_CERT', false],
    ['that has expired', { startDay: -30, endDay: -1 }, 'CERT_HAS_EXPIRED', true],
    ['that is not valid yet', { startDay: 2 }, 'CERT_NOT_YET_VALID', true],
    ['for another name', { name: 'other.example' }, 'ERR_TLS_CERT_ALTNAME_INVALID', true],
  ] as const)('%s stops everything, and no request is sent', async ([, options, reason, isTrusted]) => {
    const certificate = await selfSigned(options);
    const { url, seen } = await serveTls(certificate);
    const report = await examine(url, { headers, ...(isTrusted && { ca: certificate.cert }) });
    expect(complaints(report)).toEqual(['tls fail']);
    const check = checkOf(report, 'tls');
    expect(check.facts).toMatchObject({ reason });
    expect(remediesOf(check)).toContain('fullchain.pem');
    expect(checkOf(report, 'endpoint').status).toBe('skipped');
    expect(seen).toEqual([]);
  });
});

test('a port without TLS is told from a bad certificate', async () => {
  const url = await acceptWith((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const report = await examine(url.replace('http:', 'https:'));
  expect(complaints(report)).toEqual(['tls fail']);
  expect(checkOf(report, 'tls').summary).toContain('No TLS connection comes about');
});

test('a port that never finishes its handshake costs one time limit', async () => {
  const url = await acceptWith(() => {});
  const report = await examine(url.replace('http:', 'https:'), { timeoutMs: 500 });
  expect(checkOf(report, 'tls').facts).toEqual({ reason: 'TIMEOUT' });
});
