import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { createApp, defineTool } from '@toolyard/core';
import { challenge, createHttpHandler } from '@toolyard/transport-http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

import { connect, modernText, requestText } from './raw-connection.ts';
import { serve } from './wires.ts';

const echo = defineTool({
  name: 'echo',
  input: z.object({ text: z.string() }),
  run: ({ text }) => text,
});
const createEcho = () => createApp({ name: 'a', version: '1' }).add(echo);

const call = (text: string, headers = {}, id: unknown = 1) =>
  modernText('tools/call', { name: 'echo', arguments: { text } }, headers, id);

async function statusesOf(port: number, requests: readonly string[]): Promise<number[]> {
  const connection = await connect(port);
  const statuses = [];
  for (const request of requests) {
    connection.write(request);
    statuses.push((await connection.answer()).status);
  }
  return statuses;
}

describe('each request of a connection that is kept alive', () => {
  test('has its Host and Origin looked at', async () => {
    const { port } = await serve(createEcho());
    const requests = [
      {},
      { host: 'evil.example' },
      {},
      { origin: 'https://evil.example' },
      { origin: 'http://localhost' },
      {},
    ];
    expect(
      await statusesOf(
        port,
        requests.map((headers) => call('x', headers)),
      ),
    ).toEqual([200, 403, 200, 403, 200, 200]);
  });

  test('has its headers compared with its body', async () => {
    const { port } = await serve(createEcho());
    const requests = [
      {},
      { 'mcp-name': 'other' },
      {},
      { 'mcp-method': 'tools/list' },
      { 'mcp-protocol-version': '2025-11-25' },
      { 'mcp-name': undefined },
      { 'mcp-name': '=?base64?ZWNobw==?=' },
    ];
    expect(
      await statusesOf(
        port,
        requests.map((headers) => call('x', headers)),
      ),
    ).toEqual([200, 400, 200, 400, 400, 400, 200]);
  });

  test('has its envelope read, whatever the one before had', async () => {
    const { port } = await serve(createEcho());
    const bare = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' };
    expect(await statusesOf(port, [call('x'), requestText('POST', headers, bare), call('x')])).toEqual([
      200, 400, 200,
    ]);
  });

  test('has its type and length looked at', async () => {
    const { port } = await serve(createEcho(), { maxBodyBytes: 1000 });
    const statuses = await statusesOf(port, [
      call('x'),
      call('x', { 'content-type': 'text/plain' }),
      call('x'.repeat(1000)),
      call('x', { accept: 'text/html' }),
      call('x'),
    ]);
    expect(statuses).toEqual([200, 415, 413, 406, 200]);
  });
});

test.each(['host', 'authorization', 'mcp-name', 'mcp-method', 'mcp-protocol-version'])(
  'a second %s header is not overlooked',
  async (name) => {
    const { port } = await serve(createEcho(), {
      auth: (request) =>
        request.header('authorization') === 'Bearer one' ? { id: 'one', scopes: [] } : challenge(),
    });
    const good = {
      host: 'localhost',
      authorization: 'Bearer one',
      'mcp-name': 'echo',
      'mcp-method': 'tools/call',
    };
    const value = { ...good, 'mcp-protocol-version': '2026-07-28' }[name]!;
    const authorization = 'Bearer one';
    const once = call('x', { authorization, [name]: [value] });
    const twice = call('x', { authorization, [name]: [value, 'other'] });
    const refused = { host: 403, authorization: 401 }[name] ?? 400;
    expect(await statusesOf(port, [once, twice])).toEqual([200, refused]);
  },
);

test('requests sent without waiting are answered in order, each with its own', async () => {
  const { port } = await serve(
    createEcho().add(
      defineTool({
        name: 'slow',
        run: async () => {
          for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
          return 'slow';
        },
      }),
    ),
  );
  const connection = await connect(port);
  connection.write(
    modernText('tools/call', { name: 'slow' }, {}, 'a') +
      call('b', {}, 'b') +
      call('c', { 'mcp-name': 'x' }, 'c') +
      call('d', {}, 'd'),
  );
  const answers = [];
  for (let index = 0; index < 4; index += 1) answers.push(await connection.answer());
  expect(answers.map((answer) => [answer.status, answer.json().id])).toEqual([
    [200, 'a'],
    [200, 'b'],
    [400, 'c'],
    [200, 'd'],
  ]);
});

