import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import * as v1 from '@modelcontextprotocol/sdk/types.js';
import { createApp, defineTool, jsonSchema, text } from '@toolyard/core';
import { describe, expect, onTestFinished, test } from 'vitest';

import { openSse, serveSse, type SseClient } from './helpers.ts';

const INPUT = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] } as const;
const DESCRIPTION = { name: 'echo', description: 'Says it again.', inputSchema: INPUT };
const QUESTION = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } as const;

/** One tool behind the transport of SDK v1, the reference for this one. */
async function serveReference(): Promise<{ base: string }> {
  const transports = new Map<string, SSEServerTransport>();
  const open = async (response: ServerResponse) => {
    const server = new Server({ name: 'same', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler(v1.ListToolsRequestSchema, () => ({ tools: [DESCRIPTION] }));
    server.setRequestHandler(v1.CallToolRequestSchema, async ({ params }, { sendNotification, _meta }) => {
      const progressToken = _meta?.progressToken;
      if (progressToken !== undefined) {
        const progress = { progressToken, progress: 1 };
        await sendNotification({ method: 'notifications/progress', params: progress });
      }
      if (params.name !== 'ask')
        return { content: [{ type: 'text', text: String(params.arguments?.['text']) }] };
      const answer = await server.elicitInput({ message: 'Your name?', requestedSchema: QUESTION as never });
      return { content: [{ type: 'text', text: JSON.stringify(answer.content) }] };
    });
    const transport = new SSEServerTransport('/messages', response);
    transports.set(transport.sessionId, transport);
    await server.connect(transport);
  };
  const server = createServer((request, response) => {
    if (request.method === 'GET') return void open(response);
    const id = new URL(request.url!, 'http://localhost').searchParams.get('sessionId') ?? '';
    const transport = transports.get(id);
    if (transport) void transport.handlePostMessage(request, response);
    else response.writeHead(404).end('Session not found');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The same tools behind ours. */
function serveOurs(): Promise<{ base: string }> {
  const echo = defineTool({
    name: 'echo',
    description: 'Says it again.',
    input: jsonSchema<{ text: string }>(INPUT),
    run({ text: said }, call) {
      call.progress({ progress: 1 });
      return text(said);
    },
  });
  const ask = defineTool({
    name: 'ask',
    async run(_args, call) {
      const schema = jsonSchema<{ name: string }>(QUESTION);
      const answer = await call.requireInput('name', { message: 'Your name?', schema });
      return JSON.stringify(answer.action === 'accept' && answer.content);
    },
  });
  return serveSse(createApp({ name: 'same', version: '1.0.0' }).add(echo, ask));
}

const clientInfo = { name: 'test', version: '1.0.0' };
const initialize = (version: string, capabilities: object = {}) => ({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: version, capabilities, clientInfo },
});
const call = (name: string, params: object = {}) => ({
  jsonrpc: '2.0',
  id: 'call',
  method: 'tools/call',
  params: { name, arguments: { text: 'hi' }, ...params },
});

/** Posts a message and tells everything about the answer that a client could see. */
async function posted(client: SseClient, message: unknown, headers: Record<string, string> = {}) {
  const response = await client.post(message, headers);
  return { status: response.status, body: await response.text() };
}

/** What both must show in the same way: a script, and what came of it. */
const SCRIPTS: Readonly<Record<string, (client: SseClient) => Promise<unknown>>> = {
  'the stream and its first event': async ({ response, endpoint }) => ({
    status: response.status,
    type: response.headers.get('content-type'),
    cache: response.headers.get('cache-control'),
    endpoint: endpoint.replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/, '<uuid>'),
  }),
  'a message that is accepted': (client) => posted(client, initialize('2024-11-05')),
  'a notification': (client) => posted(client, { jsonrpc: '2.0', method: 'notifications/initialized' }),
  ping: (client) => client.ask('ping'),
  'a call with progress': async (client) => {
    await client.post(initialize('2024-11-05'));
    await client.events.message();
    await client.post(call('echo', { _meta: { progressToken: 't' } }));
    return [await client.events.message(), await client.events.message()];
  },
  'a question to the client': async (client) => {
    await client.post(initialize('2025-11-25', { elicitation: {} }));
    await client.events.message();
    await client.post(call('ask'));
    const asked = await client.events.message();
    await client.post({
      jsonrpc: '2.0',
      id: asked.id,
      result: { action: 'accept', content: { name: 'Ada' } },
    });
    const { message, requestedSchema } = asked.params;
    return { method: asked.method, message, requestedSchema, answer: await client.events.message() };
  },
  'an unknown method': async (client) => {
    const { id, error } = await client.ask('no/such');
    return { id, code: error.code };
  },
  'a list of tools': async (client) => {
    const { result } = await client.ask('tools/list');
    return result.tools.find(({ name }: { name: string }) => name === 'echo');
  },
  ...Object.fromEntries(
    ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'].map((version) => [
      `the negotiation of ${version}`,
      async (client: SseClient) => {
        await client.post(initialize(version));
        const { id, result } = await client.events.message();
        return { id, protocolVersion: result.protocolVersion, serverInfo: result.serverInfo };
      },
    ]),
  ),
  'what is no JSON': async (client) => (await posted(client, '{')).status,
  'what is no message': async (client) => (await posted(client, { hello: 'world' })).status,
  'a body that is too large': async (client) => {
    const { status } = await posted(client, call('echo', { padding: 'x'.repeat(4.5 * 1_048_576) }));
    return Math.floor(status / 100);
  },
  'a session nobody has': async (client) => {
    const response = await fetch(new URL('/messages?sessionId=nobody', client.response.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
    });
    return response.status;
  },
  'a stream for a client that does not say what it accepts': async ({ response }) => {
    const controller = new AbortController();
    const { status } = await fetch(response.url, { signal: controller.signal });
    controller.abort();
    return status;
  },
};

describe('like the transport of SDK v1', () => {
  test.each(Object.keys(SCRIPTS))('%s', async (name) => {
    const [ours, reference] = await Promise.all([serveOurs(), serveReference()]);
    const run = async ({ base }: { base: string }) => SCRIPTS[name]!(await openSse(base));
    const [mine, theirs] = await Promise.all([run(ours), run(reference)]);
    expect(mine).toEqual(theirs);
    expect(theirs).toBeDefined();
  });
});

describe('unlike it', () => {
  test('a body of another type is told from one that cannot be read', async () => {
    const [ours, reference] = await Promise.all([serveOurs(), serveReference()]);
    const headers = { 'content-type': 'text/plain' };
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
    expect((await posted(await openSse(reference.base), ping, headers)).status).toBe(400);
    expect((await posted(await openSse(ours.base), ping, headers)).status).toBe(415);
  });

  test('a batch of 2025-03-26 is answered', async () => {
    const [ours, reference] = await Promise.all([serveOurs(), serveReference()]);
    const batch = [
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 2, method: 'ping' },
    ];
    const mine = await openSse(ours.base);
    await mine.post(initialize('2025-03-26'));
    await mine.events.message();
    expect((await posted(await openSse(reference.base), batch)).status).toBe(400);
    expect((await posted(mine, batch)).status).toBe(202);
    expect(await mine.events.message()).toEqual([
      { jsonrpc: '2.0', id: 1, result: {} },
      { jsonrpc: '2.0', id: 2, result: {} },
    ]);
  });

  test('proxies are asked not to buffer the stream', async () => {
    const { base } = await serveOurs();
    const { response } = await openSse(base);
    expect(response.headers.get('x-accel-buffering')).toBe('no');
  });
});
