import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';

import { createApp, defineTool, jsonSchema } from '../../src/index.ts';
import { serveStdio } from '../../src/stdio.ts';
import { modern, turns, type Message } from './pipes.ts';

/** Serves the tools to a client that tells one write from the next. */
function serve(...tools: ReturnType<typeof defineTool>[]) {
  const writes: string[] = [];
  const input = new PassThrough();
  const output = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      writes.push(chunk);
      done();
    },
  });
  const server = serveStdio(createApp({ name: 'a', version: '1' }).add(...tools), { input, output });
  return {
    input,
    server,
    writes,
    call: (id: number, name: string, args: Message = {}): void => {
      const params = modern({ name, arguments: args });
      input.write(`${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params })}\n`);
    },
    /** The ids answered, write by write. */
    ids: () => writes.map((write) => parse(write).map(({ id }) => id)),
  };
}

function parse(write: string): Message[] {
  expect(write.endsWith('\n')).toBe(true);
  return write
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Message);
}

const quick = defineTool({ name: 'quick', run: () => 'done' });

function gated() {
  const opens: (() => void)[] = [];
  const slow = defineTool({
    name: 'slow',
    run: () => new Promise<string>((resolve) => opens.push(() => resolve('done'))),
  });
  return { slow, open: () => opens.splice(0).forEach((resolve) => resolve()) };
}

test('answers that are ready in the same turn leave in one write, in the order they became ready', async () => {
  const { slow, open } = gated();
  const { call, ids } = serve(slow);
  for (let id = 1; id <= 16; id += 1) {
    call(id, 'slow');
    await turns(1);
  }
  expect(ids()).toEqual([]);
  open();
  await turns();
  expect(ids()).toEqual([Array.from({ length: 16 }, (_, index) => index + 1)]);
});

test('an answer does not wait for calls that still run', async () => {
  const { slow, open } = gated();
  const { call, ids } = serve(slow, quick);
  call(1, 'slow');
  call(2, 'quick');
  await turns();
  expect(ids()).toEqual([[2]]);
  open();
  await turns();
  expect(ids()).toEqual([[2], [1]]);
});

test('a burst is answered in writes of bounded size, cut between messages', async () => {
  const repeat = defineTool({
    name: 'repeat',
    input: jsonSchema<{ length: number }>({ type: 'object', properties: { length: { type: 'number' } } }),
    run: ({ length }) => 'x'.repeat(length),
  });
  const { call, input, server, writes, ids } = serve(repeat);
  const count = 60;
  for (let id = 1; id <= count; id += 1) call(id, 'repeat', { length: 20_000 });
  input.end();
  await server.closed;
  expect(ids().flat()).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  // 64 KiB and the message that went above them.
  for (const write of writes) expect(write.length).toBeLessThan(64 * 1024 + 21_000);
  expect(writes.length).toBeLessThan(count / 2);
});

test('a request cancelled in the same chunk is not answered, its neighbours are', async () => {
  const { slow } = gated();
  const { input, ids } = serve(slow, quick);
  const lines = [
    { id: 1, method: 'tools/call', params: modern({ name: 'quick' }) },
    { id: 2, method: 'tools/call', params: modern({ name: 'slow' }) },
    { method: 'notifications/cancelled', params: modern({ requestId: 2 }) },
    { id: 3, method: 'tools/call', params: modern({ name: 'quick' }) },
  ];
  input.write(lines.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''));
  await turns();
  expect(ids().flat()).toEqual([1, 3]);
});

function list(id: number): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/list', params: modern() });
}

test('what is broken in a burst is refused in its place', async () => {
  const { input, writes } = serve(quick);
  input.write(
    `${list(1)}\n{"jsonrpc":"2.0",\n${list(2)}\n{"jsonrpc":"2.0","id":{},"method":"x"}\n${list(3)}\n`,
  );
  await turns();
  const answers = writes.flatMap(parse);
  expect(answers.filter(({ result }) => result).map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(answers.flatMap(({ error }) => error?.code ?? [])).toEqual([-32700, -32600]);
});
