import { request } from 'node:http';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { expect, onTestFinished, test } from 'vitest';

import { createHttpHandler } from '../../src/index.ts';
import { sse } from '../../src/sse.ts';
import { webSocket } from '../../src/websocket.ts';
import { demoApp } from '../demo-app.ts';
import { callModern, modern, serve } from '../helpers.ts';
import { openSse } from '../sse/helpers.ts';
import { connect } from '../websocket/helpers.ts';
import { askingApp } from './asking-app.ts';

const also = [sse(), webSocket()];

/** What a request gets that would rather speak HTTP/2, as those of Java's client do. */
function offerHttp2(port: number): Promise<{ status: number; text: string }> {
  const { body, headers } = modern('tools/list');
  const offer = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAEAAEAA' };
  const options = { host: '127.0.0.1', port, method: 'POST', path: '/mcp' };
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...options,
      headers: { 'content-type': 'application/json', ...headers, ...offer },
    });
    outgoing.on('error', reject).on('response', (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    outgoing.end(JSON.stringify(body));
  });
}

test('one port serves every transport, and its close ends them all', async () => {
  const server = await serve(askingApp(), { also });
  const { origin, host } = new URL(server.url);
  for (const [name, transport] of [
    ['http', new StreamableHTTPClientTransport(new URL(server.url))],
    ['sse', new SSEClientTransport(new URL(`${origin}/sse`))],
    ['websocket', new WebSocketClientTransport(new URL(`ws://${host}/ws`))],
  ] as const) {
    const client = new Client({ name: 'official', version: '1.0.0' });
    await client.connect(transport);
    onTestFinished(() => client.close());
    expect((await client.callTool({ name: 'who' })).content).toEqual([
      { type: 'text', text: `${name} anonymous -` },
    ]);
    if (name === 'sse') await client.close();
  }
  const stream = await openSse(origin);
  const socket = await connect(`ws://${host}/ws`);
  await server.close();
  expect(await stream.events.rest()).toEqual([]);
  expect(await socket.closed).toMatchObject({ code: 1001 });
});

test('guards and auth are those of the server', async () => {
  const { url } = await serve(demoApp(), {
    also,
    auth: () => ({
      challenge: true,
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      message: 'Who are you?',
    }),
  });
  const { origin, host } = new URL(url);
  expect((await fetch(`${origin}/sse`)).status).toBe(401);
  expect((await fetch(`${origin}/messages?sessionId=x`, { method: 'POST' })).status).toBe(401);
  await expect(connect(`ws://${host}/ws`)).rejects.toThrow('401');
  await expect(connect(`ws://${host}/ws`, { origin: 'https://evil.example' })).rejects.toThrow('403');
});

test('an upgrade elsewhere is refused, and without WebSockets every upgrade is ignored', async () => {
  const { url } = await serve(demoApp(), { also });
  const { host } = new URL(url);
  await expect(connect(`ws://${host}/mcp`)).rejects.toThrow('404');
  expect(createHttpHandler(demoApp(), { also: [sse()] }).upgrade).toBeUndefined();
});

test('a client that offers another protocol is served as if it had not', async () => {
  const { port } = await serve(demoApp(), { also });
  const { status, text } = await offerHttp2(port);
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({ result: { resultType: 'complete' } });
});

test('fetch finds the parts too', async () => {
  const handler = createHttpHandler(demoApp(), { also });
  const response = await handler.fetch(new Request('http://localhost/sse'));
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect((await handler.fetch(new Request('http://localhost/ws'))).status).toBe(426);
  await handler.close();
});

test('the rest of the server is as before', async () => {
  const { url } = await serve(demoApp(), { also });
  expect((await callModern(url, 'echo', { text: 'hi' })).status).toBe(200);
  expect((await fetch(new URL('/elsewhere', url))).status).toBe(404);
  expect((await fetch(new URL('/healthz', url))).status).toBe(200);
});
