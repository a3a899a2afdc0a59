import { CancelledError, createApp } from '@toolyard/core';
import { describe, expect, test } from 'vitest';

import { heldTool } from './demo-app.ts';
import { callModern, connect, initialize, modern, sendModern, serve, until } from './helpers.ts';
import { readEvents } from './sse-reader.ts';

describe('a client that goes away', () => {
  test('aborts a 2026 call that has said nothing yet', async () => {
    const { tool, state } = heldTool();
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
    const controller = new AbortController();
    const call = callModern(url, 'held', {}, {}, { signal: controller.signal });
    await until(() => state.started === 1);
    controller.abort();
    await expect(call).rejects.toThrow(/abort/);
    await until(() => state.aborted === 1);
    expect(state.reasons).toEqual([expect.any(CancelledError)]);
  });

  test('aborts a 2026 call whose answer is a stream', async () => {
    const { tool, state } = heldTool({ steps: 1 });
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
    const controller = new AbortController();
    const params = { name: 'held', _meta: { progressToken: 1 } };
    const events = readEvents(await sendModern(url, 'tools/call', params, {}, { signal: controller.signal }));
    await events.message();
    expect(state.aborted).toBe(0);
    controller.abort();
    await until(() => state.aborted === 1);
  });

  test('aborts its calls alone', async () => {
    const { tool, state } = heldTool();
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
    const controller = new AbortController();
    const gone = callModern(url, 'held', {}, {}, { signal: controller.signal });
    const staying = callModern(url, 'held');
    await until(() => state.started === 2);
    controller.abort();
    await expect(gone).rejects.toThrow(/abort/);
    await until(() => state.aborted === 1);
    state.release();
    expect((await staying).status).toBe(200);
    expect(state.aborted).toBe(1);
  });

  test('aborts every request it had sent ahead on the connection', async () => {
    const { tool, state } = heldTool();
    const { port } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
    const socket = await connect(port);
    for (const id of [1, 2, 3]) {
      const { body, headers } = modern('tools/call', { name: 'held' }, id);
      const text = JSON.stringify(body);
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(
        `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${lines.join('')}Content-Length: ${text.length}\r\n\r\n${text}`,
      );
    }
    await until(() => state.started === 3);
    socket.destroy();
    await until(() => state.aborted > 2);
    expect(state.aborted).toBe(3);
  });

  test('aborts a call of a session that has said nothing yet', async () => {
    const { tool, state } = heldTool();
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
    const session = await initialize(url);
    const controller = new AbortController();
    const call = session.send('tools/call', { name: 'held' }, 1, { signal: controller.signal });
    await until(() => state.started === 1);
    controller.abort();
    await expect(call).rejects.toThrow(/abort/);
    await until(() => state.aborted === 1);
    expect((await session.send('ping')).status).toBe(200);
  });
});

describe('notifications/cancelled', () => {
  test('from another POST of the session ends the call and its stream without a result', async () => {
    const { tool, state } = heldTool({ steps: 1 });
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
    const session = await initialize(url);
    const events = readEvents(await session.call('held', {}, 'long'));
    await events.message();
    const cancelled = await session.notify('notifications/cancelled', {
      requestId: 'long',
      reason: 'No longer needed',
    });
    expect(cancelled.status).toBe(202);
    expect(await events.rest()).toEqual([]);
    expect(state.reasons).toMatchObject([{ message: 'No longer needed' }]);
    expect((await session.call('held', {}, 'long')).status).toBe(200);
  });

  test('ends a call that has said nothing with an empty answer', async () => {
    const { tool, state } = heldTool();
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
    const session = await initialize(url);
    const call = session.send('tools/call', { name: 'held' }, 1);
    await until(() => state.started === 1);
    await session.notify('notifications/cancelled', { requestId: 1 });
    const response = await call;
    expect([response.status, await response.text()]).toEqual([202, '']);
  });

  test('of another session, of an unknown id, or of the other type of id does nothing', async () => {
    const { tool, state } = heldTool();
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
    const [mine, other] = [await initialize(url), await initialize(url)];
    const call = mine.send('tools/call', { name: 'held' }, 1);
    await until(() => state.started === 1);
    await other.notify('notifications/cancelled', { requestId: 1 });
    await mine.notify('notifications/cancelled', { requestId: '1' });
    await mine.notify('notifications/cancelled', { requestId: 2 });
    await mine.notify('notifications/cancelled', { requestId: { id: 1 } });
    await mine.notify('notifications/cancelled');
    state.release();
    expect((await call).status).toBe(200);
    expect(state.aborted).toBe(0);
  });
});

test('an id that is still being answered cannot be used again', async () => {
  const { tool, state } = heldTool();
  const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
  const session = await initialize(url);
  const first = session.send('tools/call', { name: 'held' }, 1);
  await until(() => state.started === 1);
  const second = await session.send('ping', {}, 1);
  expect(await second.json()).toMatchObject({ id: 1, error: { code: -32600 } });
  state.release();
  expect((await first).status).toBe(200);
});
