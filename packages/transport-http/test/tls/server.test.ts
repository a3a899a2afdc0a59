import { connect as connectPlain } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createApp, defineTool } from '@toolyard/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';

import { serveHttp } from '../../src/index.ts';
import type { TlsOptions } from '../../src/tls/options.ts';
import { webSocket } from '../../src/websocket.ts';
import { managed } from '../client/managed.ts';
import { demoApp } from '../demo-app.ts';
import { hasOpenssl, selfSigned } from '../doctor/certificates.ts';
import { gate, json, until } from '../helpers.ts';
import { call, recordedLog, serveTls } from './helpers.ts';
import { httpsFetch } from './https-fetch.ts';

/** The protocol of a handshake, or the code it failed with. */
function shakeHands(port: number, options: ConnectionOptions): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost', ...options });
    onTestFinished(() => void socket.destroy());
    socket.once('secureConnect', () => resolve(socket.getProtocol()));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? null));
  });
}

/** When a bare connection that says `text` is cut, after how many milliseconds. */
function waitForCut(port: number, text = ''): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connectPlain(port, '127.0.0.1', () => text && socket.write(text));
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {}).on('close', () => resolve(performance.now() - startedAt));
    socket.resume();
  });
}

describe.skipIf(!hasOpenssl)('TLS', () => {
  test.each(['auto', 'legacy'] as const)('the official client speaks to it (%s)', async (mode) => {
    const certificate = await selfSigned();
    const { url } = await serveTls(demoApp(), certificate);
    expect(url).toMatch(/^https:\/\/localhost:\d+\/mcp$/);
    const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } });
    const transport = new StreamableHTTPClientTransport(new URL(url), {
      fetch: httpsFetch({ ca: certificate.cert }),
    });
    await client.connect(transport);
    onTestFinished(() => client.close());
    const { content } = await client.callTool({ name: 'echo', arguments: { text: 'over TLS' } });
    expect(content).toEqual([{ type: 'text', text: 'over TLS' }]);
  });

  test('the managed client speaks to it, and does not to one it has no reason to trust', async () => {
    const certificate = await selfSigned();
    const { url } = await serveTls(demoApp(), certificate);
    const trusting = managed({ url, fetch: httpsFetch({ ca: certificate.cert }) });
    const result = await trusting.call('echo', { text: 'over TLS' });
    expect(JSON.stringify(result)).toContain('over TLS');
    const wary = managed({ url, timeoutMs: 500 });
    await expect(wary.call('echo', { text: 'over TLS' })).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
    });
  });

  test('is 1.3, and 1.2 by option', async () => {
    const certificate = await selfSigned();
    const { port } = await serveTls(demoApp(), certificate);
    const older = await serveTls(demoApp(), { ...certificate, minVersion: 'TLSv1.2' });
    const ca = certificate.cert;
    expect(await shakeHands(port, { ca })).toBe('TLSv1.3');
    expect(await shakeHands(port, { ca, maxVersion: 'TLSv1.2' })).toBe(
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    );
    expect(await shakeHands(older.port, { ca, maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
    expect(await shakeHands(older.port, { ca })).toBe('TLSv1.3');
  });

  test('a client refuses a certificate of an authority it does not know, and one that has expired', async () => {
    const [certificate, other, expired] = await Promise.all([
      selfSigned(),
      selfSigned(),
      selfSigned({ startDay: -30, endDay: -1 }),
    ]);
    const { logger, of } = recordedLog();
    const { port } = await serveTls(demoApp({ logger }), certificate);
    expect(await shakeHands(port, { ca: other.cert })).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(of('error')).toEqual([]);
    const late = await serveTls(demoApp({ logger }), expired);
    expect(await shakeHands(late.port, { ca: expired.cert })).toBe('CERT_HAS_EXPIRED');
    expect(of('error')).toEqual([expect.stringContaining('has expired')]);
  });

  test('plain HTTP on its port is refused, and others are served', async () => {
    const certificate = await selfSigned();
    const { logger, of } = recordedLog();
    const { port, url } = await serveTls(demoApp({ logger }), certificate);
    await waitForCut(port, 'GET /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(of('debug')).toEqual([expect.stringContaining('TLS handshake failed')]);
    expect((await call(httpsFetch({ ca: certificate.cert }), url, 'echo', { text: 'hi' })).status).toBe(200);
  });

  test('a client that says nothing is cut after requestTimeoutMs', async () => {
    const { port } = await serveTls(demoApp(), await selfSigned(), { requestTimeoutMs: 200 });
    const cutAfterMs = await waitForCut(port);
    expect(cutAfterMs).toBeGreaterThan(150);
    expect(cutAfterMs).toBeLessThan(5000);
  });

  test('closing does not wait for clients in their handshake', async () => {
    const server = await serveTls(demoApp(), await selfSigned());
    const cut = waitForCut(server.port);
    const protocol = await shakeHands(server.port, { rejectUnauthorized: false });
    expect(protocol).toBe('TLSv1.3');
    await server.close();
    expect(await cut).toBeLessThan(5000);
  });

  test('a large answer that is under way when it closes arrives whole', async () => {
    const certificate = await selfSigned();
    const { opened: released, open: release } = gate();
    let started = 0;
    const large = defineTool({
      name: 'large',
      async run() {
        started += 1;
        await released;
        return 'x'.repeat(3_000_000);
      },
    });
    const server = await serveTls(createApp({ name: 'demo', version: '1.0.0' }).add(large), certificate);
    const answer = call(httpsFetch({ ca: certificate.cert }), server.url, 'large');
    await until(() => started === 1);
    const closed = server.close();
    release();
    const { result } = await json(answer);
    expect(result.content[0].text).toHaveLength(3_000_000);
    await closed;
  });

  test('a port that is taken is told, and the port stays with who has it', async () => {
    const certificate = await selfSigned();
    const { port, url } = await serveTls(demoApp(), certificate);
    const second = serveHttp(demoApp(), { port, tls: certificate });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect((await call(httpsFetch({ ca: certificate.cert }), url, 'echo', { text: 'hi' })).status).toBe(200);
  });

  test('WebSockets are served beside', async () => {
    const { cert, key } = await selfSigned();
    const { url } = await serveTls(demoApp(), { cert, key }, { also: [webSocket()] });
    const socket = new WebSocket(url.replace('https:', 'wss:').replace('/mcp', '/ws'), 'mcp', { ca: cert });
    onTestFinished(() => socket.terminate());
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const message = new Promise((resolve) => socket.once('message', resolve));
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }));
    expect(JSON.parse(((await message) as Buffer).toString())).toMatchObject({ id: 1 });
  });
});

