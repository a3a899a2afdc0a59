import { createApp, defineTool, LimitExceededError } from '@toolyard/core';
import { memoryStore, sqliteStore } from '@toolyard/core/stores';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import {
  memoryOfflineQueue,
  storeOfflineQueue,
  type LaterSettled,
  type OfflineCall,
  type OfflineQueue,
} from '../../src/client.ts';
import { serveHttp } from '../../src/index.ts';
import { gate, serve, until } from '../helpers.ts';
import { managed } from './managed.ts';

function call(id: string, more: Partial<OfflineCall> = {}): OfflineCall {
  return {
    id,
    tool: 'note',
    arguments: {},
    meta: {},
    addedAt: 0,
    expiresAt: 1000,
    repeatable: false,
    ...more,
  };
}

describe.each<[string, () => OfflineQueue]>([
  ['memoryOfflineQueue', () => memoryOfflineQueue({ maxCalls: 3 })],
  ['storeOfflineQueue', () => storeOfflineQueue(memoryStore(), { key: 'ada', maxCalls: 3 })],
  [
    'storeOfflineQueue on SQLite',
    () => storeOfflineQueue(sqliteStore({ path: ':memory:', table: 'calls' }), { key: 'ada', maxCalls: 3 }),
  ],
])('%s', (_name, create) => {
  test('gives calls in the order they were added, each until it is removed', async () => {
    const queue = create();
    expect(await queue.first()).toBeUndefined();
    await Promise.all([queue.add(call('a')), queue.add(call('b'))]);
    expect(await queue.first()).toEqual(call('a'));
    await queue.remove('a');
    await queue.remove('never there');
    expect(await queue.first()).toEqual(call('b'));
    expect(await queue.size()).toBe(1);
  });

  test('replaces a call in its place, and only one that is there', async () => {
    const queue = create();
    await queue.add(call('a'));
    await queue.add(call('b'));
    await queue.replace(call('a', { sentAt: 5 }));
    await queue.replace(call('c'));
    expect(await queue.first()).toEqual(call('a', { sentAt: 5 }));
    expect(await queue.size()).toBe(2);
  });

  test('refuses more than it may hold', async () => {
    const queue = create();
    for (const id of ['a', 'b', 'c']) await queue.add(call(id));
    await expect(queue.add(call('d'))).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    await queue.remove('b');
    await queue.add(call('d'));
    expect(await queue.size()).toBe(3);
  });
});

/** An app that notes what it was told, and with which idempotency keys. */
function noteApp() {
  const notes: string[] = [];
  const keys: unknown[] = [];
  const note = defineTool({
    name: 'note',
    input: z.object({ text: z.string() }),
    run({ text }, { params }) {
      notes.push(text);
      keys.push((params['_meta'] as Record<string, unknown>)['toolyard/idempotencyKey']);
      return `noted ${text}`;
    },
  });
  return { app: createApp({ name: 'notes', version: '1.0.0' }).add(note), notes, keys };
}

test('calls made while the server is away are sent in order once it is there', async () => {
  const { app, notes, keys } = noteApp();
  const reserved = await serveHttp(app, { port: 0 });
  await reserved.close();
  const client = managed({ url: reserved.url });
  const calls = [];
  for (const text of ['one', 'two', 'three']) calls.push(await client.callLater('note', { text }));
  await until(() => client.state.status === 'offline');
  await serve(app, { port: reserved.port });
  const results = await Promise.all(calls.map(({ result }) => result));
  expect(results.map(({ content }) => content[0])).toMatchObject([
    { text: 'noted one' },
    { text: 'noted two' },
    { text: 'noted three' },
  ]);
  expect(notes).toEqual(['one', 'two', 'three']);
  expect(keys).toEqual(calls.map(({ id }) => id));
});

