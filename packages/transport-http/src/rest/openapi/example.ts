import { jsonSchema } from '@toolyard/core';
import { isRecord, type JsonObject } from '@toolyard/core/protocol';

import { exampleText } from './example-text.ts';

/** References and nested values deeper than this end the search for an example. */
const MAX_DEPTH = 24;
/** Elements of an example's list. */
const MAX_ITEMS = 16;
/** Parts of a schema that are looked at: ten definitions that name each other can ask for millions. */
const MAX_PARTS = 2000;

/**
 * A small value that fits a schema: what the schema gives as example or default, else the least that is required.
 * `undefined` where none is found that does fit.
 */
export function exampleOf(schema: JsonObject): unknown {
  try {
    const example = sample(schema, { root: schema, depth: 0, parts: { left: MAX_PARTS } });
    const checked = jsonSchema<unknown>(withoutPatterns(schema))['~standard'].validate(example);
    return 'issues' in checked && checked.issues ? undefined : example;
  } catch {
    // A schema that cannot be compiled here, or that has no end.
    return undefined;
  }
}

interface Place {
  readonly root: JsonObject;
  readonly depth: number;
  readonly parts: { left: number };
}

/** Tools may come from elsewhere, and some patterns take for ever: these are tried on short words alone. */
function withoutPatterns(schema: JsonObject): JsonObject {
  const text = JSON.stringify(schema, (key, value: unknown) => (isPattern(key, value) ? undefined : value));
  return JSON.parse(text) as JsonObject;
}

function isPattern(key: string, value: unknown): boolean {
  return key === 'patternProperties' || (key === 'pattern' && typeof value === 'string');
}

function sample(schema: unknown, place: Place): unknown {
  if (place.depth > MAX_DEPTH || --place.parts.left < 0) throw new RangeError('The schema has no end.');
  const inner = { ...place, depth: place.depth + 1 };
  if (!isRecord(schema)) return {};
  const given = givenBy(schema);
  if (given !== undefined) return given.value;
  if (typeof schema['$ref'] === 'string') {
    const { $ref, ...beside } = schema;
    return sample({ ...(resolve(place.root, $ref) as JsonObject), ...beside }, inner);
  }
  if (Array.isArray(schema['allOf'])) return sample(merge(schema, place.root), inner);
  const choices = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(choices)) {
    const { anyOf: _any, oneOf: _one, ...beside } = schema;
    const choice = choices.find((each) => !isRecord(each) || each['type'] !== 'null') as unknown;
    return sample(isRecord(choice) ? mergeTwo(beside, choice) : beside, inner);
  }
  return sampleType(schema, inner);
}

/** What the author of a schema put there to be shown. */
function givenBy(schema: JsonObject): { readonly value: unknown } | undefined {
  const { examples, example, const: constant, enum: choices } = schema;
  if (Array.isArray(examples) && examples.length > 0) return { value: examples[0] as unknown };
  if (example !== undefined) return { value: example };
  if (schema['default'] !== undefined) return { value: schema['default'] };
  if (constant !== undefined) return { value: constant };
  return Array.isArray(choices) && choices.length > 0 ? { value: choices[0] as unknown } : undefined;
}

function sampleType(schema: JsonObject, place: Place): unknown {
  switch (typeOf(schema)) {
    case 'object':
      return sampleObject(schema, place);
    case 'array':
      return sampleList(schema, place);
    case 'string':
      return exampleText(schema);
    case 'integer':
      return sampleNumber(schema, 1);
    case 'number':
      return sampleNumber(schema, undefined);
    case 'boolean':
      return true;
    default:
      return null;
  }
}

function typeOf(schema: JsonObject): unknown {
  const { type } = schema;
  if (Array.isArray(type)) return type.find((each) => each !== 'null') ?? 'null';
  if (type !== undefined) return type;
  if ('properties' in schema || 'required' in schema || 'additionalProperties' in schema) return 'object';
  if ('items' in schema || 'prefixItems' in schema) return 'array';
  if ('minimum' in schema || 'maximum' in schema || 'multipleOf' in schema) return 'number';
  return 'minLength' in schema || 'pattern' in schema || 'format' in schema ? 'string' : 'object';
}

/** What is required, and what has something to show. */
function sampleObject(schema: JsonObject, place: Place): JsonObject {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  const shown = Object.keys(properties).filter((name) => {
    const property = properties[name];
    return (
      required.includes(name) ||
      (isRecord(property) && givenBy(property) !== undefined && !('const' in property))
    );
  });
  const extra = schema['additionalProperties'];
  return Object.fromEntries(
    [...new Set([...shown, ...required])].map((name) => [name, sample(properties[name] ?? extra, place)]),
  );
}

function sampleList(schema: JsonObject, place: Place): unknown[] {
  const { prefixItems, items, minItems } = schema;
  const first = Array.isArray(prefixItems) ? prefixItems.map((each) => sample(each, place)) : [];
  const least = typeof minItems === 'number' ? minItems : isRecord(items) && schema['maxItems'] !== 0 ? 1 : 0;
  const missing = Math.min(Math.max(least - first.length, 0), MAX_ITEMS);
  return [...first, ...Array.from({ length: missing }, () => sample(items, place))];
}

function sampleNumber(schema: JsonObject, unit: number | undefined): number {
  const numberOf = (keyword: string) => (typeof schema[keyword] === 'number' ? schema[keyword] : undefined);
  const step = numberOf('multipleOf') ?? unit;
  const above = numberOf('exclusiveMinimum');
  const below = numberOf('exclusiveMaximum');
  const least = numberOf('minimum') ?? (above === undefined ? undefined : above + (step ?? 1));
  const most = numberOf('maximum') ?? (below === undefined ? undefined : below - (step ?? 1));
  const wanted = least ?? (most === undefined ? 1 : Math.min(1, most));
  const value = most !== undefined && wanted > most ? (wanted + most) / 2 : wanted;
  if (step === undefined) return value;
  const up = Math.ceil(value / step) * step;
  return most !== undefined && up > most ? Math.floor(value / step) * step : up;
}

/** @throws {RangeError} for a reference that leads nowhere. */
function resolve(root: JsonObject, ref: string): unknown {
  if (!ref.startsWith('#')) throw new RangeError('The reference leads elsewhere.');
  let place: unknown = root;
  for (const key of ref.slice(1).split('/').slice(1)) {
    const name = decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~');
    place = isRecord(place) || Array.isArray(place) ? (place as JsonObject)[name] : undefined;
  }
  if (!isRecord(place)) throw new RangeError('The reference leads nowhere.');
  return place;
}

function merge(schema: JsonObject, root: JsonObject): JsonObject {
  const { allOf, ...rest } = schema;
  return (allOf as unknown[]).reduce<JsonObject>((merged, part) => {
    const own = isRecord(part) && typeof part['$ref'] === 'string' ? resolve(root, part['$ref']) : part;
    return isRecord(own) ? mergeTwo(merged, own) : merged;
  }, rest);
}

function mergeTwo(one: JsonObject, other: JsonObject): JsonObject {
  const both = (keyword: string) => [one[keyword], other[keyword]];
  const properties = both('properties').filter(isRecord);
  const required = both('required').filter(Array.isArray).flat() as unknown[];
  return {
    ...one,
    ...other,
    ...(properties.length > 0 && { properties: Object.assign({}, ...properties) as JsonObject }),
    ...(required.length > 0 && { required: [...new Set(required)] }),
  };
}
