import { createApp, defineTool, LimitExceededError, type Principal } from '@toolyard/core';
import { idempotency, rateLimit } from '@toolyard/core/middleware';
import { memoryStore } from '@toolyard/core/stores';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { heldTool } from '../demo-app.ts';
import { until } from '../helpers.ts';
import { callTool, read, restApp, serveRest } from './rest-server.ts';

describe('a call', () => {
  test('is answered with the structured content', async () => {
    const { url } = await serveRest(restApp());
    const response = await callTool(url, 'add', { a: 2 });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await read(response)).toEqual([200, { sum: 3 }]);
  });

  test('of a tool that gives text is answered with its content', async () => {
    const { url } = await serveRest(restApp());
    const answer = await read(callTool(url, 'greet', { name: 'Ada' }));
    expect(answer).toEqual([200, { content: [{ type: 'text', text: 'Hello, Ada!' }] }]);
  });

  test('without a body has no arguments', async () => {
    const { url } = await serveRest(restApp());
    expect((await fetch(`${url}/tools/steps`, { method: 'POST' })).status).toBe(200);
    expect((await fetch(`${url}/tools/add`, { method: 'POST' })).status).toBe(400);
  });

  test('brings principal, tenant, trace and transport with it', async () => {
    const who = defineTool({
      name: 'who',
      run: (_args, { principal, tenant, transport, params }) => ({ principal, tenant, transport, params }),
    });
    const ada: Principal = { id: 'ada', scopes: ['read'] };
    const { url } = await serveRest(createApp({ name: 'demo', version: '1.0.0' }).add(who), {
      auth: async () => ada,
      tenant: (principal, request) => `${principal.id}-${request.header('X-Region')}`,
    });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { 'x-region': 'eu', traceparent, 'idempotency-key': '"k 1"' };
    expect(await read(callTool(url, 'who', {}, headers))).toEqual([
      200,
      {
        principal: ada,
        tenant: 'ada-eu',
        transport: 'http',
        params: { name: 'who', arguments: {}, _meta: { traceparent, 'toolyard/idempotencyKey': 'k 1' } },
      },
    ]);
  });

  test('is given up when its client hangs up', async () => {
    const { tool, state } = heldTool();
    const { url } = await serveRest(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
    const controller = new AbortController();
    const lost = callTool(url, 'held', {}, {}, { signal: controller.signal }).catch(() => 'lost');
    await until(() => state.started === 1);
    controller.abort();
    expect(await lost).toBe('lost');
    await until(() => state.aborted === 1);
  });

  test('reaches a tool of a mounted app by the name it has there', async () => {
    const app = createApp({ name: 'outer', version: '1.0.0' }).mount('shop', restApp());
    const { url } = await serveRest(app);
    expect(await read(callTool(url, 'shop_add', { a: 1 }))).toEqual([200, { sum: 2 }]);
    expect((await callTool(url, 'add', { a: 1 })).status).toBe(404);
  });
});

