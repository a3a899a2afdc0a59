import type { Clock } from './clock.ts';
import type { Session } from './exchange.ts';
import type { Logger, LogFields } from './logger.ts';
import type { ClientDescription } from './protocol/envelope.ts';
import type { RequestId } from './protocol/json-rpc.ts';
import type {
  CreateMessageParams,
  CreateMessageResult,
  JsonObject,
  LogLevel,
  Methods,
  ClientNotifications,
  Root,
} from './protocol/messages.ts';
import type { Era, Revision } from './protocol/revisions.ts';
import type { Principal } from './principal.ts';
import type { Prompt } from './registry/prompt.ts';
import type { Resource } from './registry/resource.ts';
import type { Schema, SchemaOutput } from './registry/schema.ts';
import type { Tool } from './registry/tool.ts';

/** The context of a call to which no middleware has added anything. */
// oxlint-disable-next-line typescript/ban-types typescript/no-empty-object-type -- every object fits, which is meant
export type NoContext = {};

/** Methods a client can send, those of extensions included. */
export type MethodName = keyof Methods | keyof ClientNotifications | (string & Record<never, never>);

/** The params of a method. */
export type ParamsOf<M> = M extends keyof Methods
  ? Methods[M]['params'] & { _meta?: JsonObject }
  : M extends keyof ClientNotifications
    ? ClientNotifications[M]
    : JsonObject;

/** The result of a method; notifications have none. */
export type ResultOf<M> = M extends keyof Methods
  ? Methods[M]['result']
  : M extends keyof ClientNotifications
    ? undefined
    : JsonObject;

/** One step forward on long work. `progress` has to grow; a step that does not is not sent. */
export interface Progress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** A question for the person at the client: a form, or a page to visit. */
export type InputSpec<S extends Schema = Schema> =
  | { readonly message: string; readonly schema: S; readonly url?: undefined }
  | { readonly message: string; readonly url: string; readonly schema?: undefined };

/** What the person did. */
export type InputAnswer<T> =
  | { readonly action: 'accept'; readonly content: T }
  | { readonly action: 'decline' }
  | { readonly action: 'cancel' };

/** What a call is aimed at, resolved before the first middleware runs. */
export type Target = {
  /** What the client calls it. Of a resource: the URI. */
  readonly name: string;
  /** What the app calls it whose middleware looks: without the prefixes that app is mounted under. */
  readonly localName: string;
} & (
  | { readonly kind: 'tool'; readonly definition: Tool }
  | { readonly kind: 'prompt'; readonly definition: Prompt }
  | { readonly kind: 'resource'; readonly definition: Resource }
);

/**
 * One message on its way through the pipeline. Middleware and handlers of all mounted apps see the same one.
 *
 * @typeParam Context - what middleware has added; ask for it by annotating the parameter.
 */
export interface Call<Context extends object = NoContext> {
  /** Unique for this message, in this process and others; on every log line. */
  readonly id: string;
  /** The JSON-RPC id. Notifications have none; in-process calls have 0. */
  readonly requestId: RequestId | undefined;
  readonly method: string;
  readonly params: JsonObject;
  readonly target: Target | undefined;
  /** The tool being called, if that is what the call is about. */
  readonly tool: Tool | undefined;
  readonly principal: Principal;
  readonly tenant: string | undefined;
  readonly client: ClientDescription;
  readonly transport: string;
  readonly era: Era;
  readonly protocolVersion: Revision;
  readonly session: Pick<Session, 'id'> | undefined;
  /** Aborts on cancellation, disconnection, timeout and shutdown; never once the call has settled. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly context: Context;
  /** The app's logger, with the ids of this call on every line. */
  readonly log: Logger;
  /** Tells a client that asked for it how far the work is. Safe to call at any time. */
  progress(progress: Progress): void;
  /** Sends a log message to the client, if its level asks for it. For your own records use `log`. */
  sendLog(level: LogLevel, data: unknown, logger?: string): void;
  /**
   * Asks the person at the client. With 2025 clients the handler waits for the answer; with 2026 clients it ends
   * here and **runs again from the top** once there is one, so do nothing before it that must not happen twice.
   *
   * @param key - names the question; the same on each run.
   * @throws {MissingCapabilityError} when the client cannot ask.
   */
  requireInput<S extends Schema>(
    key: string,
    spec: InputSpec<S> & { schema: S },
  ): Promise<InputAnswer<SchemaOutput<S>>>;
  requireInput(key: string, spec: InputSpec & { url: string }): Promise<InputAnswer<undefined>>;
  /** Asks the client's model. Runs the handler again like {@link Call.requireInput}. */
  sample(params: CreateMessageParams, options?: { key?: string }): Promise<CreateMessageResult>;
  /** Asks for the folders the client works in. Runs the handler again like {@link Call.requireInput}. */
  listRoots(options?: { key?: string }): Promise<readonly Root[]>;
  /**
   * Lets the client hang up and come back for the result: for long work behind impatient proxies. Does something for
   * 2025-11-25 clients with a session over HTTP; elsewhere nothing.
   */
  detach(): void;
  /** The client's settings for an extension, or `undefined` when it does not know it. */
  extension(id: string): JsonObject | undefined;
  /** Adds fields to the following lines of `log`. */
  annotate(fields: LogFields): void;
  /** Runs once the call has been answered or given up, whatever came of it. */
  onSettled(listener: () => void): void;
}

/** A call of one known method. */
export type CallOf<M extends MethodName, Context extends object = NoContext> = Call<Context> & {
  readonly method: M;
  readonly params: ParamsOf<M>;
};

/** What `next()` can change for everything further in. */
export interface Changes<M extends MethodName = MethodName, Adds extends object = NoContext> {
  /** Replaces the signal; combine it with `call.signal` yourself. */
  readonly signal?: AbortSignal;
  /** Merged into the context. */
  readonly context?: Adds;
  /** Replaces the params. The target stays what it was. */
  readonly params?: ParamsOf<M>;
}

/** Continues with the next middleware or the handler. Callable again only after it has rejected. */
export type Next<Adds extends object, M extends MethodName> = NoContext extends Adds
  ? (changes?: Changes<M, Adds>) => Promise<ResultOf<M>>
  : (changes: Changes<M, Adds> & { readonly context: Adds }) => Promise<ResultOf<M>>;

/**
 * Wraps every call: look at it, change it, answer it, or pass it on with `next()`.
 *
 * @typeParam Adds - what it puts into the context of everything further in.
 * @typeParam Needs - what it expects to find there.
 *
 * @example
 * ```ts
 * import type { Middleware } from '@toolyard/core';
 *
 * export function stopwatch(): Middleware<{ startedAt: number }> {
 *   return async function measure(call, next) {
 *     return next({ context: { startedAt: call.clock.now() } });
 *   };
 * }
 * ```
 */
export interface Middleware<Adds extends object = NoContext, Needs extends object = NoContext> {
  <M extends MethodName>(call: CallOf<M, Needs>, next: Next<Adds, M>): Promise<ResultOf<M>>;
}

/** Middleware for one method. */
export interface MethodMiddleware<
  M extends MethodName,
  Adds extends object = NoContext,
  Needs extends object = NoContext,
> {
  (call: CallOf<M, Needs>, next: Next<Adds, M>): Promise<ResultOf<M>>;
}
