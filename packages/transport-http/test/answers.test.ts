import { createApp, defineTool } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';

import { count, demoApp, heldTool } from './demo-app.ts';
import { callModern, initialize, json, modern, post, sendModern, serve, until } from './helpers.ts';
import { readEvents } from './sse-reader.ts';

describe('the form of an answer', () => {
  test('is JSON where the handler only returns', async () => {
    const { url } = await serve(demoApp());
    const response = await callModern(url, 'echo', { text: 'hi' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('content-length')).not.toBeNull();
    expect(await json(response)).toMatchObject({
      jsonrpc: '2.0',
      id: 1,
      result: { content: [{ type: 'text', text: 'hi' }], resultType: 'complete' },
    });
  });

  test('is a stream once the handler says something before its result', async () => {
    const { url } = await serve(demoApp());
    const request = { name: 'count', arguments: { to: 2 }, _meta: { progressToken: 'p' } };
    const response = await sendModern(url, 'tools/call', request);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(response.headers.get('content-encoding')).toBeNull();
    const [one, two, last] = await readEvents(response).rest();
    expect([one, two]).toEqual(
      [1, 2].map((progress) => ({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: 'p', progress, total: 2 },
      })),
    );
    expect(last).toMatchObject({ id: 1, result: { content: [{ text: 'counted to 2' }] } });
  });

  test('is JSON in a session too, and a stream with event ids once there is something to say', async () => {
    const { url } = await serve(demoApp());
    const session = await initialize(url);
    expect((await session.send('tools/list')).headers.get('content-type')).toBe('application/json');
    const events = readEvents(await session.call('count', { to: 1 }));
    const prime = await events.next();
    expect(prime).toMatchObject({ data: '', retry: '1000' });
    const ids = [prime!.id];
    for (let event = await events.next(); event; event = await events.next()) ids.push(event.id);
    expect(new Set(ids).size).toBe(3);
    expect(ids).not.toContain(undefined);
  });

  test('starts without an empty event for clients from before 2025-11-25, who could not parse it', async () => {
    const { url } = await serve(demoApp());
    const session = await initialize(url, { version: '2025-06-18' });
    const first = await readEvents(await session.call('count', { to: 1 })).next();
    expect(first?.data).toContain('notifications/progress');
  });
});

describe('Accept', () => {
  test.each([
    undefined,
    '',
    '*/*',
    'application/json',
    'application/*',
    'APPLICATION/JSON; q=0.5',
    'text/html, */*;q=0.1',
  ])('%j gets JSON', async (accept) => {
    const server = await serve(demoApp());
    const { body, headers } = modern('tools/list');
    // fetch would add an Accept of its own.
    const { request } = await import('node:http');
    const [status, type] = await new Promise<[number | undefined, string | undefined]>((resolve, reject) => {
      const outgoing = request(server.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(accept !== undefined && { accept }), ...headers },
      });
      outgoing.on('response', (incoming) => {
        incoming.resume();
        resolve([incoming.statusCode, incoming.headers['content-type']]);
      });
      outgoing.on('error', reject).end(JSON.stringify(body));
    });
    expect([status, type]).toEqual([200, 'application/json']);
  });

  test('text/event-stream alone gets a stream with the result in it', async () => {
    const { url } = await serve(demoApp());
    const response = await callModern(url, 'echo', { text: 'hi' }, { accept: 'text/event-stream' });
    expect(await readEvents(response).rest()).toMatchObject([
      { id: 1, result: { content: [{ text: 'hi' }] } },
    ]);
  });

  test('application/json alone gets the result without what came before it', async () => {
    const { url } = await serve(demoApp());
    const request = { name: 'count', arguments: { to: 3 }, _meta: { progressToken: 'p' } };
    const response = await sendModern(url, 'tools/call', request, { accept: 'application/json' });
    expect(await json(response)).toMatchObject({ result: { content: [{ text: 'counted to 3' }] } });
  });

  test.each(['text/html', 'image/png, application/xml'])('%s gets 406', async (accept) => {
    const { url } = await serve(demoApp());
    const response = await callModern(url, 'echo', { text: 'hi' }, { accept });
    expect(response.status).toBe(406);
    expect(await json(response)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32000 } });
  });
});

