import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  defineTool,
  embeddedResource,
  image,
  result,
  text,
  type Principal,
  type Tool,
} from '../../src/index.ts';
import { redact } from '../../src/middleware.ts';
import { limitResult, type LimitResultOptions } from '../../src/middleware/limit-result.ts';
import { shortenValue } from '../../src/middleware/limit-result-value.ts';
import { callerKey } from '../../src/principal.ts';
import type { ArtifactStore } from '../../src/process/artifacts/artifact-store.ts';
import { artifacts } from '../../src/process/artifacts/artifacts-plugin.ts';
import { fileArtifactStore } from '../../src/process/artifacts/file-artifact-store.ts';
import type { CallToolResult } from '../../src/protocol.ts';
import { createTestClient } from '../../src/testing.ts';
import { eras, recordingLogger, testApp } from '../helpers.ts';

const ann: Principal = { id: 'ann', scopes: [] };
const annKey = callerKey({ tenant: undefined, principal: ann });

let directory: string;
let store: ArtifactStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'limit-result-test-'));
  store = fileArtifactStore({ directory: join(directory, 'store') });
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

async function call(
  tool: Tool,
  options: Partial<LimitResultOptions> = {},
  more: { era?: 'legacy' | 'modern' } = {},
) {
  const logger = recordingLogger();
  const app = testApp({ logger })
    .use('tools/call', limitResult({ store, maxChars: 1_000, ...options }))
    .add(tool);
  const answer = await createTestClient(app, { as: ann, transportName: 'http', ...more }).call(tool.name, {});
  return { answer: answer as CallToolResult & { structuredContent?: any }, logger };
}

async function kept(): Promise<string[]> {
  const infos = await store.list(annKey);
  return Promise.all(infos.map(async ({ id }) => (await store.read(annKey, id)).text));
}

const answering = (value: unknown): Tool => defineTool({ name: 'tool', run: () => value });
const metaOf = ({ _meta: meta }: CallToolResult) => meta;
const lengthOf = ({ content }: CallToolResult) =>
  content.reduce((sum, block) => sum + (block.type === 'text' ? block.text.length : 0), 0);
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');

describe('text', () => {
  test('within the budget is left alone', async () => {
    const { answer } = await call(answering('x'.repeat(1_000)));
    expect(answer.content).toEqual([{ type: 'text', text: 'x'.repeat(1_000) }]);
    expect(metaOf(answer)).not.toHaveProperty(['toolyard/limited']);
    expect(await kept()).toEqual([]);
  });

  test('beyond it keeps its ends, says how to read on, and is kept as a whole for its caller', async () => {
    const { answer } = await call(answering(numbered(1_000)));
    const { id } = (await store.list(annKey))[0]!;
    expect(answer.content).toMatchObject([
      {
        text: expect.stringMatching(
          /^line 1\nline 2\n[^]*\[… 7\d{3} characters left out …\]\n[^]*line 1000\n$/,
        ),
      },
      {
        text: `[This result was shortened. The whole (text/plain, 8893 bytes in 1000 lines) can be read with read_output, id "${id}".]`,
      },
      {
        type: 'resource_link',
        uri: `artifact://${id}`,
        name: 'result of tool',
        mimeType: 'text/plain',
        size: 8893,
      },
    ]);
    expect(metaOf(answer)).toMatchObject({ 'toolyard/limited': { artifacts: [`artifact://${id}`] } });
    expect(await kept()).toEqual([numbered(1_000)]);
    expect(answer.isError).toBe(undefined);
  });

  test('of small blocks stays whole beside large ones; pictures stay as they are', async () => {
    const picture = image('A'.repeat(5_000), 'image/png');
    const large = embeddedResource({ uri: 'x://y', mimeType: 'text/plain', text: 'r'.repeat(3_000) });
    const { answer } = await call(answering([text('small'), picture, text('x'.repeat(3_000)), large]));
    expect(answer.content.slice(0, 2)).toEqual([text('small'), picture]);
    const [long, resource] = answer.content.slice(2) as unknown as [
      { text: string },
      { resource: { text: string } },
    ];
    for (const shown of [long.text, resource.resource.text]) {
      expect(shown.length).toBeGreaterThan(450);
      expect(shown.length).toBeLessThan(550);
    }
    expect(await kept()).toEqual([['small', 'x'.repeat(3_000), 'r'.repeat(3_000)].join('\n')]);
  });

  test('of a failure is shortened too, and stays a failure', async () => {
    const { answer } = await call(answering(result({ content: [text('x'.repeat(5_000))], isError: true })));
    expect(answer.isError).toBe(true);
    expect(lengthOf(answer)).toBeLessThan(1_300);
  });
});

