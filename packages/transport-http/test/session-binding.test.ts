import { createApp, defineTool, type Principal } from '@toolyard/core';
import { describe, expect, test } from 'vitest';

import type { Authenticate } from '../src/index.ts';
import { count, demoApp } from './demo-app.ts';
import { initialize, json, openStream, post, sendModern, serve, type TestSession } from './helpers.ts';
import { readEvents } from './sse-reader.ts';

/** Takes everybody for who they say they are. */
const trusting: Authenticate = (request) => {
  const [issuer, id, clientId, scope] = (request.header('x-user') ?? 'ring nobody').split(' ');
  return { id: id!, issuer, scopes: scope ? [scope] : [], ...(clientId && { clientId }) };
};

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

async function everyWayIn(
  { url, headers }: TestSession,
  user: string,
  lastEventId: string,
): Promise<Response[]> {
  const mine = { ...headers, 'x-user': user };
  return [
    await post(url, ping, mine),
    await post(url, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }, mine),
    await post(url, { jsonrpc: '2.0', id: 1, result: {} }, mine),
    await post(url, [ping], mine),
    await fetch(url, { headers: { ...mine, accept: 'text/event-stream' } }),
    await fetch(url, { headers: { ...mine, accept: 'text/event-stream', 'last-event-id': lastEventId } }),
    await fetch(url, { method: 'DELETE', headers: mine }),
  ];
}

describe('a session is its principal’s alone', () => {
  test.each([
    ['another user', 'ring bob'],
    ['the same name at another issuer', 'other ada'],
    ['another client of the same user', 'ring ada cli'],
    ['nobody', 'ring nobody'],
  ])('%s finds nothing', async (_who, user) => {
    const { url, handler } = await serve(demoApp(), { auth: trusting });
    const session = await initialize(url, { headers: { 'x-user': 'ring ada' } });
    const events = readEvents(await session.call('count', { to: 2 }));
    await events.rest();
    for (const response of await everyWayIn(session, user, events.lastId)) {
      expect(response.status).toBe(404);
      expect(await json(response)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32001 } });
    }
    expect(handler.sessionCount).toBe(1);
    expect((await session.send('ping')).status).toBe(200);
  });

  test('and looks to others like one that never was', async () => {
    const { url } = await serve(demoApp(), { auth: trusting });
    const session = await initialize(url, { headers: { 'x-user': 'ring ada' } });
    const foreign = await post(url, ping, { ...session.headers, 'x-user': 'ring bob' });
    const unknown = await post(url, ping, { 'mcp-session-id': crypto.randomUUID(), 'x-user': 'ring bob' });
    expect(await json(foreign)).toEqual(await json(unknown));
  });

  test('survives a token of the same principal with other scopes, which count from then on', async () => {
    const app = createApp({ name: 'demo', version: '1.0.0' }).add(
      count,
      defineTool({ name: 'secret', access: { scopes: ['admin'] }, run: () => 'the secret' }),
    );
    const { url } = await serve(app, { auth: trusting });
    const session = await initialize(url, { headers: { 'x-user': 'ring ada cli admin' } });
    expect(await json(session.call('secret'))).toMatchObject({
      result: { content: [{ text: 'the secret' }] },
    });
    const call = { jsonrpc: '2.0', id: 9, method: 'tools/call', params: { name: 'secret' } };
    const less = await post(url, call, { ...session.headers, 'x-user': 'ring ada cli' });
    expect(less.status).toBe(403);
    const list = await json(
      post(url, { ...ping, method: 'tools/list' }, { ...session.headers, 'x-user': 'ring ada cli' }),
    );
    expect(list.result.tools.map(({ name }: { name: string }) => name)).toEqual(['count']);
  });
});

test('the principal of each request reaches its call', async () => {
  const seen: Principal[] = [];
  const who = defineTool({ name: 'who', run: (_args, call) => void seen.push(call.principal) });
  const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(who), { auth: trusting });
  const session = await initialize(url, { headers: { 'x-user': 'ring ada cli read' } });
  await session.call('who');
  expect(seen).toEqual([{ id: 'ada', issuer: 'ring', clientId: 'cli', scopes: ['read'] }]);
});

