import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { callModern, initialize, post, until } from '../helpers.ts';
import { readEvents } from '../sse-reader.ts';
import { hasRedis, PREFIX, REDIS_URL } from './redis-clients.ts';

interface NodeProcess {
  readonly url: string;
  readonly process: ChildProcess;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
}

const script = fileURLToPath(new URL('node-process.ts', import.meta.url));

/** Starts nodes of one server, which are ended with the test. */
function startNodes(count: number, prefix = `${PREFIX}${crypto.randomUUID()}:`): Promise<NodeProcess[]> {
  return Promise.all(Array.from({ length: count }, () => startNode(prefix)));
}

/** @param url - of Redis, or of a database file. */
async function startNode(prefix: string, url = REDIS_URL): Promise<NodeProcess> {
  const flags = ['--no-warnings', '--conditions=@toolyard/source'];
  const child = spawn(process.execPath, [...flags, script, url, prefix], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  const [address] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    ended.then(() => Promise.reject(new Error('The node ended at its start.'))),
  ])) as [string];
  return { url: address, process: child, kill };
}

/** Where the requests of a client go, as a load balancer decides for each. */
type Route = (request: { method: string; body: string }) => NodeProcess;

interface SdkClient {
  readonly changes: number;
  call(name: string, args?: Record<string, unknown>): Promise<string>;
  tools(): Promise<string[]>;
}

const ANSWERS = {
  elicit: { action: 'accept' as const, content: { name: 'Ada' } },
  roots: { roots: [{ uri: 'file:///home' }] },
  message: { role: 'assistant' as const, model: 'm', content: { type: 'text' as const, text: 'hi' } },
};
const INFO = { name: 'test', version: '1.0.0' };
const CAPABILITIES = { elicitation: {}, roots: {}, sampling: {} };

function routed(route: Route): typeof fetch {
  return async (_url, init) =>
    fetch(
      route({ method: init?.method ?? 'GET', body: typeof init?.body === 'string' ? init.body : '' }).url,
      init,
    );
}

/** What is used of either SDK client. */
interface AnyClient {
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  listTools(): Promise<{ tools: { name: string }[] }>;
}

function view(client: AnyClient, changes: () => number): SdkClient {
  return {
    get changes() {
      return changes();
    },
    async call(name, args = {}) {
      const { content } = (await client.callTool({ name, arguments: args })) as {
        content: { text: string }[];
      };
      return content[0]?.text ?? '';
    },
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
  };
}

const reconnectionOptions = {
  initialReconnectionDelay: 50,
  maxReconnectionDelay: 200,
  reconnectionDelayGrowFactor: 1.5,
  maxRetries: 20,
};

const CLIENTS: Record<string, (route: Route) => Promise<SdkClient>> = {
  async v1(route) {
    let changes = 0;
    const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
    client.setRequestHandler(ElicitRequestSchema, () => ANSWERS.elicit);
    client.setRequestHandler(ListRootsRequestSchema, () => ANSWERS.roots);
    client.setRequestHandler(CreateMessageRequestSchema, () => ANSWERS.message);
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => void (changes += 1));
    onTestFinished(() => client.close());
    const options = { fetch: routed(route), reconnectionOptions };
    await client.connect(new HttpV1(new URL('http://nodes.test/mcp'), options));
    return view(client, () => changes);
  },
  async v2(route) {
    let changes = 0;
    const client = new ClientV2(INFO, { capabilities: CAPABILITIES });
    client.setRequestHandler('elicitation/create', () => ANSWERS.elicit);
    client.setRequestHandler('roots/list', () => ANSWERS.roots);
    client.setRequestHandler('sampling/createMessage', () => ANSWERS.message);
    client.setNotificationHandler('notifications/tools/list_changed', () => void (changes += 1));
    onTestFinished(() => client.close());
    const options = { fetch: routed(route), reconnectionOptions };
    await client.connect(new HttpV2(new URL('http://nodes.test/mcp'), options));
    return view(client, () => changes);
  },
};

const isAnswer = (body: string) => body !== '' && !('method' in (JSON.parse(body) as object));

