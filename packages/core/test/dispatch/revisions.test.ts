import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  audio,
  createApp,
  definePrompt,
  defineResource,
  defineTool,
  resourceLink,
  result,
  text,
} from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { testApp } from '../helpers.ts';

const icons = [{ src: 'https://example.com/i.png' }];
const facts = { title: 'Title', icons, meta: { 'example.com/a': 1 } };
const link = resourceLink({ uri: 'note://1', name: 'one', title: 'One', icons });

const app = testApp().add(
  defineTool({
    name: 'full',
    ...facts,
    annotations: { readOnlyHint: true },
    output: z.object({ a: z.number() }),
    run: () =>
      result<{ a: number }>({
        content: [text('t'), audio('AA==', 'audio/wav'), link],
        structuredContent: { a: 1 },
      }),
  }),
  definePrompt({
    name: 'full',
    ...facts,
    input: z.object({ a: z.string().meta({ title: 'A' }).optional() }),
    run: () => [
      { role: 'user', content: audio('AA==', 'audio/wav') },
      { role: 'assistant', content: link },
    ],
  }),
  defineResource({
    uri: 'note://1',
    ...facts,
    cache: { ttlMs: 1000, cacheScope: 'public' },
    read: () => 'one',
  }),
  defineResource({ template: 'note://all/{id}', ...facts, read: () => 'all' }),
);

const legacy = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];

describe.each(legacy)('a client of %s', (protocolVersion) => {
  const client = createTestClient(app, { protocolVersion });
  const since = (revision: string) => protocolVersion >= revision;

  test('sees titles since 2025-06-18, and icons since 2025-11-25', async () => {
    const lists = [
      await client.list('tools'),
      await client.list('prompts'),
      await client.list('resources'),
      await client.list('templates'),
    ];
    for (const [item] of lists) {
      expect('title' in item!, 'title').toBe(since('2025-06-18'));
      expect('_meta' in item!, '_meta').toBe(since('2025-06-18'));
      expect('icons' in item!, 'icons').toBe(since('2025-11-25'));
    }
    expect('title' in (await client.list('prompts'))[0]!.arguments![0]!, 'title of an argument').toBe(
      since('2025-06-18'),
    );
  });

  test('sees annotations of tools since 2025-03-26, and output schemas since 2025-06-18', async () => {
    const [tool] = await client.list('tools');
    expect('annotations' in tool!).toBe(since('2025-03-26'));
    expect('outputSchema' in tool!).toBe(since('2025-06-18'));
  });

  test('gets structured content since 2025-06-18', async () => {
    const answer = await client.call('full');
    expect(answer.structuredContent).toEqual(since('2025-06-18') ? { a: 1 } : undefined);
  });

  test('gets audio since 2025-03-26 and links since 2025-06-18; before, a line of text', async () => {
    const sound = since('2025-03-26')
      ? { type: 'audio', data: 'AA==', mimeType: 'audio/wav' }
      : { type: 'text', text: '[audio, audio/wav]' };
    const { icons: _icons, ...plain } = link;
    const pointer = since('2025-11-25')
      ? link
      : since('2025-06-18')
        ? plain
        : { type: 'text', text: 'one: note://1' };
    expect((await client.call('full')).content).toEqual([{ type: 'text', text: 't' }, sound, pointer]);
    expect((await client.prompt('full')).messages).toEqual([
      { role: 'user', content: sound },
      { role: 'assistant', content: pointer },
    ]);
  });

  test('sees nothing of what 2026 added', async () => {
    const results = [
      await client.request('tools/list'),
      await client.request('prompts/list'),
      await client.request('resources/list'),
      await client.request('resources/templates/list'),
      await client.request('resources/read', { uri: 'note://1' }),
      await client.request('tools/call', { name: 'full' }),
      await client.request('prompts/get', { name: 'full' }),
      await client.request('ping'),
    ];
    for (const each of results) {
      for (const field of ['resultType', 'ttlMs', 'cacheScope', '_meta'])
        expect(each).not.toHaveProperty(field);
    }
  });
});

