import { fileURLToPath } from 'node:url';

import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { InMemoryTransport as MemoryV1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server as LowLevelV1 } from '@modelcontextprotocol/sdk/server/index.js';
import * as v1 from '@modelcontextprotocol/sdk/types.js';
import {
  createMcpHandler,
  InMemoryTransport as MemoryV2,
  Server as LowLevelV2,
} from '@modelcontextprotocol/server';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';

import {
  AccessDeniedError,
  anonymous,
  defineResource,
  defineTool,
  local,
  type App,
} from '../../src/index.ts';
import { attachToV1, type AttachOptions } from '../../src/sdk-v1.ts';
import { attachToV2, forwardChanges } from '../../src/sdk-v2.ts';
import { recordingLogger, testApp } from '../helpers.ts';
import { connectClient } from './clients.ts';
import { demoApp, whoami } from './demo-app.ts';
import { connectBy, hostV1, hostV2 } from './hosts.ts';

const tool = (name: string) => ({ name, inputSchema: { type: 'object' as const } });

/** A message as a transport of v1 with a token check hands it on. */
async function callWithToken(app: App<any, any>, authInfo: object, options: AttachOptions = {}) {
  const server = hostV1();
  attachToV1(app, server, options);
  const [near, far] = MemoryV1.createLinkedPair();
  await server.connect(far);
  onTestFinished(() => server.close());
  const { promise, resolve } = Promise.withResolvers<any>();
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
  near.onmessage = resolve;
  await near.start();
  await near.send(
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami' } },
    { authInfo: authInfo as never },
  );
  return JSON.parse((await promise).result.content[0].text);
}

/** A client's transport to an app behind `createMcpHandler`, with a checked token. */
function transportTo(app: App<any, any>) {
  const handler = createMcpHandler(() => {
    const server = hostV2();
    attachToV2(app, server);
    return server;
  });
  onTestFinished(() => handler.close());
  const fetch = (url: string | URL, init?: RequestInit) =>
    handler.fetch(new Request(url, init), {
      authInfo: { token: 't', clientId: 'web', scopes: ['read'], extra: { sub: 'ada' } },
    });
  return {
    fetch,
    transport: new StreamableHTTPClientTransport(new URL('http://host.invalid/mcp'), { fetch }),
  };
}

describe('who calls an attached app', () => {
  const app = testApp().add(whoami);
  const authInfo = { token: 'secret-1', clientId: 'web', scopes: ['read'] };

  test('is the subject of the token', async () => {
    const extra = { sub: 'ada', iss: 'https://id.example' };
    expect(await callWithToken(app, { ...authInfo, extra })).toMatchObject({ id: 'ada', scopes: ['read'] });
  });

  test('is told apart by the token where that names nobody, without showing it', async () => {
    const first = await callWithToken(app, authInfo);
    const again = await callWithToken(app, authInfo);
    const other = await callWithToken(app, { ...authInfo, token: 'secret-2' });
    expect(first.id).toMatch(/^token:[0-9a-f]{64}$/);
    expect(again.id).toBe(first.id);
    expect(other.id).not.toBe(first.id);
  });

  test('can be mapped, also later', async () => {
    const options: AttachOptions = {
      principal: async ({ authInfo: known }) => ({ id: `user of ${known?.clientId}`, scopes: ['x'] }),
      tenant: ({ authInfo: known }) => known?.clientId,
    };
    expect(await callWithToken(app, authInfo, options)).toMatchObject({ id: 'user of web', tenant: 'web' });
  });
});

