import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  AccessDeniedError,
  createApp,
  defineTool,
  result,
  ToolError,
  type Call,
  type Middleware,
  type Principal,
  type Store,
  type Tool,
} from '../../src/index.ts';
import { authorize, cache, type CacheOptions } from '../../src/middleware.ts';
import { metaOf } from '../../src/protocol.ts';
import { memoryStore, StoreError } from '../../src/stores.ts';
import { createTestClient, fakeClock } from '../../src/testing.ts';
import { eras, never, recordingLogger, settled, testApp } from '../helpers.ts';
import { failureOf } from './failure.ts';
import { heldTool } from './held-tool.ts';

const readOnly = { readOnlyHint: true };
const ann: Principal = { id: 'ann', scopes: [] };

/** A tool that counts its runs. */
function counter(options: Partial<Tool> & { run?: (call: Call) => unknown } = {}) {
  const { run = () => 'fine', ...facts } = options;
  let runs = 0;
  const tool = defineTool({
    name: 'count',
    annotations: readOnly,
    ...(facts as object),
    input: z.looseObject({}),
    run(args, call) {
      runs += 1;
      return run(call) ?? `${runs}: ${JSON.stringify(args)}`;
    },
  });
  return { tool, runs: () => runs };
}

function made(answer: string) {
  return defineTool({ name: 'made', annotations: readOnly, run: () => answer });
}

function setup(tool: Tool, options: Partial<CacheOptions> = {}) {
  const clock = fakeClock();
  const store = options.store ?? memoryStore({ clock });
  const logger = recordingLogger();
  const app = testApp({ clock, logger })
    .use('tools/call', cache({ ttlMs: 1_000, ...options, store }))
    .add(tool);
  return { app, clock, store, logger };
}

describe('a result is kept', () => {
  test('for its time to live', async () => {
    const { tool, runs } = counter();
    const { app, clock } = setup(tool);
    await app.call(tool);
    await clock.advance(999);
    expect(await app.call(tool)).toBe('fine');
    expect(runs()).toBe(1);
    await clock.advance(1);
    await app.call(tool);
    expect(runs()).toBe(2);
  });

  test.each(eras)('whole: content, structured content and _meta (%s)', async (era) => {
    const full = {
      content: [{ type: 'text' as const, text: 'hi' }],
      structuredContent: { a: [1, null] },
      _meta: { x: 1 },
    };
    const { tool, runs } = counter({ run: () => result(full) });
    const { app } = setup(tool);
    await using client = createTestClient(app, { era });
    const first = await client.call('count');
    expect(await client.call('count')).toEqual(first);
    expect(first).toMatchObject({ structuredContent: { a: [1, null] }, _meta: { x: 1 } });
    expect(runs()).toBe(1);
  });

  test('for equal arguments, whatever their order', async () => {
    const { tool, runs } = counter();
    const { app } = setup(tool);
    await app.call('count', { a: 1, b: { c: [1, 2], d: null } });
    await app.call('count', { b: { d: null, c: [1, 2] }, a: 1 });
    expect(runs()).toBe(1);
    for (const args of [
      {},
      { a: '1' },
      { a: 1, b: { c: [2, 1], d: null } },
      { a: 1 },
      { a: [] },
      { a: {} },
    ]) {
      await app.call('count', args);
    }
    expect(runs()).toBe(7);
  });

  test('by value: nobody changes what another gets', async () => {
    const { tool } = counter({ run: () => ({ list: [1] }) });
    const { app } = setup(tool);
    const first = (await app.call('count')) as { list: number[] };
    first.list.push(2);
    const second = (await app.call('count')) as { list: number[] };
    second.list.push(3);
    expect(await app.call('count')).toEqual({ list: [1] });
  });
});