describe('structured content', () => {
  const item = z.object({ id: z.string(), size: z.number() });
  const list = defineTool({
    name: 'tool',
    output: z.object({ total: z.number(), items: z.array(item) }),
    run: () => ({
      total: 500,
      items: Array.from({ length: 500 }, (_, index) => ({ id: `item ${index}`, size: index })),
    }),
  });

  test.each(eras)('with long lists is cut and stays valid, for a client of the %s era', async (era) => {
    const { answer } = await call(list, {}, { era });
    const { total, items } = answer.structuredContent;
    expect(total).toBe(500);
    expect(items.length).toBeGreaterThan(5);
    expect(items[0]).toEqual({ id: 'item 0', size: 0 });
    expect(JSON.stringify(answer.structuredContent).length).toBeLessThanOrEqual(1_000);
    expect(answer.content[0]).toEqual(text(JSON.stringify(answer.structuredContent)));
    expect(metaOf(answer)).toMatchObject({ 'toolyard/limited': { cuts: ['/items'], cutCount: 1 } });
    const [whole] = await kept();
    expect(JSON.parse(whole!).items).toHaveLength(500);
  });

  test('with long strings keeps their start, and what the schema wants as it is', async () => {
    const tool = defineTool({
      name: 'tool',
      output: z.object({
        log: z.string(),
        token: z.string().length(300),
        pair: z.array(z.string()).length(2),
      }),
      run: () => ({ log: 'l'.repeat(9_000), token: 't'.repeat(300), pair: ['a', 'b'] }),
    });
    const { answer } = await call(tool);
    const { log, token, pair } = answer.structuredContent;
    expect(log).toMatch(/^l{50,}… \[\d+ more characters\]$/);
    expect([token, pair]).toEqual(['t'.repeat(300), ['a', 'b']]);
    expect(metaOf(answer)).toMatchObject({ 'toolyard/limited': { cuts: ['/log'] } });
  });

  test('that no smaller value fits is refused, with the word that the work was done', async () => {
    const tool = defineTool({
      name: 'tool',
      output: z.object({ digest: z.string().length(5_000) }),
      run: () => ({ digest: 'd'.repeat(5_000) }),
    });
    const { answer } = await call(tool);
    expect(answer.isError).toBe(true);
    expect(answer.structuredContent).toBe(undefined);
    expect(metaOf(answer)).toMatchObject({ 'toolyard/error': { code: 'RESULT_TOO_LARGE' } });
    expect(JSON.stringify(answer.content)).toContain(
      'The tool has done its work; do not call it again for this.',
    );
    expect(lengthOf(answer)).toBeLessThan(1_400);
    expect(JSON.parse((await kept())[0]!)).toEqual({ digest: 'd'.repeat(5_000) });
  });

  test('without a schema is cut like any other, and left out where nothing can be cut', async () => {
    const { answer } = await call(answering({ lines: numbered(1_000).split('\n') }));
    expect(answer.structuredContent.lines[0]).toBe('line 1');
    expect(JSON.stringify(answer.structuredContent).length).toBeLessThanOrEqual(1_000);

    const deep = Array.from({ length: 900 }).reduce<unknown>((inner) => ({ a: inner }), 'x');
    const second = await call(answering(deep));
    expect(second.answer.structuredContent).toBe(undefined);
    expect(second.answer.isError).toBe(undefined);
    expect(metaOf(second.answer)).toMatchObject({ 'toolyard/limited': { leftOut: 'structuredContent' } });
  });

  test('beside text of its own keeps both, each as an artifact', async () => {
    const both = result({
      content: [text('t'.repeat(3_000))],
      structuredContent: { log: 's'.repeat(3_000) },
    });
    const { answer } = await call(answering(both));
    expect((await kept()).map((whole) => whole.length)).toEqual([
      JSON.stringify({ log: 's'.repeat(3_000) }, undefined, 2).length,
      3_000,
    ]);
    expect(answer.content.map(({ type }) => type)).toEqual([
      'text',
      'text',
      'resource_link',
      'resource_link',
    ]);
  });

  test('of a schema that changes values cannot be checked, so it is refused, never sent unchecked', async () => {
    const output = z.object({
      log: z
        .string()
        .transform((log) => log.length)
        .pipe(z.number()),
      rest: z.string(),
    });
    const tool = defineTool({ name: 'tool', output, run: () => ({ log: 'abc', rest: 'r'.repeat(5_000) }) });
    const { answer } = await call(tool);
    expect(answer.isError).toBe(true);
    expect(metaOf(answer)).toMatchObject({ 'toolyard/error': { code: 'RESULT_TOO_LARGE' } });
  });
});

