// Servers of the official SDK that hosts own, and the ways they are reached.
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import {
  InMemoryTransport as MemoryV2,
  StreamableHTTPClientTransport as HttpV2,
} from '@modelcontextprotocol/client';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTransport as MemoryV1 } from '@modelcontextprotocol/sdk/inMemory.js';
import {
  McpServer as ServerV1,
  ResourceTemplate as TemplateV1,
} from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createMcpHandler, InMemoryTransport, McpServer as ServerV2 } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

import type { App } from '../../src/index.ts';
import { attachToV1, type AttachOptions } from '../../src/sdk-v1.ts';
import { attachToV2, forwardChanges } from '../../src/sdk-v2.ts';
import { connectClient, type ClientKind, type Connected } from './clients.ts';

/** A v1 server with something of each kind. */
export function hostV1(): ServerV1 {
  const server = new ServerV1({ name: 'host', version: '1.0.0' }, { instructions: 'Of the host.' });
  server.registerTool('theirs', { inputSchema: { word: z.string() } }, ({ word }) => ({
    content: [{ type: 'text', text: `theirs: ${word}` }],
  }));
  server.registerResource('readme', 'host://readme', {}, () => ({
    contents: [{ uri: 'host://readme', text: 'of the host' }],
  }));
  server.registerResource('page', new TemplateV1('host://page/{n}', { list: undefined }), {}, ({ href }) => ({
    contents: [{ uri: href, text: href }],
  }));
  server.registerPrompt('hello', {}, () => ({
    messages: [{ role: 'user', content: { type: 'text', text: 'Hello from the host' } }],
  }));
  return server;
}

/** The same, of v2. */
export function hostV2(): ServerV2 {
  const server = new ServerV2({ name: 'host', version: '1.0.0' }, { instructions: 'Of the host.' });
  server.registerTool('theirs', { inputSchema: z.object({ word: z.string() }) }, ({ word }) => ({
    content: [{ type: 'text', text: `theirs: ${word}` }],
  }));
  server.registerResource('readme', 'host://readme', {}, () => ({
    contents: [{ uri: 'host://readme', text: 'of the host' }],
  }));
  server.registerPrompt('hello', {}, () => ({
    messages: [{ role: 'user', content: { type: 'text', text: 'Hello from the host' } }],
  }));
  return server;
}

/** A way from a client through a host's server to an app. */
export interface Route {
  readonly host: 'v1' | 'v2';
  readonly client: ClientKind;
  readonly via: 'memory' | 'stdio entry' | 'http' | 'fetch entry';
}

export const ROUTES: readonly Route[] = [
  { host: 'v1', client: 'v1', via: 'memory' },
  { host: 'v1', client: 'v2 legacy', via: 'memory' },
  { host: 'v1', client: 'v1', via: 'http' },
  { host: 'v1', client: 'v2 legacy', via: 'http' },
  { host: 'v2', client: 'v1', via: 'stdio entry' },
  { host: 'v2', client: 'v2 legacy', via: 'stdio entry' },
  { host: 'v2', client: 'v2 modern', via: 'stdio entry' },
  { host: 'v2', client: 'v2 modern', via: 'fetch entry' },
];

/** Connects a client to an app by way of a host's server. */
export async function connectBy(
  route: Route,
  app: App<any, any>,
  options: AttachOptions = {},
): Promise<Connected> {
  return connectClient(route.client, await transportTo(route, app, options));
}

async function transportTo({ host, client, via }: Route, app: App<any, any>, options: AttachOptions) {
  if (host === 'v1') {
    const server = hostV1();
    attachToV1(app, server, options);
    if (via === 'http') return serveV1OverHttp(server, client);
    const [near, far] = (client === 'v1' ? MemoryV1 : MemoryV2).createLinkedPair();
    await server.connect(far);
    onTestFinished(() => server.close());
    return near;
  }
  const make = () => {
    const server = hostV2();
    attachToV2(app, server, options);
    return server;
  };
  if (via === 'fetch entry') {
    const handler = createMcpHandler(make);
    const stop = forwardChanges(app, handler.notify);
    onTestFinished(async () => {
      stop();
      await handler.close();
    });
    return new HttpV2(new URL('http://host.invalid/mcp'), {
      fetch: (url, init) => handler.fetch(new Request(url, init)),
    });
  }
  const [near, far] = client === 'v1' ? MemoryV1.createLinkedPair() : InMemoryTransport.createLinkedPair();
  const serving = serveStdio(make, { transport: far });
  onTestFinished(() => serving.close());
  return near;
}

async function serveV1OverHttp(server: ServerV1, client: ClientKind) {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => crypto.randomUUID() });
  await server.connect(transport);
  const http = createServer((request, response) => void transport.handleRequest(request, response));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(async () => {
    await server.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
  return client === 'v1' ? new HttpV1(url) : new HttpV2(url);
}