describe('a result is not kept', () => {
  test.each([{ readOnlyHint: false }, { idempotentHint: true }, undefined])(
    'of a tool with %o',
    async (annotations) => {
      const { tool, runs } = counter({ annotations });
      const { app } = setup(tool);
      await app.call(tool);
      await app.call(tool);
      expect(runs()).toBe(2);
    },
  );

  test.each<[string, () => unknown]>([
    ['a masked error', () => Promise.reject(new Error('oops'))],
    ['a ToolError', () => Promise.reject(new ToolError('NO', 'no'))],
    ['a result with isError', () => result({ content: [], isError: true })],
    ['a refusal', () => Promise.reject(new AccessDeniedError('it', ['x']))],
  ])('when it is %s', async (_what, run) => {
    const { tool, runs } = counter({ run });
    const { app } = setup(tool);
    await failureOf(app.call(tool));
    await failureOf(app.call(tool));
    expect(runs()).toBe(2);
  });

  test.each(eras)('when the client was asked for input (%s)', async (era) => {
    const asked = z.object({ name: z.string() });
    const { tool, runs } = counter({
      async run(call) {
        const answer = await call.requireInput('name', { message: 'Who?', schema: asked });
        return answer.action === 'accept' ? answer.content.name : 'nobody';
      },
    });
    const { app } = setup(tool);
    const call = async (name: string) => {
      const elicit = () => ({ action: 'accept' as const, content: { name } });
      await using client = createTestClient(app, { era, onInput: { elicit } });
      return (await client.call('count')).content;
    };
    expect(await call('Ann')).toEqual([{ type: 'text', text: 'Ann' }]);
    expect(await call('Bob')).toEqual([{ type: 'text', text: 'Bob' }]);
    expect(runs()).toBe(era === 'legacy' ? 2 : 4);
  });

  test('when it is not JSON, or the store refuses it', async () => {
    const circular = { content: [], structuredContent: {} as Record<string, unknown> };
    circular.structuredContent['self'] = circular;
    const { tool, runs } = counter({ run: () => result(circular) });
    const { app } = setup(tool);
    await app.call(tool);
    await app.call(tool);
    expect(runs()).toBe(2);

    const large = counter({ run: () => 'x'.repeat(2_000) });
    const small = setup(large.tool, { store: memoryStore({ maxValueBytes: 1_000 }) });
    await small.app.call(large.tool);
    await small.app.call(large.tool);
    expect(large.runs()).toBe(2);
    expect(small.logger.lines.map(({ message }) => message)).toContain('A result could not be cached.');
  });
});

test('when decides instead of the annotations', async () => {
  const { tool, runs } = counter({ annotations: undefined });
  const { app } = setup(tool, { when: (call) => call.params.arguments?.['fresh'] !== true });
  await app.call('count');
  await app.call('count');
  expect(runs()).toBe(1);
  await app.call('count', { fresh: true });
  await app.call('count', { fresh: true });
  expect(runs()).toBe(3);
});

function language(): Middleware<{ language: string }> {
  return async function readLanguage(call, next) {
    return next({ context: { language: String(metaOf(call.params)?.['language']) } });
  };
}

