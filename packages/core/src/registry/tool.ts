import type { Awaitable } from '../awaitable.ts';
import type { Call, NoContext } from '../call.ts';
import { DefinitionError } from '../errors.ts';
import type { Access } from '../principal.ts';
import type { HeaderParameter } from '../protocol/headers.ts';
import type {
  CallToolResult,
  ContentBlock,
  Icon,
  JsonObject,
  ToolAnnotations,
  ToolDescription,
} from '../protocol/messages.ts';
import type { FullResult } from '../results.ts';
import type { InputLimits } from './argument-limits.ts';
import { annotateHeaders, headerParametersOf } from './header-parameters.ts';
import { checkName } from './names.ts';
import {
  compileSchema,
  type CompiledSchema,
  type Schema,
  type SchemaInput,
  type SchemaOutput,
} from './schema.ts';

/** An error a tool can end with, published to clients in the tool's `_meta['toolyard/errors']`. */
export interface ErrorContract {
  readonly code: string;
  readonly description: string;
  /** Whether the same call may succeed later. */
  readonly retryable?: boolean;
}

/** What the options of {@link defineTool} have in common with the tool it makes. */
interface ToolFacts {
  /** For people. */
  readonly title?: string | undefined;
  /** For the model: what it does, when to use it, what comes back. */
  readonly description?: string | undefined;
  readonly annotations?: ToolAnnotations | undefined;
  readonly icons?: readonly Icon[] | undefined;
  /** Who may use it. Default: everybody. */
  readonly access?: Access | undefined;
  /** How long one call may take. Default: the app's `timeoutMs`. Waiting for a person's input does not count. */
  readonly timeoutMs?: number | undefined;
  /** For a tool that takes more than the app's `inputLimits` allow, or should take less. */
  readonly inputLimits?: InputLimits | undefined;
  /** Free words to group tools by, for middleware and listings. Sent as `_meta['toolyard/tags']`. */
  readonly tags?: readonly string[] | undefined;
  /** Codes of the {@link ToolError}s it throws. */
  readonly errors?: readonly ErrorContract[] | undefined;
  /** Input properties that HTTP clients repeat as `Mcp-Param-{name}` headers: property path to header name. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as `_meta` of its listing. */
  readonly meta?: JsonObject | undefined;
}

/** A tool: a frozen value that any number of apps can serve. Made by {@link defineTool}. */
export interface Tool<Input = any, Output = any, Context extends object = any> extends ToolFacts {
  readonly kind: 'tool';
  readonly name: string;
  readonly input: Schema<Input, any> | undefined;
  readonly output: Schema<any, any> | undefined;
  readonly run: (args: any, call: Call<Context>) => unknown;
  /** Carries the type of the output; never there at run time. */
  readonly '~output'?: Output;
}

/** What a caller of the tool passes. */
export type InferInput<T> = T extends Tool<infer Input> ? Input : never;

/** What `app.call` resolves to for the tool. */
export type InferOutput<T> = T extends { readonly '~output'?: infer Output }
  ? Exclude<Output, undefined>
  : never;

/** What a call gives where the tool has no `output` schema: blocks and full results as they are sent, all else itself. */
export type Returned<R> = R extends FullResult | ContentBlock | readonly ContentBlock[] ? CallToolResult : R;

