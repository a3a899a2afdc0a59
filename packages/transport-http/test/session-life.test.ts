import { createApp } from '@toolyard/core';
import { describe, expect, test } from 'vitest';

import { demoApp, heldTool } from './demo-app.ts';
import { initialize, initializeMessage, json, post, serve, until } from './helpers.ts';

describe('the life of a session', () => {
  test.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    'of %s goes from initialize to DELETE',
    async (version) => {
      const opened: string[] = [];
      const closed: string[] = [];
      const app = demoApp();
      app.on('sessionOpened', ({ id, protocolVersion }) => void opened.push(`${id} ${protocolVersion}`));
      app.on('sessionClosed', ({ id }) => void closed.push(id));
      const { url, handler } = await serve(app);

      const response = await post(url, initializeMessage({ version }));
      expect(await json(response)).toMatchObject({
        id: 'init',
        result: {
          protocolVersion: version,
          serverInfo: { name: 'demo', version: '1.0.0' },
          capabilities: { tools: {} },
        },
      });
      const id = response.headers.get('mcp-session-id')!;
      expect(id).toMatch(/^[\x21-\x7e]{32,128}$/);
      expect(opened).toEqual([`${id} ${version}`]);

      const headers = { 'mcp-session-id': id, 'mcp-protocol-version': version };
      expect((await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' }, headers)).status).toBe(
        202,
      );
      expect((await post(url, { jsonrpc: '2.0', id: 1, method: 'ping' }, headers)).status).toBe(200);
      expect(handler.sessionCount).toBe(1);

      expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(200);
      expect([handler.sessionCount, closed]).toEqual([0, [id]]);
      expect((await post(url, { jsonrpc: '2.0', id: 2, method: 'ping' }, headers)).status).toBe(404);
      expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(404);
    },
  );

  test('begins anew with each initialize', async () => {
    const { url, handler } = await serve(demoApp());
    const first = await initialize(url);
    const second = await initialize(url);
    expect(second.id).not.toBe(first.id);
    expect(handler.sessionCount).toBe(2);
  });

  test('does not begin with an initialize that names a session', async () => {
    const { url, handler } = await serve(demoApp());
    const { id } = await initialize(url);
    const again = await post(url, initializeMessage({}), { 'mcp-session-id': id });
    expect(again.status).toBe(400);
    const chosen = await post(url, initializeMessage({}), { 'mcp-session-id': 'mine' });
    expect(chosen.status).toBe(404);
    expect(handler.sessionCount).toBe(1);
  });

  test('does not begin with an initialize that fails', async () => {
    const opened: string[] = [];
    const app = demoApp();
    app.on('sessionOpened', ({ id }) => void opened.push(id));
    const { url, handler } = await serve(app);
    for (const params of [
      undefined,
      {},
      { protocolVersion: 7 },
      { protocolVersion: '2025-11-25', capabilities: {} },
    ]) {
      const response = await post(url, { jsonrpc: '2.0', id: 1, method: 'initialize', params });
      expect(await json(response)).toMatchObject({ id: 1, error: { code: -32602 } });
    }
    expect([handler.sessionCount, opened]).toEqual([0, []]);
  });

  test('begins and ends for listeners when the client does not stay for the answer of initialize', async () => {
    const events: string[] = [];
    const app = demoApp().use('initialize', async function wait(call, next) {
      const result = await next();
      await new Promise<void>((resolve) =>
        call.signal.addEventListener('abort', () => resolve(), { once: true }),
      );
      return result;
    });
    app.on('sessionOpened', () => void events.push('opened'));
    app.on('sessionClosed', () => void events.push('closed'));
    const { url, handler } = await serve(app);
    const controller = new AbortController();
    const opening = post(url, initializeMessage(), {}, { signal: controller.signal });
    await until(() => events.includes('opened'));
    controller.abort();
    await expect(opening).rejects.toThrow(/abort/);
    await until(() => events.includes('closed'));
    expect(handler.sessionCount).toBe(0);
  });

  test('gives the newest revision to a client that asks for one nobody knows', async () => {
    const { url } = await serve(demoApp());
    for (const version of ['1999-01-01', '2026-07-28', 'latest']) {
      const answer = await json(post(url, initializeMessage({ version })));
      expect(answer).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
    }
  });

  test('keeps what one client said from others', async () => {
    const levels = new Map<string, string[]>();
    const { url } = await serve(demoApp());
    const [a, b] = [await initialize(url), await initialize(url)];
    await a.send('resources/subscribe', { uri: 'note://1' });
    await a.send('logging/setLevel', { level: 'error' });
    expect((await b.send('resources/unsubscribe', { uri: 'note://1' })).status).toBe(200);
    expect(levels.size).toBe(0);
  });

  test('ends for the calls in it too', async () => {
    const { tool, state } = heldTool();
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
    const session = await initialize(url);
    const call = session.send('tools/call', { name: 'held' });
    await until(() => state.started === 1);
    expect((await session.end()).status).toBe(200);
    await until(() => state.aborted === 1);
    expect((await call).status).toBe(202);
  });
});

describe('MCP-Protocol-Version in a session', () => {
  test('may be missing, and may be another revision with sessions', async () => {
    const { url } = await serve(demoApp());
    const { id } = await initialize(url);
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
    for (const more of [
      {},
      { 'mcp-protocol-version': '2025-03-26' },
      { 'mcp-protocol-version': ' 2025-11-25 ' },
    ]) {
      expect((await post(url, ping, { 'mcp-session-id': id, ...more })).status).toBe(200);
    }
  });

  test.each(['1.0', '2024-01-01', 'latest', '2026-07-28'])('is refused when it is %s', async (version) => {
    const { url } = await serve(demoApp());
    const { id } = await initialize(url);
    const response = await post(
      url,
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { 'mcp-session-id': id, 'mcp-protocol-version': version },
    );
    expect(response.status).toBe(400);
    expect(await json(response)).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
  });
});
