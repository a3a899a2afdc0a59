import { RE2JS } from 're2js';
import { z } from 'zod';

import type { Value, Values } from './template.ts';
import { DEFAULT_MAX_LENGTH, type Parameter } from './tools-file.ts';

/** What a model may pass to a tool with these parameters. Names that are not among them are refused. */
export function argumentsSchema(parameters: Readonly<Record<string, Parameter>>): z.ZodType<Values> {
  const shape = Object.entries(parameters).map(([name, parameter]) => [name, argumentSchema(parameter)]);
  return z.strictObject(Object.fromEntries(shape) as Record<string, z.ZodType<Value | undefined>>);
}

/**
 * What is wrong with a parameter itself, as the end of a sentence; `undefined` when nothing is.
 */
export function parameterProblem(parameter: Parameter): string | undefined {
  if (parameter.type === 'string' && parameter.pattern !== undefined) {
    const problem = patternProblem(parameter.pattern);
    if (problem !== undefined) return problem;
  }
  if ('minimum' in parameter || 'maximum' in parameter) {
    const { minimum = -Infinity, maximum = Infinity } = parameter;
    if (minimum > maximum) return `has a minimum of ${minimum} above its maximum of ${maximum}`;
  }
  if (parameter.type === 'integer' && parameter.enum?.some((value) => !Number.isSafeInteger(value)))
    return 'is an integer, and its enum holds other numbers';
  if (parameter.default === undefined) return undefined;
  if (parameter.optional) return 'is optional and has a default: it would never be missing';
  const { error } = valueSchema(parameter).safeParse(parameter.default);
  return error && `has a default that it does not take: ${error.issues[0]?.message}`;
}

function argumentSchema(parameter: Parameter): z.ZodType<Value | undefined> {
  const value = valueSchema(parameter);
  const schema =
    parameter.default !== undefined
      ? value.default(parameter.default)
      : parameter.optional
        ? value.optional()
        : value;
  return schema.describe(parameter.description);
}

function valueSchema(parameter: Parameter): z.ZodType<Value> {
  switch (parameter.type) {
    case 'boolean':
      return z.boolean();
    case 'string':
      return parameter.enum ? z.enum(parameter.enum) : textSchema(parameter);
    case 'integer':
    case 'number':
      return parameter.enum ? z.literal(parameter.enum) : numberSchema(parameter);
  }
}

function textSchema({
  pattern,
  maxLength = DEFAULT_MAX_LENGTH,
}: Extract<Parameter, { type: 'string' }>): z.ZodType<string> {
  const text = z.string().max(maxLength, { abort: true });
  if (pattern === undefined) return text;
  // Linear in the value: what a model passes cannot keep the server busy.
  const regex = RE2JS.compile(pattern);
  return text
    .refine((value) => regex.matches(value), `has to match ${pattern}`)
    .meta({ pattern: `^(?:${pattern})$` });
}

function numberSchema({
  type,
  minimum,
  maximum,
}: Extract<Parameter, { type: 'integer' | 'number' }>): z.ZodType<number> {
  let schema = type === 'integer' ? z.int() : z.number();
  if (minimum !== undefined) schema = schema.min(minimum);
  if (maximum !== undefined) schema = schema.max(maximum);
  return schema;
}

/** Steps of a compiled pattern: each may be taken for each character. */
const MAX_PROGRAM = 2_000;

function patternProblem(pattern: string): string | undefined {
  try {
    // Clients read it as JSON Schema has it, which is the dialect of JavaScript.
    const { source } = new RegExp(pattern, 'u');
    if (RE2JS.compile(source).programSize() <= MAX_PROGRAM) return undefined;
    return 'has a pattern that is too large once its repetitions are written out; use maxLength, or smaller counts';
  } catch (error) {
    return `has a pattern that cannot be used: ${(error as Error).message}`;
  }
}
