import {
  createServer,
  type IncomingMessage,
  type Server as NodeServer,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

import { InMemoryTransport } from '@modelcontextprotocol/client';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { Server as ModernServer, createMcpHandler } from '@modelcontextprotocol/server';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { describe, expect, onTestFinished, test } from 'vitest';

import { until } from '../helpers.ts';
import { managed } from './managed.ts';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(handle: Handle, port = 0): Promise<{ url: string; port: number; stop: () => void }> {
  const server: NodeServer = createServer(handle);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(stop);
  const actual = (server.address() as AddressInfo).port;
  return { url: `http://127.0.0.1:${actual}/mcp`, port: actual, stop };
}

function v1Server() {
  const server = new McpServer({ name: 'v1', version: '1.0.0' });
  server.registerTool('hello', { annotations: { readOnlyHint: true } }, () => ({
    content: [{ type: 'text', text: 'from v1' }],
  }));
  return server;
}

/** A v1 server with sessions, as its documentation builds one: unknown sessions get 400. */
function v1Http(status: 400 | 404): { handle: Handle; servers: McpServer[] } {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const servers: McpServer[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const id = request.headers['mcp-session-id'];
    let transport = typeof id === 'string' ? transports.get(id) : undefined;
    if (!transport) {
      if (id !== undefined || request.method !== 'POST') {
        const error = { code: -32_000, message: 'Bad Request: No valid session ID provided' };
        response.writeHead(status).end(JSON.stringify({ jsonrpc: '2.0', error, id: null }));
        return;
      }
      const created = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => crypto.randomUUID(),
        onsessioninitialized: (session) => void transports.set(session, created),
      });
      transport = created;
      const server = v1Server();
      servers.push(server);
      await server.connect(created);
    }
    await transport.handleRequest(request, response);
  };
  return { handle: (request, response) => void handle(request, response), servers };
}

const textOf = (result: { content: readonly unknown[] }) => (result.content[0] as { text: string }).text;

describe.each([400, 404] as const)('a v1 server that answers %i for sessions it does not know', (status) => {
  test('is called, restarted, and called again', async () => {
    const first = await listen(v1Http(status).handle);
    const client = managed({ url: first.url });
    expect(textOf(await client.call('hello'))).toBe('from v1');
    expect(client.server).toMatchObject({ era: 'legacy', info: { name: 'v1' } });
    first.stop();
    await until(() => client.state.status !== 'online');
    await listen(v1Http(status).handle, first.port);
    expect(textOf(await client.call('hello'))).toBe('from v1');
    await until(() => client.state.status === 'online');
  });
});

test('list changes of a v1 server arrive', async () => {
  const { handle, servers } = v1Http(404);
  const { url } = await listen(handle);
  const client = managed({ url });
  const lists: string[][] = [];
  client.on('listChanged', ({ items }) => lists.push(items.map(({ name }) => name)));
  await client.list('tools');
  await until(() => client.statistics().connection.streams > 0);
  servers.at(-1)?.registerTool('later', {}, () => ({ content: [] }));
  await until(() => lists.length > 0);
  expect(lists.at(-1)).toEqual(['hello', 'later']);
});

test('a v2 server is spoken to in the newest revision, with its changes', async () => {
  const tools = [{ name: 'hello', inputSchema: { type: 'object' as const } }];
  const handler = createMcpHandler(() => {
    const server = new ModernServer(
      { name: 'v2', version: '1.0.0' },
      { capabilities: { tools: { listChanged: true } } },
    );
    server.setRequestHandler('tools/list', () => ({ tools: [...tools] }));
    server.setRequestHandler('tools/call', () => ({ content: [{ type: 'text' as const, text: 'from v2' }] }));
    return server;
  });
  onTestFinished(() => handler.close());
  const { url } = await listen(toNodeHandler(handler) as Handle);
  const client = managed({ url });
  const lists: string[][] = [];
  client.on('listChanged', ({ items }) => lists.push(items.map(({ name }) => name)));
  expect(textOf(await client.call('hello'))).toBe('from v2');
  expect(client.server).toMatchObject({ era: 'modern', protocolVersion: '2026-07-28' });
  await client.list('tools');
  await until(() => client.statistics().connection.streams > 0);
  tools.push({ name: 'later', inputSchema: { type: 'object' } });
  handler.notify.toolsChanged();
  await until(() => lists.length > 0);
  expect(lists.at(-1)).toEqual(['hello', 'later']);
});

test('a server that only knows HTTP+SSE is reached that way, also after a restart', async () => {
  const first = await listenForSse();
  const client = managed({ url: first.url });
  expect(textOf(await client.call('hello'))).toBe('from v1');
  first.stop();
  await until(() => client.state.status !== 'online');
  await listenForSse(first.port);
  expect(textOf(await client.call('hello'))).toBe('from v1');
  expect(client.statistics().connection.opened).toBe(2);
});

/** A server of the 2024-11-05 transport. */
function listenForSse(port?: number) {
  const transports = new Map<string, SSEServerTransport>();
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/mcp' && request.method === 'GET') {
      const transport = new SSEServerTransport('/messages', response);
      transports.set(transport.sessionId, transport);
      await v1Server().connect(transport);
    } else if (url.pathname === '/messages') {
      const transport = transports.get(url.searchParams.get('sessionId') ?? '');
      if (transport) await transport.handlePostMessage(request, response);
      else response.writeHead(404).end();
    } else response.writeHead(405).end();
  };
  return listen((request, response) => void handle(request, response), port);
}

test('any transport will do, and another is made when it closes', async () => {
  let serverSide: InMemoryTransport | undefined;
  const client = managed({
    connect: async () => {
      const [mine, theirs] = InMemoryTransport.createLinkedPair();
      serverSide = theirs;
      await v1Server().connect(theirs);
      return mine;
    },
  });
  expect(textOf(await client.call('hello'))).toBe('from v1');
  await serverSide?.close();
  expect(textOf(await client.call('hello'))).toBe('from v1');
  expect(client.statistics().connection.opened).toBe(2);
});
