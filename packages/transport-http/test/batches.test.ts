import { defineTool } from '@toolyard/core';
import { describe, expect, test } from 'vitest';

import { demoApp } from './demo-app.ts';
import { initialize, initializeMessage, json, post, serve } from './helpers.ts';
import { readEvents } from './sse-reader.ts';

const ping = (id: unknown) => ({ jsonrpc: '2.0', id, method: 'ping' });
const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
const call = (id: unknown, name: string, args = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args, _meta: { progressToken: 'p' } },
});

describe('a batch of a 2025-03-26 client', () => {
  test('is answered as one, each message by itself', async () => {
    const { url } = await serve(demoApp());
    const session = await initialize(url, { version: '2025-03-26' });
    const batch = [
      ping(1),
      initialized,
      call('b', 'count', { to: 2 }),
      { jsonrpc: '2.0', id: 3 },
      call(4, 'nothing'),
      7,
    ];
    const response = await post(url, batch, session.headers);
    expect(response.headers.get('content-type')).toBe('application/json');
    const answers = await json(response);
    expect(answers).toHaveLength(5);
    expect(answers).toEqual(
      expect.arrayContaining([
        { jsonrpc: '2.0', id: 1, result: {} },
        expect.objectContaining({
          id: 'b',
          result: expect.objectContaining({ content: [expect.anything()] }),
        }),
        expect.objectContaining({ id: 3, error: expect.objectContaining({ code: -32600 }) }),
        expect.objectContaining({ id: 4, error: expect.objectContaining({ code: -32602 }) }),
        expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32600 }) }),
      ]),
    );
  });

  test('comes back as a stream to a client that takes nothing else', async () => {
    const { url } = await serve(demoApp());
    const session = await initialize(url, { version: '2025-03-26' });
    const response = await post(url, [ping(1), ping(2)], { ...session.headers, accept: 'text/event-stream' });
    expect((await readEvents(response).rest()).map(({ id }) => id)).toEqual([1, 2]);
  });

  test('without requests gets 202', async () => {
    const { url } = await serve(demoApp());
    const session = await initialize(url, { version: '2025-03-26' });
    const response = await post(url, [initialized, { jsonrpc: '2.0', id: 1, result: {} }], session.headers);
    expect([response.status, await response.text()]).toEqual([202, '']);
  });

  test.each([
    ['empty', []],
    ['larger than 100 messages', Array.from({ length: 101 }, (_, id) => ping(id))],
    ['with initialize in it', [initializeMessage(), ping(1)]],
  ])('is refused when it is %s', async (_what, batch) => {
    const { url } = await serve(demoApp());
    const session = await initialize(url, { version: '2025-03-26' });
    const response = await post(url, batch, session.headers);
    expect(response.status).toBe(400);
    expect(await json(response)).toMatchObject({ id: null, error: { code: -32600 } });
    expect((await session.send('ping')).status).toBe(200);
  });

  test('cannot use one id for two requests', async () => {
    const { url } = await serve(demoApp());
    const session = await initialize(url, { version: '2025-03-26' });
    const answers: { error?: unknown }[] = await json(
      post(url, [call(1, 'echo', { text: 'a' }), ping(1)], session.headers),
    );
    expect(answers.filter(({ error }) => error)).toHaveLength(1);
  });

  test('is allowed message by message', async () => {
    const app = demoApp().add(defineTool({ name: 'secret', access: { scopes: ['admin'] }, run: () => 'x' }));
    const { url } = await serve(app, { auth: () => ({ id: 'ada', scopes: [] }) });
    const session = await initialize(url, { version: '2025-03-26' });
    const answers = await json(
      post(url, [call(1, 'secret'), call(2, 'echo', { text: 'a' })], session.headers),
    );
    expect(answers).toMatchObject([
      { id: 1, error: { data: { scopes: ['admin'] } } },
      { id: 2, result: { content: [{ text: 'a' }] } },
    ]);
  });

  test('opens no session', async () => {
    const { url, handler } = await serve(demoApp());
    expect((await post(url, [initializeMessage({ version: '2025-03-26' })])).status).toBe(400);
    expect(handler.sessionCount).toBe(0);
  });
});

test.each(['2025-06-18', '2025-11-25', '2024-11-05'])('clients of %s have no batches', async (version) => {
  const { url } = await serve(demoApp());
  const session = await initialize(url, { version });
  const response = await post(url, [ping(1)], session.headers);
  expect(response.status).toBe(400);
  expect(await json(response)).toMatchObject({ error: { code: -32600 } });
});
