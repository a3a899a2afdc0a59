import { Client as ClientV2, SSEClientTransport as SseV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SseV1 } from '@modelcontextprotocol/sdk/client/sse.js';
import * as v1 from '@modelcontextprotocol/sdk/types.js';
import { defineTool, type Principal } from '@toolyard/core';
import { describe, expect, onTestFinished, test } from 'vitest';

import type { AuthRequest } from '../../src/index.ts';
import type { SseOptions } from '../../src/sse.ts';
import { askingApp } from '../connection/asking-app.ts';
import { heldTool } from '../demo-app.ts';
import { until } from '../helpers.ts';
import { serveSse } from './helpers.ts';

const INFO = { name: 'official', version: '1.0.0' };
const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };
const SAMPLED = { role: 'assistant', model: 'test', content: { type: 'text', text: '42' } } as const;

/** A client of the v1 SDK, and what it was told outside its calls. */
async function connectV1(base: string, headers: Record<string, string> = {}) {
  const heard: unknown[] = [];
  const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
  client.setRequestHandler(v1.ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Ada' } }));
  client.setRequestHandler(v1.CreateMessageRequestSchema, () => ({ ...SAMPLED }));
  client.setRequestHandler(v1.ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///work' }] }));
  client.setNotificationHandler(v1.ToolListChangedNotificationSchema, () => void heard.push('tools'));
  client.setNotificationHandler(
    v1.ResourceUpdatedNotificationSchema,
    ({ params }) => void heard.push(params.uri),
  );
  const init = { requestInit: { headers }, eventSourceInit: { fetch: withHeaders(headers) } };
  await client.connect(new SseV1(new URL('/sse', base), init));
  onTestFinished(() => client.close());
  return { client, heard };
}

function withHeaders(headers: Record<string, string>): typeof fetch {
  return (url, init) => fetch(url, { ...init, headers: { ...(init?.headers as object), ...headers } });
}

const connect = async (app = askingApp(), options: SseOptions = {}) => {
  const served = await serveSse(app, options);
  return { ...served, ...(await connectV1(served.base)) };
};

describe('the SSE client of SDK v1', () => {
  test('lists, calls, reads and prompts', async () => {
    const { client } = await connect();
    expect(client.getServerVersion()).toMatchObject({ name: 'asking' });
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('demo_echo');
    expect(await client.callTool({ name: 'demo_echo', arguments: { text: 'hi' } })).toMatchObject({
      content: [{ text: 'hi' }],
    });
    expect(await client.readResource({ uri: 'note://1' })).toMatchObject({ contents: [{ text: 'first' }] });
    expect(await client.getPrompt({ name: 'demo_greet' })).toMatchObject({ messages: [{ role: 'user' }] });
    await expect(client.callTool({ name: 'nothing' })).rejects.toMatchObject({ code: -32602 });
  });

  test('answers what the server asks', async () => {
    const { client } = await connect();
    const answers = [];
    for (const name of ['ask', 'think', 'roots']) answers.push((await client.callTool({ name })).content);
    expect(answers).toMatchObject([
      [{ text: 'Hello Ada' }],
      [{ text: JSON.stringify(SAMPLED.content) }],
      [{ text: 'file:///work' }],
    ]);
  });

  test('hears of progress, of changed lists and of updated resources', async () => {
    const { tool, state } = heldTool({ steps: 3 });
    const app = askingApp().add(tool);
    const { client, heard } = await connect(app);
    const steps: number[] = [];
    // This client loses progress that comes together with the result, so the result waits.
    const call = client.callTool({ name: 'held' }, undefined, {
      onprogress: ({ progress }) => steps.push(progress),
    });
    await until(() => steps.length === 3);
    state.release();
    await call;
    expect(steps).toEqual([1, 2, 3]);
    await client.subscribeResource({ uri: 'note://1' });
    app.add(defineTool({ name: 'late', run: () => 'late' }));
    app.resourceUpdated('note://1');
    await until(() => heard.length === 2);
    expect(new Set(heard)).toEqual(new Set(['note://1', 'tools']));
  });

  test('cancels a call', async () => {
    const { tool, state } = heldTool();
    const { client } = await connect(askingApp().add(tool));
    const controller = new AbortController();
    const call = client.callTool({ name: 'held' }, undefined, { signal: controller.signal });
    await until(() => state.started === 1);
    controller.abort();
    await expect(call).rejects.toThrow('abort');
    await until(() => state.aborted === 1);
  });

  test('gives up its calls and its session when it closes', async () => {
    const { tool, state } = heldTool();
    const app = askingApp().add(tool);
    const ended: string[] = [];
    app.on('sessionClosed', ({ id }) => void ended.push(id));
    const { client, handler } = await connect(app);
    const call = client.callTool({ name: 'held' }).catch(() => {});
    await until(() => state.started === 1);
    await client.close();
    await until(() => state.aborted === 1 && handler.sessionCount === 0);
    expect(ended).toHaveLength(1);
    await call;
  });

  test('is who its token says', async () => {
    const { base } = await serveSse(askingApp(), { auth: byToken, tenant: ({ id }) => `tenant of ${id}` });
    const { client } = await connectV1(base, { authorization: 'ada' });
    expect((await client.callTool({ name: 'who' })).content).toMatchObject([
      { text: 'sse ada tenant of ada' },
    ]);
  });
});

function byToken(request: AuthRequest): Principal {
  return { id: request.header('authorization') ?? 'nobody', scopes: [] };
}

describe('the SSE client of SDK v2', () => {
  test.each(['legacy', 'auto'] as const)('in %s mode opens a session and is asked', async (mode) => {
    const { base } = await serveSse(askingApp());
    const client = new ClientV2(INFO, { capabilities: CAPABILITIES, versionNegotiation: { mode } });
    client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ada' } }));
    await client.connect(new SseV2(new URL('/sse', base)));
    onTestFinished(() => client.close());
    expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25');
    expect(await client.callTool({ name: 'ask' })).toMatchObject({ content: [{ text: 'Hello Ada' }] });
  });
});
