import { isRecord, type JsonObject } from '@toolyard/core/protocol';

const SCHEMA_KEYWORDS = new Set([
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]);
const LIST_KEYWORDS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const MAP_KEYWORDS = new Set(['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties']);

/**
 * A schema as part of a larger document: what points to its root points to its new place. Data inside it, such as
 * defaults and examples, stays as it is.
 *
 * @param pointer - JSON pointer of the new place: `#/components/schemas/add.input`.
 */
export function embedSchema(schema: JsonObject, pointer: string): JsonObject {
  const { $schema, $id, ...rest } = schema;
  const root = typeof $id === 'string' ? $id : undefined;
  return mapSchema(rest, (ref) => {
    const local = root !== undefined && ref.startsWith(`${root}#`) ? ref.slice(root.length) : ref;
    if (local === '#' || local === root) return pointer;
    return local.startsWith('#/') ? pointer + local.slice(1) : ref;
  }) as JsonObject;
}

function mapSchema(schema: unknown, moved: (ref: string) => string): unknown {
  if (!isRecord(schema)) return schema;
  const copy: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    copy[keyword] = mapKeyword(keyword, value, moved);
  }
  return copy;
}

function mapKeyword(keyword: string, value: unknown, moved: (ref: string) => string): unknown {
  if (keyword === '$ref' && typeof value === 'string') return moved(value);
  if (SCHEMA_KEYWORDS.has(keyword)) return mapSchema(value, moved);
  if (LIST_KEYWORDS.has(keyword) && Array.isArray(value)) return value.map((each) => mapSchema(each, moved));
  if (MAP_KEYWORDS.has(keyword) && isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapSchema(each, moved)]));
  }
  return value;
}
