import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, jsonSchema, type JsonObject, type Schema } from '../../src/index.ts';
import { testApp } from '../helpers.ts';

function check(value: unknown) {
  const { n } = value as { n: unknown };
  if (typeof n === 'number' && n % 2 === 0) return { value: { n, half: n / 2 } };
  return { issues: [{ message: 'must be even', path: [{ key: 'n' }] }] };
}

/** A Standard Schema written by hand, as other libraries bring one. `async`: its check gives a promise. */
function evenNumber({ async = false } = {}): Schema<{ n: number }, { n: number; half: number }> {
  const json = { type: 'object', properties: { n: { type: 'number', multipleOf: 2 } }, required: ['n'] };
  return {
    '~standard': {
      version: 1,
      vendor: 'handmade',
      validate: (value) => (async ? Promise.resolve(check(value)) : check(value)),
      jsonSchema: { input: () => json, output: () => json },
    },
  };
}

async function inputSchemaOf(input: Schema<any, any>): Promise<JsonObject | undefined> {
  const [tool] = await testApp()
    .add(defineTool({ name: 'tool', input, run: () => undefined }))
    .list('tools');
  return tool?.inputSchema;
}

describe('zod', () => {
  const input = z.object({
    path: z.string().default('/').describe('Where to look'),
    depth: z.number().int().min(1).optional(),
  });

  test('is listed as JSON Schema of what callers write', async () => {
    expect(await inputSchemaOf(input)).toMatchObject({
      type: 'object',
      properties: {
        path: { type: 'string', default: '/', description: 'Where to look' },
        depth: { type: 'integer', minimum: 1 },
      },
    });
  });

  test('fills defaults and transforms before the handler runs', async () => {
    const seen: unknown[] = [];
    const trimmed = defineTool({
      name: 'trimmed',
      input: input.extend({ name: z.string().trim() }),
      run: (args) => void seen.push(args),
    });
    await testApp().add(trimmed).call(trimmed, { name: ' x ' });
    expect(seen).toEqual([{ path: '/', name: 'x' }]);
  });

  test('checks asynchronously where the schema does', async () => {
    const known = defineTool({
      name: 'known',
      input: z.object({ id: z.string().refine(async (id) => id === 'a', 'not known') }),
      run: ({ id }) => id,
    });
    const app = testApp().add(known);
    expect(await app.call(known, { id: 'a' })).toBe('a');
    await expect(app.call(known, { id: 'b' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
      message: expect.stringContaining('id: not known'),
    });
  });

  test('a type that JSON Schema has no word for is refused when the tool is added', () => {
    const tool = defineTool({ name: 'when', input: z.object({ at: z.date() }), run: () => undefined });
    expect(() => testApp().add(tool)).toThrow(
      expect.objectContaining({
        code: 'SCHEMA_WITHOUT_JSON',
        message: expect.stringContaining('Tool "when"'),
      }),
    );
  });

  test('of another form than an object is refused as input', () => {
    const tool = defineTool({ name: 'list', input: z.array(z.string()), run: () => undefined });
    expect(() => testApp().add(tool)).toThrow(expect.objectContaining({ code: 'INPUT_NOT_OBJECT' }));
  });
});

describe('jsonSchema', () => {
  const schema = {
    type: 'object',
    properties: {
      host: { type: 'string' },
      ports: { type: 'array', items: { type: 'integer', minimum: 1 } },
    },
    required: ['host'],
    additionalProperties: false,
  };
  const scan = defineTool({
    name: 'scan',
    input: jsonSchema<{ host: string; ports?: number[] }>(schema),
    run: ({ host }) => host,
  });

  test('is listed exactly as written', async () => {
    expect(await inputSchemaOf(jsonSchema(schema))).toEqual(schema);
  });

  test('says which field does not fit, and why', async () => {
    const app = testApp().add(scan);
    expect(await app.call(scan, { host: 'a', ports: [80] })).toBe('a');
    const failure = app.call('scan', { ports: [80, 0] });
    await expect(failure).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
      data: {
        issues: expect.arrayContaining([
          { path: '', message: expect.stringContaining('host') },
          { path: 'ports.1', message: expect.any(String) },
        ]),
      },
    });
    await expect(app.call('scan', { host: 'a', 'x/y~z': 1 })).rejects.toMatchObject({
      data: { issues: [{ path: expect.stringContaining('x/y~z'), message: expect.any(String) }] },
    });
  });

  test('names the branch that failed, not only that none of them fits', async () => {
    const either = defineTool({
      name: 'either',
      input: jsonSchema({
        type: 'object',
        properties: { id: { anyOf: [{ type: 'string' }, { type: 'integer' }] } },
      }),
      run: () => undefined,
    });
    await expect(testApp().add(either).call('either', { id: true })).rejects.toMatchObject({
      message: expect.stringMatching(/id: /),
    });
  });

  test('follows references inside itself', async () => {
    const tree = defineTool({
      name: 'tree',
      input: jsonSchema({
        type: 'object',
        properties: { root: { $ref: '#/$defs/node' } },
        $defs: {
          node: { type: 'object', properties: { left: { $ref: '#/$defs/node' }, value: { type: 'number' } } },
        },
      }),
      run: () => 'fits',
    });
    const app = testApp().add(tree);
    expect(await app.call(tree, { root: { left: { value: 1 } } })).toBe('fits');
    await expect(app.call(tree, { root: { left: { value: 'one' } } })).rejects.toMatchObject({
      data: { issues: expect.arrayContaining([expect.objectContaining({ path: 'root.left.value' })]) },
    });
  });

  test('takes a schema that is frozen', async () => {
    const frozen = Object.freeze({
      type: 'object',
      properties: Object.freeze({ a: Object.freeze({ $ref: '#/$defs/a' }) }),
      $defs: Object.freeze({ a: Object.freeze({ type: 'string' }) }),
    });
    expect(await inputSchemaOf(jsonSchema(frozen))).toEqual(frozen);
  });

  test('a reference to nowhere is refused where it is written', () => {
    expect(() => jsonSchema({ type: 'object', properties: { a: { $ref: '#/$defs/missing' } } })).toThrow(
      expect.objectContaining({
        code: 'INVALID_JSON_SCHEMA',
        message: expect.stringContaining('#/$defs/missing'),
      }),
    );
  });
});

