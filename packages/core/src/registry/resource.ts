import { UriTemplateMatcher } from 'uri-template-matcher';

import type { Awaitable } from '../awaitable.ts';
import type { Call, NoContext } from '../call.ts';
import { DefinitionError } from '../errors.ts';
import type { Access } from '../principal.ts';
import type {
  Annotations,
  CacheHint,
  Icon,
  JsonObject,
  ResourceContents,
  ResourceDescription,
  ResourceTemplateDescription,
} from '../protocol/messages.ts';

/** What a `read` handler may return: text, bytes, one or many contents. */
export type Readable = string | Uint8Array | Partial<ResourceContents> | readonly ResourceContents[];

/** Values a client may complete an argument with, best first. The first 100 are sent. */
export type Completer = (
  value: string,
  call: Call<any>,
  others: Readonly<Record<string, string>>,
) => Awaitable<readonly string[]>;

interface ResourceFacts {
  /** Defaults to the URI or template. */
  readonly name?: string | undefined;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** Of contents that do not name their own. Default: `text/plain` for text, `application/octet-stream` for bytes. */
  readonly mimeType?: string | undefined;
  readonly annotations?: Annotations | undefined;
  readonly icons?: readonly Icon[] | undefined;
  /** Who may use it. Default: everybody. */
  readonly access?: Access | undefined;
  /** How long one call may take. Default: the app's `timeoutMs`. Waiting for a person's input does not count. */
  readonly timeoutMs?: number | undefined;
  /** How long clients may keep what they read. Default: the app's. */
  readonly cache?: Partial<CacheHint> | undefined;
  /** Sent as `_meta` of its listing. */
  readonly meta?: JsonObject | undefined;
}

/** Names and types of the variables of a URI template. Those of a query (`{?page}`) may be missing. */
export type TemplateVariables<T extends string> = string extends T
  ? Record<string, string | string[]>
  : Flat<
      { [Name in Exclude<VariableNames<T>, QueryNames<T>>]: string } & { [Name in QueryNames<T>]?: string }
    >;

type Flat<T> = { [Key in keyof T]: T[Key] };
type QueryNames<T extends string> = T extends `${string}{${infer Expression}}${infer Rest}`
  ? (Expression extends `${'?' | '&'}${infer Names}` ? SplitNames<Names> : never) | QueryNames<Rest>
  : never;

/** Names of the variables of a URI template. */
export type VariableNames<T extends string> = T extends `${string}{${infer Expression}}${infer Rest}`
  ? SplitNames<StripOperator<Expression>> | VariableNames<Rest>
  : never;
type StripOperator<E extends string> = E extends `${'+' | '#' | '.' | '/' | ';' | '?' | '&'}${infer Names}`
  ? Names
  : E;
type SplitNames<E extends string> = E extends `${infer First},${infer Rest}`
  ? StripModifier<First> | SplitNames<Rest>
  : StripModifier<E>;
type StripModifier<N extends string> = N extends `${infer Name}*`
  ? Name
  : N extends `${infer Name}:${string}`
    ? Name
    : N;

/** Options of {@link defineResource} for one URI. */
export interface StaticResourceOptions<C extends object> extends ResourceFacts {
  /** The one URI this resource has. */
  readonly uri: string;
  readonly size?: number | undefined;
  readonly read: (call: Call<C>) => Awaitable<Readable>;
}

/** Options of {@link defineResource} for a family of URIs. */
export interface TemplateResourceOptions<T extends string, C extends object> extends ResourceFacts {
  /** An RFC 6570 template: `note://{id}`, `file:///{+path}`. */
  readonly template: T;
  readonly read: (variables: TemplateVariables<T>, call: Call<C>) => Awaitable<Readable>;
  /**
   * Whether somebody may hear that one of them has changed; asked when they subscribe, and a no looks as if there was no
   * such resource. Default: whoever may use it, which tells all of them when something happens.
   */
  readonly mayWatch?: (variables: TemplateVariables<T>, call: Call<C>) => Awaitable<boolean>;
  /** The resources of this template that `resources/list` shows. */
  readonly list?: (call: Call<C>) => Awaitable<readonly ResourceDescription[]>;
  /** Completion per variable. */
  readonly complete?: { readonly [Name in keyof TemplateVariables<T>]?: Completer };
}

