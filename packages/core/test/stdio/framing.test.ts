import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createApp, defineTool, jsonSchema } from '../../src/index.ts';
import { LineReader, type Line } from '../../src/stdio/line-reader.ts';
import { pipes, type Message } from './pipes.ts';

function app() {
  const echo = defineTool({
    name: 'echo',
    input: jsonSchema<{ text: string }>({
      type: 'object',
      properties: { text: { type: 'string' } },
      required: ['text'],
    }),
    run: ({ text }) => text,
  });
  const length = defineTool({
    name: 'length',
    input: jsonSchema<{ text: string }>({ type: 'object', properties: { text: { type: 'string' } } }),
    run: ({ text }) => String(text.length),
  });
  return createApp({ name: 'framing', version: '1' }).add(echo, length);
}

function call(id: number, name: string, text: string): Message {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: { text } } };
}

function read(reader: LineReader): Line[] {
  const lines: Line[] = [];
  for (let line = reader.next(); line; line = reader.next()) lines.push(line);
  return lines;
}

describe('lines', () => {
  test('any split of the bytes gives the same lines', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constant(''));
    fc.assert(
      fc.property(
        fc.array(text.map((line) => line.replaceAll('\n', ' '))),
        fc.array(fc.nat()),
        fc.integer({ min: 1, max: 40 }),
        (texts, cuts, limit) => {
          const bytes = Buffer.from(texts.map((line) => `${line}\n`).join(''));
          const whole = new LineReader(limit);
          whole.push(bytes);
          const pieces = new LineReader(limit);
          const found: Line[] = [];
          const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
            (a, b) => a - b,
          );
          for (const [index, place] of places.entries()) {
            pieces.push(bytes.subarray(place, places[index + 1] ?? place));
            found.push(...read(pieces));
          }
          expect(found).toEqual(read(whole));
          expect(found).toHaveLength(texts.length);
          for (const [index, line] of found.entries()) {
            const fits = Buffer.byteLength(texts[index]!) <= limit;
            expect(line.kind).toBe(fits ? 'text' : 'oversized');
          }
        },
      ),
    );
  });

  test('a 20 MiB line in chunks of 1 KiB costs no more than a few copies', () => {
    const reader = new LineReader(32 * 1024 * 1024);
    const chunk = Buffer.alloc(1024, 'a');
    const startedAt = performance.now();
    for (let index = 0; index < 20 * 1024; index += 1) {
      reader.push(chunk);
      expect(reader.next()).toBe(undefined);
    }
    reader.push(Buffer.from('\n'));
    const line = reader.next();
    expect(line).toMatchObject({ kind: 'text' });
    expect(line?.kind === 'text' && line.text.length).toBe(20 * 1024 * 1024);
    // Copying what is there for each chunk would move 200 GiB.
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test('an endless line holds no more than its ends', () => {
    const reader = new LineReader(1024);
    reader.push(Buffer.from(`{"id":1,${'x'.repeat(2000)}`));
    for (let index = 0; index < 1000; index += 1) {
      expect(reader.next()).toBe(undefined);
      reader.push(Buffer.alloc(10_000, 'y'));
    }
    reader.push(Buffer.from('end}\nnext\n'));
    const [line, next] = read(reader);
    expect(line).toMatchObject({
      kind: 'oversized',
      bytes: 10_002_012,
      head: expect.stringMatching(/^\{"id":1,x+$/),
      tail: expect.stringMatching(/^y+end\}$/),
    });
    expect(next).toEqual({ kind: 'text', text: 'next' });
  });
});

