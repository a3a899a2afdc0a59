import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';

import { defineTool } from '@toolyard/core';
import { describe, expect, onTestFinished, test } from 'vitest';

import { redisState } from '../../src/redis.ts';
import { callModern, initialize, json, openStream, post, initializeMessage, serve } from '../helpers.ts';
import { readEvents } from '../sse-reader.ts';
import { heldTool } from '../demo-app.ts';
import { node, nodeApp, redisNodes } from './nodes.ts';
import { hasRedis, ioRedis, nodeRedis, PREFIX, REDIS_URL } from './redis-clients.ts';

/** A way to Redis that can be cut. */
async function cuttable() {
  const { hostname, port } = new URL(REDIS_URL);
  const sockets = new Set<Socket>();
  let isCut = false;
  const proxy = createServer((socket) => {
    if (isCut) return void socket.destroy();
    const upstream = createConnection({ host: hostname, port: Number(port || 6379) });
    for (const each of [socket, upstream]) {
      sockets.add(each);
      each.on('error', () => {});
      each.on('close', () => {
        sockets.delete(each);
        socket.destroy();
        upstream.destroy();
      });
    }
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    proxy.close();
  });
  return {
    url: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cut,
    mend: () => void (isCut = false),
  };
}

/** A node behind such a way, with either client. */
async function cuttableNode(kind: 'redis' | 'ioredis') {
  const way = await cuttable();
  const prefix = `${PREFIX}${crypto.randomUUID()}:`;
  const client = kind === 'redis' ? await nodeRedis(way.url) : await ioRedis(way.url);
  onTestFinished(() => ('destroy' in client ? client.destroy() : client.disconnect()));
  const other = await nodeRedis();
  onTestFinished(() => other.destroy());
  const { tool, state: held } = heldTool({ steps: 1 });
  const app = nodeApp().add(tool);
  const server = await serve(app, { state: redisState(client, { prefix, timeoutMs: 500 }) });
  const beside = nodeApp();
  await serve(beside, { state: redisState(other, { prefix }) });
  return { ...way, server, app, held, beside };
}

const ping = { jsonrpc: '2.0', id: 'p', method: 'ping' };

/** Sends until Redis is noticed to be back. */
async function recovered(send: () => Promise<Response>): Promise<Response> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const response = await send();
    if (response.status !== 503) return response;
    await response.arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('It did not recover.');
}

describe.runIf(hasRedis)('while Redis cannot be reached', () => {
  test.each(['redis', 'ioredis'] as const)(
    'calls without a session go on, others can be tried again, and all recovers (%s)',
    async (kind) => {
      const { server, cut, mend } = await cuttableNode(kind);
      const session = await initialize(server.url);
      cut();
      const startedAt = Date.now();
      const calls = [
        await session.send('ping', {}, 'p'),
        await post(server.url, initializeMessage()),
        await session.get(),
        await session.end(),
        await session.notify('notifications/cancelled', { requestId: 'x' }),
      ];
      for (const response of calls) {
        expect(response.status).toBe(503);
        expect(response.headers.get('retry-after')).toBe('2');
        expect(await json(response)).toMatchObject({
          error: { data: { code: 'STATE_UNAVAILABLE', retryable: true, retryAfterMs: 2000 } },
        });
      }
      expect(Date.now() - startedAt).toBeLessThan(5000);
      expect(await json(callModern(server.url, 'echo', { text: 'on' }))).toMatchObject({
        result: { content: [{ text: 'on' }] },
      });
      mend();
      const back = await recovered(() => post(server.url, ping, session.headers));
      expect(await json(back)).toEqual({ jsonrpc: '2.0', id: 'p', result: {} });
    },
  );

  test('a running call gets its answer through', async () => {
    const { server, held, cut } = await cuttableNode('redis');
    const session = await initialize(server.url);
    const events = readEvents(await session.call('held', {}, 'mine'));
    await events.message();
    cut();
    held.release();
    expect(await events.message()).toMatchObject({ id: 'mine', result: { content: [{ text: 'released' }] } });
  });

  test('what changed meanwhile is told afterwards, in both directions', async () => {
    const { server, app, beside, cut, mend } = await cuttableNode('redis');
    const session = await initialize(server.url);
    const stream = await openStream(session);
    cut();
    beside.add(defineTool({ name: 'missed', run: () => 1 }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const heard: string[] = [];
    const stop = beside.subscribe({
      principal: { id: 'x', scopes: [] },
      session: { id: 'x', record: undefined, update() {} },
      notify: ({ method }) => void heard.push(method),
    });
    app.remove({ kind: 'resource', name: 'note://2' });
    expect(await stream.message()).toMatchObject({ method: 'notifications/resources/list_changed' });
    mend();
    const methods = [await stream.message(), await stream.message(), await stream.message()];
    expect(methods.map(({ method }) => method)).toContain('notifications/tools/list_changed');
    await expect.poll(() => heard, { timeout: 5000 }).toContain('notifications/resources/list_changed');
    stop();
  });

  test('what could not be written down is repaired when the client comes back', async () => {
    const { server, app, cut, mend } = await cuttableNode('redis');
    const session = await initialize(server.url);
    await session.send('resources/subscribe', { uri: 'note://1' });
    const stream = await openStream(session);
    app.remove({ kind: 'resource', name: 'note://2' });
    await stream.message();
    stream.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    cut();
    app.resourceUpdated('note://1');
    await new Promise((resolve) => setTimeout(resolve, 50));
    mend();
    await recovered(() => post(server.url, ping, session.headers));
    const again = await openStream(session, { 'last-event-id': stream.lastId });
    const updated = 'notifications/resources/updated';
    for (let message = await again.message(); message?.method !== updated; message = await again.message())
      expect(message).toMatchObject({ method: expect.stringMatching(/list_changed$/) });
  });

  test('a server that starts without it serves as soon as it is there', async () => {
    const way = await cuttable();
    way.cut();
    const { Redis } = await import('ioredis');
    const client = new Redis(way.url, { retryStrategy: () => 50 });
    client.on('error', () => {});
    onTestFinished(() => client.disconnect());
    const prefix = `${PREFIX}${crypto.randomUUID()}:`;
    const server = await serve(nodeApp(), { state: redisState(client, { prefix, timeoutMs: 200 }) });
    expect((await post(server.url, initializeMessage())).status).toBe(503);
    way.mend();
    expect((await recovered(() => post(server.url, initializeMessage()))).status).toBe(200);
  });

  test('a closed handler leaves no connection of its own', async () => {
    const open = redisNodes();
    const keeper = await nodeRedis();
    onTestFinished(() => keeper.destroy());
    const name = `toolyard-${crypto.randomUUID()}`;
    const client = await nodeRedis();
    onTestFinished(() => client.destroy());
    const own = client.duplicate({ name });
    own.on('error', () => {});
    await own.connect();
    onTestFinished(() => own.destroy());
    const connections = async () =>
      (await keeper.sendCommand<string>(['CLIENT', 'LIST'])).split(`name=${name} `).length - 1;
    const server = await serve(nodeApp(), { state: redisState(own, { prefix: `${PREFIX}${name}:` }) });
    await initialize(server.url);
    expect(await connections()).toBe(2);
    await server.close({ deadlineMs: 0 });
    await expect.poll(connections).toBe(1);
    await node(open);
  });
});