describe('who gets it', () => {
  test.each<[string, Principal, string | undefined]>([
    ['another id', { ...ann, id: 'bob' }, 'red'],
    ['another issuer', { ...ann, issuer: 'https://id.example' }, 'red'],
    ['another client', { ...ann, clientId: 'cli' }, 'red'],
    ['another tenant', ann, 'blue'],
    ['no tenant', ann, undefined],
    ['other scopes', { ...ann, scopes: ['more'] }, 'red'],
    ['all scopes', { ...ann, scopes: '*' }, 'red'],
    ['a scope called *', { ...ann, scopes: ['*'] }, 'red'],
    ['other roles', { ...ann, roles: ['admin'] }, 'red'],
  ])('nobody with %s', async (_what, principal, tenant) => {
    const { tool, runs } = counter();
    const { app } = setup(tool);
    await app.call(tool, {}, { principal: ann, tenant: 'red' });
    await app.call(tool, {}, { principal, ...(tenant !== undefined && { tenant }) });
    expect(runs()).toBe(2);
  });

  test('the order of scopes and roles does not matter, nor do claims', async () => {
    const { tool, runs } = counter();
    const { app } = setup(tool);
    await app.call(
      tool,
      {},
      { principal: { id: 'ann', scopes: ['a', 'b'], roles: ['x', 'y'], claims: { iat: 1 } } },
    );
    await app.call(
      tool,
      {},
      { principal: { id: 'ann', scopes: ['b', 'a'], roles: ['y', 'x'], claims: { iat: 2 } } },
    );
    expect(runs()).toBe(1);
  });

  test('a principal that lost access is refused', async () => {
    let open = true;
    const { tool } = counter({ access: { allow: () => open } });
    const { app } = setup(tool);
    await app.call(tool);
    open = false;
    await expect(app.call(tool)).rejects.toMatchObject({ rpcCode: -32602, message: 'Unknown tool: count' });
  });

  test('authorize before the cache is asked each time', async () => {
    let open = true;
    const { tool } = counter();
    const app = testApp()
      .use(authorize({ allow: () => open }))
      .use('tools/call', cache({ store: memoryStore(), ttlMs: 1_000 }))
      .add(tool);
    await app.call(tool);
    open = false;
    await expect(app.call(tool)).rejects.toMatchObject({ message: 'Unknown tool: count' });
  });

  test('vary adds what else a result depends on', async () => {
    const { tool, runs } = counter();
    const app = testApp()
      .use(language())
      .use(
        'tools/call',
        cache({
          store: memoryStore(),
          ttlMs: 1_000,
          vary: (call: Call<{ language: string }>) => call.context.language,
        }),
      )
      .add(tool);
    await app.call(tool, {}, { meta: { language: 'de' } });
    await app.call(tool, {}, { meta: { language: 'en' } });
    await app.call(tool, {}, { meta: { language: 'de' } });
    expect(runs()).toBe(2);
  });
});

describe('a definition that changes starts anew', () => {
  const base = { name: 'made', annotations: readOnly, run: () => 'old' };

  test.each<[string, Tool]>([
    ['its handler', defineTool({ ...base, run: () => 'new' })],
    ['its arguments', defineTool({ ...base, input: z.object({ a: z.number().default(1) }) })],
    ['its description', defineTool({ ...base, description: 'Counts.' })],
    ['its tags', defineTool({ ...base, tags: ['new'] })],
  ])('when %s changes', async (_what, changed) => {
    const store = memoryStore();
    await setup(defineTool(base), { store }).app.call('made');
    let writes = 0;
    const counting: Store = {
      ...store,
      set(...entry) {
        writes += 1;
        return store.set(...entry);
      },
    };
    const { app } = setup(changed, { store: counting });
    await app.call('made');
    expect(writes).toBe(1);
  });

  test('when it is another that looks the same', async () => {
    const first = made('first');
    const { app } = setup(first);
    expect(await app.call('made')).toBe('first');
    app.remove(first).add(made('second'));
    expect(await app.call('made')).toBe('second');
  });

  test('apps that share a store share results of equal definitions, unless kept apart', async () => {
    const store = memoryStore();
    expect(await setup(made('one'), { store }).app.call('made')).toBe('one');
    expect(await setup(made('two'), { store }).app.call('made')).toBe('one');
    expect(await setup(made('two'), { store, namespace: 'two' }).app.call('made')).toBe('two');
  });

  test('look-alikes under different names are found again by another process', async () => {
    const store = memoryStore();
    const answers = async (left: string, right: string) => {
      const app = testApp()
        .use('tools/call', cache({ store, ttlMs: 1_000 }))
        .mount('left', testApp().add(made(left)))
        .mount('right', testApp().add(made(right)));
      return [await app.call('left_made'), await app.call('right_made')];
    };
    expect(await answers('l', 'r')).toEqual(['l', 'r']);
    expect(await answers('new l', 'new r')).toEqual(['l', 'r']);
  });

  test('mounted twice, a tool has results under each name', async () => {
    const { tool, runs } = counter();
    const child = testApp().add(tool);
    const app = testApp()
      .use('tools/call', cache({ store: memoryStore(), ttlMs: 1_000 }))
      .mount('a', child)
      .mount('b', child);
    await app.call('a_count');
    await app.call('b_count');
    await app.call('a_count');
    expect(runs()).toBe(2);
  });
});

