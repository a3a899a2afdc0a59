import { createApp, defineTool, jsonSchema } from '@toolyard/core';
import { describe, expect, test } from 'vitest';

import { challenge } from '../src/index.ts';
import { demoApp, echo } from './demo-app.ts';
import { connect, initialize, json, modern, post, raw, serve, statuses, until } from './helpers.ts';

const LIMIT = 100_000;

describe('Content-Type', () => {
  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON'])(
    '%s is read',
    async (type) => {
      const { url } = await serve(demoApp());
      const { body, headers } = modern('tools/list');
      expect((await post(url, body, { ...headers, 'content-type': type })).status).toBe(200);
    },
  );

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'application/vnd.api+json',
    '',
  ])('%j gets 415', async (type) => {
    const { url } = await serve(demoApp());
    const { body, headers } = modern('tools/list');
    const response = await post(url, body, { ...headers, 'content-type': type });
    expect(response.status).toBe(415);
    expect(await json(response)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32000 } });
  });
});

describe('a body that is no message', () => {
  test.each([
    '',
    '{',
    '{"jsonrpc": "2.0",}',
    'undefined',
    '\u0000',
    '['.repeat(100_000),
    '{"a":'.repeat(20_000),
  ])('%.20j is a parse error', async (body) => {
    const { url } = await serve(demoApp());
    const response = await post(url, body);
    expect(response.status).toBe(400);
    expect(await json(response)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32700 } });
  });

  test.each([
    ['null', null],
    ['7', null],
    ['"text"', null],
    ['{}', null],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', 1],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', null],
    ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', null],
    ['{"jsonrpc":"2.0","id":"a","method":7}', 'a'],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', 1],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":"all"}', 1],
  ])('%s is an invalid request', async (body, id) => {
    const { url } = await serve(demoApp());
    const response = await post(url, body);
    expect(response.status).toBe(400);
    expect(await json(response)).toMatchObject({ jsonrpc: '2.0', id, error: { code: -32600 } });
  });

  test('nested 100,000 deep is answered, wherever it stands', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const anything = defineTool({
      name: 'anything',
      input: jsonSchema({ type: 'object' }),
      run: (args) => args,
    });
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(anything, echo));
    const session = await initialize(url);
    expect((await post(url, deep, session.headers)).status).toBe(400);
    for (const params of [
      `{"name":"anything","arguments":{"deep":${deep}}}`,
      `{"name":"echo","arguments":${deep}}`,
      `{"name":"echo","arguments":{"text":${deep}}}`,
      `{"name":"anything","_meta":{"progressToken":${deep}}}`,
    ]) {
      const response = await post(
        url,
        `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`,
        session.headers,
      );
      expect([response.status, (await json(response)).id]).toEqual([200, 1]);
    }
    expect((await session.call('echo', { text: 'still here' })).status).toBe(200);
  });
});

describe('a body above the limit', () => {
  test('declared gets a readable 413', async () => {
    const { url } = await serve(demoApp(), { maxBodyBytes: LIMIT });
    const response = await post(url, `"${'a'.repeat(LIMIT)}"`);
    expect(response.status).toBe(413);
    expect(await json(response)).toMatchObject({
      id: null,
      error: { message: expect.stringContaining(`${LIMIT} bytes`) },
    });
  });

  test('in chunks gets a readable 413, and the connection serves on', async () => {
    const { port } = await serve(demoApp(), { maxBodyBytes: LIMIT });
    const socket = await connect(port);
    socket.write(
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`;
    for (let sent = 0; sent < 4 * LIMIT; sent += 0x10000) socket.write(chunk);
    socket.write('0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until(() => statuses(socket.received()).length === 2);
    expect(statuses(socket.received())).toEqual([413, 200]);
  });

  test('is refused before it has all been sent', async () => {
    const { port } = await serve(demoApp(), { maxBodyBytes: LIMIT });
    const answer = await raw(
      port,
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n{',
    );
    expect(statuses(answer)).toEqual([413]);
  });

  test('of 100 MB reads as 413 for a client that looks up only when it has sent it all', async () => {
    const { port } = await serve(demoApp(), { maxBodyBytes: LIMIT });
    const socket = await connect(port);
    const total = 100 * 1_048_576;
    socket.pause();
    socket.write(
      `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${total}\r\n\r\n`,
    );
    await new Promise<void>((resolve) => socket.write(Buffer.alloc(total, 0x20), () => resolve()));
    socket.resume();
    await until(() => statuses(socket.received()).length > 0);
    expect(statuses(socket.received())).toEqual([413]);
  });

  test('reads as the refusal it gets for another reason', async () => {
    const { port } = await serve(demoApp(), { auth: () => challenge() });
    const socket = await connect(port);
    const body = Buffer.alloc(10 * 1_048_576, 0x20);
    socket.write(`POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`);
    await new Promise<void>((resolve) => socket.write(body, () => resolve()));
    await until(() => statuses(socket.received()).length > 0);
    expect(statuses(socket.received())).toEqual([401]);
  });

  test('at the limit is served', async () => {
    const { url } = await serve(demoApp(), { maxBodyBytes: LIMIT });
    const session = await initialize(url);
    const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
    expect((await post(url, message + ' '.repeat(LIMIT - message.length), session.headers)).status).toBe(200);
    expect((await post(url, message + ' '.repeat(LIMIT - message.length + 1), session.headers)).status).toBe(
      413,
    );
  });
});

describe('a body that comes slowly', () => {
  test('gets 408 in the end', async () => {
    const { port } = await serve(demoApp(), { requestTimeoutMs: 300 });
    const socket = await connect(port);
    socket.write(
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
    );
    const drip = setInterval(() => socket.write('{'), 50);
    await until(() => statuses(socket.received()).length > 0);
    clearInterval(drip);
    expect(statuses(socket.received())).toEqual([408]);
  });

  test('and ends early harms nobody', async () => {
    const { port, url } = await serve(demoApp());
    const socket = await connect(port);
    socket.write(
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
    );
    socket.destroy();
    const { body, headers } = modern('tools/list');
    expect((await post(url, body, headers)).status).toBe(200);
  });
});

test('text beyond ASCII arrives whole, however it is cut', async () => {
  const { url, port } = await serve(demoApp());
  const session = await initialize(url);
  const text = 'Grüße, 世界 🌍'.repeat(50);
  const params = { name: 'echo', arguments: { text } };
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }));
  const socket = await connect(port);
  socket.setNoDelay(true);
  socket.write(
    `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nMcp-Session-Id: ${session.id}\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  for (let start = 0; start < body.length; start += 7) {
    socket.write(body.subarray(start, start + 7));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => socket.received().includes('"id":1'));
  expect(statuses(socket.received())).toEqual([200]);
  expect(socket.received()).toContain('世界');
  const [, answer] = socket.received().split('\r\n\r\n');
  expect(JSON.parse(answer!)).toMatchObject({ result: { content: [{ text }] } });
});
