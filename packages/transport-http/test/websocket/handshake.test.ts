import { request, type IncomingMessage } from 'node:http';

import { InvalidOptionError, type Principal } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';

import { challenge, type AuthRequest } from '../../src/index.ts';
import { createWebSocketHandler, webSocket, type WebSocketOptions } from '../../src/websocket.ts';
import { askingApp } from '../connection/asking-app.ts';
import { demoApp } from '../demo-app.ts';
import { connect, initialize, listen, serveWebSocket } from './helpers.ts';
import { until } from '../helpers.ts';

const HANDSHAKE = {
  host: 'localhost',
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
  'sec-websocket-protocol': 'mcp',
};

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a handshake is answered, with headers and path of one's choice; `undefined` leaves a header out. */
function shake(
  port: number,
  headers: Record<string, string | undefined> = {},
  path = '/ws',
  method = 'GET',
): Promise<Answer> {
  const all = Object.entries({ ...HANDSHAKE, ...headers }).filter(([, value]) => value !== undefined);
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: Object.fromEntries(all) as Record<string, string>,
    });
    outgoing.on('error', reject);
    outgoing.on('upgrade', ({ statusCode, headers: own }, socket) => {
      socket.on('error', () => {}).destroy();
      resolve({ status: statusCode!, headers: own, body: '' });
    });
    outgoing.on('response', (response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    outgoing.end();
  });
}

function byToken(asked: AuthRequest): Principal | ReturnType<typeof challenge> {
  const token = asked.header('authorization');
  if (token === undefined) return challenge({ error: 'invalid_token', description: 'Bring a token.' });
  if (token === 'weak') return challenge({ status: 403, error: 'insufficient_scope', scopes: ['all'] });
  return { id: token, scopes: [] };
}

describe('before the upgrade', () => {
  test('a page of another site is refused, like a foreign Host', async () => {
    const { port, handler } = await serveWebSocket(demoApp());
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://evil.example:${port}` },
      { host: 'evil.example' },
      { host: 'evil.example', origin: 'http://evil.example' },
    ]) {
      const { status, body } = await shake(port, headers);
      expect([headers, status]).toEqual([headers, 403]);
      expect(JSON.parse(body)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32000 } });
    }
    expect(handler.connectionCount).toBe(0);
    expect((await shake(port, { origin: `http://localhost:${port}` })).status).toBe(101);
    expect((await shake(port)).status).toBe(101);
  });

  test('a page of an allowed site is let in, and those of this machine no more', async () => {
    const { port } = await serveWebSocket(demoApp(), { allowedOrigins: ['https://app.example'] });
    expect((await shake(port, { origin: 'https://app.example' })).status).toBe(101);
    expect((await shake(port, { origin: `http://localhost:${port}` })).status).toBe(403);
  });

  test('who brings no credentials, or too weak ones, reads so in HTTP', async () => {
    const { port, handler } = await serveWebSocket(demoApp(), { auth: byToken });
    const missing = await shake(port);
    expect(missing.status).toBe(401);
    expect(missing.headers['www-authenticate']).toBe(
      'Bearer error="invalid_token", error_description="Bring a token."',
    );
    const weak = await shake(port, { authorization: 'weak' });
    expect([weak.status, weak.headers['www-authenticate']]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="all"',
    ]);
    expect((await shake(port, { authorization: 'ada' })).status).toBe(101);
    await until(() => handler.connectionCount === 0);
  });

  test.each<[string, Record<string, string | undefined>, string, number]>([
    ['another path', {}, '/elsewhere', 404],
    ['another protocol', { upgrade: 'h2c' }, '/ws', 400],
    ['no subprotocol', { 'sec-websocket-protocol': undefined }, '/ws', 400],
    ['another subprotocol', { 'sec-websocket-protocol': 'graphql-ws' }, '/ws', 400],
    ['a bad key', { 'sec-websocket-key': 'short' }, '/ws', 400],
    ['an unknown version', { 'sec-websocket-version': '99' }, '/ws', 400],
  ])('%s is refused', async (_, headers, path, status) => {
    const { port, handler } = await serveWebSocket(demoApp(), { maxConnections: 1 });
    expect((await shake(port, headers, path)).status).toBe(status);
    // The place it might have taken is free.
    expect((await shake(port)).status).toBe(101);
    await until(() => handler.connectionCount === 0);
  });

  test.each([
    ['GET', '/ws', 426, 'websocket'],
    ['POST', '/ws', 426, 'websocket'],
    ['GET', '/elsewhere', 404, undefined],
    ['OPTIONS', '/ws', 204, undefined],
  ])('%s %s without an upgrade gets %i', async (method, path, status, upgrade) => {
    const { port } = await serveWebSocket(demoApp());
    const answer = await shake(port, { connection: undefined, upgrade: undefined }, path, method);
    expect([answer.status, answer.headers.upgrade]).toEqual([status, upgrade]);
  });

  test('auth that fails or takes too long is no way in', async () => {
    const clock = fakeClock();
    const failing = await serveWebSocket(demoApp(), {
      auth: () => {
        throw new Error('the password is hunter2');
      },
    });
    const failed = await shake(failing.port);
    expect(failed.status).toBe(500);
    expect(failed.body).not.toContain('hunter2');

    let asked = 0;
    let answer: ((principal: Principal) => void) | undefined;
    const slow = await serveWebSocket(demoApp({ clock }), {
      auth: () => new Promise((resolve) => ((asked += 1), (answer = resolve))),
    });
    const shaking = shake(slow.port);
    await until(() => asked === 1);
    await clock.advance(10_000);
    expect((await shaking).status).toBe(503);
    answer?.({ id: 'ada', scopes: [] });
    await clock.advance(0);
    expect(slow.handler.connectionCount).toBe(0);
  });

  test('there are so many connections, and a place is free again when a client leaves', async () => {
    const { url, port, handler } = await serveWebSocket(demoApp(), { maxConnections: 1 });
    const client = await connect(url);
    const refused = await shake(port);
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '30']);
    client.socket.close();
    await until(() => handler.connectionCount === 0);
    expect((await shake(port)).status).toBe(101);
  });

  test('a client that goes away while auth is being asked leaves nothing', async () => {
    let answer: ((principal: Principal) => void) | undefined;
    let asked = 0;
    const { port, handler } = await serveWebSocket(demoApp(), {
      auth: () => new Promise((resolve) => ((asked += 1), (answer = resolve))),
    });
    const outgoing = request({ host: '127.0.0.1', port, path: '/ws', headers: HANDSHAKE });
    const gone = new Promise((resolve) => outgoing.on('error', resolve));
    outgoing.end();
    await until(() => asked === 1);
    outgoing.destroy();
    await gone;
    answer?.({ id: 'ada', scopes: [] });
    await until(() => handler.connectionCount === 0);
    expect((await shake(port, { 'sec-websocket-protocol': undefined, host: 'evil.example' })).status).toBe(
      403,
    );
  });
});