function together() {
  const { tool, runs } = heldTool({ annotations: readOnly });
  return { tool, runs, ...setup(tool) };
}

describe('calls that are alike and come together', () => {
  test('share one run', async () => {
    const { app, tool, runs } = together();
    const calls = [app.call(tool), app.call(tool), app.call(tool)];
    await settled();
    expect(runs.length).toBe(1);
    runs[0]!.end('shared');
    expect(await Promise.all(calls)).toEqual(['shared', 'shared', 'shared']);
  });

  test('can be given up without the others', async () => {
    const { app, tool, runs } = together();
    const abort = new AbortController();
    const first = app.call(tool);
    const second = failureOf(app.call(tool, {}, { signal: abort.signal }));
    await settled();
    expect(runs.length).toBe(1);
    abort.abort(new Error('mine only'));
    expect(await second).toMatchObject({ message: 'mine only' });
    expect(runs[0]!.call.signal.aborted).toBe(false);
    runs[0]!.end('done');
    expect(await first).toBe('done');
  });

  test('go on by themselves when the one that runs is given up or fails', async () => {
    const { app, tool, runs } = together();
    const abort = new AbortController();
    const first = failureOf(app.call(tool, {}, { signal: abort.signal }));
    await settled();
    expect(runs.length).toBe(1);
    const others = [app.call(tool), app.call(tool)];
    await settled();
    abort.abort(new Error('gone'));
    expect(await first).toMatchObject({ message: 'gone' });
    await settled();
    expect(runs.length).toBe(3);
    runs[1]!.end('second');
    runs[2]!.fail(new ToolError('NO', 'third failed'));
    expect(await Promise.allSettled(others)).toMatchObject([
      { value: 'second' },
      { reason: { message: 'third failed' } },
    ]);
    expect(await app.call(tool)).toBe('second');
  });
});

function failing(store: Partial<Store>): Store {
  return { ...memoryStore(), ...store };
}

const broken = () => Promise.reject(new StoreError('STORE_CLOSED', 'The store is closed.'));

describe('a store that fails', () => {
  test('slows calls down, but fails none', async () => {
    const { tool, runs } = counter();
    const { app, logger } = setup(tool, { store: failing({ get: broken, set: broken }) });
    expect(await app.call(tool)).toBe('fine');
    expect(await app.call(tool)).toBe('fine');
    expect(runs()).toBe(2);
    expect(logger.lines.map(({ message }) => message)).toContain('The cache could not be read.');
  });

  test.each<[string, Partial<Store>]>([
    ['get', { get: () => never }],
    ['set', { set: () => never }],
  ])('that hangs in %s does not hold a call beyond its time', async (_what, store) => {
    const { tool } = counter();
    const { app, clock } = setup(tool, { store: failing(store) });
    const answer = failureOf(app.call(tool));
    await settled();
    await clock.advance(60_000);
    expect(await answer).toMatchObject({ code: 'TIMEOUT' });
  });
});

test('it is for tools/call alone', () => {
  const middleware = cache({ store: memoryStore(), ttlMs: 1 });
  // @ts-expect-error not for all methods
  void (() => createApp({ name: 'x', version: '1' }).use(middleware));
  const personal = cache({
    store: memoryStore(),
    ttlMs: 1,
    vary: (call: Call<{ user: string }>) => call.context.user,
  });
  // @ts-expect-error what it varies by is not in the context
  void (() => createApp({ name: 'x', version: '1' }).use('tools/call', personal));
  expect(() => cache({ store: memoryStore(), ttlMs: 0 })).toThrow(
    'ttlMs must be a number of milliseconds above 0.',
  );
});
