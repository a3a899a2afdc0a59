import { createApp, defineTool, jsonSchema } from '@toolyard/core';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { embedSchema } from '../../src/rest/openapi/embed-schema.ts';
import { exampleOf } from '../../src/rest/openapi/example.ts';
import type { RestOptions } from '../../src/rest.ts';
import { read, restApp, serveRest } from './rest-server.ts';

async function documentOf(app = restApp(), options: RestOptions = {}, headers: Record<string, string> = {}) {
  const { url } = await serveRest(app, options);
  const [status, document] = await read(fetch(`${url}${options.path ?? ''}/openapi.json`, { headers }));
  expect(status).toBe(200);
  return document;
}

/** What is wrong with a document, by the published schema of OpenAPI and by its own references. */
async function faultsOf(document: Record<string, unknown>): Promise<unknown> {
  const { errors = [] } = await new Validator().validate(structuredClone(document));
  return errors;
}

/** Paths of the tools in a document. */
function toolsIn(document: { paths: object }): string[] {
  return Object.keys(document.paths).filter((path) => /^\/tools\/\w+$/.test(path));
}

function json(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: 'input' });
}

/** A tool whose schemas point at themselves. */
const tree = defineTool({
  name: 'tree',
  input: jsonSchema({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      root: { $ref: '#/$defs/node' },
      self: { $ref: '#' },
      note: { type: 'string', default: '$ref: #/not/a/reference' },
    },
    required: ['root'],
    $defs: {
      node: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          children: { type: 'array', items: { $ref: '#/$defs/node' } },
        },
        required: ['name'],
      },
    },
  }),
  run: () => 'done',
});

describe('the document', () => {
  test('is OpenAPI 3.1, by its published schema', async () => {
    const app = restApp({ title: 'Shop', description: 'What it sells.' }).add(tree);
    const document = await documentOf(app, { auth: () => ({ id: 'ada', scopes: '*', roles: ['admin'] }) });
    expect(await faultsOf(document)).toEqual([]);
    expect(document.openapi).toBe('3.1.1');
    expect(document.info).toEqual({ title: 'Shop', version: '1.2.3', description: 'What it sells.' });
  });

  test('is one also without any tools', async () => {
    expect(await faultsOf(await documentOf(createApp({ name: 'empty', version: '0.0.1' })))).toEqual([]);
  });

  test('would be refused by the test, were it none', async () => {
    const document = await documentOf();
    document.paths['/tools/add'].post.responses = 'none';
    expect(await faultsOf(document)).not.toEqual([]);
    const lost = await documentOf();
    delete lost.components.schemas['add.input'];
    expect(await faultsOf(lost)).toContain('#/components/schemas/add.input');
  });

  test('describes each tool: schemas, examples, failures, hints', async () => {
    const document = await documentOf();
    const { post } = document.paths['/tools/add'];
    expect(post).toMatchObject({
      operationId: 'add',
      summary: 'Add two numbers',
      description: 'Adds two numbers.',
      tags: ['math'],
      'x-mcp-annotations': { readOnlyHint: true, idempotentHint: true },
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { $ref: '#/components/schemas/add.input' }, example: { a: 1, b: 1 } },
        },
      },
    });
    expect(post.responses['200'].content['application/json']).toEqual({
      schema: { $ref: '#/components/schemas/add.output' },
      example: { sum: 1 },
    });
    expect(Object.keys(post.responses)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '409',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
      '504',
    ]);
    expect(document.components.schemas['add.input'].properties.a).toEqual({
      type: 'number',
      description: 'The first',
    });
    expect(document.paths['/tools/full'].post.responses['422'].description).toContain(
      '`DISK_FULL`: No space is left. (may succeed later)',
    );
    expect(document.tags).toEqual([{ name: 'math' }]);
  });

  test('holds what the caller may see', async () => {
    const options: RestOptions = {
      auth: (request) => ({ id: 'ada', scopes: request.header('x-scopes')?.split(' ') ?? [] }),
    };
    const app = restApp();
    const little = toolsIn(await documentOf(app, options));
    const more = toolsIn(await documentOf(app, options, { 'x-scopes': 'read admin' }));
    expect(more.filter((path) => !little.includes(path))).toEqual(['/tools/secret']);
    expect(little).not.toContain('/tools/hidden');
  });

  test('changes with the tools', async () => {
    const app = restApp();
    const { url } = await serveRest(app);
    const has = async () => '/tools/tree' in (await read(fetch(`${url}/openapi.json`)))[1].paths;
    expect(await has()).toBe(false);
    app.add(tree);
    expect(await has()).toBe(true);
    app.disable(tree);
    expect(await has()).toBe(false);
  });

  test('holds tools of all pages, and of mounted apps', async () => {
    const app = createApp({ name: 'outer', version: '1.0.0', pageSize: 2 }).mount('shop', restApp());
    const document = await documentOf(app);
    expect(Object.keys(document.paths)).toContain('/tools/shop_steps');
    expect(await faultsOf(document)).toEqual([]);
  });

  test('says where it is served and who may call', async () => {
    const plain = await documentOf(restApp(), { path: '/api' });
    expect([plain.servers, plain.security, plain.components.securitySchemes]).toEqual([
      [{ url: '/api' }],
      undefined,
      undefined,
    ]);
    const guarded = await documentOf(restApp(), {
      auth: () => ({ id: 'ada', scopes: [] }),
      openapi: { servers: ['https://tools.example/api'], title: 'T', description: 'D' },
    });
    expect(guarded.servers).toEqual([{ url: 'https://tools.example/api' }]);
    expect(guarded.security).toEqual([{ bearer: [] }]);
    expect(guarded.components.securitySchemes).toEqual({ bearer: { type: 'http', scheme: 'bearer' } });
    expect(guarded.info).toMatchObject({ title: 'T', description: 'D' });
    const keyed = await documentOf(restApp(), {
      openapi: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-API-Key' } } },
    });
    expect(keyed.security).toEqual([{ key: [] }]);
    expect(await faultsOf(keyed)).toEqual([]);
  });
});

