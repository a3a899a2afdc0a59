import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createApp, defineTool, type Principal } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import express from 'express';
import fastify from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';

import { anyOf, apiKeys } from '../../src/auth.ts';
import { expressHandler } from '../../src/express.ts';
import { fastifyMcp } from '../../src/fastify.ts';
import { certificateAuth, type CertificateAuthOptions } from '../../src/tls/certificate-auth.ts';
import { namesIn, type ClientCertificate } from '../../src/tls/client-certificate.ts';
import type { TlsOptions } from '../../src/tls/options.ts';
import { hasOpenssl, selfSigned, type Certificate } from '../doctor/certificates.ts';
import { json } from '../helpers.ts';
import { signedBy } from './certificates.ts';
import { call, recordedLog, serveTls } from './helpers.ts';
import { httpsFetch } from './https-fetch.ts';

const who = defineTool({ name: 'who', run: (_args, { principal }) => principal.id });

interface Setting extends Partial<CertificateAuthOptions> {
  readonly tls?: Partial<Pick<TlsOptions, 'clientCertificates' | 'minVersion'>>;
}

/** A server that asks for certificates of an authority of its own, and what it saw of them. */
async function serveMutual({ tls, ...options }: Setting = {}) {
  const [server, authority, other, expired] = await Promise.all([
    selfSigned(),
    selfSigned(),
    selfSigned(),
    selfSigned({ name: 'ada', startDay: -30, endDay: -1 }),
  ]);
  const { logger, of } = recordedLog();
  const ca = authority.cert + expired.cert;
  const seen: ClientCertificate[] = [];
  const auth = certificateAuth({
    principal(certificate): Principal | undefined {
      seen.push(certificate);
      const { commonName } = certificate;
      return commonName === undefined || commonName === 'stranger'
        ? undefined
        : { id: commonName, issuer: 'own', scopes: [] };
    },
    ...options,
  });
  const { url, port, reload } = await serveTls(
    createApp({ name: 'demo', version: '1.0.0', logger }).add(who),
    { key: server.key, cert: server.cert, ca, clientCertificates: 'require', ...tls },
    { auth },
  );
  const withCertificate = (client?: Pick<Certificate, 'key' | 'cert'>) =>
    httpsFetch({ ca: server.cert, ...(client && { key: client.key, cert: client.cert }) });
  return { url, port, reload, seen, server, authority, other, expired, of, withCertificate };
}

/** What a client sees: OpenSSL's words where it shows none, else Node hangs up, in TLS 1.3 after the handshake. */
const CUT = /certificate required|hang up|ECONNRESET|EPIPE/;

async function nameFrom(response: Response | Promise<Response>): Promise<unknown> {
  const { result, error } = await json(response);
  return result?.content[0].text ?? error.message;
}

