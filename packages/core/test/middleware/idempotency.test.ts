import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  createApp,
  defineResource,
  defineTool,
  result,
  ToolError,
  type Call,
  type Principal,
  type Store,
  type Tool,
} from '../../src/index.ts';
import { idempotency, retry, timeout, type IdempotencyOptions } from '../../src/middleware.ts';
import { deferred } from '../../src/abort.ts';
import { keyvStore, memoryStore, StoreError } from '../../src/stores.ts';
import { createTestClient, fakeClock } from '../../src/testing.ts';
import { eras, never, recordingLogger, settled, testApp } from '../helpers.ts';
import { failureOf } from './failure.ts';
import { heldTool } from './held-tool.ts';

const ann: Principal = { id: 'ann', scopes: [] };
const key = (name: unknown) => ({ meta: { 'toolyard/idempotencyKey': name } });
const inProgress = { code: 'IN_PROGRESS', rpcCode: -31429, data: { retryAfterMs: 1_000 } };

function setup(tool: Tool, options: Partial<IdempotencyOptions> = {}) {
  const clock = fakeClock();
  const store = options.store ?? memoryStore({ clock });
  const logger = recordingLogger();
  const app = testApp({ clock, logger })
    .use('tools/call', idempotency({ ttlMs: 10_000, ...options, store }))
    .add(tool);
  return { app, clock, store, logger };
}

/** A tool that counts its runs. */
function counter(options: Partial<Tool> & { run?: (call: Call) => unknown } = {}) {
  const { run, ...facts } = options;
  let runs = 0;
  const tool = defineTool({
    name: 'order',
    ...(facts as object),
    input: z.looseObject({}),
    run(_args, call) {
      runs += 1;
      return run ? run(call) : `order ${runs}`;
    },
  });
  return { tool, runs: () => runs };
}

const elicit = () => ({ action: 'accept' as const, content: { sure: true } });

test.each(eras)('of calls with one key, one runs and the others get its result (%s)', async (era) => {
  const { tool, runs } = counter({
    run: () => result({ content: [], structuredContent: { number: 7 }, _meta: { x: 1 } }),
  });
  const { app } = setup(tool);
  await using client = createTestClient(app, { era });
  const first = await client.call('order', { item: 'tea' }, key('k'));
  expect(await client.call('order', { item: 'tea' }, key('k'))).toEqual(first);
  expect(first).toMatchObject({ structuredContent: { number: 7 }, _meta: { x: 1 } });
  expect(runs()).toBe(1);
});

test('calls without a key, with another one, or of another tool are left alone', async () => {
  const { tool, runs } = counter();
  const other = counter({ name: 'refund' });
  const { app } = setup(tool);
  app.add(other.tool);
  await app.call('order');
  await app.call('order');
  await app.call('order', {}, key('a'));
  await app.call('order', {}, key('b'));
  await app.call('refund', {}, key('a'));
  expect([runs(), other.runs()]).toEqual([4, 1]);
});

test('the same key with other arguments is refused, in whatever state the first call is', async () => {
  const { tool, runs } = heldTool();
  const { app } = setup(tool);
  const reused = { code: 'IDEMPOTENCY_KEY_REUSED', rpcCode: -32602 };
  const first = app.call(tool, { label: 'a' }, key('k'));
  await settled();
  await expect(app.call(tool, { label: 'b' }, key('k'))).rejects.toMatchObject(reused);
  runs[0]!.end('done');
  await first;
  await expect(app.call(tool, { label: 'b' }, key('k'))).rejects.toMatchObject(reused);
  expect(await app.call(tool, { label: 'a' }, key('k'))).toBe('done');
});

test('while the first call runs, others are told so', async () => {
  const { tool, runs } = heldTool();
  const { app } = setup(tool);
  const first = app.call(tool, {}, key('k'));
  await settled();
  await expect(app.call(tool, {}, key('k'))).rejects.toMatchObject(inProgress);
  runs[0]!.end('done');
  expect(await first).toBe('done');
  expect(await app.call(tool, {}, key('k'))).toBe('done');
  expect(runs.length).toBe(1);
});

test('of many that come at once, one runs', async () => {
  const { tool, runs } = counter();
  const { app } = setup(tool);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, () => app.call('order', {}, key('k'))),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
  const refusals = outcomes.filter(({ status }) => status === 'rejected');
  expect(refusals).toMatchObject(refusals.map(() => ({ reason: inProgress })));
  expect(runs()).toBe(1);
});

test('a result is given again for its time to live', async () => {
  const { tool, runs } = counter();
  const { app, clock } = setup(tool);
  await app.call('order', {}, key('k'));
  await clock.advance(9_999);
  expect(await app.call('order', {}, key('k'))).toBe('order 1');
  await clock.advance(1);
  expect(await app.call('order', {}, key('k'))).toBe('order 2');
  expect(runs()).toBe(2);
});

