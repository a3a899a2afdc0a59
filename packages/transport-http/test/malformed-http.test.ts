import { request } from 'node:http';

import { describe, expect, test } from 'vitest';

import { demoApp } from './demo-app.ts';
import { callModern, connect, initialize, modern, raw, serve, statuses, until } from './helpers.ts';

// An unhandled rejection or exception anywhere fails the run.
function message(method = 'POST', target = '/mcp', version = '1.1', more = ''): string {
  const { body, headers } = modern('tools/list');
  const text = method === 'POST' ? JSON.stringify(body) : '';
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return (
    `${method} ${target} HTTP/${version}\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
    `${lines.join('')}${more}Content-Length: ${text.length}\r\n\r\n${text}`
  );
}

describe('a request for another protocol', () => {
  test.each(['websocket', 'h2c', 'TLS/1.0', ''])(
    'Upgrade: %s is answered as if it had not asked',
    async (protocol) => {
      const server = await serve(demoApp());
      const upgrade = `GET /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
      const [status] = statuses(await raw(server.port, upgrade));
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect((await callModern(server.url, 'echo', { text: 'hi' })).status).toBe(200);
    },
  );

  test('or a tunnel is refused', async () => {
    const server = await serve(demoApp());
    const answer = await raw(server.port, 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n');
    expect(statuses(answer)).not.toContain(200);
    expect((await callModern(server.url, 'echo', { text: 'hi' })).status).toBe(200);
  });
});

describe('unusual HTTP', () => {
  test('1.0 is answered and closed', async () => {
    const { port } = await serve(demoApp());
    const answer = await raw(port, message('POST', '/mcp', '1.0'));
    expect(statuses(answer)).toEqual([200]);
    expect(answer.toLowerCase()).toContain('connection: close');
  });

  test('1.0 gets a stream without chunks', async () => {
    const { port } = await serve(demoApp());
    const answer = await raw(port, message('POST', '/mcp', '1.0', 'Accept: text/event-stream\r\n'));
    expect(answer).toContain('text/event-stream');
    expect(answer.toLowerCase()).not.toContain('transfer-encoding');
    expect(answer).toContain('data: {"jsonrpc":"2.0"');
  });

  test('requests sent ahead are answered in order', async () => {
    const { port } = await serve(demoApp());
    const socket = await connect(port);
    socket.write(
      message() + message('GET', '/healthz') + message('PUT') + message() + message('GET', '/nothing'),
    );
    await until(() => statuses(socket.received()).length === 5);
    expect(statuses(socket.received())).toEqual([200, 200, 405, 200, 404]);
  });

  test('a client that stops sending still gets its answer', async () => {
    const { port } = await serve(demoApp());
    const socket = await connect(port);
    socket.end(message());
    await until(() => socket.received().includes('"tools"'));
    expect(statuses(socket.received())).toEqual([200]);
  });

  test('a client that stops sending in the middle is let go', async () => {
    const server = await serve(demoApp());
    const socket = await connect(server.port);
    const closed = new Promise<void>((resolve) =>
      socket.once('close', () => resolve()).once('end', () => resolve()),
    );
    socket.end(message().slice(0, -20));
    await closed;
    expect(statuses(socket.received())).not.toContain(200);
    expect((await callModern(server.url, 'echo', { text: 'hi' })).status).toBe(200);
  });

  test('headers beyond what fits get 431', async () => {
    const server = await serve(demoApp());
    const answer = await raw(
      server.port,
      message('POST', '/mcp', '1.1', `X-Large: ${'a'.repeat(100_000)}\r\n`),
    );
    expect(statuses(answer)).toEqual([431]);
    const many = Array.from({ length: 3000 }, (_, index) => `X-${index}: a\r\n`).join('');
    const [status] = statuses(await raw(server.port, message('POST', '/mcp', '1.1', many)));
    expect(status).toBeGreaterThanOrEqual(400);
    expect((await callModern(server.url, 'echo', { text: 'hi' })).status).toBe(200);
  });

  test.each([
    '//',
    '//evil.example/mcp',
    '/\\mcp',
    '*',
    '/%',
    '/%ff',
    '?',
    '/mcp;a=b',
    'http://',
    'http://[',
    `/${'a'.repeat(8000)}`,
  ])('the target %.20s is not found, and harms nobody', async (target) => {
    const server = await serve(demoApp());
    const [status] = statuses(await raw(server.port, message('GET', target)));
    expect([400, 404]).toContain(status);
    expect((await callModern(server.url, 'echo', { text: 'hi' })).status).toBe(200);
  });

  test.each([
    'nonsense\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000',
    'GET /mcp HTTP/9.9\r\n\r\n',
    'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n',
    'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'POST /mcp HTTP/1.1\r\nHost : localhost\r\n\r\n',
  ])('%.40j is a bad request', async (bytes) => {
    const server = await serve(demoApp());
    expect(statuses(await raw(server.port, bytes))).toEqual([400]);
    expect((await callModern(server.url, 'echo', { text: 'hi' })).status).toBe(200);
  });

  test('a request without a version is refused too', async () => {
    const { port } = await serve(demoApp());
    expect([400, 403]).toContain(statuses(await raw(port, 'GET /mcp\r\n\r\n'))[0]);
  });

  test('Expect: 100-continue is granted, other expectations are not', async () => {
    const { url, port } = await serve(demoApp());
    const { body, headers } = modern('tools/list');
    const status = await new Promise((resolve, reject) => {
      const outgoing = request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', expect: '100-continue', ...headers },
      });
      outgoing.on('continue', () => outgoing.end(JSON.stringify(body)));
      outgoing.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
      outgoing.flushHeaders();
    });
    expect(status).toBe(200);
    expect(statuses(await raw(port, message('POST', '/mcp', '1.1', 'Expect: wonders\r\n')))).toEqual([417]);
  });
});

test('hundreds of connections that say nothing do not keep others out', async () => {
  const server = await serve(demoApp());
  await Promise.all(Array.from({ length: 300 }, () => connect(server.port)));
  const session = await initialize(server.url);
  expect((await session.send('ping')).status).toBe(200);
});