describe('a Standard Schema of another library', () => {
  test.each([{ async: false }, { async: true }])(
    'checks and transforms (async: $async)',
    async ({ async }) => {
      const halve = defineTool({ name: 'halve', input: evenNumber({ async }), run: ({ half }) => half });
      const app = testApp().add(halve);
      expect(await app.call(halve, { n: 4 })).toBe(2);
      await expect(app.call(halve, { n: 3 })).rejects.toMatchObject({
        message: 'Invalid arguments for halve: n: must be even',
      });
    },
  );

  test('may give a promise of its own kind', async () => {
    const { validate, ...standard } = evenNumber()['~standard'];
    const lazy = {
      '~standard': { ...standard, validate: (value: unknown) => thenable(() => validate(value)) },
    };
    const halve = defineTool({
      name: 'halve',
      input: lazy as unknown as ReturnType<typeof evenNumber>,
      run: ({ half }) => half,
    });
    const app = testApp().add(halve);
    expect(await app.call(halve, { n: 4 })).toBe(2);
    await expect(app.call(halve, { n: 3 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
  });

  test('needs JSON Schema, and the error says what helps', () => {
    const { jsonSchema: _json, ...standard } = evenNumber()['~standard'];
    const bare = { '~standard': standard } as unknown as Schema<{ n: number }>;
    const tool = defineTool({ name: 'bare', input: bare, run: () => undefined });
    expect(() => testApp().add(tool)).toThrow(
      expect.objectContaining({
        code: 'SCHEMA_WITHOUT_JSON',
        message:
          'Tool "bare": the handmade schema gives no JSON Schema. Use zod 4.2 or newer, or jsonSchema({ … }).',
      }),
    );
  });
});

test('what is refused leaves the app as it was', async () => {
  const app = testApp();
  const broken = defineTool({ name: 'broken', input: z.object({ at: z.date() }), run: () => undefined });
  expect(() => app.add(broken)).toThrow('Tool "broken"');
  expect(await app.list('tools')).toEqual([]);
  app.add(defineTool({ name: 'broken', run: () => 'mended' }));
  expect(await app.call('broken')).toBe('mended');
});

/** A promise that is none: what query builders and other realms hand out. */
function thenable<T>(give: () => T | Promise<T>): PromiseLike<T> {
  // oxlint-disable-next-line unicorn/no-thenable -- which is the point
  return { then: (onValue, onError) => Promise.resolve(give()).then(onValue, onError) };
}