describe('messages', () => {
  test('text outside ASCII survives chunks that cut characters', async () => {
    const { input, find } = pipes(app());
    for (const byte of Buffer.from(`${JSON.stringify(call(1, 'echo', 'Grüße 👩‍👩‍👧 你好'))}\n`))
      input.write(Buffer.from([byte]));
    expect(await find(({ id }) => id === 1)).toMatchObject({
      result: { content: [{ text: 'Grüße 👩‍👩‍👧 你好' }] },
    });
  });

  test('a byte order mark, CRLF and blank lines are tolerated', async () => {
    const { send, find, received } = pipes(app());
    send(
      `\uFEFF${JSON.stringify(call(1, 'echo', 'a'))}\r\n\r\n\n  \n${JSON.stringify(call(2, 'echo', 'b'))}\r\n`,
    );
    await find(({ id }) => id === 2);
    expect(received.map(({ id }) => id)).toEqual([1, 2]);
  });

  test('a last message without a newline is answered too', async () => {
    const { input, server, received } = pipes(app());
    input.end(JSON.stringify(call(1, 'echo', 'a')));
    await server.closed;
    expect(received).toMatchObject([{ id: 1, result: {} }]);
  });

  test('streams that give text are read as well', async () => {
    const { input, send, find } = pipes(app());
    input.setEncoding('utf8');
    send(call(1, 'echo', 'é'));
    expect(await find(({ id }) => id === 1)).toMatchObject({ result: { content: [{ text: 'é' }] } });
  });

  test.each(['{', 'hello', '{"jsonrpc":"2.0",}', 'undefined'])(
    'malformed JSON (%s) is answered with -32700 and id null',
    async (line) => {
      const { send, find, received } = pipes(app());
      send(`${line}\n`, call(1, 'echo', 'still there'));
      await find(({ id }) => id === 1);
      expect(received[0]).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32700 } });
    },
  );

  test('bytes that are no UTF-8 are answered with -32700', async () => {
    const { input, find } = pipes(app());
    input.write(
      Buffer.concat([
        Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping","x":"'),
        Buffer.from([0xff]),
        Buffer.from('"}\n'),
      ]),
    );
    expect(await find(() => true)).toMatchObject({
      id: null,
      error: { code: -32700, message: expect.stringContaining('UTF-8') },
    });
  });

  test.each([
    ['1', null],
    ['null', null],
    ['"text"', null],
    ['{}', null],
    ['{"id":5,"method":"ping"}', 5],
    ['{"jsonrpc":"1.0","id":5,"method":"ping"}', 5],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', null],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', null],
    ['{"jsonrpc":"2.0","id":5,"method":7}', 5],
    ['{"jsonrpc":"2.0","id":5,"method":"ping","params":[]}', 5],
  ])('%s is no message: -32600', async (line, id) => {
    const { send, find } = pipes(app());
    send(`${line}\n`);
    expect(await find(() => true)).toMatchObject({ id, error: { code: -32600 } });
  });

  test('a message above the limit is answered with -32600, and reading goes on', async () => {
    const { send, find, received } = pipes(app(), { maxMessageBytes: 1000 });
    send(`${'x'.repeat(5000)}\n`, call(2, 'echo', 'after'));
    await find(({ id }) => id === 2);
    expect(received[0]).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: {
        code: -32600,
        message: 'Invalid Request: the message has 5000 bytes; 1000 are allowed.',
        data: { code: 'MESSAGE_TOO_LARGE', maxMessageBytes: 1000 },
      },
    });
  });

  test('an oversized request is answered under its id, wherever the client writes it', async () => {
    const { send, find } = pipes(app(), { maxMessageBytes: 1000 });
    const params = { name: 'echo', arguments: { text: 'x'.repeat(5000) }, id: 3 };
    send({ jsonrpc: '2.0', id: 7, method: 'tools/call', params });
    send({ method: 'tools/call', params, jsonrpc: '2.0', id: 'eight' });
    send({ method: 'tools/call', params, id: 9, jsonrpc: '2.0' });
    for (const id of [7, 'eight', 9])
      expect(await find((message) => message['id'] === id)).toMatchObject({ error: { code: -32600 } });
  });

  test('an oversized message with the id out of sight is answered under null', async () => {
    const { send, find, received } = pipes(app(), { maxMessageBytes: 1000 });
    const text = 'x'.repeat(1000);
    send({ method: 'tools/call', params: { a: text, note: ',"id":9,"jsonrpc":"2.0"}', id: 9 } });
    send({ method: 'tools/call', a: text, id: 9, b: text });
    await find(() => received.length === 2);
    expect(received).toMatchObject([{ id: null }, { id: null }]);
  });

  test('a message of exactly the limit is read', async () => {
    const message = JSON.stringify(call(1, 'length', 'x'.repeat(500)));
    const { send, find } = pipes(app(), { maxMessageBytes: message.length });
    send(`${message}\n`, `${message} \n`);
    expect(await find(({ id, result }) => id === 1 && result)).toMatchObject({
      result: { content: [{ text: '500' }] },
    });
    expect(await find(({ error }) => error)).toMatchObject({ error: { code: -32600 } });
  });

  test('a 20 MiB message in small chunks is answered', async () => {
    const { input, find } = pipes(app(), { maxMessageBytes: 32 * 1024 * 1024 });
    const bytes = Buffer.from(`${JSON.stringify(call(1, 'length', 'x'.repeat(20 * 1024 * 1024)))}\n`);
    for (let start = 0; start < bytes.length; start += 4096) input.write(bytes.subarray(start, start + 4096));
    expect(await find(({ id }) => id === 1)).toMatchObject({
      result: { content: [{ text: String(20 * 1024 * 1024) }] },
    });
  });
});
