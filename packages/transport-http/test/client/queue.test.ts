import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createApp, defineTool } from '@toolyard/core';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

import { serveHttp } from '../../src/index.ts';
import { demoApp } from '../demo-app.ts';
import { gate, serve, until } from '../helpers.ts';
import { managed } from './managed.ts';

/** An app whose one tool notes the order of its calls and waits until it is let go. */
function orderApp() {
  const order: string[] = [];
  const held = gate();
  const work = defineTool({
    name: 'work',
    input: z.object({ name: z.string() }),
    async run({ name }) {
      order.push(name);
      await held.opened;
      return name;
    },
  });
  return { app: createApp({ name: 'order', version: '1.0.0' }).add(work), order, release: held.open };
}

test('calls beyond the limit wait, and go by priority, then by age', async () => {
  const { app, order, release } = orderApp();
  const { url } = await serve(app);
  const client = managed({ url, concurrency: 1 });
  const calls = [client.call('work', { name: 'first' })];
  await until(() => order.length === 1);
  for (const [name, priority] of [
    ['low', -1],
    ['normal', 0],
    ['high', 5],
    ['normal too', 0],
  ] as const) {
    calls.push(client.call('work', { name }, { priority }));
  }
  expect(client.statistics().calls).toMatchObject({ running: 1, waiting: 4 });
  release();
  await Promise.all(calls);
  expect(order).toEqual(['first', 'high', 'normal', 'normal too', 'low']);
});

test('a full queue refuses, a late call is given up, and an aborted one leaves its place', async () => {
  const { app, order, release } = orderApp();
  const { url } = await serve(app);
  const client = managed({ url, concurrency: 1, maxWaitingCalls: 2 });
  const running = client.call('work', { name: 'running' });
  await until(() => order.length === 1);
  const late = client.call('work', { name: 'late' }, { timeoutMs: 50 });
  const controller = new AbortController();
  const aborted = client.call('work', { name: 'aborted' }, { signal: controller.signal });
  await expect(client.call('work', { name: 'too many' })).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  controller.abort(new Error('not needed'));
  await expect(aborted).rejects.toThrow('not needed');
  await expect(late).rejects.toMatchObject({ code: 'CALL_TIMEOUT', mayHaveRun: false });
  expect(client.statistics().calls.waiting).toBe(0);
  release();
  await running;
  expect(order).toEqual(['running']);
});

test('a call that runs too long fails with what it may have done, and the server is asked how it is', async () => {
  const { app, order, release } = orderApp();
  const { url } = await serve(app);
  const client = managed({ url });
  await client.connect();
  const call = client.call('work', { name: 'slow' }, { timeoutMs: 60 });
  await expect(call).rejects.toMatchObject({ code: 'CALL_TIMEOUT', mayHaveRun: true });
  await until(() => client.state.status === 'online');
  expect(order).toEqual(['slow']);
  release();
});

test('many calls keep to their own limit and report each outcome in its place', async () => {
  const { url } = await serve(demoApp());
  const client = managed({ url });
  const outcomes = await client.callMany(
    [{ tool: 'echo', args: { text: 'a' } }, { tool: 'nobody' }, { tool: 'echo', args: { text: 'c' } }],
    { concurrency: 2 },
  );
  expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, true]);
  expect(outcomes[1]).toMatchObject({ ok: false, error: { name: 'ProtocolError', rpcCode: -32602 } });
});

test('a busy server is left alone for as long as it asks, then has the call again', async () => {
  const app = demoApp();
  const { handler } = await serve(app);
  let refusals = 0;
  const times: number[] = [];
  const front = createServer((request, response) => {
    const isCall = request.headers['mcp-method'] === 'tools/call';
    if (isCall) times.push(Date.now());
    if (isCall && refusals++ === 0) {
      response.writeHead(429, { 'retry-after': '1' }).end('slow down');
      return;
    }
    void handler.node(request, response);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    front.closeAllConnections();
    front.close();
  });
  const { port } = front.address() as AddressInfo;
  const client = managed({ url: `http://127.0.0.1:${port}/mcp` });
  await client.connect();
  const call = client.call('echo', { text: 'x' });
  await until(() => client.state.status === 'degraded');
  expect(client.state).toMatchObject({ reason: 'busy' });
  expect((await call).content[0]).toMatchObject({ text: 'x' });
  expect((times[1] as number) - (times[0] as number)).toBeGreaterThanOrEqual(990);
  expect(client.statistics().calls).toMatchObject({ answered: 1, replayed: 1 });
});

test('closing rejects what runs and what waits, and nothing is opened after that', async () => {
  const { app, order } = orderApp();
  const { url } = await serve(app);
  const client = managed({ url, concurrency: 1 });
  const calls = [client.call('work', { name: 'a' }), client.call('work', { name: 'b' })];
  await until(() => order.length === 1);
  const outcomes = Promise.allSettled(calls);
  await client.close();
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CLIENT_CLOSED' } });
  }
  await expect(client.call('work', { name: 'c' })).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
  expect(client.state.status).toBe('closed');
});

test('states can be read as they come, and end with the client', async () => {
  const server = await serveHttp(demoApp(), { port: 0 });
  const client = managed({ url: server.url });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { status } of client.states()) seen.push(status);
  })();
  await client.call('echo', { text: 'x' });
  await server.close({ deadlineMs: 0 });
  await until(() => client.state.status === 'offline');
  await client.close();
  await reading;
  expect(seen.slice(0, 3)).toEqual(['idle', 'connecting', 'online']);
  expect(seen.at(-1)).toBe('closed');
});

test('a server that is busy when a client connects is left alone for as long as it asks', async () => {
  const { handler } = await serve(demoApp());
  const times: number[] = [];
  const front = createServer((request, response) => {
    times.push(Date.now());
    if (times.length === 1) response.writeHead(503, { 'retry-after': '1' }).end('starting');
    else void handler.node(request, response);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    front.closeAllConnections();
    front.close();
  });
  const { port } = front.address() as AddressInfo;
  const client = managed({ url: `http://127.0.0.1:${port}/mcp` });
  expect((await client.call('echo', { text: 'x' })).content[0]).toMatchObject({ text: 'x' });
  expect((times[1] as number) - (times[0] as number)).toBeGreaterThanOrEqual(990);
});