test('calls that a client left behind are sent by the next one with the same queue', async () => {
  const { app, notes } = noteApp();
  const store = memoryStore();
  const reserved = await serveHttp(app, { port: 0 });
  await reserved.close();
  const before = managed({ url: reserved.url, offlineQueue: storeOfflineQueue(store, { key: 'ada' }) });
  const { id, result } = await before.callLater('note', { text: 'kept' });
  await before.close();
  await expect(result).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
  await serve(app, { port: reserved.port });
  const after = managed({ url: reserved.url, offlineQueue: storeOfflineQueue(store, { key: 'ada' }) });
  const settled: LaterSettled[] = [];
  after.on('laterSettled', (event) => settled.push(event));
  await after.connect();
  await until(() => settled.length === 1);
  expect(settled[0]).toMatchObject({ id, tool: 'note', outcome: { ok: true } });
  expect(notes).toEqual(['kept']);
});

test('a call that was being sent when the process ended is not sent again unless that is harmless', async () => {
  const { app, notes } = noteApp();
  const { url } = await serve(app);
  const queue = memoryOfflineQueue();
  const expiresAt = Date.now() + 60_000;
  const unsure = { arguments: { text: 'unsure' }, sentAt: 1, expiresAt };
  const harmless = { arguments: { text: 'harmless' }, sentAt: 1, expiresAt, repeatable: true };
  await queue.add(call('unsure', unsure));
  await queue.add(call('harmless', { ...harmless, meta: { 'toolyard/idempotencyKey': 'harmless' } }));
  const client = managed({ url, offlineQueue: queue });
  const settled: LaterSettled[] = [];
  client.on('laterSettled', (event) => settled.push(event));
  await client.connect();
  await until(() => settled.length === 2);
  expect(settled[0]).toMatchObject({
    id: 'unsure',
    outcome: { ok: false, error: { code: 'CONNECTION_LOST', mayHaveRun: true } },
  });
  expect(settled[1]).toMatchObject({ id: 'harmless', outcome: { ok: true } });
  expect(notes).toEqual(['harmless']);
});

test('a call whose time is over is not sent', async () => {
  const { app, notes } = noteApp();
  const { url } = await serve(app);
  const clock = fakeClock({ now: 5000 });
  const queue = memoryOfflineQueue();
  await queue.add(call('old', { expiresAt: 5000 }));
  const client = managed({ url, offlineQueue: queue, clock });
  const settled: LaterSettled[] = [];
  client.on('laterSettled', (event) => settled.push(event));
  await client.connect();
  await until(() => settled.length === 1);
  expect(settled[0]).toMatchObject({ outcome: { ok: false, error: { code: 'CALL_TIMEOUT' } } });
  expect(notes).toEqual([]);
});

test('a call that is being sent when the client closes is not sent by the next one', async () => {
  const held = gate();
  let runs = 0;
  const pay = defineTool({
    name: 'pay',
    async run() {
      runs += 1;
      await held.opened;
      return 'paid';
    },
  });
  const { url } = await serve(createApp({ name: 'shop', version: '1.0.0' }).add(pay));
  const queue = memoryOfflineQueue();
  const before = managed({ url, offlineQueue: queue });
  const { result } = await before.callLater('pay');
  await until(() => runs === 1);
  await before.close();
  await expect(result).rejects.toMatchObject({ code: 'CLIENT_CLOSED', mayHaveRun: true });
  const after = managed({ url, offlineQueue: queue });
  await after.connect();
  await after.list('tools');
  expect(await queue.size()).toBe(0);
  expect(runs).toBe(1);
  held.open();
});

test('an error that the server answers is the outcome of the call', async () => {
  const { app, notes } = noteApp();
  let refusals = 0;
  app.use('tools/call', function refuseOnce(_call, next) {
    refusals += 1;
    if (refusals === 1) throw new LimitExceededError('Not now.');
    return next();
  });
  const { url } = await serve(app);
  const client = managed({ url });
  const settled: LaterSettled[] = [];
  client.on('laterSettled', (event) => settled.push(event));
  // An answer of the server is an answer: it is not for the client to send such a call again.
  const { result } = await client.callLater('note', { text: 'x' });
  await expect(result).rejects.toMatchObject({ name: 'ProtocolError' });
  expect(settled).toHaveLength(1);
  expect(notes).toEqual([]);
});
