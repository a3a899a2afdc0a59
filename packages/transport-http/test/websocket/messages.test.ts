import { createConnection } from 'node:net';

import { describe, expect, onTestFinished, test } from 'vitest';

import { askingApp } from '../connection/asking-app.ts';
import { demoApp, heldTool } from '../demo-app.ts';
import { ENVELOPE, gate, initializeMessage, until } from '../helpers.ts';
import { connect, initialize, serveWebSocket } from './helpers.ts';

const ping = (id: number | string) => ({ jsonrpc: '2.0', id, method: 'ping' });

describe('a message', () => {
  test('is one text frame, in any revision', async () => {
    const { url } = await serveWebSocket(askingApp());
    const legacy = await initialize(url, { version: '2024-11-05' });
    expect(
      await legacy.ask('tools/call', { name: 'demo_echo', arguments: { text: 'ä\u2028\n' } }),
    ).toMatchObject({
      result: { content: [{ text: 'ä\u2028\n' }] },
    });
    const modern = await connect(url);
    expect(await modern.ask('tools/list', { _meta: ENVELOPE })).toMatchObject({
      result: { resultType: 'complete', tools: expect.any(Array) },
    });
    expect(await modern.ask('tools/list')).toMatchObject({ error: { code: -32602 } });
    expect([...legacy.frames, ...modern.frames].every((frame) => !/[\r\n]/.test(frame))).toBe(true);
  });

  test('that comes while initialize is being answered waits for it', async () => {
    const { opened, open } = gate();
    const app = askingApp().use('initialize', async (_call, next) => {
      await opened;
      return next();
    });
    const { url } = await serveWebSocket(app);
    const client = await connect(url);
    client.send(initializeMessage({ capabilities: { elicitation: {} } }));
    client.send({ jsonrpc: '2.0', id: 'early', method: 'tools/call', params: { name: 'ask' } });
    const taken = new Promise((resolve) => client.socket.once('pong', resolve));
    client.socket.ping();
    await taken;
    open();
    expect(await client.message()).toMatchObject({ id: 'init', result: {} });
    expect(await client.message()).toMatchObject({ method: 'elicitation/create' });
  });

  test('that is none is answered, and the connection goes on', async () => {
    const { url } = await serveWebSocket(demoApp());
    const client = await initialize(url);
    const codes = [];
    for (const bad of ['', '{', 'null', '7', '{"jsonrpc":"1.0","id":1,"method":"ping"}', '[]']) {
      client.send(bad);
      codes.push((await client.message()).error.code);
    }
    expect(codes).toEqual([-32700, -32700, -32600, -32600, -32600, -32600]);
    // An answer that is broken names an id of ours; to answer it would confuse.
    client.send({ jsonrpc: '2.0', id: 1, result: 'not an object' });
    client.send(ping('after'));
    expect(await client.message()).toEqual({ jsonrpc: '2.0', id: 'after', result: {} });
  });

  test('of prototype keys harms nobody', async () => {
    const { url } = await serveWebSocket(demoApp());
    const client = await initialize(url);
    client.send('{"jsonrpc":"2.0","id":"__proto__","method":"tools/call","params":{"name":"__proto__"}}');
    expect(await client.message()).toMatchObject({ id: '__proto__', error: { code: -32602 } });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('in binary frames closes the connection with 1003', async () => {
    const { url } = await serveWebSocket(demoApp());
    const client = await initialize(url);
    client.socket.send(Buffer.from(JSON.stringify(ping(1))), { binary: true });
    expect(await client.closed).toMatchObject({ code: 1003 });
  });

  test('that is not UTF-8 closes the connection with 1007', async () => {
    const { url } = await serveWebSocket(demoApp());
    const client = await initialize(url);
    client.socket.send(Buffer.from([0x22, 0xff, 0xfe, 0x22]), { binary: false });
    expect(await client.closed).toMatchObject({ code: 1007 });
  });

  test.each([
    ['in one frame', { perMessageDeflate: false }, false],
    ['in many frames', { perMessageDeflate: false }, true],
    ['unpacked', { perMessageDeflate: { threshold: 0 } }, false],
  ])('that is too large %s closes the connection with 1009', async (_, options, fragmented) => {
    const { url, handler } = await serveWebSocket(demoApp(), { maxMessageBytes: 100_000 });
    const client = await initialize(url, options);
    const padding = 'x'.repeat(90_000);
    client.send({ ...ping('fits'), params: { padding } });
    expect(await client.message()).toMatchObject({ id: 'fits', result: {} });
    if (fragmented) for (let part = 0; part < 3; part += 1) client.socket.send(padding, { fin: false });
    else client.send({ ...ping('large'), params: { padding: padding + padding } });
    expect(await client.closed).toMatchObject({ code: 1009 });
    await until(() => handler.connectionCount === 0);
  });

  test('that cannot be written as JSON is answered with an error', async () => {
    const app = demoApp().use('prompts/get', () => ({ messages: [], size: 1n }) as never);
    const { url } = await serveWebSocket(app);
    const client = await initialize(url);
    expect(await client.ask('prompts/get', { name: 'greet' })).toMatchObject({ error: { code: -32603 } });
    expect(await client.ask('ping')).toMatchObject({ result: {} });
  });
});

describe('a batch', () => {
  const batch = [ping(1), { jsonrpc: '2.0', method: 'notifications/roots/list_changed' }, ping(2)];

  test('of 2025-03-26 is answered in one frame', async () => {
    const { url } = await serveWebSocket(demoApp());
    const client = await initialize(url, { version: '2025-03-26' });
    client.send(batch);
    expect(await client.message()).toEqual([
      { jsonrpc: '2.0', id: 1, result: {} },
      { jsonrpc: '2.0', id: 2, result: {} },
    ]);
  });

  test.each(['2024-11-05', '2025-06-18', '2025-11-25'])('of %s is refused', async (version) => {
    const { url } = await serveWebSocket(demoApp());
    const client = await initialize(url, { version });
    client.send(batch);
    expect(await client.message()).toMatchObject({ id: null, error: { code: -32600 } });
  });

  test('does not pass limits by', async () => {
    const { url } = await serveWebSocket(demoApp(), { maxInFlight: 5 });
    const client = await initialize(url, { version: '2025-03-26' });
    client.send(Array.from({ length: 6 }, (_, id) => ping(id)));
    expect(await client.message()).toMatchObject({ id: null, error: { code: -32600 } });
    client.send([{ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} }]);
    expect(await client.message()).toMatchObject([{ id: 1, error: { code: -32600 } }]);
  });
});

describe('compression', () => {
  const big = { name: 'big', arguments: { bytes: 200_000 } };

  /** Bytes that come for a large answer, and for one message below the threshold. */
  async function measure(options: { compressFromBytes?: number | false }, offer = true) {
    const { url } = await serveWebSocket(askingApp(), options);
    const client = await connect(url, { perMessageDeflate: offer });
    const start = client.bytes();
    await client.ask('tools/call', big);
    const large = client.bytes() - start;
    await client.ask('ping');
    return { extensions: client.socket.extensions, large, small: client.bytes() - start - large };
  }

  test('is used for large messages, with clients that offer it', async () => {
    const { extensions, large, small } = await measure({});
    expect(extensions).toContain('permessage-deflate');
    expect(large).toBeLessThan(10_000);
    // Two bytes of frame and the text itself.
    expect(small).toBe(2 + JSON.stringify({ jsonrpc: '2.0', id: 2, result: {} }).length);
  });

  test('is not used with others, or where it is switched off', async () => {
    const results = [
      await measure({}, false),
      await measure({ compressFromBytes: false }),
      await measure({ compressFromBytes: 1_000_000 }),
    ];
    expect(results.map(({ extensions }) => extensions)).toEqual(['', '', 'permessage-deflate']);
    for (const { large } of results) expect(large).toBeGreaterThan(200_000);
  });
});

describe('a flood', () => {
  test('of requests keeps nobody else waiting, and each is answered', async () => {
    const { url } = await serveWebSocket(askingApp());
    const [flooding, other] = [await initialize(url), await initialize(url)];
    const count = 5000;
    for (let id = 0; id < count; id += 1) flooding.send(ping(id));
    expect(await other.ask('ping')).toMatchObject({ result: {} });
    // Of thousands, those before the other's answer are few.
    expect(flooding.frames.length).toBeLessThan(count);
    const answers = [];
    while (answers.length < count) answers.push(await flooding.message());
    expect(answers).toEqual(answers.map((_, id) => ({ jsonrpc: '2.0', id, result: {} })));
  });

  test('of slow calls meets the limit, while answers and cancellations still get through', async () => {
    const { tool, state } = heldTool();
    const { url } = await serveWebSocket(askingApp().add(tool), { maxInFlight: 3 });
    const client = await initialize(url, { capabilities: { elicitation: {} } });
    const call = (id: string, name: string) =>
      client.send({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } });
    call('ask', 'ask');
    const question = await client.message();
    for (const id of ['one', 'two', 'three']) call(id, 'held');
    expect(await client.message()).toMatchObject({ id: 'three', error: { code: -31429 } });
    client.send({ jsonrpc: '2.0', id: question.id, result: { action: 'decline' } });
    expect(await client.message()).toMatchObject({ id: 'ask', result: { content: [{ text: 'decline' }] } });
    client.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'one' } });
    await until(() => state.aborted === 1);
    state.release();
    expect(await client.message()).toMatchObject({ id: 'two' });
  });

  test('of raw garbage ends the connection, not the server', async () => {
    const { url, port } = await serveWebSocket(demoApp());
    const socket = createConnection({ port, host: '127.0.0.1' });
    onTestFinished(() => void socket.destroy());
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {}).resume();
    socket.write(
      'GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mcp\r\n\r\n',
    );
    socket.write(Buffer.alloc(100_000, 0xff));
    await closed;
    expect(await (await initialize(url)).ask('ping')).toMatchObject({ result: {} });
  });
});
