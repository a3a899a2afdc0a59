import { connect as connectSocket } from 'node:net';

import { InvalidOptionError, type Principal } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

import { challenge, type AuthRequest } from '../../src/index.ts';
import { createSseHandler, sse, type SseOptions } from '../../src/sse.ts';
import { askingApp } from '../connection/asking-app.ts';
import { demoApp, heldTool } from '../demo-app.ts';
import { until } from '../helpers.ts';
import { initializeSse, listen, openSse, serveSse, status } from './helpers.ts';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

/** Who the token names, in the tenant the token names after a slash. */
function byToken(request: AuthRequest): Principal | ReturnType<typeof challenge> {
  const token = request.header('authorization');
  return token === undefined
    ? challenge({ error: 'invalid_token' })
    : { id: token.split('/')[0]!, scopes: [] };
}

function tenantByToken(_: Principal, request: AuthRequest): string | undefined {
  return request.header('authorization')?.split('/')[1];
}

describe('every path', () => {
  test.each([
    ['GET', '/sse'],
    ['POST', '/messages?sessionId=x'],
    ['OPTIONS', '/messages'],
    ['GET', '/elsewhere'],
  ])('%s %s refuses a foreign Host or Origin', async (method, path) => {
    const { port } = await serveSse(demoApp());
    const local = { host: `localhost:${port}` };
    for (const headers of [
      { host: 'evil.example' },
      { ...local, origin: 'https://evil.example' },
      { ...local, origin: 'null' },
    ]) {
      expect(await status(port, method, path, headers)).toBe(403);
    }
    expect(await status(port, method, path, { ...local, origin: `http://localhost:${port}` })).not.toBe(403);
  });

  test.each([
    ['GET', '/sse', 401],
    ['POST', '/messages?sessionId=x', 401],
    ['GET', '/elsewhere', 401],
    ['OPTIONS', '/messages', 204],
  ])('%s %s without credentials gets %i', async (method, path, expected) => {
    const { port } = await serveSse(demoApp(), { auth: byToken });
    expect(await status(port, method, path, { host: 'localhost' })).toBe(expected);
  });

  test.each([
    ['POST', '/sse', 405],
    ['GET', '/messages', 405],
    ['DELETE', '/messages', 405],
    ['GET', '/', 404],
    ['POST', '/messages', 400],
    ['POST', '/messages?sessionId=', 400],
    ['POST', '/messages?sessionId=__proto__', 404],
    ['POST', '/messages?sessionId=constructor', 404],
  ])('%s %s gets %i', async (method, path, expected) => {
    const { port } = await serveSse(demoApp());
    expect(await status(port, method, path, { host: 'localhost' })).toBe(expected);
  });

  test('a page on an allowed origin may read the answers', async () => {
    const { base } = await serveSse(demoApp(), { allowedOrigins: ['https://app.example'] });
    const client = await openSse(base, { origin: 'https://app.example' });
    const posted = await client.post(PING);
    for (const { headers } of [client.response, posted]) {
      expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
      expect(headers.get('vary')).toBe('Origin');
    }
  });

  test('a client that does not take a stream gets 406', async () => {
    const { base } = await serveSse(demoApp());
    expect((await fetch(`${base}/sse`, { headers: { accept: 'application/json' } })).status).toBe(406);
  });

  test('a failing auth function is no way in', async () => {
    const { base, handler } = await serveSse(demoApp(), {
      auth: () => {
        throw new Error('the password is hunter2');
      },
    });
    const response = await fetch(`${base}/sse`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter2');
    expect(handler.sessionCount).toBe(0);
  });
});

describe('a session', () => {
  test('is not found by another principal', async () => {
    const { base } = await serveSse(askingApp(), { auth: byToken });
    const ada = await initializeSse(base, { headers: { authorization: 'ada' } });
    const stolen = await ada.post(PING, { authorization: 'eve' });
    const unknown = await fetch(`${base}/messages?sessionId=none`, {
      method: 'POST',
      headers: { authorization: 'eve', 'content-type': 'application/json' },
      body: JSON.stringify(PING),
    });
    expect(stolen.status).toBe(404);
    expect(await stolen.json()).toEqual(await unknown.json());
    expect(await ada.ask('tools/call', { name: 'who' })).toMatchObject({
      result: { content: [{ text: 'sse ada -' }] },
    });
  });

  test('is not found by the same principal in another tenant', async () => {
    const { base } = await serveSse(askingApp(), { auth: byToken, tenant: tenantByToken });
    const client = await initializeSse(base, { headers: { authorization: 'ada/one' } });
    expect((await client.post(PING, { authorization: 'ada/two' })).status).toBe(404);
    expect((await client.post(PING, { authorization: 'ada/one' })).status).toBe(202);
  });

  test('hears nothing of what others do', async () => {
    const { base } = await serveSse(askingApp());
    const [one, other] = [await initializeSse(base), await initializeSse(base)];
    const calls = Array.from({ length: 50 }, (_, index) =>
      one.post({
        jsonrpc: '2.0',
        id: index,
        method: 'tools/call',
        params: { name: 'demo_count', arguments: { to: 2 }, _meta: { progressToken: 1 } },
      }),
    );
    await Promise.all(calls);
    expect(await other.ask('ping')).toEqual({ jsonrpc: '2.0', id: 2, result: {} });
  });

  test('takes no larger body than it may', async () => {
    const { base } = await serveSse(askingApp(), { maxBodyBytes: 1000 });
    const client = await initializeSse(base);
    expect((await client.post({ ...PING, params: { padding: 'x'.repeat(1000) } })).status).toBe(413);
    expect(await client.ask('ping')).toMatchObject({ result: {} });
  });

  test('has so many requests answered at once', async () => {
    const { tool, state } = heldTool();
    const { base } = await serveSse(askingApp().add(tool), { maxInFlight: 2 });
    const client = await initializeSse(base);
    const call = (id: number) =>
      client.post({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'held' } });
    for (const id of [11, 12, 13]) await call(id);
    expect(await client.events.message()).toMatchObject({ id: 13, error: { code: -31429 } });
    await client.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 11 } });
    await until(() => state.aborted === 1);
    state.release();
    expect(await client.events.message()).toMatchObject({ id: 12, result: {} });
  });

  test('answers what cannot be written as JSON with an error', async () => {
    const app = demoApp().use('prompts/get', () => ({ messages: [], size: 1n }) as never);
    const { base } = await serveSse(app);
    const client = await initializeSse(base);
    expect(await client.ask('prompts/get', { name: 'greet' })).toMatchObject({ error: { code: -32603 } });
    expect(await client.ask('ping')).toMatchObject({ result: {} });
  });
});

