import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, jsonSchema, type JsonObject } from '../../src/index.ts';
import { testApp } from '../helpers.ts';

const marked = { type: 'string', 'x-mcp-header': 'Region' };

function adding(properties: JsonObject, more: JsonObject = {}): () => unknown {
  const input = jsonSchema({ type: 'object', properties, ...more });
  return () => testApp().add(defineTool({ name: 'deploy', input, run: () => undefined }));
}

const refused = expect.objectContaining({ code: 'INVALID_HEADER_PARAMETER' });

describe('headers of a tool', () => {
  const input = z.object({
    region: z.string(),
    filter: z.object({ tenant: z.string(), deep: z.boolean() }),
    size: z.number().int(),
  });

  test('become x-mcp-header on the properties they name, at any depth', async () => {
    const headers = { region: 'Region', 'filter.tenant': 'Tenant', size: 'Size' };
    const deploy = defineTool({ name: 'deploy', input, headers, run: () => undefined });
    const [tool] = await testApp().add(deploy).list('tools');
    expect(tool?.inputSchema).toMatchObject({
      properties: {
        region: { type: 'string', 'x-mcp-header': 'Region' },
        size: { 'x-mcp-header': 'Size' },
        filter: {
          properties: {
            tenant: { 'x-mcp-header': 'Tenant' },
            deep: expect.not.objectContaining({ 'x-mcp-header': expect.anything() }),
          },
        },
      },
    });
  });

  test('leave the schema they came with alone', async () => {
    const schema = { type: 'object', properties: { region: { type: 'string' } } };
    const plain = jsonSchema(schema);
    testApp().add(
      defineTool({ name: 'deploy', input: plain, headers: { region: 'Region' }, run: () => undefined }),
    );
    expect(schema).toEqual({ type: 'object', properties: { region: { type: 'string' } } });
  });

  test.each(['nowhere', 'filter.nowhere', 'region.length', '__proto__', 'constructor', ''])(
    'cannot name %j, which the input does not have',
    (path) => {
      const deploy = defineTool({ name: 'deploy', input, headers: { [path]: 'X' }, run: () => undefined });
      expect(() => testApp().add(deploy)).toThrow(refused);
    },
  );

  test('cannot be taken twice, in whatever case', () => {
    const deploy = defineTool({
      name: 'deploy',
      input,
      headers: { region: 'Where', 'filter.tenant': 'where' },
      run: () => undefined,
    });
    expect(() => testApp().add(deploy)).toThrow(refused);
  });

  test('need an input', () => {
    expect(() =>
      testApp().add(defineTool({ name: 'deploy', headers: { region: 'Region' }, run: () => undefined })),
    ).toThrow(refused);
  });
});

describe('x-mcp-header in a schema', () => {
  test('may stand on strings, integers and booleans, reached through properties alone', () => {
    const accepted = adding({
      region: marked,
      dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
      filter: { type: 'object', properties: { size: { type: 'integer', 'x-mcp-header': 'Size' } } },
    });
    expect(accepted).not.toThrow();
  });

  test('a property that happens to be called like a keyword is a property', () => {
    expect(
      adding({
        items: marked,
        oneOf: { type: 'object', properties: { not: { ...marked, 'x-mcp-header': 'Not' } } },
      }),
    ).not.toThrow();
  });

  test.each(['number', 'object', 'array', 'null', undefined, ['string', 'null']])(
    'not on type %j',
    (type) => {
      expect(adding({ region: { ...(type !== undefined && { type }), 'x-mcp-header': 'Region' } })).toThrow(
        refused,
      );
    },
  );

  test.each(['', 'two words', 'a:b', 'a\r\nb', 'größe', 7, null])('not with the name %j', (name) => {
    expect(adding({ region: { type: 'string', 'x-mcp-header': name } })).toThrow(refused);
  });

  test('not on the input as a whole', () => {
    expect(adding({}, { 'x-mcp-header': 'All' })).toThrow(refused);
  });

  const below = { type: 'object', properties: { region: marked } };
  test.each<[string, JsonObject]>([
    ['items', { items: below }],
    ['prefixItems', { prefixItems: [below] }],
    ['contains', { contains: marked }],
    ['additionalProperties', { additionalProperties: marked }],
    ['unevaluatedProperties', { unevaluatedProperties: marked }],
    ['unevaluatedItems', { unevaluatedItems: marked }],
    ['patternProperties', { patternProperties: { '^a': marked } }],
    ['propertyNames', { propertyNames: marked }],
    ['dependentSchemas', { dependentSchemas: { a: below } }],
    ['oneOf', { oneOf: [below] }],
    ['anyOf', { anyOf: [below] }],
    ['allOf', { allOf: [below] }],
    ['not', { not: below }],
    ['if', { if: below }],
    ['then', JSON.parse(JSON.stringify({ then_: below }).replace('then_', 'then'))],
    ['else', { else: below }],
    ['$defs', { $defs: { region: marked } }],
    ['definitions', { definitions: { region: marked } }],
  ])('not under %s', (_keyword, schema) => {
    expect(adding({ place: { type: 'object', ...schema } }), 'inside a property').toThrow(refused);
    expect(adding({}, schema), 'at the root').toThrow(refused);
  });
});