/** Ten definitions, each of which needs the next one ten times. */
const bomb = {
  $ref: '#/$defs/d0',
  type: 'object',
  $defs: Object.fromEntries(
    Array.from({ length: 10 }, (_, level) => {
      const names = Array.from({ length: 10 }, (_each, index) => `p${index}`);
      const next = level === 9 ? { type: 'string' } : { $ref: `#/$defs/d${level + 1}` };
      const properties = Object.fromEntries(names.map((name) => [name, next]));
      return [`d${level}`, { type: 'object', required: names, properties }];
    }),
  ),
};

describe('a schema inside the document', () => {
  test('has its references moved, and its data left alone', () => {
    const schema = {
      $id: 'https://example.com/tree',
      type: 'object',
      properties: {
        $ref: { type: 'string' },
        default: { $ref: '#/$defs/a' },
        whole: { $ref: 'https://example.com/tree#' },
        part: { $ref: 'https://example.com/tree#/$defs/a' },
        elsewhere: { $ref: 'https://example.com/other' },
        data: { default: { $ref: '#/$defs/a' }, enum: [{ $ref: '#' }] },
      },
      $defs: { a: { anyOf: [{ $ref: '#' }, { not: { $ref: '#/$defs/a' } }] } },
      additionalProperties: { $ref: '#/$defs/a' },
    };
    expect(embedSchema(schema, '#/s')).toEqual({
      type: 'object',
      properties: {
        $ref: { type: 'string' },
        default: { $ref: '#/s/$defs/a' },
        whole: { $ref: '#/s' },
        part: { $ref: '#/s/$defs/a' },
        elsewhere: { $ref: 'https://example.com/other' },
        data: { default: { $ref: '#/$defs/a' }, enum: [{ $ref: '#' }] },
      },
      $defs: { a: { anyOf: [{ $ref: '#/s' }, { not: { $ref: '#/s/$defs/a' } }] } },
      additionalProperties: { $ref: '#/s/$defs/a' },
    });
  });
});