describe('streams', () => {
  test('are so many, and a place is free again when a client leaves', async () => {
    const { base, handler } = await serveSse(demoApp(), { maxSessions: 2 });
    const clients = [await openSse(base), await openSse(base)];
    const refused = await fetch(`${base}/sse`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    clients[0]!.close();
    await until(() => handler.sessionCount === 1);
    await openSse(base);
    expect(handler.sessionCount).toBe(2);
  });

  test('are kept open by comments, and end when nothing was said for long', async () => {
    const clock = fakeClock();
    const closed: string[] = [];
    const app = demoApp({ clock });
    app.on('sessionClosed', ({ id }) => void closed.push(id));
    const { base, handler } = await serveSse(app, { keepAliveMs: 10_000, idleMs: 60_000 });
    const client = await initializeSse(base);
    await clock.advance(50_000);
    for (let beat = 0; beat < 5; beat += 1) {
      expect(await client.events.next()).toMatchObject({ comment: 'keep-alive' });
    }
    expect(await client.ask('ping')).toMatchObject({ result: {} });
    await clock.advance(50_000);
    expect(handler.sessionCount).toBe(1);
    await clock.advance(10_000);
    expect(await client.events.rest()).toEqual([]);
    await until(() => handler.sessionCount === 0);
    expect(closed).toHaveLength(1);
    expect((await client.post(PING)).status).toBe(404);
  });

  test('do not count as idle while a call is being answered', async () => {
    const clock = fakeClock();
    const { tool, state } = heldTool();
    const app = askingApp({ clock, timeoutMs: 10_000_000 }).add(tool);
    const { base, handler } = await serveSse(app, { keepAliveMs: 10_000, idleMs: 60_000 });
    const client = await initializeSse(base);
    await client.post({ jsonrpc: '2.0', id: 9, method: 'tools/call', params: { name: 'held' } });
    await until(() => state.started === 1);
    await clock.advance(600_000);
    expect(handler.sessionCount).toBe(1);
    state.release();
    expect(await client.events.message()).toMatchObject({ id: 9, result: {} });
  });

  test('end at their greatest age, used or not', async () => {
    const clock = fakeClock();
    const { base, handler } = await serveSse(demoApp({ clock }), { keepAliveMs: 10_000, maxAgeMs: 30_000 });
    const client = await initializeSse(base);
    await clock.advance(20_000);
    expect(await client.ask('ping')).toMatchObject({ result: {} });
    await clock.advance(10_000);
    expect(await client.events.rest()).toEqual([]);
    await until(() => handler.sessionCount === 0);
  });

  test('of clients that do not read are cut', async () => {
    const { base, port, handler } = await serveSse(askingApp(), { maxBufferedBytes: 1_000_000 });
    const socket = connectSocket({ port, host: '127.0.0.1' });
    onTestFinished(() => void socket.destroy());
    const head = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
    socket.write('GET /sse HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [endpoint] = /\/messages\?sessionId=[\w-]+/.exec(await head)!;
    socket.pause();
    const call = { name: 'big', arguments: { bytes: 1_000_000 } };
    for (let id = 0; id < 40 && handler.sessionCount > 0; id += 1) {
      await fetch(new URL(endpoint, base), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: call }),
      });
    }
    await until(() => handler.sessionCount === 0);
    expect((await fetch(new URL(endpoint, base), { method: 'POST' })).status).toBe(404);
  });
});

describe('beside another handler', () => {
  test('it takes over guards and auth, unless it has its own', async () => {
    const shared = { auth: byToken, allowedHosts: ['mcp.example'] };
    const { port } = await listen(sse()(demoApp(), shared));
    expect(await status(port, 'GET', '/sse', { host: 'localhost' })).toBe(403);
    expect(await status(port, 'GET', '/sse', { host: 'mcp.example' })).toBe(401);
    expect(await status(port, 'GET', '/sse', { host: 'mcp.example', authorization: 'ada' })).toBe(200);
    const own = await listen(sse({ allowedHosts: ['own.example'], path: '/old' })(demoApp(), shared));
    expect(await status(own.port, 'GET', '/old', { host: 'own.example' })).toBe(401);
  });
});

test.each<[string, SseOptions]>([
  ['path', { path: 'sse' }],
  ['messagesPath', { messagesPath: '/messages?x=1' }],
  ['messagesPath', { messagesPath: '/sse' }],
  ['advertisedMessagesPath', { advertisedMessagesPath: '/a\ndata: b' }],
  ['maxSessions', { maxSessions: 0 }],
  ['idleMs', { idleMs: Number.NaN }],
])('%s that cannot work is refused', (option, options) => {
  expect(() => createSseHandler(demoApp(), options)).toThrow(InvalidOptionError);
  expect(() => createSseHandler(demoApp(), options)).toThrow(new RegExp(`^${option} `));
});