/** Lets something change at a node until a client has heard of it: its stream may not be open yet. */
async function hears(client: SdkClient, { url }: NodeProcess): Promise<void> {
  const before = client.changes;
  for (let attempt = 0; client.changes === before; attempt += 1) {
    if (attempt === 20) throw new Error('The client hears of no change.');
    await (await callModern(url, 'grow')).arrayBuffer();
    await vi.waitUntil(() => client.changes > before, { timeout: 300, interval: 5 }).catch(() => {});
  }
}

describe.runIf(hasRedis)('several processes as one server', () => {
  test('SDK clients open on one, call another, listen at a third and answer through any', async () => {
    const [a, b, c] = (await startNodes(3)) as [NodeProcess, NodeProcess, NodeProcess];
    for (const open of Object.values(CLIENTS)) {
      let forCalls = a;
      const client = await open(({ method, body }) => (method === 'GET' ? c : isAnswer(body) ? b : forCalls));
      forCalls = b;
      expect(await client.call('which')).toBe(String(b.process.pid));
      forCalls = a;
      // Asked by the first, answered at the second.
      const message = '{"type":"text","text":"hi"}';
      expect(await client.call('ask')).toBe(`Ada file:///home ${message} ${a.process.pid}`);
      await hears(client, a);
    }
  });

  test('kill -9 of the node that opened them costs SDK clients nothing', async () => {
    const [a, b] = (await startNodes(2)) as [NodeProcess, NodeProcess];
    let target = a;
    const clients = [await CLIENTS['v1']!(() => target), await CLIENTS['v2']!(() => target)];
    for (const client of clients) await hears(client, a);
    const before = clients.map(({ changes }) => changes);
    await a.kill();
    target = b;
    for (const [index, client] of clients.entries()) {
      expect(await client.call('which')).toBe(String(b.process.pid));
      expect(await client.tools()).toContain('ask');
      // The stream comes back by itself, and tells what may have been missed.
      await until(() => client.changes > before[index]!);
      await hears(client, b);
    }
  });

  test('what killed nodes had written is resumed in a new one, and the call is reported lost', async () => {
    const prefix = `${PREFIX}${crypto.randomUUID()}:`;
    const [a] = (await startNodes(1, prefix)) as [NodeProcess];
    const session = await initialize(a.url);
    const events = readEvents(await session.call('held', { steps: 5 }, 'mine'));
    await events.message();
    const seen = events.lastId;
    // What the client was sent was kept before.
    for (let step = 2; step <= 5; step += 1) await events.message();
    await a.kill();
    const [b] = (await startNodes(1, prefix)) as [NodeProcess];
    const list = await post(b.url, { jsonrpc: '2.0', id: 1, method: 'tools/list' }, session.headers);
    expect(list.status).toBe(200);
    const headers = { ...session.headers, accept: 'text/event-stream', 'last-event-id': seen };
    const again = readEvents(await fetch(b.url, { headers }));
    for (let progress = 2; progress <= 5; progress += 1)
      expect(await again.message()).toMatchObject({ params: { progress } });
    // Waits until the node counts as dead.
    if (process.env['TOOLYARD_PROOF'] !== '1') return again.close();
    expect(await again.rest()).toMatchObject([{ id: 'mine', error: { data: { code: 'NODE_LOST' } } }]);
  });
});

test('a session in a database file survives kill -9 of the only process', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'toolyard-process-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const url = `file:${join(directory, 'sessions.db')}`;
  const first = await startNode('', url);
  const session = await initialize(first.url);
  const events = readEvents(await session.call('held', { steps: 3 }, 'mine'));
  await events.message();
  const seen = events.lastId;
  await events.message();
  await events.message();
  await first.kill();
  const second = await startNode('', url);
  const list = await post(second.url, { jsonrpc: '2.0', id: 1, method: 'tools/list' }, session.headers);
  expect(list.status).toBe(200);
  const headers = { ...session.headers, accept: 'text/event-stream', 'last-event-id': seen };
  const again = readEvents(await fetch(second.url, { headers }));
  for (const progress of [2, 3]) expect(await again.message()).toMatchObject({ params: { progress } });
  again.close();
});
