import { createApp, defineTool } from '@toolyard/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { heldTool } from '../demo-app.ts';
import { until } from '../helpers.ts';
import { read, restApp, serveRest } from './rest-server.ts';

const send = (url: string, calls: unknown, init: RequestInit = {}) =>
  fetch(`${url}/tools:batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(calls),
    ...init,
  });

describe('a batch', () => {
  test('has a status for each call, in their order', async () => {
    const { url } = await serveRest(restApp(), { auth: () => ({ id: 'ada', scopes: [] }) });
    const calls = [
      { name: 'add', arguments: { a: 1 } },
      { name: 'nothing' },
      { name: 'secret' },
      { name: 'add', arguments: { a: 'x' } },
      { name: 'full' },
      { name: 'greet', arguments: { name: 'Ada' } },
    ];
    const [status, items] = await read(send(url, calls));
    expect(status).toBe(200);
    expect(items.map((item: { status: number }) => item.status)).toEqual([200, 404, 403, 400, 422, 200]);
    expect(items[0].body).toEqual({ sum: 2 });
    expect(items[4].body).toMatchObject({ code: 'DISK_FULL' });
  });

  test('runs no more at once than it may', async () => {
    let running = 0;
    let most = 0;
    const slow = defineTool({
      name: 'slow',
      input: z.object({ value: z.number() }),
      async run({ value }) {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return { value };
      },
    });
    const app = createApp({ name: 'demo', version: '1.0.0' }).add(slow);
    const { url } = await serveRest(app, { batch: { concurrency: 3 } });
    const calls = Array.from({ length: 20 }, (_, value) => ({ name: 'slow', arguments: { value } }));
    const [, items] = await read(send(url, calls));
    expect(items.map((item: { body: { value: number } }) => item.body.value)).toEqual(
      calls.map((_, index) => index),
    );
    expect(most).toBe(3);
  });

  test.each([
    ['an object', { name: 'add' }],
    ['empty', []],
    ['too long', Array.from({ length: 4 }, () => ({ name: 'add' }))],
    ['a call without a name', [{ name: 'add' }, { arguments: {} }]],
    ['arguments that are a list', [{ name: 'add', arguments: [] }]],
    ['a key that is a number', [{ name: 'add', idempotencyKey: 1 }]],
    ['nothing', null],
  ])('that is not in order runs nothing: %s', async (_what, calls) => {
    let called = 0;
    const app = createApp({ name: 'demo', version: '1.0.0' }).add(
      defineTool({ name: 'add', run: () => (called += 1) }),
    );
    const { url } = await serveRest(app, { batch: { maxCalls: 3 } });
    expect((await send(url, calls)).status).toBe(400);
    expect(called).toBe(0);
  });

  test('is given up as a whole: calls that run are ended, others never begin', async () => {
    const { tool, state } = heldTool();
    const { url } = await serveRest(createApp({ name: 'demo', version: '1.0.0' }).add(tool), {
      batch: { concurrency: 2 },
    });
    const controller = new AbortController();
    const calls = Array.from({ length: 6 }, () => ({ name: 'held' }));
    const lost = send(url, calls, { signal: controller.signal }).catch(() => 'lost');
    await until(() => state.started === 2);
    controller.abort();
    expect(await lost).toBe('lost');
    await until(() => state.aborted === 2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(state.started).toBe(2);
  });
});

test.each([
  ['batch.maxCalls', { batch: { maxCalls: 0 } }],
  ['batch.concurrency', { batch: { concurrency: 1.5 } }],
  ['path', { path: 'api' }],
  ['path', { path: '/api/' }],
  ['maxBodyBytes', { maxBodyBytes: 0 }],
  ['keepAliveMs', { keepAliveMs: 0 }],
])('an option that cannot work is refused: %s (%#)', async (option, options) => {
  await expect(serveRest(restApp(), options)).rejects.toMatchObject({ code: 'INVALID_OPTION', option });
});