const pair = { key: 'k', cert: 'c' };

test.each<[string, object]>([
  ['nothing', {}],
  ['a key without certificate', { key: 'k' }],
  ['texts and files', { ...pair, keyFile: 'k', certFile: 'c' }],
  ['an older TLS', { ...pair, minVersion: 'TLSv1.1' }],
  ['client certificates without authority', { ...pair, clientCertificates: 'require' }],
  ['an authority without client certificates', { ...pair, ca: 'c' }],
  ['another way of asking', { ...pair, ca: 'c', clientCertificates: true }],
])('options with %s are refused', async (_what, tls) => {
  const opened = serveHttp(demoApp(), { port: 0, tls: tls as TlsOptions });
  await expect(opened).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});

test.skipIf(!hasOpenssl)('a pair that cannot be served is refused before anything listens', async () => {
  const [one, other] = await Promise.all([selfSigned(), selfSigned()]);
  const refused: [TlsOptions, string][] = [
    [{ key: one.key, cert: other.cert }, 'the key is that of another certificate'],
    [{ key: '', cert: one.cert }, 'empty'],
    [{ key: one.key, cert: 'nonsense' }, 'not in PEM'],
    [{ key: one.key.slice(0, 60), cert: one.cert }, 'the key is not in PEM'],
    [{ keyFile: one.keyPath, certFile: `${one.certPath}.gone` }, 'ENOENT'],
    [{ key: one.key, cert: one.cert, ca: '', clientCertificates: 'require' }, 'no ca'],
  ];
  for (const [tls, reason] of refused) {
    const error: Error = await serveHttp(demoApp(), { port: 0, tls }).then(
      () => Promise.reject(),
      (e) => e,
    );
    expect(error).toMatchObject({ code: 'CERTIFICATE_UNUSABLE', message: expect.stringContaining(reason) });
    expect(`${error.stack} ${String(error.cause)} ${JSON.stringify(error)}`).not.toContain(
      one.key.slice(30, 60),
    );
  }
});