describe('session ids', () => {
  test.each([
    ['unknown', crypto.randomUUID()],
    ['of the prototype', '__proto__'],
    ['of the constructor', 'constructor'],
    ['of a method', 'toString'],
    ['overlong', 'a'.repeat(10_000)],
    ['beyond ASCII', 'sitzung-ä'],
    ['with spaces', 'a b c'],
    ['a path', '../../etc/passwd'],
  ])('that are %s are not found', async (_what, id) => {
    const { url, handler } = await serve(demoApp());
    const session = await initialize(url);
    const headers = { 'mcp-session-id': id };
    const answers = [
      await post(url, ping, headers),
      await fetch(url, { headers: { ...headers, accept: 'text/event-stream' } }),
      await fetch(url, { method: 'DELETE', headers }),
    ];
    for (const response of answers) {
      expect(response.status).toBe(404);
      expect(await json(response)).toMatchObject({ id: null, error: { code: -32001 } });
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(handler.sessionCount).toBe(1);
    expect((await session.send('ping')).status).toBe(200);
  });

  test('that are missing or empty get 400 or 404, and no session', async () => {
    const { url } = await serve(demoApp());
    expect((await post(url, ping)).status).toBe(400);
    expect((await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(400);
    expect((await post(url, { jsonrpc: '2.0', id: 1, result: {} })).status).toBe(400);
    expect([400, 404]).toContain((await post(url, ping, { 'mcp-session-id': '' })).status);
  });

  test('given twice are not found, even if one is right', async () => {
    const { url } = await serve(demoApp());
    const session = await initialize(url);
    const response = await post(url, ping, { 'mcp-session-id': `${session.id}, ${session.id}` });
    expect(response.status).toBe(404);
  });

  test('cannot be guessed from each other', async () => {
    const { url } = await serve(demoApp());
    const ids = await Promise.all(Array.from({ length: 50 }, async () => (await initialize(url)).id));
    expect(new Set(ids).size).toBe(50);
    expect(new Set(ids.map((id) => id.slice(0, 8))).size).toBe(50);
  });
});

test('events of one session never come to another that asks with their id', async () => {
  const { url } = await serve(demoApp());
  const [a, b] = [await initialize(url), await initialize(url)];
  const streamA = readEvents(await a.call('count', { to: 3 }));
  const prime = await streamA.next();
  await streamA.rest();
  const response = await b.get({ 'last-event-id': prime!.id! });
  expect(response.status).toBe(400);
  // The stream of the same number that b has does not answer either.
  const streamB = readEvents(await b.call('count', { to: 3 }));
  await streamB.rest();
  expect((await b.get({ 'last-event-id': prime!.id! })).status).toBe(400);
  const standing = await openStream(b);
  expect((await standing.next())?.data).toBe('');
});

test('clients that use the same ids and tokens at once get their own answers alone', async () => {
  const tell = defineTool({
    name: 'tell',
    async run(_args, call) {
      for (let progress = 1; progress <= 3; progress += 1) {
        call.progress({ progress, message: call.principal.id });
        await new Promise((resolve) => setImmediate(resolve));
      }
      call.sendLog('info', call.principal.id);
      return call.principal.id;
    },
  });
  const app = createApp({ name: 'demo', version: '1.0.0' }).add(tell);
  const { url } = await serve(app, { auth: trusting });
  const users = ['ada', 'bob', 'eve', 'mallory'];
  const sessions = await Promise.all(
    users.map((id) => initialize(url, { headers: { 'x-user': `ring ${id}` } })),
  );
  const silent = await openStream(await initialize(url, { headers: { 'x-user': 'ring silent' } }));
  const params = { name: 'tell', _meta: { progressToken: 'same' } };
  const heard = sessions.map(async (session, index) => {
    for (let round = 0; round < 25; round += 1) {
      const messages = await readEvents(await session.send('tools/call', params, 'same')).rest();
      const said = messages.map(
        (each) => each.params?.message ?? each.params?.data ?? each.result.content[0].text,
      );
      expect(said).toEqual(Array.from({ length: 5 }, () => users[index]));
    }
  });
  const modernly = users.map(async (user) => {
    for (let round = 0; round < 25; round += 1) {
      const response = await sendModern(url, 'tools/call', params, { 'x-user': `ring ${user}` });
      expect((await readEvents(response).rest()).at(-1).result.content[0].text).toBe(user);
    }
  });
  await Promise.all([...heard, ...modernly]);
  app.remove(tell);
  expect(await silent.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
});