describe('an example', () => {
  test.each<[string, Record<string, unknown>, unknown]>([
    ['required fields alone', json(z.object({ a: z.string(), b: z.string().optional() })), { a: 'text' }],
    ['defaults', json(z.object({ a: z.number().default(7) })), { a: 7 }],
    [
      'examples of the author',
      { type: 'object', examples: [{ a: 1 }], properties: { a: { type: 'number' } } },
      { a: 1 },
    ],
    ['choices', json(z.object({ a: z.enum(['red', 'blue']) })), { a: 'red' }],
    ['constants', json(z.object({ kind: z.literal('circle') })), { kind: 'circle' }],
    [
      'least numbers',
      json(z.object({ a: z.number().min(5), b: z.int().gt(9), c: z.number().max(-3) })),
      { a: 5, b: 10, c: -3 },
    ],
    ['multiples', json(z.object({ a: z.number().multipleOf(5).min(12) })), { a: 15 }],
    [
      'lengths',
      json(z.object({ a: z.string().min(6), b: z.string().max(2) })),
      { a: 'texttext'.slice(0, 6), b: 'te' },
    ],
    [
      'formats',
      json(z.object({ at: z.iso.datetime(), id: z.uuid(), mail: z.email() })),
      {
        at: '2026-01-31T12:00:00Z',
        id: '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
        mail: 'ada@example.com',
      },
    ],
    [
      'lists',
      json(z.object({ a: z.array(z.boolean()), b: z.array(z.string()).min(2) })),
      { a: [true], b: ['text', 'text'] },
    ],
    ['tuples', json(z.object({ a: z.tuple([z.string(), z.number()]) })), { a: ['text', 1] }],
    ['unions', json(z.object({ a: z.union([z.null(), z.string()]) })), { a: 'text' }],
    [
      'alternatives',
      json(
        z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('a'), x: z.number() }),
          z.object({ kind: z.literal('b') }),
        ]),
      ),
      { kind: 'a', x: 1 },
    ],
    [
      'intersections',
      json(z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() }))),
      { a: 'text', b: 1 },
    ],
    ['records', json(z.object({ a: z.record(z.string(), z.number()) })), { a: {} }],
    ['patterns it can meet', json(z.object({ a: z.string().regex(/^\d+$/) })), { a: '1' }],
  ])('has %s', (_what, schema, example) => {
    expect(exampleOf(schema)).toEqual(example);
  });

  test.each<[string, Record<string, unknown>]>([
    ['more parts than anybody reads', bomb],
    [
      'a pattern that takes for ever',
      json(
        z.object({
          a: z
            .string()
            .min(60)
            .regex(/^(a+)+b$/),
        }),
      ),
    ],
    [
      'a pattern that takes long',
      json(
        z.object({
          a: z
            .string()
            .min(60)
            .regex(/^a*a*a*a*a*b$/),
        }),
      ),
    ],
    ['a pattern nobody guesses', json(z.object({ a: z.string().regex(/^xq{7}z$/) }))],
    [
      'more different items than are tried',
      {
        type: 'object',
        required: ['a'],
        properties: {
          a: { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2, uniqueItems: true },
        },
      },
    ],
    [
      'a default that does not fit',
      { type: 'object', required: ['a'], properties: { a: { type: 'string', default: 7 } } },
    ],
    ['no end', { type: 'object', required: ['a'], properties: { a: { $ref: '#' } } }],
    [
      'a reference that leads nowhere',
      { type: 'object', required: ['a'], properties: { a: { $ref: '#/nothing' } } },
    ],
    [
      'a reference that leads elsewhere',
      { type: 'object', required: ['a'], properties: { a: { $ref: 'https://example.com/a' } } },
    ],
  ])('is left out where none is found that fits: %s', (_what, schema) => {
    expect(exampleOf(schema)).toBeUndefined();
  });

  test('of a schema that points at itself ends where it may', () => {
    expect(exampleOf(tree.input!['~standard'].jsonSchema.input({ target: 'draft-2020-12' }))).toMatchObject({
      root: { name: 'text' },
    });
  });

  test('of each tool is accepted by that tool', async () => {
    const app = restApp().add(tree);
    const { url } = await serveRest(app);
    const [, document] = await read(fetch(`${url}/openapi.json`));
    const paths = Object.entries<any>(document.paths).filter(([path]) => /^\/tools\/\w+$/.test(path));
    expect(paths.length).toBeGreaterThan(5);
    for (const [path, { post }] of paths) {
      const { example } = post.requestBody.content['application/json'];
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(example),
      });
      expect([path, response.status]).not.toEqual([path, 400]);
    }
  });
});
