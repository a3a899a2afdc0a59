import { createApp } from '@toolyard/core';
import { describe, expect, test } from 'vitest';

import { createHttpHandler, type HttpHandler } from '../src/index.ts';
import { demoApp, heldTool } from './demo-app.ts';
import { initializeMessage, modern, until } from './helpers.ts';
import { readEvents } from './sse-reader.ts';

const ENDPOINT = 'http://localhost/mcp';

function send(handler: HttpHandler, body: unknown, headers = {}, init: RequestInit = {}): Promise<Response> {
  return handler.fetch(
    new Request(ENDPOINT, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
      ...init,
    }),
  );
}

function call(handler: HttpHandler, name: string, args = {}, init: RequestInit = {}): Promise<Response> {
  const request = modern('tools/call', { name, arguments: args, _meta: { progressToken: 1 } });
  return send(handler, request.body, request.headers, init);
}

describe('fetch', () => {
  test('answers with JSON, and with a stream where there is one', async () => {
    const handler = createHttpHandler(demoApp());
    const plain = await call(handler, 'echo', { text: 'hi' });
    expect(await plain.json()).toMatchObject({ result: { content: [{ text: 'hi' }] } });
    const messages = await readEvents(await call(handler, 'count', { to: 2 })).rest();
    expect(messages).toHaveLength(3);
  });

  test('serves sessions', async () => {
    const handler = createHttpHandler(demoApp());
    const opened = await send(handler, initializeMessage());
    const headers = { 'mcp-session-id': opened.headers.get('mcp-session-id')! };
    const standing = await handler.fetch(
      new Request(ENDPOINT, { headers: { ...headers, accept: 'text/event-stream' } }),
    );
    expect(await readEvents(standing).next()).toMatchObject({ data: '' });
    expect((await handler.fetch(new Request(ENDPOINT, { method: 'DELETE', headers }))).status).toBe(200);
    expect(handler.sessionCount).toBe(0);
  });

  test('aborts the call when its request is aborted', async () => {
    const { tool, state } = heldTool();
    const handler = createHttpHandler(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
    const controller = new AbortController();
    void call(handler, 'held', {}, { signal: controller.signal });
    await until(() => state.started === 1);
    controller.abort();
    expect(state.aborted).toBe(1);
  });

  test('aborts the call when its stream is not wanted any more', async () => {
    const { tool, state } = heldTool({ steps: 1 });
    const handler = createHttpHandler(createApp({ name: 'demo', version: '1.0.0' }).add(tool));
    const response = await call(handler, 'held');
    await response.body!.cancel();
    await until(() => state.aborted > 0);
    expect(state.aborted).toBe(1);
  });
});

describe('a body of fetch', () => {
  test('beyond the limit is refused, declared or not', async () => {
    const handler = createHttpHandler(demoApp(), { maxBodyBytes: 1000 });
    expect((await send(handler, ' '.repeat(1001))).status).toBe(413);
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => {
        pulled += 1;
        controller.enqueue(new Uint8Array(600));
      },
      cancel: () => void (cancelled = true),
    });
    const response = await send(handler, '', {}, { body: endless, duplex: 'half' });
    expect([response.status, cancelled]).toEqual([413, true]);
    expect(pulled).toBeLessThan(5);
  });

  test('whose sender does not let it be cancelled is refused all the same', async () => {
    const handler = createHttpHandler(demoApp(), { maxBodyBytes: 1000 });
    const stubborn = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(2000)),
      cancel: () => new Promise(() => {}),
    });
    const response = await send(handler, '', {}, { body: stubborn, duplex: 'half' });
    expect(response.status).toBe(413);
  });

  test('that breaks off is a bad request', async () => {
    const handler = createHttpHandler(demoApp());
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('gone')) });
    const response = await send(handler, '', {}, { body: broken, duplex: 'half' });
    expect(response.status).toBe(400);
  });

  test('that somebody has read already is a bad request', async () => {
    const handler = createHttpHandler(demoApp());
    const { body, headers } = modern('tools/list');
    const request = new Request(ENDPOINT, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
    await request.text();
    expect((await handler.fetch(request)).status).toBe(400);
  });
});
