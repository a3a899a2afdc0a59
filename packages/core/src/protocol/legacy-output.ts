import { isRecord } from './json-rpc.ts';
import type { JsonObject } from './messages.ts';

/**
 * Until 2025-11-25 structured content is an object, and so is what `outputSchema` describes. Anything else travels as
 * the property `result` of one; both functions decide alike, so that a client finds what the listing announced.
 */
export function wrapOutputSchema(schema: JsonObject): JsonObject {
  if (!needsWrapping(schema)) return schema;
  const { $schema, ...inner } = schema;
  return {
    ...($schema !== undefined && { $schema }),
    type: 'object',
    properties: { result: inner['$id'] === undefined ? moveReferences(inner) : inner },
    required: ['result'],
  };
}

/** @param schema - the output schema of the tool, where it has one. */
export function wrapStructuredContent(value: unknown, schema: JsonObject | undefined): JsonObject {
  return isRecord(value) && !(schema && needsWrapping(schema)) ? value : { result: value };
}

function needsWrapping(schema: JsonObject): boolean {
  return schema['type'] !== 'object';
}

const ROOT = '#/properties/result';
const REFERENCES = new Set(['$ref', '$dynamicRef']);
/** Keywords that hold values, in which `$ref` is a word like any other. */
const VALUES = new Set(['const', 'enum', 'default', 'examples']);
/** Keywords that hold schemas under names, which may look like keywords. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/** The schema with references to its root following it to where it has moved. */
function moveReferences(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(moveReferences);
  if (!isRecord(node)) return node;
  return mapValues(node, (value, keyword) => {
    if (REFERENCES.has(keyword) && typeof value === 'string' && (value === '#' || value.startsWith('#/'))) {
      return ROOT + value.slice(1);
    }
    if (VALUES.has(keyword)) return value;
    return NAMED.has(keyword) && isRecord(value) ? mapValues(value, moveReferences) : moveReferences(value);
  });
}

function mapValues(record: JsonObject, map: (value: unknown, key: string) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
