import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { createApp, defineResource, defineTool } from '../../src/index.ts';
import { serveStdio } from '../../src/stdio.ts';
import { checkCassette, createTestClient, recordExchanges, replay, type Redact } from '../../src/testing.ts';
import { PassThrough } from 'node:stream';

function app({ factor = 1 } = {}) {
  let calls = 0;
  const count = defineTool({ name: 'count', run: () => (calls += 1) * factor });
  const steps = defineTool({
    name: 'steps',
    input: z.object({ token: z.string() }),
    run: ({ token }, call) => {
      call.progress({ progress: 1 });
      return `secret ${token.length * factor}`;
    },
  });
  const greet = defineTool({
    name: 'greet',
    run: async (_args, call) => {
      const answer = await call.requireInput('name', {
        message: 'Name?',
        schema: z.object({ name: z.string() }),
      });
      return answer.action === 'accept' ? `Hello ${answer.content.name}` : answer.action;
    },
  });
  const note = defineResource({ uri: 'note://a', name: 'a', read: () => 'the note' });
  return createApp({ name: 'test', version: '1', secrets: ['x'.repeat(32)] }).add(count, steps, greet, note);
}

const onInput = { elicit: () => ({ action: 'accept' as const, content: { name: 'Ann' } }) };
const withoutState: Redact = (key, value) => (key === 'requestState' ? '[state]' : value);
const redact: Redact = (key, value) => (key === 'token' ? '[redacted]' : value);
const eras = ['modern', 'legacy'] as const;

async function session(dispatcher: Parameters<typeof createTestClient>[0], era: 'modern' | 'legacy') {
  await using client = createTestClient(dispatcher, { era, onInput });
  const progress: unknown[] = [];
  return {
    server: (await client.connect()).serverInfo,
    tools: (await client.list('tools')).length,
    counts: [await client.call('count'), await client.call('count')].map(
      ({ structuredContent }) => structuredContent,
    ),
    steps: (await client.call('steps', { token: 'abc' }, { onProgress: (step) => progress.push(step) }))
      .content,
    progress,
    greeting: (await client.call('greet')).content,
    asked: client.serverRequests.length,
    failure: await client.read('note://none').catch((error: unknown) => (error as Error).message),
  };
}

async function record(era: 'modern' | 'legacy', options: { redact?: Redact } = {}) {
  const recording = recordExchanges(app(), options);
  const seen = await session(recording, era);
  return { cassette: recording.toJsonl(), seen, entries: recording.entries };
}

describe.each(eras)('a recording of a %s client', (era) => {
  test('answers the same client in the same way', async () => {
    const { cassette, seen } = await record(era);
    expect(await session(replay(cassette), era)).toEqual(seen);
    expect(seen).toMatchObject({ greeting: [{ text: 'Hello Ann' }], progress: [{ progress: 1 }], asked: 1 });
  });

  test('is the same for the same exchanges', async () => {
    expect((await record(era, { redact: withoutState })).cassette).toBe(
      (await record(era, { redact: withoutState })).cassette,
    );
  });

  test('finds no difference in the app it was made of', async () => {
    const { cassette } = await record(era);
    expect(await checkCassette(app(), cassette)).toEqual([]);
  });

  test('names what an app does otherwise', async () => {
    const { cassette } = await record(era);
    const differences = await checkCassette(app({ factor: 10 }), cassette);
    expect(differences.map(({ message }) => (message['params'] as { name: string }).name)).toEqual([
      'count',
      'count',
      'steps',
    ]);
    expect(differences[0]).toMatchObject({
      recorded: { response: { result: { content: [{ text: '1' }] } } },
      actual: { response: { result: { content: [{ text: '10' }] } } },
    });
  });

  test('keeps secrets out and is matched and checked in that form', async () => {
    const { cassette } = await record(era, { redact });
    expect(cassette).not.toContain('"abc"');
    const replayed = createTestClient(replay(cassette, { redact }), { era });
    expect(await replayed.call('steps', { token: 'other' })).toMatchObject({
      content: [{ text: 'secret 3' }],
    });
    const differences = await checkCassette(app(), cassette, { redact });
    expect(differences.map(({ message }) => (message['params'] as { name: string }).name)).toEqual(['steps']);
  });
});

test('concurrent exchanges are kept in the order they came', async () => {
  let release!: () => void;
  const released = new Promise<void>((resolve) => (release = resolve));
  const slow = defineTool({ name: 'slow', run: async () => released.then(() => 'slow') });
  const recording = recordExchanges(app().add(slow));
  const client = createTestClient(recording);
  const first = client.call('slow');
  await client.call('count');
  release();
  await first;
  expect(recording.entries.map(({ message }) => (message['params'] as { name: string }).name)).toEqual([
    'slow',
    'count',
  ]);
  expect(recording.entries.every(({ response }) => response !== null)).toBe(true);
});

test('sessions are numbered', async () => {
  const recording = recordExchanges(app());
  await createTestClient(recording, { era: 'legacy' }).connect();
  await createTestClient(recording, { era: 'legacy' }).connect();
  expect(recording.entries.map(({ session: number }) => number)).toEqual([1, 1, 2, 2]);
});

test('streams of changes replay what they carried and stay open', async () => {
  const server = app();
  const recording = recordExchanges(server);
  await using client = createTestClient(recording);
  const changes = client.listen({ toolsListChanged: true });
  await changes.acknowledged;
  server.add(defineTool({ name: 'more', run: () => '' }));
  await changes.next();
  const cassette = recording.toJsonl();
  expect(recording.entries).toMatchObject([{ response: null }]);

  await using other = createTestClient(replay(cassette));
  await other.request('tools/list').catch(() => {}); // another id than when it was recorded
  const replayed = other.listen({ toolsListChanged: true });
  expect(await replayed.acknowledged).toEqual({ toolsListChanged: true });
  expect((await replayed.next()).value).toMatchObject({
    method: 'notifications/tools/list_changed',
    params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 2 } },
  });
  replayed.close();
  expect(await replayed.next()).toEqual({ done: true, value: undefined });
  expect(await checkCassette(server, cassette)).toEqual([]);
});

test('the last answer repeats, and what was not recorded is refused by name', async () => {
  const { cassette } = await record('modern');
  const client = createTestClient(replay(cassette));
  const counts = [];
  for (let round = 0; round < 3; round += 1) counts.push((await client.call('count')).structuredContent);
  expect(counts).toEqual([1, 2, 2]);
  await expect(client.call('count', { more: true })).rejects.toMatchObject({
    code: 'NOT_RECORDED',
    message: 'Not in the cassette: tools/call {"name":"count","arguments":{"more":true}}',
  });
});

test('a cassette can be served by any transport', async () => {
  const { cassette } = await record('legacy');
  const input = new PassThrough();
  const output = new PassThrough();
  const server = serveStdio(replay(cassette), { input, output });
  const { entries } = await record('legacy');
  input.end(
    entries
      .slice(0, 3)
      .map(({ message }) => JSON.stringify(message))
      .join('\n'),
  );
  await server.closed;
  const answers = String(output.read())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(answers).toMatchObject([
    { id: 1, result: { protocolVersion: '2025-11-25' } },
    { id: 2, result: { tools: [{}, {}, {}] } },
  ]);
});

test('a cassette that is none is refused with its line', () => {
  expect(() => replay('\n{"a":1}\n')).toThrow('Line 2 of the cassette is not a recorded exchange.');
  expect(() => replay('{')).toThrow(expect.objectContaining({ code: 'BAD_CASSETTE' }));
});