describe('a failure', () => {
  test('names the arguments that are wrong', async () => {
    const { url } = await serveRest(restApp());
    const response = await callTool(url, 'add', { a: 'x', b: 'y' });
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const [status, problem] = await read(response);
    expect([status, problem.title, problem.status, problem.code]).toEqual([
      400,
      'Bad Request',
      400,
      'INVALID_ARGUMENTS',
    ]);
    expect(problem.errors.map(({ path }: { path: string }) => path)).toEqual(['a', 'b']);
  });

  test.each(['nothing', '__proto__', 'constructor', 'a%2fb', 'add/x', 'add:other', ''])(
    'of a tool that is not there is 404: %j',
    async (name) => {
      const { url } = await serveRest(restApp());
      expect(await read(callTool(url, name))).toMatchObject([404, { code: 'TOOL_NOT_FOUND' }]);
    },
  );

  test('for lack of scopes is 403 and says which, in a challenge too', async () => {
    const { url } = await serveRest(restApp(), { auth: () => ({ id: 'ada', scopes: ['read'] }) });
    const response = await callTool(url, 'secret');
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="read admin"',
    );
    expect(await read(response)).toMatchObject([403, { code: 'ACCESS_DENIED', scopes: ['read', 'admin'] }]);
  });

  test('for lack of a role looks as if the tool were not there', async () => {
    const { url } = await serveRest(restApp());
    const [hidden, nothing] = [await read(callTool(url, 'hidden')), await read(callTool(url, 'nothing'))];
    expect(hidden[1]).toEqual({ ...nothing[1], detail: 'Unknown tool: hidden' });
  });

  test('for too many calls is 429 with Retry-After', async () => {
    const app = restApp().use(rateLimit({ points: 1, durationMs: 30_000 }));
    const { url } = await serveRest(app);
    await callTool(url, 'add', { a: 1 });
    const response = await callTool(url, 'add', { a: 1 });
    const waitSeconds = Number(response.headers.get('retry-after'));
    expect(waitSeconds).toBeGreaterThan(25);
    expect(waitSeconds).toBeLessThanOrEqual(30);
    expect(await read(response)).toMatchObject([
      429,
      { code: 'LIMIT_EXCEEDED', retryAfterMs: expect.any(Number) },
    ]);
  });

  test('for too many calls has a Retry-After also where nobody knows when', async () => {
    const busy = defineTool({
      name: 'busy',
      run() {
        throw new LimitExceededError('Busy.');
      },
    });
    const { url } = await serveRest(createApp({ name: 'demo', version: '1.0.0' }).add(busy));
    const response = await callTool(url, 'busy');
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '5']);
  });

  test('that the tool tells about is 422 with its code and data', async () => {
    const { url } = await serveRest(restApp());
    expect(await read(callTool(url, 'full'))).toEqual([
      422,
      {
        title: 'Unprocessable Content',
        status: 422,
        code: 'DISK_FULL',
        detail: 'The disk is full; free some space.',
        data: { freeBytes: 0 },
      },
    ]);
    expect(await read(callTool(url, 'unwell'))).toMatchObject([
      422,
      { code: 'TOOL_FAILED', detail: 'It did not work.' },
    ]);
    expect(await read(callTool(url, 'teapot'))).toMatchObject([422, { code: 'TEAPOT', rpcCode: 418 }]);
  });

  test('that is a fault is 500 with an incident and nothing else', async () => {
    const { url } = await serveRest(restApp());
    const [status, problem] = await read(callTool(url, 'broken'));
    expect([status, problem.code]).toEqual([500, 'INTERNAL']);
    expect(problem.incident).toMatch(/^[\da-f]{8}-[\da-f]{4}$/);
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  test('of a tool whose result does not fit its schema is masked too', async () => {
    const wrong = defineTool({
      name: 'wrong',
      output: z.object({ sum: z.number() }),
      run: () => ({ sum: 'hunter2' }) as never,
    });
    const { url } = await serveRest(createApp({ name: 'demo', version: '1.0.0' }).add(wrong));
    const [status, problem] = await read(callTool(url, 'wrong'));
    expect([status, problem.code]).toEqual([500, 'INTERNAL']);
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  test('for taking too long is 504', async () => {
    const clock = fakeClock();
    const { tool, state } = heldTool();
    const { url } = await serveRest(
      createApp({ name: 'demo', version: '1.0.0', timeoutMs: 5000, clock }).add(tool),
    );
    const answer = callTool(url, 'held');
    await until(() => state.started === 1);
    await clock.advance(6000);
    expect(await read(answer)).toMatchObject([504, { code: 'TIMEOUT' }]);
  });

  test('for lack of something REST does not have is 501', async () => {
    const sample = defineTool({
      name: 'sample',
      run: (_args, call) => call.sample({ messages: [], maxTokens: 1 }),
    });
    const { url } = await serveRest(createApp({ name: 'demo', version: '1.0.0' }).add(sample));
    expect(await read(callTool(url, 'sample'))).toMatchObject([501, { code: 'MISSING_CAPABILITY' }]);
  });
});

describe('an Idempotency-Key', () => {
  test('makes a repeat harmless, with quotes or without', async () => {
    const { url } = await serveRest(orderApp());
    const order = (key: string, item = 'tea') =>
      read(callTool(url, 'order', { item }, { 'idempotency-key': key }));
    expect(await order('cart-1')).toEqual([200, { item: 'tea', number: 1 }]);
    expect(await order('"cart-1"')).toEqual([200, { item: 'tea', number: 1 }]);
    expect(await order('cart-2')).toEqual([200, { item: 'tea', number: 2 }]);
    expect(await order('cart-1', 'cake')).toMatchObject([422, { code: 'IDEMPOTENCY_KEY_REUSED' }]);
  });

  test('of a call that is running is 409 with Retry-After', async () => {
    const { tool, state } = heldTool();
    const app = createApp({ name: 'demo', version: '1.0.0' })
      .use('tools/call', idempotency({ store: memoryStore(), ttlMs: 60_000 }))
      .add(tool);
    const { url } = await serveRest(app);
    const first = callTool(url, 'held', {}, { 'idempotency-key': 'k' });
    await until(() => state.started === 1);
    const second = await callTool(url, 'held', {}, { 'idempotency-key': 'k' });
    expect(second.headers.get('retry-after')).toBe('1');
    expect(await read(second)).toMatchObject([409, { code: 'IN_PROGRESS' }]);
    state.release();
    expect((await first).status).toBe(200);
  });

  test.each(['', '""', 'x'.repeat(257)])('that is none is refused (%#)', async (key) => {
    const { url } = await serveRest(orderApp());
    const answer = await read(callTool(url, 'order', { item: 'tea' }, { 'idempotency-key': key }));
    expect(answer).toMatchObject([400, { code: 'INVALID_IDEMPOTENCY_KEY' }]);
  });
});

describe('lists', () => {
  test('hold what the caller may see, page by page', async () => {
    const { url } = await serveRest(restApp({ pageSize: 3 }), { auth: () => ({ id: 'ada', scopes: [] }) });
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const [status, page] = await read(fetch(`${url}/tools${query}`));
      expect([status, page.tools.length <= 3]).toEqual([200, true]);
      names.push(...page.tools.map(({ name }: { name: string }) => name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(names).toEqual(['add', 'greet', 'full', 'broken', 'unwell', 'teapot', 'steps']);
    expect(await read(fetch(`${url}/tools?cursor=nonsense`))).toMatchObject([
      400,
      { code: 'INVALID_PARAMS' },
    ]);
  });

  test('have one tool each at its own path', async () => {
    const { url } = await serveRest(restApp({ pageSize: 2 }));
    expect(await read(fetch(`${url}/tools/steps`))).toMatchObject([200, { name: 'steps', inputSchema: {} }]);
    expect(await read(fetch(`${url}/tools/secret`))).toMatchObject([404, { code: 'TOOL_NOT_FOUND' }]);
  });
});

/** An app that counts its orders. */
function orderApp() {
  let orders = 0;
  const order = defineTool({
    name: 'order',
    input: z.object({ item: z.string() }),
    run: ({ item }) => ({ item, number: ++orders }),
  });
  return createApp({ name: 'shop', version: '1.0.0' })
    .use('tools/call', idempotency({ store: memoryStore(), ttlMs: 60_000 }))
    .add(order);
}
