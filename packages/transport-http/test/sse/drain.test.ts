import { systemClock, type Timer } from '@toolyard/core';
import express from 'express';
import { describe, expect, onTestFinished, test } from 'vitest';

import { createSseHandler } from '../../src/sse.ts';
import { askingApp } from '../connection/asking-app.ts';
import { demoApp, heldTool } from '../demo-app.ts';
import { until } from '../helpers.ts';
import { readEvents } from '../sse-reader.ts';
import { initializeSse, listen, openSse, serveSse } from './helpers.ts';

const call = (id: number, name: string) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } });

describe('closing', () => {
  test('waits for running calls and for what they ask, and refuses new ones', async () => {
    const { tool, state } = heldTool();
    const { base, handler } = await serveSse(askingApp().add(tool));
    const client = await initializeSse(base, { version: '2025-11-25', capabilities: { elicitation: {} } });
    await client.post(call(10, 'held'));
    await client.post(call(11, 'ask'));
    const question = await client.events.message();
    const closed = handler.close();
    await client.post(call(12, 'who'));
    expect(await client.events.message()).toMatchObject({
      id: 12,
      error: { code: -32603, data: { retryable: true } },
    });
    const refused = await fetch(`${base}/sse`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    const content = { name: 'Ada' };
    await client.post({ jsonrpc: '2.0', id: question.id, result: { action: 'accept', content } });
    state.release();
    const answers = await client.events.rest();
    expect(new Set(answers.map(({ id }) => id))).toEqual(new Set([10, 11]));
    await closed;
    expect(handler.sessionCount).toBe(0);
  });

  test('answers what is not done by the deadline, as something to try again', async () => {
    const { tool, state } = heldTool();
    const { base, handler } = await serveSse(askingApp().add(tool));
    const client = await initializeSse(base);
    await client.post(call(10, 'held'));
    await until(() => state.started === 1);
    const closed = handler.close({ deadlineMs: 20 });
    expect(await client.events.rest()).toMatchObject([{ id: 10, error: { code: -32603 } }]);
    await closed;
    expect(state.aborted).toBe(1);
  });

  test('leaves no timer behind', async () => {
    const timers = new Set<Timer>();
    const clock = {
      ...systemClock,
      after(delayMs: number, action: () => void) {
        const timer = systemClock.after(delayMs, () => (timers.delete(timer), action()));
        timers.add(timer);
        return { cancel: () => (timers.delete(timer), timer.cancel()) };
      },
    };
    const app = demoApp({ clock });
    const { base, handler } = await serveSse(app);
    const clients = await Promise.all([initializeSse(base), initializeSse(base), openSse(base)]);
    expect(timers.size).toBeGreaterThan(0);
    await handler.close();
    for (const { events } of clients) expect(await events.rest()).toEqual([]);
    await app.close();
    expect([timers.size, handler.sessionCount]).toEqual([0, 0]);
  });

  test('leaves the app open', async () => {
    const app = demoApp();
    await (await serveSse(app)).handler.close();
    const { base } = await serveSse(app);
    expect(await (await openSse(base)).ask('ping')).toMatchObject({ result: {} });
  });
});

test('fetch serves a whole conversation', async () => {
  const handler = createSseHandler(askingApp());
  const { fetch } = handler;
  const stream = await fetch(new Request('http://localhost/sse'));
  const events = readEvents(stream);
  const endpoint = (await events.next())!.data!;
  const posted = await fetch(
    new Request(new URL(endpoint, 'http://localhost'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(call(1, 'who')),
    }),
  );
  expect([posted.status, await posted.text()]).toEqual([202, 'Accepted']);
  expect(await events.message()).toMatchObject({ result: { content: [{ text: 'sse anonymous -' }] } });
  expect(handler.sessionCount).toBe(1);
  events.close();
  await until(() => handler.sessionCount === 0);
});

test('in Express under a prefix, behind its own body parser', async () => {
  const handler = createSseHandler(askingApp(), { advertisedMessagesPath: '/tools/messages' });
  const app = express()
    .use(express.json())
    .use('/tools', (request, response) => {
      void handler.node(request, response);
    });
  const { base } = await listen({
    node: async (request, response) => app(request, response),
    close: handler.close,
  });
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const events = readEvents(await fetch(`${base}/tools/sse`, { signal: controller.signal }));
  const endpoint = (await events.next())!.data!;
  expect(endpoint).toMatch(/^\/tools\/messages\?sessionId=/);
  await fetch(new URL(endpoint, base), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(call(1, 'who')),
  });
  expect(await events.message()).toMatchObject({ result: { content: [{ text: 'sse anonymous -' }] } });
});
