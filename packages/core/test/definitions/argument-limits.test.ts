// What a client may send for a schema to check, and what it costs to refuse it.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, jsonSchema, type InputLimits, type JsonObject, type Schema } from '../../src/index.ts';
import { extentWithin } from '../../src/registry/argument-limits.ts';
import { compileSchema, validatorOf } from '../../src/registry/schema.ts';
import { createTestClient } from '../../src/testing.ts';
import { testApp } from '../helpers.ts';

const words = z.object({ words: z.array(z.string()) });
const sortWithin = (inputLimits?: InputLimits) =>
  defineTool({ name: 'sort', input: words, inputLimits, run: (args) => args.words.length });
const sort = sortWithin();

/** Counts as the option says it, the slow way. */
function naiveExtent(value: unknown, level = 1): { values: number; containers: number; depth: number } {
  if (typeof value !== 'object' || value === null) return { values: 0, containers: 0, depth: 0 };
  const share = 1 + Math.floor(level / 8);
  const members = Object.values(value);
  const inner = members.map((member) => naiveExtent(member, level + 1));
  return {
    values: members.length * share + inner.reduce((sum, { values }) => sum + values, 0),
    containers: share + inner.reduce((sum, { containers }) => sum + containers, 0),
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
  };
}

/** A value inside that many objects. */
function nested(levels: number, inner: unknown = {}): JsonObject {
  return numbers(levels - 1).reduce<JsonObject>((value) => ({ in: value }), { in: inner });
}

const numbers = (length: number) => Array.from({ length }, (_, index) => index);
const fill = (length: number, item: unknown) => ({ list: Array.from({ length }, () => item) });
const listOf = (item: z.ZodType): z.ZodObject => z.object({ list: z.array(item) });
const many = (last: object) => ({ rows: [...Array.from({ length: 600 }, () => ({ name: ' a ' })), last] });

describe('counting', () => {
  const deep = fc
    .tuple(fc.integer({ min: 1, max: 70 }), fc.jsonValue())
    .map(([levels, value]) => nested(levels, value));

  test('says what a naive count says', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue({ maxDepth: 12 }), deep), (value) => {
        const { values, containers } = naiveExtent(value);
        const unlimited = extentWithin({ maxValues: Infinity, maxDepth: Infinity });
        expect(unlimited(value)).toEqual({ values, containers, excess: undefined });
      }),
    );
  });

  test('refuses exactly what holds more than the limits', () => {
    const limits = fc.record({
      maxValues: fc.integer({ min: 1, max: 60 }),
      maxDepth: fc.integer({ min: 1, max: 12 }),
    });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue({ maxDepth: 8 }), deep), limits, (value, { maxValues, maxDepth }) => {
        const { values, depth } = naiveExtent(value);
        const { excess } = extentWithin({ maxValues, maxDepth })(value);
        expect(excess !== undefined).toBe(values > maxValues || depth > maxDepth);
      }),
    );
  });

  test('takes bytes as one value', () => {
    const { values, excess } = extentWithin()({ file: new Uint8Array(100_000) });
    expect({ values, excess }).toEqual({ values: 1, excess: undefined });
  });

  test.each([{ maxValues: 0 }, { maxValues: Number.NaN }, { maxDepth: -1 }])('%o is no limit', (limits) => {
    expect(() => extentWithin(limits)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});

describe('arguments', () => {
  test('with more than 20,000 values are refused, and the error says where and what helps', async () => {
    const app = testApp().add(sort);
    expect(await app.call(sort, { words: Array.from({ length: 19_999 }, () => 'a') })).toBe(19_999);
    await expect(
      app.call('sort', { words: Array.from({ length: 20_000 }, () => 'a') }),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
      message:
        'Invalid arguments for sort: words: more than 20000 values (elements and properties of all levels) up to here; send less at once',
      data: { issues: [{ path: 'words', message: expect.any(String) }] },
    });
  });

  test('nested deeper than 64 levels are refused', async () => {
    const keep = defineTool({ name: 'keep', input: z.object({ in: z.json() }), run: () => 'kept' });
    const app = testApp().add(keep);
    expect(await app.call('keep', nested(63))).toBe('kept');
    await expect(app.call('keep', nested(64))).rejects.toMatchObject({
      message: expect.stringMatching(
        /^Invalid arguments for keep: in\.in\..*in: nested deeper than 64 levels$/,
      ),
    });
  });

  test('that hold themselves are refused', async () => {
    const loop: Record<string, unknown> = {};
    loop['in'] = loop;
    const keep = defineTool({ name: 'keep', input: z.looseObject({}), run: () => 'kept' });
    await expect(testApp().add(keep).call('keep', loop)).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
  });

  test('have the limits they are compiled with', async () => {
    const { validate } = compileSchema(words, 'input', 'test', { maxValues: 3 });
    expect(await validate({ words: ['a', 'b'] })).toMatchObject({ value: { words: ['a', 'b'] } });
    expect(await validate({ words: ['a', 'b', 'c'] })).toMatchObject({
      issues: [{ path: 'words', message: expect.stringContaining('more than 3 values') }],
    });
  });

  test('what a handler returns has no such limit', async () => {
    const count = defineTool({
      name: 'count',
      output: z.object({ numbers: z.array(z.number()) }),
      run: () => ({ numbers: numbers(30_000) }),
    });
    const result = await testApp().add(count).call(count, {});
    expect(result.numbers).toHaveLength(30_000);
  });

  test('an answer to a question has the limits too', async () => {
    const ask = defineTool({
      name: 'ask',
      run: async (_args, call) => {
        const schema = z.object({ names: z.array(z.enum(['a', 'b'])) });
        return call.requireInput('names', { message: 'Which?', schema });
      },
    });
    const client = createTestClient(testApp().add(ask), {
      era: 'legacy',
      onInput: {
        elicit: () => ({ action: 'accept', content: { names: Array.from({ length: 20_000 }, () => 'a') } }),
      },
    });
    expect(JSON.stringify(await client.call('ask', {}))).toContain('more than 20000 values');
  });
});

