import type { Awaitable } from '../awaitable.ts';
import type { Call, NoContext } from '../call.ts';
import type { Access } from '../principal.ts';
import type {
  ContentBlock,
  GetPromptResult,
  Icon,
  JsonObject,
  PromptDescription,
  PromptMessage,
} from '../protocol/messages.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import type { InputLimits } from './argument-limits.ts';
import { checkName } from './names.ts';
import type { Completer } from './resource.ts';
import { compileSchema, type CompiledSchema, type Schema, type SchemaOutput } from './schema.ts';

/** What a prompt handler may return: the text of one user message, a block, messages, or a full result. */
export type Prompted = string | ContentBlock | readonly PromptMessage[] | GetPromptResult;

interface PromptFacts {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly icons?: readonly Icon[] | undefined;
  /** Who may use it. Default: everybody. */
  readonly access?: Access | undefined;
  /** How long one call may take. Default: the app's `timeoutMs`. Waiting for a person's input does not count. */
  readonly timeoutMs?: number | undefined;
  /** Sent as `_meta` of its listing. */
  readonly meta?: JsonObject | undefined;
}

/** Options of {@link definePrompt}. */
export interface PromptOptions<I extends Schema, C extends object> extends PromptFacts {
  /** 1 to 64 of `A-Z a-z 0-9 _ -`. */
  readonly name: string;
  /** An object of strings; clients fill it in by hand. */
  readonly input?: I;
  readonly run: (args: SchemaOutput<I>, call: Call<C>) => Awaitable<Prompted>;
  /** Completion per argument. */
  readonly complete?: { readonly [Name in keyof SchemaOutput<I>]?: Completer };
}

/** A prompt: a frozen value. Made by {@link definePrompt}. */
export interface Prompt<Context extends object = any> extends PromptFacts {
  readonly kind: 'prompt';
  readonly name: string;
  readonly input: Schema<any, any> | undefined;
  readonly run: (args: any, call: Call<Context>) => Awaitable<Prompted>;
  readonly complete: Readonly<Record<string, Completer | undefined>>;
}

/**
 * Declares a prompt.
 *
 * @throws {DefinitionError} `INVALID_NAME`
 *
 * @example
 * ```ts
 * import { definePrompt } from '@toolyard/core';
 * import { z } from 'zod';
 *
 * export const review = definePrompt({
 *   name: 'review',
 *   input: z.object({ file: z.string().describe('Path of the file') }),
 *   run: ({ file }) => `Review ${file}. Name the three worst problems first.`,
 * });
 * ```
 */
export function definePrompt<I extends Schema = Schema<NoContext, NoContext>, C extends object = NoContext>(
  options: PromptOptions<I, C>,
): Prompt<C> {
  checkName('prompt', options.name);
  return Object.freeze({
    ...options,
    kind: 'prompt',
    input: options.input,
    complete: Object.freeze(Object.assign(Object.create(null), options.complete)),
  });
}

/** A prompt made ready for serving. */
export interface CompiledPrompt {
  readonly prompt: Prompt;
  readonly input: CompiledSchema | undefined;
  readonly description: PromptDescription;
}

export function compilePrompt(prompt: Prompt, inputLimits: InputLimits): CompiledPrompt {
  const input = prompt.input && compileSchema(prompt.input, 'input', `Prompt "${prompt.name}"`, inputLimits);
  const { name, title, description, icons, meta } = prompt;
  return {
    prompt,
    input,
    description: {
      name,
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
      ...(input && { arguments: argumentsOf(input.json) }),
      ...(icons && { icons: [...icons] }),
      ...(meta && { _meta: meta }),
    },
  };
}

function argumentsOf(json: JsonObject): NonNullable<PromptDescription['arguments']> {
  const properties = isRecord(json['properties']) ? json['properties'] : {};
  const required = Array.isArray(json['required']) ? json['required'] : [];
  return Object.entries(properties).map(([name, property]) => {
    const { title, description } = isRecord(property) ? property : {};
    return {
      name,
      ...(typeof title === 'string' && { title }),
      ...(typeof description === 'string' && { description }),
      required: required.includes(name),
    };
  });
}
