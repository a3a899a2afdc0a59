import { createApp, defineTool } from '@toolyard/core';
import { expect, test } from 'vitest';

import { connect, initialize, modern, openStream, serve, until } from './helpers.ts';

const MEGABYTE = 1_048_576;
const STEPS = 100;
const done: string[] = [];

const flood = defineTool({
  name: 'flood',
  async run(_args, call) {
    for (let progress = 1; progress <= STEPS; progress += 1) {
      call.progress({ progress, message: 'x'.repeat(MEGABYTE) });
      await new Promise((resolve) => setImmediate(resolve));
    }
    done.push(call.era);
    return 'done';
  },
});

function wire(body: object, headers: Record<string, string>): string {
  const text = JSON.stringify(body);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return (
    'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n' +
    `${lines.join('')}Content-Length: ${text.length}\r\n\r\n${text}`
  );
}

test('a client that does not read costs the server a bounded amount of memory', async () => {
  const { port } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(flood));
  const socket = await connect(port);
  socket.pause();
  const { body, headers } = modern('tools/call', { name: 'flood', _meta: { progressToken: 1 } });
  socket.write(wire(body, headers));
  await until(() => done.includes('modern'));
  socket.resume();
  await new Promise<void>((resolve) => socket.once('end', () => resolve()));
  expect(socket.received().length).toBeGreaterThan(10 * MEGABYTE);
  expect(socket.received().length).toBeLessThan(40 * MEGABYTE);
});

test('a client of a session that was cut off for not reading can come back for the result', async () => {
  const { port, url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(flood));
  const session = await initialize(url);
  const socket = await connect(port);
  socket.pause();
  const params = { name: 'flood', _meta: { progressToken: 1 } };
  socket.write(wire({ jsonrpc: '2.0', id: 'call', method: 'tools/call', params }, session.headers));
  await until(() => done.includes('legacy'));
  socket.resume();
  await new Promise<void>((resolve) => socket.once('end', () => resolve()));
  expect(socket.received()).not.toContain('"id":"call"');
  const ids = [...socket.received().matchAll(/^id: (.+)$/gm)].map((match) => match[1]!);
  const again = await openStream(session, { 'last-event-id': ids.at(-1)! });
  expect((await again.rest()).at(-1)).toMatchObject({ id: 'call', result: { content: [{ text: 'done' }] } });
});
