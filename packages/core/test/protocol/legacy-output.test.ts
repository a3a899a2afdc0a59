import { describe, expect, test } from 'vitest';
import { projectLegacy, type JsonObject } from '../../src/protocol.ts';

/** What a 2025-11-25 client is told of an output schema. */
function announced(outputSchema: JsonObject): unknown {
  const { tools } = projectLegacy(
    'tools/list',
    { tools: [{ name: 'a', inputSchema: {}, outputSchema }] },
    '2025-11-25',
  );
  return (tools as { outputSchema: unknown }[])[0]?.outputSchema;
}

const wrapped = (result: unknown, more = {}) => ({
  ...more,
  type: 'object',
  properties: { result },
  required: ['result'],
});

describe('an output schema that is no object, for a 2025 client', () => {
  test('becomes the property of one; its dialect stays at the top', () => {
    expect(
      announced({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'array',
        items: { type: 'number' },
      }),
    ).toEqual(
      wrapped(
        { type: 'array', items: { type: 'number' } },
        { $schema: 'https://json-schema.org/draft/2020-12/schema' },
      ),
    );
    expect(announced({ type: 'object', properties: {} })).toEqual({ type: 'object', properties: {} });
  });

  test('takes its references along', () => {
    const schema = {
      type: 'array',
      items: {
        anyOf: [
          { $ref: '#' },
          { $ref: '#/$defs/node' },
          { $ref: 'https://example.com/x#/y' },
          { $dynamicRef: '#' },
        ],
      },
      $defs: { node: { properties: { next: { $ref: '#/$defs/node' } } } },
    };
    const root = '#/properties/result';
    expect(announced(schema)).toEqual(
      wrapped({
        type: 'array',
        items: {
          anyOf: [
            { $ref: root },
            { $ref: `${root}/$defs/node` },
            { $ref: 'https://example.com/x#/y' },
            { $dynamicRef: root },
          ],
        },
        $defs: { node: { properties: { next: { $ref: `${root}/$defs/node` } } } },
      }),
    );
  });

  test('leaves alone what only looks like a reference', () => {
    const values = {
      const: { $ref: '#' },
      enum: [{ $ref: '#' }],
      default: { $ref: '#' },
      examples: [{ $ref: '#' }],
    };
    expect(announced(values)).toEqual(wrapped(values));
    const named = { anyOf: [{ properties: { $ref: { type: 'string' }, const: { $ref: '#' } } }] };
    expect(announced(named)).toEqual(
      wrapped({
        anyOf: [{ properties: { $ref: { type: 'string' }, const: { $ref: '#/properties/result' } } }],
      }),
    );
  });

  test('that has an id of its own keeps its references: they are relative to it', () => {
    const own = { $id: 'https://example.com/list', type: 'array', items: { $ref: '#' } };
    expect(announced(own)).toEqual(wrapped(own));
  });
});