test('a body that comes byte by byte, with characters cut in two, is read whole', async () => {
  const { port } = await serve(createEcho());
  const body = Buffer.from(call('größe 😀'));
  const start = body.indexOf('\r\n\r\n') + 4;
  const head = body
    .subarray(0, start)
    .toString()
    .replace(/content-length: \d+/, 'transfer-encoding: chunked');
  const connection = await connect(port);
  connection.write(head);
  for (const byte of body.subarray(start)) {
    connection.write(Buffer.from([...Buffer.from('1\r\n'), byte, 13, 10]));
    if (byte > 127) await new Promise(setImmediate);
  }
  connection.write('0\r\n\r\n');
  expect((await connection.answer()).json().result.content[0].text).toBe('größe 😀');
});

test('a body without an announced length is refused where it passes the limit', async () => {
  const { port } = await serve(createEcho(), { maxBodyBytes: 100 });
  const connection = await connect(port);
  connection.write(requestText('POST', { 'transfer-encoding': 'chunked' }));
  connection.write(`65\r\n${'x'.repeat(101)}\r\n`);
  expect((await connection.answer()).status).toBe(413);
});

test.each(['é', '😀', '\u2028', 'größe'.repeat(1000), '\ud800'])(
  'Content-Length counts bytes: %s',
  async (text) => {
    const { port } = await serve(createEcho());
    const connection = await connect(port);
    for (let round = 0; round < 2; round += 1) {
      connection.write(call(text));
      const answer = await connection.answer();
      expect(answer.json().result.content[0].text).toBe(text);
      expect(answer.headers.get('content-type')).toBe('application/json');
    }
  },
);

test('methods that are not served leave the connection as it was', async () => {
  const { port } = await serve(createEcho());
  const connection = await connect(port);
  const statuses = [];
  for (const method of ['HEAD', 'GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']) {
    connection.write(requestText(method));
    statuses.push((await connection.answer({ hasBody: method !== 'HEAD' })).status);
  }
  connection.write(call('x'));
  statuses.push((await connection.answer()).status);
  expect(statuses).toEqual([405, 400, 405, 405, 400, 204, 405, 200]);
});

test('2,000 calls leave no listeners behind, on the connection or the process', async () => {
  const handler = createHttpHandler(createEcho());
  const sockets: Socket[] = [];
  const server = createServer((request, response) => void handler.node(request, response));
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await handler.close({ deadlineMs: 0 });
    server.closeAllConnections();
    server.close();
  });
  const connection = await connect((server.address() as AddressInfo).port);
  const listeners = () =>
    [sockets[0]!, server, process].map((each) =>
      each.eventNames().reduce((sum, event) => sum + each.listenerCount(event as 'close'), 0),
    );
  const run = async (count: number) => {
    for (let index = 0; index < count; index += 1) {
      connection.write(call('x'));
      await connection.answer();
    }
  };
  await run(10);
  const before = listeners();
  await run(2000);
  expect(sockets).toHaveLength(1);
  expect(listeners()).toEqual(before);
});

test('a byte order mark is read over, or refused, by both entries alike', async () => {
  const handler = createHttpHandler(createEcho());
  const { port } = await serve(createEcho());
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list', 'mcp-name': undefined };
  const text = modernText('tools/list');
  const body = `\uFEFF${text.slice(text.indexOf('\r\n\r\n') + 4)}`;
  const [byNode] = await statusesOf(port, [requestText('POST', headers, body)]);
  const response = await handler.fetch(
    new Request('http://localhost/mcp', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/list',
      },
      body,
    }),
  );
  expect(byNode).toBe(response.status);
});