interface ToolOptionsBase<I extends Schema> extends ToolFacts {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`. */
  readonly name: string;
  /** The arguments. Without it the tool takes none. */
  readonly input?: I;
}

/** Options of {@link defineTool} with an `output` schema, which every result is checked against. */
export interface ToolOptionsWithOutput<
  I extends Schema,
  O extends Schema,
  C extends object,
> extends ToolOptionsBase<I> {
  /** The result, checked before it is sent. */
  readonly output: O;
  readonly run: (
    args: SchemaOutput<I>,
    call: Call<C>,
  ) => Awaitable<SchemaInput<O> | FullResult<SchemaInput<O>>>;
}

/** Options of {@link defineTool} without an `output` schema: the type of the result is that of `run`. */
export interface ToolOptionsWithoutOutput<I extends Schema, R, C extends object> extends ToolOptionsBase<I> {
  readonly output?: undefined;
  readonly run: (args: SchemaOutput<I>, call: Call<C>) => Awaitable<R>;
}

/** The schema of a tool without `input`. */
export type EmptySchema = Schema<NoContext | undefined, NoContext>;

/**
 * Declares a tool.
 *
 * A handler may return a value (sent as `structuredContent` and as JSON text), a string (text), a block or an array
 * of blocks (`text()`, `image()`, …), or a full `result({ … })`. It throws {@link ToolError} for what the model can
 * act on; other errors reach the client only as an incident number.
 *
 * @throws {DefinitionError} `INVALID_NAME`
 *
 * @example
 * ```ts
 * import { defineTool } from '@toolyard/core';
 * import { z } from 'zod';
 *
 * export const add = defineTool({
 *   name: 'add',
 *   description: 'Adds two numbers.',
 *   input: z.object({ a: z.number(), b: z.number() }),
 *   output: z.object({ sum: z.number() }),
 *   run: ({ a, b }) => ({ sum: a + b }),
 * });
 * ```
 */
export function defineTool<I extends Schema, O extends Schema, C extends object = NoContext>(
  options: ToolOptionsWithOutput<I, O, C>,
): Tool<SchemaInput<I>, SchemaOutput<O>, C>;
export function defineTool<I extends Schema = EmptySchema, R = unknown, C extends object = NoContext>(
  options: ToolOptionsWithoutOutput<I, R, C>,
): Tool<SchemaInput<I>, Returned<R>, C>;
export function defineTool(
  options: ToolOptionsBase<Schema> & { output?: Schema | undefined; run: Tool['run'] },
): Tool {
  checkName('tool', options.name);
  if (options.timeoutMs !== undefined && !(options.timeoutMs > 0)) {
    throw new DefinitionError('INVALID_TIMEOUT', `Tool "${options.name}": timeoutMs must be above 0.`);
  }
  return Object.freeze({ ...options, kind: 'tool', input: options.input, output: options.output });
}

/** A tool made ready for serving. */
export interface CompiledTool {
  readonly tool: Tool;
  readonly input: CompiledSchema | undefined;
  readonly output: CompiledSchema | undefined;
  readonly headerParameters: readonly HeaderParameter[];
  readonly description: ToolDescription;
}

const NO_ARGUMENTS: JsonObject = Object.freeze({
  type: 'object',
  properties: {},
  additionalProperties: false,
});

/**
 * Compiles the schemas of a tool and writes its listing.
 *
 * @param inputLimits - of the app; those of the tool come first.
 * @throws {DefinitionError} `INPUT_NOT_OBJECT`, `SCHEMA_WITHOUT_JSON`, `INVALID_HEADER_PARAMETER`
 */
export function compileTool(tool: Tool, inputLimits: InputLimits): CompiledTool {
  const where = `Tool "${tool.name}"`;
  const limits = { ...inputLimits, ...tool.inputLimits };
  const input = tool.input && compileSchema(tool.input, 'input', where, limits);
  const output = tool.output && compileSchema(tool.output, 'output', where);
  if (input && input.json['type'] !== 'object') {
    throw new DefinitionError(
      'INPUT_NOT_OBJECT',
      `${where}: input must be an object schema; clients drop others.`,
    );
  }
  const inputSchema = annotateHeaders(input?.json ?? NO_ARGUMENTS, tool.headers ?? {}, where);
  return {
    tool,
    input,
    output,
    headerParameters: headerParametersOf(inputSchema, where),
    description: describe(tool, inputSchema, output?.json),
  };
}

function describe(
  tool: Tool,
  inputSchema: JsonObject,
  outputSchema: JsonObject | undefined,
): ToolDescription {
  const meta = {
    ...tool.meta,
    ...(tool.tags && { 'toolyard/tags': tool.tags }),
    ...(tool.errors && { 'toolyard/errors': tool.errors }),
  };
  return {
    name: tool.name,
    ...(tool.title !== undefined && { title: tool.title }),
    ...(tool.description !== undefined && { description: tool.description }),
    inputSchema,
    ...(outputSchema && { outputSchema }),
    ...(tool.annotations && { annotations: tool.annotations }),
    ...(tool.icons && { icons: [...tool.icons] }),
    ...(Object.keys(meta).length > 0 && { _meta: meta }),
  };
}