test('a connection stays who it was opened as, in its tenant', async () => {
  const { url } = await serveWebSocket(askingApp(), {
    auth: byToken,
    tenant: ({ id }) => `tenant of ${id}`,
  });
  const [ada, eve] = await Promise.all(
    ['ada', 'eve'].map((authorization) => initialize(url, { headers: { authorization } })),
  );
  const who = { name: 'who' };
  expect(await ada!.ask('tools/call', who)).toMatchObject({
    result: { content: [{ text: 'websocket ada tenant of ada' }] },
  });
  expect(await eve!.ask('tools/call', who)).toMatchObject({
    result: { content: [{ text: 'websocket eve tenant of eve' }] },
  });
});

test('the subprotocol is chosen among those a client offers', async () => {
  const { url } = await serveWebSocket(demoApp());
  const { socket } = await connect(url, {}, ['bearer.secret', 'mcp']);
  expect(socket.protocol).toBe('mcp');
});

test('compression keeps no memory from one message to the next', async () => {
  const { port } = await serveWebSocket(demoApp());
  const { headers } = await shake(port, { 'sec-websocket-extensions': 'permessage-deflate' });
  expect(headers['sec-websocket-extensions']).toMatch(
    /server_no_context_takeover.*client_no_context_takeover/,
  );
});

test('beside another handler it takes over guards and auth, unless it has its own', async () => {
  const shared = { auth: byToken, allowedHosts: ['mcp.example'] };
  const part = webSocket()(demoApp(), shared);
  const { port } = await listen({ ...part, upgrade: part.upgrade! });
  expect((await shake(port)).status).toBe(403);
  expect((await shake(port, { host: 'mcp.example' })).status).toBe(401);
  expect((await shake(port, { host: 'mcp.example', authorization: 'ada' })).status).toBe(101);
});

test.each<[string, WebSocketOptions]>([
  ['path', { path: 'ws' }],
  ['maxConnections', { maxConnections: 0 }],
  ['pingMs', { pingMs: Number.NaN }],
  ['compressFromBytes', { compressFromBytes: -1 }],
])('%s that cannot work is refused', (option, options) => {
  expect(() => createWebSocketHandler(demoApp(), options)).toThrow(InvalidOptionError);
  expect(() => createWebSocketHandler(demoApp(), options)).toThrow(new RegExp(`^${option} `));
});
