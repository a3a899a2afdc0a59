import { Client as ClientV2, type JSONRPCMessage, type Transport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { WebSocketClientTransport as WebSocketV1 } from '@modelcontextprotocol/sdk/client/websocket.js';
import * as v1 from '@modelcontextprotocol/sdk/types.js';
import { defineTool } from '@toolyard/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';

import { askingApp } from '../connection/asking-app.ts';
import { heldTool } from '../demo-app.ts';
import { until } from '../helpers.ts';
import { serveWebSocket } from './helpers.ts';

const INFO = { name: 'official', version: '1.0.0' };
const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };
const ACCEPTED = { action: 'accept', content: { name: 'Ada' } } as const;
const SAMPLED = { role: 'assistant', model: 'test', content: { type: 'text', text: '42' } } as const;
const ROOTS = { roots: [{ uri: 'file:///work' }] };
const ANSWERS = ['Hello Ada', JSON.stringify(SAMPLED.content), 'file:///work'];

/** The smallest transport for the v2 client. */
class WebSocketTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  readonly #url: string;
  #socket: WebSocket | undefined = undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async start(): Promise<void> {
    const socket = new WebSocket(this.#url, 'mcp');
    this.#socket = socket;
    socket.on('message', (data) =>
      this.onmessage?.(JSON.parse((data as Buffer).toString()) as JSONRPCMessage),
    );
    socket.on('close', () => this.onclose?.());
    await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#socket?.send(JSON.stringify(message));
  }

  async close(): Promise<void> {
    this.#socket?.close();
  }
}

test('the WebSocket client of SDK v1 calls, is asked, and hears of changes', async () => {
  const app = askingApp();
  const { url, handler } = await serveWebSocket(app);
  const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
  const heard: string[] = [];
  client.setRequestHandler(v1.ElicitRequestSchema, () => ({ ...ACCEPTED }));
  client.setRequestHandler(v1.CreateMessageRequestSchema, () => ({ ...SAMPLED }));
  client.setRequestHandler(v1.ListRootsRequestSchema, () => ROOTS);
  client.setNotificationHandler(v1.ToolListChangedNotificationSchema, () => void heard.push('tools'));
  await client.connect(new WebSocketV1(new URL(url)));
  onTestFinished(() => client.close());
  const answers = [];
  for (const name of ['ask', 'think', 'roots']) answers.push(await client.callTool({ name }));
  expect(answers).toMatchObject(ANSWERS.map((text) => ({ content: [{ text }] })));
  expect(await client.readResource({ uri: 'note://1' })).toMatchObject({ contents: [{ text: 'first' }] });
  app.add(defineTool({ name: 'late', run: () => 'late' }));
  await until(() => heard.length === 1);
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('late');
  await client.close();
  await until(() => handler.connectionCount === 0);
});

describe('the client of SDK v2', () => {
  test.each([
    ['legacy', '2025-11-25'],
    ['auto', '2026-07-28'],
    [{ pin: '2026-07-28' }, '2026-07-28'],
  ] as const)('in mode %j speaks %s', async (mode, version) => {
    const app = askingApp();
    const { url } = await serveWebSocket(app);
    const client = new ClientV2(INFO, { capabilities: CAPABILITIES, versionNegotiation: { mode } });
    const heard: string[] = [];
    client.setRequestHandler('elicitation/create', () => ACCEPTED);
    client.setRequestHandler('sampling/createMessage', () => SAMPLED);
    client.setRequestHandler('roots/list', () => ROOTS);
    client.setNotificationHandler('notifications/tools/list_changed', () => void heard.push('tools'));
    await client.connect(new WebSocketTransport(url));
    onTestFinished(() => client.close());
    expect(client.getNegotiatedProtocolVersion()).toBe(version);
    const answers = [];
    for (const name of ['ask', 'think', 'roots']) answers.push(await client.callTool({ name }));
    expect(answers).toMatchObject(ANSWERS.map((text) => ({ content: [{ text }] })));
    if (version === '2026-07-28') await client.listen({ toolsListChanged: true });
    app.add(defineTool({ name: 'late', run: () => 'late' }));
    await until(() => heard.length === 1);
  });

  test.each(['legacy', 'auto'] as const)('in mode %s cancels a call', async (mode) => {
    const { tool, state } = heldTool();
    const { url } = await serveWebSocket(askingApp().add(tool));
    const client = new ClientV2(INFO, { versionNegotiation: { mode } });
    await client.connect(new WebSocketTransport(url));
    onTestFinished(() => client.close());
    const controller = new AbortController();
    const call = client.callTool({ name: 'held' }, { signal: controller.signal });
    await until(() => state.started === 1);
    controller.abort();
    await expect(call).rejects.toThrow('abort');
    await until(() => state.aborted === 1);
  });
});