describe('an attached app', () => {
  test('answers with an error when it cannot be told who asks', async () => {
    const logger = recordingLogger();
    const app = testApp({ logger }).add(defineTool({ name: 'ours', run: () => '' }));
    const ask = async (principal: AttachOptions['principal']) => {
      const server = hostV1();
      attachToV1(app, server, { principal: principal! });
      const [near, far] = MemoryV1.createLinkedPair();
      await server.connect(far);
      onTestFinished(() => server.close());
      return connectClient('v1', near).catch((error: Error) => error.message);
    };
    const broken = new Error('the directory is down');
    expect(await ask(() => Promise.reject(broken))).toBe('MCP error -32603: Internal error');
    expect(logger.lines).toMatchObject([
      { level: 'error', fields: { err: { message: 'the directory is down' } } },
    ]);
    const refusal = new AccessDeniedError('this server', ['mcp']);
    expect(await ask(() => Promise.reject(refusal))).toMatch(/-31403.*needs the scopes: mcp/);
  });

  test('is refused by a server that is connected already', async () => {
    const server = hostV2();
    const [, far] = MemoryV2.createLinkedPair();
    await server.connect(far);
    onTestFinished(() => server.close());
    expect(() => attachToV2(testApp(), server)).toThrow(
      expect.objectContaining({ code: 'ALREADY_CONNECTED' }),
    );
  });

  test('stays attached when the server is closed and connected again', async () => {
    const server = hostV1();
    attachToV1(testApp().add(defineTool({ name: 'ours', run: () => 'ours' })), server);
    for (let round = 0; round < 2; round += 1) {
      const [near, far] = MemoryV1.createLinkedPair();
      await server.connect(far);
      const { client } = await connectClient('v1', near);
      expect(await client.callTool({ name: 'ours' })).toMatchObject({ content: [{ text: 'ours' }] });
      await server.close();
    }
  });

  test('answers for a name that both have, and lists it once', async () => {
    const app = testApp().add(defineTool({ name: 'theirs', run: () => 'ours' }));
    const server = hostV1();
    attachToV1(app, server);
    const [near, far] = MemoryV1.createLinkedPair();
    await server.connect(far);
    onTestFinished(() => server.close());
    const { client } = await connectClient('v1', near);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['theirs']);
    expect(await client.callTool({ name: 'theirs' })).toMatchObject({ content: [{ text: 'ours' }] });
  });

  test('shows what the host registers while a client is connected', async () => {
    const server = hostV1();
    attachToV1(testApp().add(defineTool({ name: 'ours', run: () => '' })), server);
    const [near, far] = MemoryV1.createLinkedPair();
    await server.connect(far);
    onTestFinished(() => server.close());
    const { client, heard } = await connectClient('v1', near);
    server.registerTool('late', {}, () => ({ content: [{ type: 'text', text: 'late' }] }));
    await vi.waitFor(() => expect(heard.changed).toEqual(['tools']));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['theirs', 'late', 'ours']);
    expect(await client.callTool({ name: 'late' })).toMatchObject({ content: [{ text: 'late' }] });
  });

  test('follows the pages of the host with its own', async () => {
    const app = testApp({ pageSize: 2 });
    for (const name of ['d', 'e', 'f']) app.add(defineTool({ name, run: () => '' }));
    const server = new LowLevelV1({ name: 'host', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler(v1.ListToolsRequestSchema, ({ params }) =>
      params?.cursor === 'more'
        ? { tools: [tool('c')] }
        : { tools: [tool('a'), tool('b')], nextCursor: 'more' },
    );
    attachToV1(app, server);
    const [near, far] = MemoryV1.createLinkedPair();
    await server.connect(far);
    onTestFinished(() => server.close());
    const { client } = await connectClient('v1', near);
    const pages: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listTools(cursor === undefined ? {} : { cursor });
      pages.push(page.tools.map(({ name }) => name).join(''));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(pages).toEqual(['ab', 'cde', 'f']);
  });

  test.each([
    ['v1', () => new LowLevelV1({ name: 'bare', version: '1.0.0' }), attachToV1, MemoryV1],
    ['v2', () => new LowLevelV2({ name: 'bare', version: '1.0.0' }), attachToV2, MemoryV2],
  ])('is all there is on a bare %s server', async (_version, make, attach, Memory) => {
    const { app } = demoApp();
    const server = make();
    attach(app, server);
    const [near, far] = Memory.createLinkedPair();
    await server.connect(far);
    onTestFinished(() => server.close());
    const { client, heard } = await connectClient('v1', near);
    expect((await client.listTools()).tools[0]?.name).toBe('add');
    expect(await client.callTool({ name: 'work' })).toMatchObject({ content: [{ text: 'done' }] });
    expect(heard.logs).toEqual(['half way']);
    expect(client.getInstructions()).toBe('Of the app.');
  });

  test('answers the methods of its extensions', async () => {
    const server = hostV1();
    attachToV1(demoApp().app, server);
    const [near, far] = MemoryV1.createLinkedPair();
    await server.connect(far);
    onTestFinished(() => server.close());
    const { promise, resolve } = Promise.withResolvers<unknown>();
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
    near.onmessage = resolve;
    await near.start();
    await near.send({ jsonrpc: '2.0', id: 'x', method: 'clock/now' });
    expect(await promise).toEqual({ jsonrpc: '2.0', id: 'x', result: { hour: 12 } });
  });

  test('answers many calls at once on one connection', async () => {
    const { client, heard } = await connectBy({ host: 'v1', client: 'v1', via: 'memory' }, demoApp().app);
    const calls = Array.from({ length: 30 }, (_, a) => [
      client.callTool({ name: 'add', arguments: { a, b: 1 } }),
      client.callTool({ name: 'greet' }),
    ]).flat();
    const results = await Promise.all(calls);
    expect(results[58]).toMatchObject({ structuredContent: { sum: 30 } });
    expect(results.filter(({ isError }) => isError)).toEqual([]);
    expect(heard.asked).toHaveLength(30);
  });

  test('has its answers given up when a connection ends', async () => {
    const { app, cancelled, started } = demoApp();
    const server = hostV1();
    attachToV1(app, server);
    const [near, far] = MemoryV1.createLinkedPair();
    await server.connect(far);
    const { client } = await connectClient('v1', near);
    const call = client.callTool({ name: 'hang' }).catch((error: unknown) => error);
    await started;
    await client.close();
    expect(await cancelled).toMatchObject({ code: 'CANCELLED' });
    expect(await call).toBeInstanceOf(Error);
  });

  test('is intercepted like the rest: middleware sees the handshake, the lists and the notifications', async () => {
    const methods: string[] = [];
    const app = testApp().use(async function watch(call, next) {
      methods.push(call.method);
      return next();
    });
    const server = hostV1();
    attachToV1(app, server);
    const [near, far] = MemoryV1.createLinkedPair();
    await server.connect(far);
    onTestFinished(() => server.close());
    const { client } = await connectClient('v1', near);
    await client.listTools();
    await client.callTool({ name: 'theirs', arguments: { word: 'x' } });
    expect(methods).toEqual(['initialize', 'notifications/initialized', 'tools/list']);
  });
});