describe('calls', () => {
  test('of the tool that reads on, and those of the app itself, are left alone', async () => {
    const long = 'x'.repeat(5_000);
    const tool = answering(long);
    const named = await call(tool, { readTool: 'tool' });
    expect(named.answer.content).toEqual([text(long)]);
    const app = testApp()
      .use('tools/call', limitResult({ store, maxChars: 1_000 }))
      .add(tool);
    expect(await app.call('tool')).toBe(long);
    expect(await kept()).toEqual([]);
  });

  test('can be chosen', async () => {
    const { answer } = await call(answering('x'.repeat(5_000)), {
      when: ({ tool }) => tool?.name !== 'tool',
    });
    expect(lengthOf(answer)).toBe(5_000);
  });

  test('are answered where the store has no room, which is said and logged', async () => {
    const full = fileArtifactStore({ directory: join(directory, 'full'), maxBytes: 10 });
    const { answer, logger } = await call(answering('x'.repeat(5_000)), { store: full });
    expect(answer.content.map(({ type }) => type)).toEqual(['text', 'text']);
    expect(JSON.stringify(answer.content)).toContain('The rest could not be kept: ask for less at a time.');
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'The whole of a long result could not be kept.' }),
    );
    expect(await full.list(annKey)).toEqual([]);
    await full.close();
  });

  test('read on with the tool that the result names', async () => {
    const app = testApp()
      .install(artifacts, { store })
      .use('tools/call', limitResult({ store, maxChars: 1_000 }))
      .add(answering(numbered(1_000)));
    const client = createTestClient(app, { as: ann, transportName: 'http' });
    const first = JSON.stringify(await client.call('tool', {}));
    const id = /read_output, id \\+"(\w+)\\+"/.exec(first)![1]!;
    const { content } = await client.call('read_output', { id, fromLine: 500, lines: 1 });
    expect(content).toMatchObject([{ text: expect.stringMatching(/\nline 500\n$/) }]);
    expect((await client.read(`artifact://${id}`)).contents).toMatchObject([{ text: numbered(1_000) }]);
  });

  test('are kept masked where redact is inside', async () => {
    const secret = 'hunter2-hunter2';
    const app = testApp()
      .use('tools/call', limitResult({ store, maxChars: 1_000 }))
      .use(redact({ secrets: [secret] }))
      .add(answering(`${secret} ${'x'.repeat(5_000)}`));
    await createTestClient(app, { as: ann, transportName: 'http' }).call('tool', {});
    expect((await kept())[0]).toMatch(/^\[redacted\] x/);
  });
});

test('what is cut is always valid, within the budget, and named', async () => {
  const schema = z.object({
    name: z.string().max(400),
    kind: z.enum(['a-long-word-that-is-one-of-the-words-that-may-stand-here', 'other']),
    notes: z.array(z.string()).min(2),
    map: z.record(z.string(), z.object({ text: z.string(), tags: z.array(z.string()).max(60) })),
  });
  const arbitrary = fc.record({
    name: fc.string({ maxLength: 400 }),
    kind: fc.constantFrom('a-long-word-that-is-one-of-the-words-that-may-stand-here', 'other'),
    notes: fc.array(fc.string({ maxLength: 3_000, unit: 'grapheme' }), { minLength: 2, maxLength: 200 }),
    map: fc.dictionary(
      fc.string({ maxLength: 20 }),
      fc.record({ text: fc.string({ maxLength: 500 }), tags: fc.array(fc.string(), { maxLength: 60 }) }),
    ),
  });
  const check = async (value: unknown) =>
    (schema.safeParse(value).error?.issues ?? []).map(({ path }) => path.map(String));
  await fc.assert(
    fc.asyncProperty(arbitrary, async (value) => {
      const smaller = await shortenValue(value, 20_000, check);
      expect(schema.safeParse(smaller!.value).success).toBe(true);
      expect(JSON.stringify(smaller!.value).length).toBeLessThanOrEqual(20_000);
      expect(smaller!.cuts.length > 0).toBe(JSON.stringify(smaller!.value) !== JSON.stringify(value));
      expect(JSON.stringify(smaller!.value).isWellFormed()).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('refuses a budget that is none', () => {
  expect(() => limitResult({ store, maxChars: 0 })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION' }),
  );
});