describe('a result that is no object, for a 2025 client', () => {
  const shop = testApp().add(
    defineTool({ name: 'list', output: z.array(z.object({ a: z.number() })), run: () => [{ a: 1 }] }),
    defineTool({
      name: 'either',
      output: z.union([z.object({ a: z.number() }), z.object({ b: z.string() })]),
      run: () => ({ a: 1 }),
    }),
    defineTool({ name: 'object', output: z.object({ a: z.number() }), run: () => ({ a: 1 }) }),
    defineTool({ name: 'loose', run: () => [1, 2] }),
    defineTool({ name: 'loose_object', run: () => ({ a: 1 }) }),
    defineTool({ name: 'nothing', output: z.null(), run: () => null }),
  );
  const client = createTestClient(shop, { protocolVersion: '2025-11-25' });

  test.each<[string, unknown]>([
    ['list', { result: [{ a: 1 }] }],
    ['either', { result: { a: 1 } }],
    ['object', { a: 1 }],
    ['loose', { result: [1, 2] }],
    ['loose_object', { a: 1 }],
    ['nothing', { result: null }],
  ])('%s travels as its listed schema says', async (name, structuredContent) => {
    expect((await client.call(name)).structuredContent).toEqual(structuredContent);
    const { outputSchema } = (await client.list('tools')).find((tool) => tool.name === name)!;
    const announced = outputSchema ?? { type: 'object', properties: structuredContent };
    expect(announced['type']).toBe('object');
    expect(Object.keys(announced['properties'] as object)).toEqual(Object.keys(structuredContent as object));
  });

  test('is as it is for a 2026 client', async () => {
    const modern = createTestClient(shop);
    expect((await modern.call('list')).structuredContent).toEqual([{ a: 1 }]);
    expect((await modern.call('either')).structuredContent).toEqual({ a: 1 });
    expect((await modern.list('tools'))[0]?.outputSchema).toMatchObject({ type: 'array' });
  });

  test('is wrapped by a mounting app too', async () => {
    const mounted = createTestClient(testApp().mount('x', shop), { era: 'legacy' });
    expect((await mounted.call('x_either')).structuredContent).toEqual({ result: { a: 1 } });
  });

  test('of a schema that refers to itself still does', async () => {
    const node: z.ZodType = z.array(
      z.object({
        get children() {
          return node;
        },
      }),
    );
    const tree = defineTool({ name: 'tree', output: node, run: () => [{ children: [] }] });
    const [tool] = await createTestClient(testApp().add(tree), { era: 'legacy' }).list('tools');
    const { result: inner } = tool!.outputSchema!['properties'] as Record<string, unknown>;
    const references = JSON.stringify(inner).match(/"\$ref":"[^"]*"/g) ?? [];
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) expect(reference).toContain('#/properties/result');
  });
});

describe('a client of 2026-07-28', () => {
  const client = createTestClient(app);
  const serverInfo = { name: 'test', version: '1.0.0' };

  test.each([
    'tools/list',
    'tools/call',
    'prompts/list',
    'prompts/get',
    'resources/list',
    'resources/templates/list',
    'resources/read',
    'completion/complete',
    'server/discover',
  ])('is told of %s that it is complete, and by whom', async (method) => {
    const params = {
      name: 'full',
      uri: 'note://1',
      ref: { type: 'ref/prompt', name: 'full' },
      argument: { name: 'a', value: '' },
    };
    expect(await client.request(method, params)).toMatchObject({
      resultType: 'complete',
      _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo },
    });
  });

  const cacheable = [
    'server/discover',
    'tools/list',
    'prompts/list',
    'resources/list',
    'resources/templates/list',
  ] as const;
  test.each(cacheable)('is told how long it may keep %s', async (method) => {
    expect(await client.request(method)).toMatchObject({ ttlMs: 0, cacheScope: 'private' });
    const cached = createApp({ name: 'a', version: '1', cache: { ttlMs: 5000, cacheScope: 'public' } });
    expect(await createTestClient(cached).request(method)).toMatchObject({
      ttlMs: 5000,
      cacheScope: 'public',
    });
  });

  test('is told how long it may keep a resource, by the resource or the app', async () => {
    expect(await client.read('note://1')).toMatchObject({ ttlMs: 1000, cacheScope: 'public' });
    expect(await client.read('note://all/1')).toMatchObject({ ttlMs: 0, cacheScope: 'private' });
  });

  test('is told no such thing of calls and prompts', async () => {
    for (const answer of [await client.call('full'), await client.prompt('full')]) {
      expect(answer).not.toHaveProperty('ttlMs');
      expect(answer).not.toHaveProperty('cacheScope');
    }
  });

  test('keeps the _meta of the result beside that of the server', async () => {
    const meta = testApp().add(
      defineTool({ name: 'meta', run: () => result({ _meta: { 'example.com/a': 1 } }) }),
    );
    expect(await createTestClient(meta).call('meta')).toMatchObject({
      _meta: { 'example.com/a': 1, 'io.modelcontextprotocol/serverInfo': serverInfo },
    });
  });
});