describe('an app behind createMcpHandler', () => {
  test('serves 2025 clients without a session', async () => {
    const { client } = await connectClient('v2 legacy', transportTo(demoApp().app).transport);
    expect(await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } })).toMatchObject({
      structuredContent: { sum: 3 },
    });
    expect(await client.callTool({ name: 'whoami' })).toMatchObject({
      structuredContent: { id: 'ada', scopes: ['read'], transport: 'http' },
    });
    await expect(client.callTool({ name: 'greet' })).rejects.toThrow(/did not declare/);
  });

  test('checks the headers that repeat arguments', async () => {
    const seek = defineTool({
      name: 'seek',
      input: z.object({ region: z.string() }),
      headers: { region: 'Region' },
      run: ({ region }) => region,
    });
    const { fetch } = transportTo(testApp().add(seek));
    const call = (region: string) =>
      fetch('http://host.invalid/mcp', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'tools/call',
          'mcp-name': 'seek',
          'mcp-param-region': region,
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: {
            name: 'seek',
            arguments: { region: 'north' },
            _meta: {
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientCapabilities': {},
            },
          },
        }),
      }).then((response) => response.json());
    expect(await call('north')).toMatchObject({ result: { content: [{ text: 'north' }] } });
    expect(await call('south')).toMatchObject({ error: { code: -32020 } });
  });

  test('tells nobody of resources that are not for everybody', () => {
    const app = testApp().add(
      defineResource({ uri: 'note://open', read: () => '' }),
      defineResource({ uri: 'note://secret', access: { scopes: ['admin'] }, read: () => '' }),
    );
    const told: string[] = [];
    const tell = (what: string) => () => void told.push(what);
    const stop = forwardChanges(app, {
      toolsChanged: tell('tools'),
      promptsChanged: tell('prompts'),
      resourcesChanged: tell('resources'),
      resourceUpdated: (uri) => void told.push(uri),
    });
    app.resourceUpdated('note://secret');
    app.resourceUpdated('note://open');
    return vi.waitFor(() => expect(told).toEqual(['note://open'])).then(stop);
  });

  test('leaves no stream of changes behind', async () => {
    const app = testApp({ maxSubscriptions: 1 }).add(defineTool({ name: 'ours', run: () => 'ours' }));
    const { client } = await connectClient('v2 modern', transportTo(app).transport);
    for (let round = 0; round < 3; round += 1) {
      expect(await client.callTool({ name: 'ours' })).toMatchObject({ content: [{ text: 'ours' }] });
    }
    expect(() => forwardChanges(app, {} as never)()).not.toThrow();
  });
});