describe('a large value', () => {
  const row = z.object({ name: z.string().trim(), size: z.number().default(1) });
  const rows = z.object({ rows: z.array(row) });
  const rowsAsync = z.object({ rows: z.array(row.refine(async ({ name }) => name !== 'taken', 'is taken')) });

  test.each([
    { kind: 'synchronous', schema: rows },
    { kind: 'asynchronous', schema: rowsAsync },
  ])('gets its defaults and transforms ($kind)', async ({ schema }) => {
    expect(await validatorOf(schema)(many({ name: 'b ', size: 2 }))).toMatchObject({
      value: {
        rows: expect.arrayContaining([
          { name: 'a', size: 1 },
          { name: 'b', size: 2 },
        ]),
      },
    });
  });

  test.each([
    { library: 'zod', schema: rows },
    { library: 'jsonSchema', schema: jsonSchema(z.toJSONSchema(rows, { io: 'input' })) },
  ])('is told what is wrong first ($library)', async ({ schema }) => {
    const wrong = { rows: many({}).rows.map((_, index) => ({ name: index < 300 ? 'a' : 7 })) };
    expect(await validatorOf(schema as Schema)(wrong)).toEqual({
      issues: [
        { path: 'rows.300.name', message: expect.stringContaining('string') },
        { path: '', message: 'the rest of so large a value was not checked' },
      ],
    });
  });

  test('is told what an asynchronous check finds', async () => {
    expect(await validatorOf(rowsAsync)(many({ name: 'taken' }))).toMatchObject({
      issues: [{ path: 'rows.600', message: 'is taken' }, {}],
    });
  });

  test('with more wrong than JSON Schema errors fit on the stack is refused', async () => {
    const types = Array.from({ length: 30 }, () => ({ type: 'string' }));
    const schema = jsonSchema({ properties: { list: { type: 'array', items: { anyOf: types } } } });
    expect(await validatorOf(schema)({ list: numbers(11_000) })).toMatchObject({
      issues: expect.arrayContaining([{ path: 'list.0', message: expect.stringContaining('string') }]),
    });
  });

  test('is not repeated in what is said about it', async () => {
    const strict = await validatorOf(z.strictObject({}))(
      Object.fromEntries(numbers(5_000).map((index) => [`key ${index}`, 1])),
    );
    expect(strict.issues).toBeDefined();
    expect(JSON.stringify(strict).length).toBeLessThan(10_000);
    const key = 'k'.repeat(100_000);
    const long = await validatorOf(z.record(z.string(), z.array(z.string())))({ [key]: numbers(32) });
    expect(long.issues).toHaveLength(32);
    expect(JSON.stringify(long).length).toBeLessThan(32_000);
  });
});

