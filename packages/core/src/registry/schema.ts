import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';

import { whenReady } from '../awaitable.ts';
import { DefinitionError } from '../errors.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import type { JsonObject } from '../protocol/messages.ts';
import { shorten } from '../shorten.ts';
import { briefCheckOf, NOT_ALL_CHECKED } from './argument-brief-check.ts';
import { extentWithin, type InputLimits } from './argument-limits.ts';
import { compileJsonSchema } from './json-schema.ts';

/** Any Standard Schema that can give JSON Schema: zod 4.2, ArkType, Valibot with its converter, {@link jsonSchema}. */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': StandardSchemaV1.Props<Input, Output> & StandardJSONSchemaV1.Props<Input, Output>;
}

/** What a caller may pass, before defaults and transforms. */
export type SchemaInput<S> = S extends Schema<infer Input, any> ? Input : never;

/** What a handler receives, after defaults and transforms. */
export type SchemaOutput<S> = S extends Schema<any, infer Output> ? Output : never;

/** One thing wrong with a value. `path` is empty for the value as a whole. */
export interface SchemaIssue {
  readonly path: string;
  readonly message: string;
}

type Validation<T> =
  { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

/** A schema made ready once: its JSON Schema for listings, its check for calls. */
export interface CompiledSchema<T = unknown> {
  readonly json: JsonObject;
  readonly validate: (value: unknown) => Validation<T> | Promise<Validation<T>>;
}

/**
 * Compiles the side of a schema that faces the client: `input` for arguments, `output` for results.
 *
 * @param limits - how much an input may hold; an output is not limited.
 * @throws {DefinitionError} `SCHEMA_WITHOUT_JSON` when no JSON Schema can be made of it.
 * @throws {InvalidOptionError} when a limit is not above 0.
 */
export function compileSchema(
  schema: Schema,
  side: 'input' | 'output',
  where: string,
  limits?: InputLimits,
): CompiledSchema {
  const validate = side === 'input' ? validatorOf(schema, limits) : unlimited(schema);
  return { json: toJsonSchema(schema, side, where), validate };
}

/**
 * The check of a schema alone, for what clients send and do not get to see the schema of.
 *
 * @throws {InvalidOptionError} when a limit is not above 0.
 */
export function validatorOf(schema: Schema, limits?: InputLimits): CompiledSchema['validate'] {
  const extentOf = extentWithin(limits);
  const standard = schema['~standard'];
  const briefCheck = briefCheckOf(schema);
  return (value) => {
    const { values, containers, excess } = extentOf(value);
    if (excess) return toValidation({ issues: [excess] });
    const isLarge = values > FULLY_CHECKED_VALUES || containers > FULLY_CHECKED_CONTAINERS;
    return whenReady(isLarge ? briefCheck(value) : standard.validate(value), toValidation);
  };
}

// Up to this much, refusing what is wrong everywhere costs milliseconds. A container counts for more than another
// value: each field it lacks is an issue.
const FULLY_CHECKED_VALUES = 12_000;
const FULLY_CHECKED_CONTAINERS = 500;

function unlimited(schema: Schema): CompiledSchema['validate'] {
  const standard = schema['~standard'];
  return (value) => whenReady(standard.validate(value), toValidation);
}

/** JSON Schema (2020-12) of one side of a schema. */
export function toJsonSchema(schema: Schema, side: 'input' | 'output', where: string): JsonObject {
  const converter = schema['~standard'].jsonSchema;
  if (typeof converter?.[side] !== 'function') {
    throw new DefinitionError(
      'SCHEMA_WITHOUT_JSON',
      `${where}: the ${schema['~standard'].vendor} schema gives no JSON Schema. Use zod 4.2 or newer, or jsonSchema({ … }).`,
    );
  }
  try {
    return converter[side]({ target: 'draft-2020-12' });
  } catch (cause) {
    throw new DefinitionError('SCHEMA_WITHOUT_JSON', `${where}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * A schema from plain JSON Schema (2020-12), listed to clients exactly as written. Values are checked without code
 * generation, so it works where `eval` is forbidden; that takes ten times as long as zod does or more. Defaults are not
 * filled in. Give `uniqueItems` a `maxItems` beside it: each element is compared with each other.
 *
 * @throws {DefinitionError} `INVALID_JSON_SCHEMA` when a `$ref` leads nowhere. None is ever fetched.
 *
 * @example
 * ```ts
 * import { defineTool, jsonSchema } from '@toolyard/core';
 *
 * const add = defineTool({
 *   name: 'add',
 *   input: jsonSchema<{ a: number; b: number }>({
 *     type: 'object',
 *     properties: { a: { type: 'number' }, b: { type: 'number' } },
 *     required: ['a', 'b'],
 *   }),
 *   run: ({ a, b }) => a + b,
 * });
 * ```
 */
export function jsonSchema<T = JsonObject>(schema: JsonObject): Schema<T, T> {
  const check = compileJsonSchema(schema);
  return {
    '~standard': {
      version: 1,
      vendor: 'toolyard',
      validate(value, options) {
        const stopEarly = options?.libraryOptions?.['stopEarly'] === true;
        const issues = check(value, stopEarly);
        if (issues.length === 0) return { value: value as T };
        return { issues: stopEarly ? [...issues, NOT_ALL_CHECKED] : issues };
      },
      jsonSchema: { input: () => schema, output: () => schema },
    },
  };
}

/** One sentence for people and models: which fields, and why. */
export function describeIssues(issues: readonly SchemaIssue[]): string {
  return issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}

/** Issues that are told. A hostile client could otherwise turn each byte it sends into a hundred of the answer. */
const MAX_ISSUES = 32;
/** Characters of one message, which may name every key that a client sent. */
const MAX_MESSAGE = 4_096;
/** Characters of one path, which repeats keys that a client sent. */
const MAX_PATH = 512;

function toValidation<T>(result: StandardSchemaV1.Result<T>): Validation<T> {
  if (!result.issues) return result;
  const issues = result.issues.slice(0, MAX_ISSUES).map(toIssue);
  const untold = result.issues.length - issues.length;
  return { issues: untold === 0 ? issues : [...issues, { path: '', message: `and ${untold} more` }] };
}

function toIssue({ message, path = [] }: StandardSchemaV1.Issue): SchemaIssue {
  const keys = path.map((segment) => String(isRecord(segment) ? segment['key'] : segment));
  return { message: shorten(message, MAX_MESSAGE), path: shorten(keys.join('.'), MAX_PATH) };
}