test('a 2026 client over stdio hears of resources that it may use alone', async () => {
  const app = testApp().add(
    defineResource({ uri: 'note://open', read: () => '' }),
    defineResource({ uri: 'note://secret', access: { scopes: ['admin'] }, read: () => '' }),
  );
  const watchers: { readonly updated: string[] }[] = [];
  for (const principal of [anonymous, local]) {
    const route = { host: 'v2', client: 'v2 modern', via: 'stdio entry' } as const;
    const connected = await connectBy(route, app, { principal });
    await connected.watch('note://open');
    await connected.watch('note://secret');
    watchers.push(connected.heard);
  }
  app.resourceUpdated('note://secret');
  app.resourceUpdated('note://open');
  await vi.waitFor(() =>
    expect(watchers.map(({ updated }) => updated)).toEqual([
      ['note://open'],
      ['note://secret', 'note://open'],
    ]),
  );
});

test.each([
  { host: 'v1', client: 'v1', via: 'memory' },
  { host: 'v2', client: 'v2 modern', via: 'stdio entry' },
] as const)('a connection of $client without room for its changes is served all the same', async (route) => {
  const logger = recordingLogger();
  const app = testApp({ maxSubscriptions: 1, logger }).add(defineTool({ name: 'ours', run: () => 'ours' }));
  for (let round = 0; round < 2; round += 1) {
    const { client } = await connectBy(route, app);
    expect(await client.callTool({ name: 'ours' })).toMatchObject({ content: [{ text: 'ours' }] });
  }
  expect(logger.lines).toMatchObject([{ level: 'warn', fields: { err: { code: 'LIMIT_EXCEEDED' } } }]);
});

test.each([
  ['v1', 'v2 legacy'],
  ['v2', 'v2 legacy'],
  ['v2', 'v2 modern'],
] as const)(
  'over stdio a %s host serves an app and a mounted server to a %s client',
  async (version, kind) => {
    const program = fileURLToPath(new URL('stdio-host.ts', import.meta.url));
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: ['--conditions=@toolyard/source', program, version],
      stderr: 'inherit',
    });
    const { client, heard } = await connectClient(kind, transport);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['theirs', 'add', 'book_count']));
    expect(await client.callTool({ name: 'guarded' })).toMatchObject({ content: [{ text: 'secret' }] });
    expect(await client.callTool({ name: 'greet' })).toMatchObject({ content: [{ text: 'Hello Ada' }] });
    expect(await client.callTool({ name: 'book_greet' })).toMatchObject({ content: [{ text: 'Hello Ada' }] });
    expect(heard.asked).toEqual(['Your name?', 'Your name?']);
  },
);
