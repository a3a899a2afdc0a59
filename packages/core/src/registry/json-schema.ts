import {
  dereference,
  validate,
  type OutputUnit,
  type Schema as ValidatorSchema,
} from '@cfworker/json-schema';

import { DefinitionError } from '../errors.ts';
import type { JsonObject } from '../protocol/messages.ts';

/** One thing wrong with a value, and the keys that lead there. */
interface JsonSchemaIssue {
  readonly path: string[];
  readonly message: string;
}

/** What is wrong with a value; empty when it fits. With `stopEarly` a list is left at its first wrong element. */
export type JsonSchemaCheck = (value: unknown, stopEarly: boolean) => JsonSchemaIssue[];

/**
 * A check made of JSON Schema (2020-12), without code generation.
 *
 * @throws {DefinitionError} `INVALID_JSON_SCHEMA` when a `$ref` leads nowhere. None is ever fetched.
 */
export function compileJsonSchema(schema: JsonObject): JsonSchemaCheck {
  const check = prepare(schema);
  return (value, stopEarly) => {
    const { valid, errors } = check(value, stopEarly);
    if (valid) return [];
    // The last error names the innermost place; the ones before it only say that something below is wrong.
    const leaves = errors.filter(({ keyword }) => !COMBINING.has(keyword));
    return (leaves.length > 0 ? leaves : errors).map(toIssue);
  };
}

function prepare(schema: JsonObject) {
  try {
    // A copy: the validator writes notes on what it compiles, and yours may be frozen.
    const copy = structuredClone(schema);
    const lookup = dereference(copy);
    const lost = Object.values(lookup).find(
      (part) =>
        typeof part === 'object' &&
        part.$ref !== undefined &&
        // oxlint-disable-next-line eslint/no-underscore-dangle -- what the validator writes down
        !Object.hasOwn(lookup, part.__absolute_ref__ ?? ''),
    );
    if (typeof lost === 'object') throw new Error(`the $ref ${JSON.stringify(lost.$ref)} leads nowhere.`);
    for (const part of Object.values(lookup)) if (typeof part === 'object') compareWithinBound(part);
    const run = (value: unknown, stopEarly: boolean) => validate(value, copy, '2020-12', lookup, stopEarly);
    return (value: unknown, stopEarly: boolean) => {
      try {
        return run(value, stopEarly);
      } catch (error) {
        // It passes errors on as arguments of a call, and more than the stack holds end in a RangeError.
        if (stopEarly || !(error instanceof RangeError)) throw error;
        return run(value, true);
      }
    };
  } catch (cause) {
    throw new DefinitionError('INVALID_JSON_SCHEMA', `Not a JSON Schema: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** The validator compares each element with each other, those of a list with too many of them too. */
function compareWithinBound(schema: ValidatorSchema): void {
  const { uniqueItems, maxItems, allOf = [] } = schema;
  if (!uniqueItems || maxItems === undefined) return;
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  schema.allOf = [...allOf, { if: { maxItems }, then: { uniqueItems } }];
  delete schema.uniqueItems;
}

const COMBINING = new Set([
  'properties',
  'items',
  'prefixItems',
  'allOf',
  'anyOf',
  'oneOf',
  'if',
  '$ref',
  'additionalProperties',
]);

function toIssue({ instanceLocation, error }: OutputUnit): JsonSchemaIssue {
  return { message: error, path: pointerToPath(instanceLocation) };
}

function pointerToPath(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'));
}