describe('refusing costs no more than a few times accepting', () => {
  const fields = z.object(Object.fromEntries(numbers(20).map((index) => [`field${index}`, z.string()])));
  const filled = Object.fromEntries(numbers(20).map((index) => [`field${index}`, 'x']));
  const shapes = ['a', 'b', 'c', 'd', 'e'].map((type) =>
    z.object({ type: z.literal(type), name: z.string(), list: z.array(z.string()) }),
  );
  const shape = { type: 'e', name: 'n', list: [] };
  const tree = z.object({
    name: z.string(),
    get children() {
      return z.array(tree);
    },
  });
  const cases = [
    { what: 'texts', schema: listOf(z.string()), fits: fill(19_900, 'x'), wrong: fill(19_900, 1) },
    {
      what: 'objects without their fields',
      schema: listOf(fields),
      fits: fill(940, filled),
      wrong: fill(19_900, {}),
    },
    { what: 'a union', schema: listOf(z.union(shapes)), fits: fill(4_900, shape), wrong: fill(19_900, {}) },
    {
      what: 'a discriminated union',
      schema: listOf(z.discriminatedUnion('type', [shapes[0]!, ...shapes.slice(1)])),
      fits: fill(4_900, shape),
      wrong: fill(9_900, { type: 'a' }),
    },
    {
      what: 'a tree',
      schema: listOf(tree),
      fits: fill(6_000, { name: 'n', children: [] }),
      wrong: fill(1, nestedTree(20, 950)),
    },
  ];

  test.each(cases)('$what', ({ schema, fits, wrong }) => {
    for (const one of [schema, jsonSchema(z.toJSONSchema(schema))] as Schema[]) {
      const validate = validatorOf(one);
      expect(validate(fits)).not.toHaveProperty('issues');
      expect(validate(wrong)).toHaveProperty('issues');
      expect(cpuOf(() => validate(wrong))).toBeLessThan(5 * cpuOf(() => validate(fits)) + 5_000);
    }
  });

  test('a full body is refused for less than it costs to parse', () => {
    const text = JSON.stringify(fill(1_300_000, {}));
    expect(text.length).toBeGreaterThan(3.5 * 2 ** 20);
    const body: unknown = JSON.parse(text);
    const validate = validatorOf(listOf(fields));
    expect(validate(body)).toHaveProperty('issues');
    expect(cpuOf(() => validate(body))).toBeLessThan(cpuOf(() => JSON.parse(text)));
  });

  test('uniqueItems is not looked at where maxItems refuses already', () => {
    const list = { type: 'array', maxItems: 50 };
    const plain = validatorOf(jsonSchema({ properties: { list } }));
    const unique = validatorOf(jsonSchema({ properties: { list: { ...list, uniqueItems: true } } }));
    const body = { list: numbers(19_000) };
    expect(unique(body)).toEqual(plain(body));
    expect(cpuOf(() => unique(body))).toBeLessThan(20 * cpuOf(() => plain(body)) + 5_000);
    expect(unique({ list: [1, 2, 1] })).toEqual({
      issues: [{ path: 'list', message: expect.stringContaining('Duplicate') }],
    });
  });

  function nestedTree(levels: number, leaves: number): unknown {
    const bottom = Array.from({ length: leaves }, () => ({ name: 1, children: [] }));
    return numbers(levels).reduce<unknown>((child) => ({ name: 'n', children: [child] }), {
      name: 'n',
      children: bottom,
    });
  }
});

/** CPU microseconds: the least of five, as the others had something else in them. */
function cpuOf(work: () => unknown): number {
  const costs = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...costs);
}

const send = (app: ReturnType<typeof testApp>, count: number) =>
  app.call('sort', { words: Array.from({ length: count }, () => 'a') });

describe('the limits of an app', () => {
  test('hold for each of its tools', async () => {
    const app = testApp({ inputLimits: { maxValues: 10 } }).add(sort);
    expect(await send(app, 9)).toBe(9);
    await expect(send(app, 10)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
      message: expect.stringContaining('words: more than 10 values'),
    });
  });

  test('give way to those of a tool', async () => {
    const large = sortWithin({ maxValues: 100 });
    const app = testApp({ inputLimits: { maxValues: 10, maxDepth: 1 } }).add(large);
    await expect(send(app, 50)).rejects.toThrow('nested deeper than 1 levels');
    const roomy = testApp({ inputLimits: { maxValues: 10 } }).add(large);
    expect(await send(roomy, 99)).toBe(99);
  });

  test('have to be above 0', () => {
    expect(() => testApp({ inputLimits: { maxDepth: 0 } })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
    expect(() => testApp().add(sortWithin({ maxValues: -1 }))).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });
});
