import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { serve } from '@hono/node-server';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createApp, defineTool } from '@toolyard/core';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { expressHandler } from '../src/express.ts';
import { fastifyMcp } from '../src/fastify.ts';
import { honoHandler } from '../src/hono.ts';

const count = defineTool({
  name: 'count',
  input: z.object({ to: z.number() }),
  async run({ to }, call) {
    for (let step = 1; step <= to; step += 1) call.progress({ progress: step, total: to });
    return `counted to ${to} for ${call.principal.id}`;
  },
});
const app = createApp({ name: 'adapters', version: '1.0.0' }).add(count);

const auth = (request: { header(name: string): string | undefined }) => ({
  id: request.header('x-user') ?? 'nobody',
  scopes: [],
});

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const frameworks: Record<string, () => Promise<string>> = {
  async 'Express behind express.json()'() {
    const handler = expressHandler(app, { auth });
    const server = createServer(express().use(express.json()).all('/deep/mcp', handler) as never);
    return listening(server, handler.close);
  },
  async 'Express under a mounted router'() {
    const handler = expressHandler(app, { auth });
    const server = createServer(express().use('/deep/mcp', express.Router().use(handler)) as never);
    return listening(server, handler.close);
  },
  async Fastify() {
    const server = fastify();
    await server.register(fastifyMcp, { app, auth, prefix: '/deep' });
    server.post('/json', (request) => request.body);
    closers.push(() => server.close());
    const address = await server.listen({ port: 0, host: '127.0.0.1' });
    const echoed = await fetch(`${address}/json`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"other":"routes still parse"}',
    });
    expect(await echoed.json()).toEqual({ other: 'routes still parse' });
    return `${address}/deep/mcp`;
  },
  async Hono() {
    const handler = honoHandler(app, { auth });
    const hono = new Hono().all('/deep/mcp', handler);
    const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
      const started = serve({ fetch: hono.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(started));
    });
    closers.push(handler.close, () => new Promise((resolve) => server.close(resolve)));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/deep/mcp`;
  },
};

describe.each(Object.entries(frameworks))('%s', (_name, start) => {
  test.each(['legacy', 'auto'] as const)('serves a %s client with progress', async (mode) => {
    const url = await start();
    const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { 'x-user': 'ada' } } }),
    );
    closers.unshift(() => client.close());
    const seen: number[] = [];
    const result = await client.callTool(
      { name: 'count', arguments: { to: 3 } },
      { onprogress: ({ progress }) => void seen.push(progress) },
    );
    expect(result.content).toEqual([{ type: 'text', text: 'counted to 3 for ada' }]);
    expect(seen).toEqual([1, 2, 3]);
  });
});

async function listening(
  server: ReturnType<typeof createServer>,
  close: () => Promise<void>,
): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(close, () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/deep/mcp`;
}