describe.skipIf(!hasOpenssl)('client certificates', () => {
  test('tell auth who is calling', async () => {
    const { url, seen, authority, withCertificate } = await serveMutual();
    const ada = await signedBy(authority, {
      subject: '/O=Engines/CN=ada',
      names: 'URI:spiffe://engines.example/ada,email:ada@engines.example',
    });
    const request = withCertificate(ada);
    const client = new Client({ name: 'test', version: '1.0.0' });
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { fetch: request }));
    onTestFinished(() => client.close());
    const { content } = await client.callTool({ name: 'who' });
    expect(content).toEqual([{ type: 'text', text: 'ada' }]);
    expect(seen[0]).toMatchObject({
      commonName: 'ada',
      subject: { O: 'Engines', CN: 'ada' },
      issuer: { CN: 'localhost' },
      fingerprint: expect.stringMatching(/^[\da-f]{64}$/),
      names: [
        { kind: 'uri', value: 'spiffe://engines.example/ada' },
        { kind: 'email', value: 'ada@engines.example' },
      ],
    });
    expect(seen[0]!.expiresAt).toBeGreaterThan(Date.now());
  });

  test('are still told on a connection that resumes the TLS session of an earlier one', async () => {
    const { port, authority, server, seen } = await serveMutual();
    const { key, cert } = await signedBy(authority, { subject: '/CN=ada' });
    let session: Buffer | undefined;
    const reused: boolean[] = [];
    for (let round = 0; round < 2; round += 1) {
      const socket = connect({
        port,
        host: 'localhost',
        ca: server.cert,
        key,
        cert,
        ...(session && { session }),
      });
      onTestFinished(() => void socket.destroy());
      socket.on('session', (given) => (session = given));
      socket.once('secureConnect', () => reused.push(socket.isSessionReused()));
      socket.write('GET /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      await new Promise((resolve) => socket.resume().once('close', resolve));
    }
    expect(reused).toEqual([false, true]);
    expect(seen.map(({ commonName }) => commonName)).toEqual(['ada', 'ada']);
  });

  test('with require, clients without a good one get no connection, and the log says why', async () => {
    const { url, seen, other, expired, of, withCertificate } = await serveMutual();
    const stray = await signedBy(other, { subject: '/CN=ada' });
    for (const own of [undefined, stray, expired])
      await expect(call(withCertificate(own), url, 'who')).rejects.toThrow(CUT);
    expect(seen).toEqual([]);
    expect(of('debug')).toEqual([
      expect.stringContaining('DID_NOT_RETURN_A_CERTIFICATE'),
      expect.stringContaining('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
      expect.stringContaining('CERT_HAS_EXPIRED'),
    ]);
  });

  test('with request, those without a good one are for auth to refuse', async () => {
    const { url, seen, authority, other, expired, withCertificate } = await serveMutual({
      tls: { clientCertificates: 'request' },
    });
    const stray = await signedBy(other, { subject: '/CN=ada' });
    for (const own of [undefined, stray, expired]) {
      const response = await call(withCertificate(own), url, 'who');
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining(own ? 'not signed by an authority' : 'Connect with a client certificate'),
      ]);
    }
    expect(seen).toEqual([]);
    const ada = await signedBy(authority, { subject: '/CN=ada' });
    expect(await nameFrom(call(withCertificate(ada), url, 'who'))).toBe('ada');
    const stranger = await signedBy(authority, { subject: '/CN=stranger' });
    expect((await call(withCertificate(stranger), url, 'who')).status).toBe(401);
  });

  test('that expire on an open connection are refused from then on', async () => {
    const clock = fakeClock({ now: Date.now() });
    const { url, authority, withCertificate } = await serveMutual({ clock });
    const request = withCertificate(await signedBy(authority, { subject: '/CN=ada' }));
    expect((await call(request, url, 'who')).status).toBe(200);
    await clock.advance(2 * 86_400_000);
    const late = await call(request, url, 'who');
    expect([late.status, await nameFrom(late)]).toEqual([401, expect.stringContaining('has expired')]);
  });

  test('follow another authority from the next connection on', async () => {
    const { url, reload, authority, server, withCertificate } = await serveMutual();
    const successor = await selfSigned();
    const [ada, bob] = await Promise.all([
      signedBy(authority, { subject: '/CN=ada' }),
      signedBy(successor, { subject: '/CN=bob' }),
    ]);
    const staying = withCertificate(ada);
    expect(await nameFrom(call(staying, url, 'who'))).toBe('ada');
    await reload({ key: server.key, cert: server.cert, ca: successor.cert });
    expect(await nameFrom(call(staying, url, 'who'))).toBe('ada');
    await expect(call(withCertificate(ada), url, 'who')).rejects.toThrow(CUT);
    expect(await nameFrom(call(withCertificate(bob), url, 'who'))).toBe('bob');
    await expect(reload({ key: server.key, cert: server.cert })).rejects.toThrow('no ca');
  });

  test.each(['Express', 'Fastify'] as const)('reach auth behind %s', async (framework) => {
    const [certificate, authority] = await Promise.all([selfSigned(), selfSigned()]);
    const auth = certificateAuth({ principal: ({ commonName = '' }) => ({ id: commonName, scopes: [] }) });
    const app = createApp({ name: 'demo', version: '1.0.0' }).add(who);
    const { key, cert } = certificate;
    const server = createServer({ key, cert, ca: authority.cert, requestCert: true });
    const handler = expressHandler(app, { auth });
    if (framework === 'Express')
      server.on('request', express().use(express.json()).all('/mcp', handler) as never);
    else {
      const host = fastify({
        serverFactory: (listener) => server.on('request', listener as never),
      });
      await host.register(fastifyMcp, { app, auth });
      await host.ready();
      onTestFinished(() => host.close());
    }
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      await handler.close({ deadlineMs: 0 });
      server.closeAllConnections();
      server.close();
    });
    const ada = await signedBy(authority, { subject: '/CN=ada' });
    const request = httpsFetch({ ca: cert, key: ada.key, cert: ada.cert });
    const { port } = server.address() as AddressInfo;
    expect(await nameFrom(call(request, `https://localhost:${port}/mcp`, 'who'))).toBe('ada');
  });

  test('cannot be changed on an open connection of TLS 1.2', async () => {
    const { port, authority, server } = await serveMutual({ tls: { minVersion: 'TLSv1.2' } });
    const { key, cert } = await signedBy(authority, { subject: '/CN=ada' });
    const options = { port, host: 'localhost', ca: server.cert, key, cert, maxVersion: 'TLSv1.2' } as const;
    const socket = connect(options);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    const outcome = await new Promise((resolve) => {
      socket.once('close', () => resolve('cut'));
      socket.renegotiate({}, (error) => resolve(error ? 'refused' : 'done'));
    });
    expect(outcome).not.toBe('done');
  });
});

const alwaysAda = () => 'ada';

test('without TLS there is no certificate, whatever a header says', async () => {
  const auth = certificateAuth({ principal: () => ({ id: 'ada', scopes: [] }) });
  for (const original of [undefined, {}, { socket: {} }, new Request('https://localhost/mcp')]) {
    const verdict = await auth({ method: 'POST', url: '/mcp', header: alwaysAda, original });
    expect(verdict).toMatchObject({ challenge: true, status: 401 });
  }
  const both = await anyOf(
    apiKeys([]),
    auth,
  )({ method: 'POST', url: '/mcp', header: alwaysAda, original: {} });
  expect(both).toMatchObject({ status: 401 });
});

test('names in a certificate cannot pass for others', () => {
  expect(namesIn('')).toEqual([]);
  expect(namesIn('DNS:a.example, URI:"spiffe://x/a, DNS:b.example", IP Address:127.0.0.1')).toEqual([
    { kind: 'dns', value: 'a.example' },
    { kind: 'uri', value: 'spiffe://x/a, DNS:b.example' },
    { kind: 'ip', value: '127.0.0.1' },
  ]);
  expect(namesIn('othername:<unsupported>, DNS:a.example')).toEqual([{ kind: 'dns', value: 'a.example' }]);
  expect(namesIn('DNS:a.example, and more')).toEqual([]);
});