/** A resource or a family of them: a frozen value. Made by {@link defineResource}. */
export interface Resource<Context extends object = any> extends ResourceFacts {
  readonly kind: 'resource';
  /** The URI, or the template where `template` is true. */
  readonly address: string;
  readonly template: boolean;
  readonly read: (variables: any, call: Call<Context>) => Awaitable<Readable>;
  readonly list: ((call: Call<Context>) => Awaitable<readonly ResourceDescription[]>) | undefined;
  readonly mayWatch?: ((variables: any, call: Call<Context>) => Awaitable<boolean>) | undefined;
  readonly complete: Readonly<Record<string, Completer | undefined>>;
  readonly size: number | undefined;
}

/**
 * Declares a resource with one URI, or a family of resources with a URI template.
 *
 * @throws {DefinitionError} `INVALID_URI`
 *
 * @example
 * ```ts
 * import { defineResource } from '@toolyard/core';
 *
 * export const note = defineResource({
 *   template: 'note://{id}',
 *   description: 'A note by its id.',
 *   read: ({ id }) => `Note ${id}`,
 * });
 * ```
 */
export function defineResource<const T extends string, C extends object = NoContext>(
  options: TemplateResourceOptions<T, C>,
): Resource<C>;
export function defineResource<C extends object = NoContext>(options: StaticResourceOptions<C>): Resource<C>;
export function defineResource(
  options: StaticResourceOptions<NoContext> | TemplateResourceOptions<string, NoContext>,
): Resource {
  if ('template' in options) {
    const { template, list, complete = {}, ...rest } = options;
    if (template === '') throw new DefinitionError('INVALID_URI', 'A URI template cannot be empty.');
    matcherFor(template);
    return Object.freeze({
      ...rest,
      kind: 'resource',
      address: template,
      template: true,
      list,
      complete: Object.freeze(Object.assign(Object.create(null), complete)),
      size: undefined,
    });
  }
  const { uri, read, size, ...rest } = options;
  if (!URL.canParse(uri)) throw new DefinitionError('INVALID_URI', `Not a URI: ${JSON.stringify(uri)}.`);
  return Object.freeze({
    ...rest,
    kind: 'resource',
    address: uri,
    template: false,
    read: (_variables: unknown, call: Call) => read(call),
    list: undefined,
    complete: Object.freeze(Object.create(null)) as Resource['complete'],
    size,
  });
}

/** A resource made ready for serving. `match` gives the variables of a URI, or `undefined`. */
export interface CompiledResource {
  readonly resource: Resource;
  readonly match: (uri: string) => Readonly<Record<string, string | string[]>> | undefined;
  readonly description: ResourceDescription;
  readonly templateDescription: ResourceTemplateDescription;
}

export function compileResource(resource: Resource): CompiledResource {
  const { address, title, description, mimeType, annotations, icons, meta, size } = resource;
  const facts = {
    name: resource.name ?? address,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(mimeType !== undefined && { mimeType }),
    ...(annotations && { annotations }),
    ...(icons && { icons: [...icons] }),
    ...(meta && { _meta: meta }),
  };
  const none = {};
  return {
    resource,
    match: resource.template ? matcherFor(address) : (uri) => (uri === address ? none : undefined),
    description: { uri: address, ...facts, ...(size !== undefined && { size }) },
    templateDescription: { uriTemplate: address, ...facts },
  };
}

function matcherFor(template: string): CompiledResource['match'] {
  const matcher = new UriTemplateMatcher();
  try {
    matcher.add(template);
  } catch (cause) {
    throw new DefinitionError('INVALID_URI', `Not a URI template: ${JSON.stringify(template)}.`, { cause });
  }
  return (uri) => {
    try {
      return matcher.match(uri)?.params;
    } catch {
      return undefined; // a URI with broken percent encoding
    }
  };
}