describe('keep-alive comments', () => {
  test('turn an answer that takes long into a stream, and come again and again', async () => {
    const clock = fakeClock();
    const { tool, state } = heldTool();
    const { url } = await serve(
      createApp({ name: 'demo', version: '1.0.0', clock, timeoutMs: 600_000 }).add(tool),
      {
        keepAliveMs: 10_000,
      },
    );
    const answer = callModern(url, 'held');
    await until(() => state.started === 1);
    await clock.advance(10_000);
    await clock.advance(10_000);
    const events = readEvents(await answer);
    expect(await events.next()).toMatchObject({ comment: 'keep-alive', data: undefined });
    await clock.advance(10_000);
    expect(await events.next()).toMatchObject({ comment: 'keep-alive' });
    state.release();
    expect(await events.message()).toMatchObject({ id: 1, result: { content: [{ text: 'released' }] } });
    expect(await events.next()).toBeUndefined();
  });

  test('do not come to clients that take JSON alone', async () => {
    const clock = fakeClock();
    const { tool, state } = heldTool();
    const app = createApp({ name: 'demo', version: '1.0.0', clock, timeoutMs: 600_000 }).add(tool);
    const { url } = await serve(app);
    const answer = callModern(url, 'held', {}, { accept: 'application/json' });
    await until(() => state.started === 1);
    await clock.advance(60_000);
    state.release();
    expect((await answer).headers.get('content-type')).toBe('application/json');
  });

  test('keep the standing stream of a session open', async () => {
    const clock = fakeClock();
    const { url } = await serve(demoApp({ clock }));
    const session = await initialize(url);
    const events = readEvents(await session.get());
    expect(await events.next()).toMatchObject({ data: '', id: expect.any(String) });
    expect(await events.next()).toMatchObject({ comment: 'keep-alive' });
    await clock.advance(15_000);
    expect(await events.next()).toMatchObject({ comment: 'keep-alive' });
    events.close();
  });
});

describe('a notification', () => {
  test('is taken with 202 and no body, in both eras', async () => {
    const { url } = await serve(demoApp());
    const session = await initialize(url);
    const message = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };
    for (const headers of [session.headers, modern('notifications/roots/list_changed').headers]) {
      const response = await post(url, message, headers);
      expect([response.status, await response.text()]).toEqual([202, '']);
    }
  });

  test('passes the middleware of the app', async () => {
    const seen: string[] = [];
    const app = createApp({ name: 'demo', version: '1.0.0' }).use(async function look(call, next) {
      seen.push(call.method);
      return next();
    });
    const { url } = await serve(app);
    const session = await initialize(url);
    await session.notify('notifications/roots/list_changed');
    await until(() => seen.includes('notifications/roots/list_changed'));
    expect(seen).toEqual(['initialize', 'notifications/initialized', 'notifications/roots/list_changed']);
  });
});

test('two answers at once keep their own progress', async () => {
  const pair = defineTool({
    name: 'pair',
    async run(_args, call) {
      call.progress({ progress: 1, message: String(call.requestId) });
      await new Promise((resolve) => setImmediate(resolve));
      call.progress({ progress: 2, message: String(call.requestId) });
      return String(call.requestId);
    },
  });
  const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(pair, count));
  const session = await initialize(url);
  const streams = await Promise.all(
    Array.from({ length: 20 }, async (_, index) =>
      readEvents(await session.call('pair', {}, `call-${index}`)).rest(),
    ),
  );
  for (const [index, messages] of streams.entries()) {
    const id = `call-${index}`;
    expect(messages.map(({ params }) => params?.message)).toEqual([id, id, undefined]);
    expect(messages.at(-1)).toMatchObject({ id, result: { content: [{ text: id }] } });
  }
});
