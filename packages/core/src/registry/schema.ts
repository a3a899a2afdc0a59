import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { dereference, validate } from '@cfworker/json-schema';

import { isPromiseLike } from '../awaitable.ts';
import { DefinitionError } from '../errors.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import type { JsonObject } from '../protocol/messages.ts';

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
 * @throws {DefinitionError} `SCHEMA_WITHOUT_JSON` when no JSON Schema can be made of it.
 */
export function compileSchema(schema: Schema, side: 'input' | 'output', where: string): CompiledSchema {
  return { json: toJsonSchema(schema, side, where), validate: validatorOf(schema) };
}

/** The check of a schema alone, for values whose schema no client gets to see. */
export function validatorOf(schema: Schema): CompiledSchema['validate'] {
  const standard = schema['~standard'];
  return (value) => {
    const result = standard.validate(value);
    return isPromiseLike(result) ? Promise.resolve(result).then(toValidation) : toValidation(result);
  };
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
 * generation, so it works where `eval` is forbidden; defaults are not filled in.
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
      validate(value) {
        const { valid, errors } = check(value);
        if (valid) return { value: value as T };
        // The last error names the innermost place; the ones before it only say that something below is wrong.
        const leaves = errors.filter(({ keyword }) => !COMBINING.has(keyword));
        return {
          issues: (leaves.length > 0 ? leaves : errors).map(({ instanceLocation, error }) => ({
            message: error,
            path: pointerToPath(instanceLocation),
          })),
        };
      },
      jsonSchema: { input: () => schema, output: () => schema },
    },
  };
}

function compileJsonSchema(schema: JsonObject) {
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
    return (value: unknown) => validate(value, copy, '2020-12', lookup, false);
  } catch (cause) {
    throw new DefinitionError('INVALID_JSON_SCHEMA', `Not a JSON Schema: ${(cause as Error).message}`, {
      cause,
    });
  }
}

const COMBINING = new Set([
  'properties',
  'items',
  'prefixItems',
  'allOf',
  'anyOf',
  'oneOf',
  '$ref',
  'additionalProperties',
]);

function pointerToPath(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** One sentence for people and models: which fields, and why. */
export function describeIssues(issues: readonly SchemaIssue[]): string {
  return issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}

/** Issues that are told. A hostile client could otherwise turn each byte it sends into a hundred of the answer. */
const MAX_ISSUES = 32;

function toValidation<T>(result: StandardSchemaV1.Result<T>): Validation<T> {
  if (!result.issues) return { value: result.value };
  const issues = result.issues
    .slice(0, MAX_ISSUES)
    .map(({ message, path }) => ({ message, path: formatPath(path) }));
  const untold = result.issues.length - issues.length;
  return { issues: untold === 0 ? issues : [...issues, { path: '', message: `and ${untold} more` }] };
}

function formatPath(path: StandardSchemaV1.Issue['path']): string {
  return (path ?? []).map((segment) => String(isRecord(segment) ? segment['key'] : segment)).join('.');
}