describe('a call without a result to repeat gives the key back', () => {
  test.each<[string, () => unknown]>([
    ['one that fails', () => Promise.reject(new Error('oops'))],
    ['one that throws a ToolError', () => Promise.reject(new ToolError('FULL', 'full'))],
    ['one that answers with isError', () => result({ content: [], isError: true })],
  ])('%s', async (_what, run) => {
    const { tool, runs } = counter({ run });
    const { app } = setup(tool);
    await failureOf(app.call('order', {}, key('k')));
    await failureOf(app.call('order', { other: 1 }, key('k')));
    expect(runs()).toBe(2);
  });

  test('one whose arguments do not fit', async () => {
    const strict = defineTool({ name: 'strict', input: z.object({ a: z.number() }), run: () => 'ok' });
    const { app } = setup(strict);
    await expect(app.call('strict', { a: 'x' }, key('k'))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
    expect(await app.call('strict', { a: 1 }, key('k'))).toBe('ok');
  });

  test.each(eras)('one that asks for input runs again with the answer, once (%s)', async (era) => {
    let ordered = 0;
    const { tool } = counter({
      async run(call) {
        const schema = z.object({ sure: z.boolean() });
        const answer = await call.requireInput('sure', { message: 'Sure?', schema });
        return answer.action === 'accept' ? `order ${++ordered}` : 'none';
      },
    });
    const { app } = setup(tool);
    await using client = createTestClient(app, { era, onInput: { elicit } });
    const first = await client.call('order', {}, key('k'));
    expect(first.content).toEqual([{ type: 'text', text: 'order 1' }]);
    expect(await client.call('order', {}, key('k'))).toEqual(first);
    expect(client.serverRequests.length).toBeLessThanOrEqual(1);
  });

  test('retry further in or out goes on working', async () => {
    for (const order of ['in', 'out']) {
      const flaky = counter({
        annotations: { idempotentHint: true },
        run: () => (flaky.runs() < 3 ? Promise.reject(new Error('lost')) : 'ok'),
      });
      const clock = fakeClock();
      const once = idempotency({ store: memoryStore({ clock }), ttlMs: 1_000 });
      const app = testApp({ clock })
        .use('tools/call', ...(order === 'in' ? [once, retry()] : [retry(), once]))
        .add(flaky.tool);
      const answer = app.call('order', {}, key('k'));
      await settled();
      await clock.advance(5_000);
      expect(await answer).toBe('ok');
    }
  });
});

async function interrupted(options: Partial<IdempotencyOptions> = {}) {
  const { tool, runs } = heldTool();
  const all = setup(tool, options);
  const abort = new AbortController();
  const first = failureOf(all.app.call(tool, {}, { ...key('k'), signal: abort.signal }));
  await settled();
  abort.abort(new Error('connection lost'));
  expect(await first).toMatchObject({ message: 'connection lost' });
  return { ...all, tool, runs };
}

describe('a client that is gone while its call runs', () => {
  test('cannot make it run twice: the key stays taken until the handler has ended', async () => {
    const { app, tool, runs } = await interrupted();
    await expect(app.call(tool, {}, key('k'))).rejects.toMatchObject(inProgress);
    expect(runs.length).toBe(1);
  });

  test('gets the result when it comes again after the handler has ended', async () => {
    const { app, tool, runs } = await interrupted();
    runs[0]!.end('done after all');
    await settled();
    expect(await app.call(tool, {}, key('k'))).toBe('done after all');
    expect(runs.length).toBe(1);
  });

  test('can try again when the handler has failed in the end', async () => {
    const { app, tool, runs } = await interrupted();
    runs[0]!.fail(new Error('stopped'));
    await settled();
    const again = app.call(tool, {}, key('k'));
    await settled();
    runs[1]!.end('done');
    expect(await again).toBe('done');
  });

  test('can try again when the claim has run out, and what ends too late does not count', async () => {
    const { app, tool, runs, clock } = await interrupted({ claimTtlMs: 1_000 });
    await clock.advance(1_000);
    const again = app.call(tool, {}, key('k'));
    await settled();
    runs[0]!.end('too late');
    await settled();
    await expect(app.call(tool, {}, key('k'))).rejects.toMatchObject(inProgress);
    runs[1]!.end('second');
    expect(await again).toBe('second');
    expect(await app.call(tool, {}, key('k'))).toBe('second');
  });

  test('the same holds for a call whose time is over', async () => {
    const { tool, runs } = heldTool();
    const clock = fakeClock();
    const app = testApp({ clock })
      .use(
        'tools/call',
        idempotency({ store: memoryStore({ clock }), ttlMs: 10_000 }),
        timeout({ timeoutMs: 10 }),
      )
      .add(tool);
    const first = failureOf(app.call(tool, {}, key('k')));
    await settled();
    await clock.advance(10);
    expect(await first).toMatchObject({ code: 'TIMEOUT' });
    runs[0]!.end('done after all');
    await settled();
    expect(await app.call(tool, {}, key('k'))).toBe('done after all');
  });
});

describe('who shares a key', () => {
  test.each<[string, Principal, string | undefined]>([
    ['another principal', { ...ann, id: 'bob' }, 'red'],
    ['another issuer', { ...ann, issuer: 'https://id.example' }, 'red'],
    ['another client', { ...ann, clientId: 'cli' }, 'red'],
    ['another tenant', ann, 'blue'],
    ['no tenant', ann, undefined],
  ])('not %s', async (_what, principal, tenant) => {
    const { tool, runs } = counter();
    const { app } = setup(tool);
    await app.call('order', { secret: 1 }, { ...key('k'), principal: ann, tenant: 'red' });
    await app.call(
      'order',
      { secret: 2 },
      { ...key('k'), principal, ...(tenant !== undefined && { tenant }) },
    );
    expect(runs()).toBe(2);
  });

  test('apps with different namespaces do not', async () => {
    const store = memoryStore();
    const { tool, runs } = counter();
    await setup(tool, { store }).app.call('order', {}, key('k'));
    await setup(tool, { store }).app.call('order', {}, key('k'));
    await setup(tool, { store, namespace: 'other' }).app.call('order', {}, key('k'));
    expect(runs()).toBe(2);
  });

  test('a principal that lost access gets no result any more', async () => {
    const { tool } = counter({ access: { scopes: ['shop'] } });
    const { app } = setup(tool);
    await app.call('order', {}, { ...key('k'), principal: { ...ann, scopes: ['shop'] } });
    const denied = app.call('order', {}, { ...key('k'), principal: ann });
    await expect(denied).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });
});

const broken = () => Promise.reject(new StoreError('STORE_CLOSED', 'The store is closed.'));

describe('the store', () => {
  test('has to be atomic', () => {
    const store = keyvStore(new Map() as never);
    expect(() => idempotency({ store, ttlMs: 1 })).toThrow(
      'store has to be atomic, or two calls could both get the key.',
    );
  });

  test('may refuse a result: the call counts as done, repeats are told', async () => {
    const { tool, runs } = counter({ run: () => 'x'.repeat(2_000) });
    const { app, logger } = setup(tool, { store: memoryStore({ maxValueBytes: 1_000 }) });
    await app.call('order', {}, key('k'));
    await expect(app.call('order', {}, key('k'))).rejects.toMatchObject({ code: 'ALREADY_DONE' });
    expect(runs()).toBe(1);
    expect(logger.lines.filter(({ level }) => level === 'error').length).toBe(1);
  });

  test('that fails before the call has run fails it; afterwards the result goes out all the same', async () => {
    const { tool, runs } = counter();
    const closed = setup(tool, { store: { ...memoryStore(), create: broken } });
    await expect(closed.app.call('order', {}, key('k'))).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(runs()).toBe(0);

    const { app } = setup(tool, { store: { ...memoryStore(), set: broken } });
    expect(await app.call('order', {}, key('k'))).toBe('order 1');
    await expect(app.call('order', {}, key('k'))).rejects.toMatchObject(inProgress);
  });

  test('that hangs does not hold a call beyond its time, and a claim it makes later is given back', async () => {
    const { tool } = counter();
    const store = memoryStore();
    const opened = deferred();
    const slow: Store = {
      ...store,
      create: async (...entry) => {
        await opened.promise;
        return store.create(...entry);
      },
    };
    const { app, clock } = setup(tool, { store: slow });
    const answer = failureOf(app.call('order', {}, key('k')));
    await settled();
    await clock.advance(60_000);
    expect(await answer).toMatchObject({ code: 'TIMEOUT' });
    opened.resolve();
    await settled();
    expect(await setup(tool, { store }).app.call('order', {}, key('k'))).toBe('order 1');

    const hanging = setup(tool, { store: { ...memoryStore(), set: () => never } });
    const late = failureOf(hanging.app.call('order', {}, key('k')));
    await settled();
    await hanging.clock.advance(60_000);
    expect(await late).toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('bad input', () => {
  test.each([[''], [7], [null], [{}], ['x'.repeat(257)]])('the key %j is refused', async (bad) => {
    const { tool, runs } = counter();
    const { app } = setup(tool);
    await expect(app.call('order', {}, key(bad))).rejects.toMatchObject({ rpcCode: -32602 });
    expect(runs()).toBe(0);
  });

  test('the key can be elsewhere in _meta', async () => {
    const { tool, runs } = counter();
    const { app } = setup(tool, { metaKey: 'com.example/key' });
    await app.call('order', {}, { meta: { 'com.example/key': 'k' } });
    await app.call('order', {}, { meta: { 'com.example/key': 'k' } });
    expect(runs()).toBe(1);
  });

  test.each([
    [{ ttlMs: 0 }, 'ttlMs must be a number of milliseconds above 0.'],
    [{ ttlMs: 1, claimTtlMs: NaN }, 'claimTtlMs must be a number of milliseconds above 0.'],
  ])('options %o are refused', (options, message) => {
    expect(() => idempotency({ store: memoryStore(), ...options })).toThrow(message);
  });
});

test('it is for tools/call alone', async () => {
  const middleware = idempotency({ store: memoryStore(), ttlMs: 1 });
  // @ts-expect-error not for all methods
  void (() => createApp({ name: 'x', version: '1' }).use(middleware));
  const app = testApp()
    .use('tools/call', middleware)
    .add(defineResource({ uri: 'test://a', read: () => 'a' }));
  await using client = createTestClient(app);
  expect((await client.read('test://a', key('k'))).contents.length).toBe(1);
});
