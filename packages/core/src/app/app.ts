import type { MethodMiddleware, MethodName, Middleware, NoContext } from '../call.ts';
import type { Clock, Timer } from '../clock.ts';
import {
  CancelledError,
  DefinitionError,
  InvalidOptionError,
  ShutdownError,
  ToolyardError,
} from '../errors.ts';
import type { Exchange, Session } from '../exchange.ts';
import type { Logger } from '../logger.ts';
import type { JsonRpcResponse } from '../protocol/json-rpc.ts';
import type {
  Implementation,
  PromptDescription,
  ResourceDescription,
  ResourceTemplateDescription,
  ServerNotification,
  ToolDescription,
} from '../protocol/messages.ts';
import { mayUse, type Principal } from '../principal.ts';
import type { Definition } from '../registry/registry.ts';
import { checkName } from '../registry/names.ts';
import type { Tool } from '../registry/tool.ts';
import { findResource } from './catalog.ts';
import type { AppCore } from './core.ts';
import { createCore, type AppOptions } from './create-core.ts';
import { dispatch } from './dispatch.ts';
import type { AppEvents, AppListener } from './events.ts';
import type { Extension } from './extension.ts';
import { notificationOf, type Change } from './hub.ts';
import { callInProcess, listInProcess, type CallOptions } from './in-process.ts';
import { toMethod } from './methods/extension-method.ts';
import { isProtocolMethod } from './methods/method-table.ts';
import type { Layer } from './pipeline.ts';
import type { Plugin } from './plugin.ts';

/** One open stream of a legacy client, as a transport registers it. */
export interface Subscriber {
  readonly principal: Principal;
  readonly session: Session;
  readonly notify: (notification: ServerNotification) => void;
}

/** What the lists of an app hold, by kind. */
export interface Listing {
  tools: ToolDescription[];
  prompts: PromptDescription[];
  resources: ResourceDescription[];
  templates: ResourceTemplateDescription[];
}

/** What a definition can be removed or disabled by: itself, or its kind and name; of a resource, the URI or template. */
export type Reference = Definition | { readonly kind: Definition['kind']; readonly name: string };

const CORE = Symbol.for('toolyard.core');

/** What middleware of a call that was given up at the deadline has to end itself. Handlers are left behind at once. */
const CLEANUP_MS = 1000;
/** What one part of an app may take to close. */
const CLOSER_MS = 5000;

/** An app that can be mounted where `Needs` is part of the context. */
export interface Mountable<Needs extends object> {
  readonly '~needs'?: (context: Needs) => void;
  /** @internal */
  readonly [CORE]: AppCore;
}

/**
 * Definitions, middleware and plugins behind one `dispatch`. Made by {@link createApp}; served by a transport, called
 * in process, or mounted in another app, all at once if you like.
 *
 * @typeParam Needs - the context it expects from an app that mounts it.
 * @typeParam Context - the context its middleware gives to what is added next.
 */
export class App<Needs extends object = NoContext, Context extends object = NoContext>
  implements Mountable<Needs>, AsyncDisposable
{
  declare readonly '~needs'?: (context: Needs) => void;
  /** @internal */
  readonly [CORE]: AppCore;
  readonly #plugins = new Set<string>();
  readonly #starters: (() => void | Promise<void>)[] = [];
  readonly #closers: (() => void | Promise<void>)[] = [];
  #closed: Promise<void> | undefined;

  /** Use {@link createApp}. */
  constructor(options: AppOptions) {
    this[CORE] = createCore(options);
  }

  /** Name and version, as clients see them. */
  get info(): Implementation {
    return this[CORE].settings.info;
  }

  /** Where the app's records go: `logger` of its options. */
  get logger(): Logger {
    return this[CORE].logger;
  }

  /** The time in this app: `clock` of its options. */
  get clock(): Clock {
    return this[CORE].clock;
  }

  /** How long a transport may wait for a client's answer to a question. */
  get inputTimeoutMs(): number {
    return this[CORE].settings.inputTimeoutMs;
  }

  /**
   * Adds tools, resources and prompts. Connected clients are told.
   *
   * @throws {DefinitionError} `NAME_TAKEN`, `SCHEMA_WITHOUT_JSON`, `INPUT_NOT_OBJECT`, `INVALID_HEADER_PARAMETER`
   */
  add(...definitions: readonly Definition<Context>[]): this {
    for (const definition of definitions) this[CORE].add(definition);
    return this;
  }

  /** Takes definitions away again; ones that are not there are ignored. Connected clients are told. */
  remove(...references: readonly Reference[]): this {
    for (const reference of references) this[CORE].remove(reference.kind, referenceName(reference));
    return this;
  }

  /**
   * Shows what {@link App.disable} hid.
   *
   * @throws {DefinitionError} `UNKNOWN_DEFINITION`, and `NAME_TAKEN` when it collides with what was mounted since.
   */
  enable(...references: readonly Reference[]): this {
    for (const reference of references) this.#setEnabled(reference, true);
    return this;
  }

  /**
   * Hides definitions from everybody until {@link App.enable}. Connected clients are told.
   *
   * @throws {DefinitionError} `UNKNOWN_DEFINITION`
   */
  disable(...references: readonly Reference[]): this {
    for (const reference of references) this.#setEnabled(reference, false);
    return this;
  }

  /**
   * Adds middleware, up to four at a time. The first added is outermost; it wraps everything the app serves, whenever
   * that was added.
   */
  use<A extends object>(a: Middleware<A, Context>): App<Needs, Context & A>;
  use<A extends object, B extends object>(
    a: Middleware<A, Context>,
    b: Middleware<B, Context & A>,
  ): App<Needs, Context & A & B>;
  use<A extends object, B extends object, C extends object>(
    a: Middleware<A, Context>,
    b: Middleware<B, Context & A>,
    c: Middleware<C, Context & A & B>,
  ): App<Needs, Context & A & B & C>;
  use<A extends object, B extends object, C extends object, D extends object>(
    a: Middleware<A, Context>,
    b: Middleware<B, Context & A>,
    c: Middleware<C, Context & A & B>,
    d: Middleware<D, Context & A & B & C>,
  ): App<Needs, Context & A & B & C & D>;
  /** Adds middleware for one method. What it adds to the context cannot be relied on by handlers of other methods. */
  use<M extends MethodName>(method: M, ...middleware: readonly MethodMiddleware<M, any, Context>[]): this;
  use(first: unknown, ...rest: readonly unknown[]): App<Needs, any> {
    const method = typeof first === 'string' ? first : undefined;
    const layers = method === undefined ? [first, ...rest] : rest;
    for (const layer of layers) {
      if (typeof layer !== 'function') throw new InvalidOptionError('use', 'takes functions');
      this[CORE].use(method, layer as Layer);
    }
    return this;
  }

  /**
   * Serves everything of another app here too, also what it gains later. Tools and prompts become `prefix_name`; URIs
   * stay. Calls pass this app's middleware, then the child's.
   *
   * @throws {DefinitionError} `NAME_TAKEN`, `MOUNT_CYCLE`, `INVALID_NAME`
   */
  mount(prefix: string, child: Mountable<Context>): this {
    if (prefix !== '') checkName('prefix', prefix);
    this[CORE].mount(prefix === '' ? '' : `${prefix}_`, child[CORE]);
    return this;
  }

  /**
   * Installs a plugin. What its middleware adds is part of the context from here on, also in mounted apps.
   *
   * @throws {ToolyardError} `PLUGIN_MISSING`, `PLUGIN_TWICE`
   */
  install<Options, Adds extends object>(
    plugin: Plugin<Options, Adds, Context>,
    ...[options]: undefined extends Options ? [options?: NoInfer<Options>] : [options: NoInfer<Options>]
  ): App<Needs, Context & Adds> {
    const missing = (plugin.requires ?? []).filter((name) => !this.#plugins.has(name));
    if (missing.length > 0) {
      throw new ToolyardError(
        'PLUGIN_MISSING',
        `The plugin "${plugin.name}" needs to be installed after: ${missing.join(', ')}.`,
      );
    }
    if (this.#plugins.has(plugin.name)) {
      throw new ToolyardError('PLUGIN_TWICE', `The plugin "${plugin.name}" is installed already.`);
    }
    this.#plugins.add(plugin.name);
    try {
      plugin.install(this as unknown as App<Context, any>, options as Options);
    } catch (error) {
      this.#plugins.delete(plugin.name);
      throw error;
    }
    return this as unknown as App<Needs, Context & Adds>;
  }

  /**
   * Adds own methods to the protocol, announced as `capabilities.extensions[id]`.
   *
   * @throws {DefinitionError} `NAME_TAKEN`
   */
  extend(extension: Extension): this {
    const { extensions, extensionMethods } = this[CORE];
    if (extensions.has(extension.id))
      throw new DefinitionError('NAME_TAKEN', `The extension ${extension.id} is there already.`);
    for (const { name } of extension.methods) {
      if (isProtocolMethod(name))
        throw new DefinitionError('NAME_TAKEN', `${name} is a method of the protocol itself.`);
      if (extensionMethods.has(name))
        throw new DefinitionError('NAME_TAKEN', `There is already a method ${name} in this app.`);
    }
    extensions.set(extension.id, extension);
    for (const method of extension.methods) extensionMethods.set(method.name, toMethod(extension, method));
    return this;
  }

  /** Calls `listener` after each `event`. Returns the way to stop. */
  on<E extends keyof AppEvents>(event: E, listener: AppListener<E>): () => void {
    return this[CORE].events.on(event, listener);
  }

  /** Tells clients that subscribed to a resource that it has changed. */
  resourceUpdated(uri: string): void {
    this[CORE].publish({ kind: 'resource', uri });
  }

  /**
   * Answers one message of a client. This is what transports call; see {@link Exchange}.
   *
   * @returns the response, or `undefined` where none is due: notifications, and requests the client has given up.
   */
  dispatch(message: unknown, exchange: Exchange): Promise<JsonRpcResponse | undefined> {
    return dispatch(this[CORE], message, exchange);
  }

  /**
   * Calls a tool from this process, through the same pipeline as clients.
   *
   * @throws {ToolError} when the tool fails in a way a model could act on.
   * @throws {ProtocolError} when it does not exist, is denied, or breaks.
   */
  call<Input, Output>(
    tool: Tool<Input, Output>,
    ...rest: NoContext extends Input
      ? [args?: Input, options?: CallOptions]
      : [args: Input, options?: CallOptions]
  ): Promise<Output>;
  /** Calls a tool by the name clients know it by, which is how mounted tools are reached. */
  call(tool: string, args?: Record<string, unknown>, options?: CallOptions): Promise<unknown>;
  call(tool: Tool | string, args?: unknown, options?: CallOptions): Promise<unknown> {
    return callInProcess(this[CORE], typeof tool === 'string' ? tool : tool.name, args, options);
  }

  /** Everything of a kind that a principal may see, all pages. */
  list<K extends keyof Listing>(
    kind: K,
    options?: Pick<CallOptions, 'principal' | 'tenant' | 'signal'>,
  ): Promise<Listing[K]> {
    return listInProcess(this[CORE], kind, options);
  }

  /**
   * Registers an open stream of a legacy client for list changes and updates. Returns the way to stop.
   *
   * @throws {LimitExceededError} `LIMIT_EXCEEDED` when `maxSubscriptions` streams are open.
   */
  subscribe({ principal, session, notify }: Subscriber): () => void {
    const core = this[CORE];
    return core.hub.listen((change) => {
      if (change.kind === 'resource') {
        if (!session.record?.subscriptions.includes(change.uri)) return;
        const resource = findResource(core.catalog, change.uri)?.entry.compiled.resource;
        if (resource && !mayUse(resource.access, principal)) return;
      }
      notify(notificationOf(change));
    });
  }

  /** Calls `listener`, which must not throw, for what changes in this app or one it mounts. Returns the way to stop. */
  onChange(listener: (change: Change) => void): () => void {
    this[CORE].changeListeners.add(listener);
    return () => void this[CORE].changeListeners.delete(listener);
  }

  /** Tells connected clients of a change that another process of the same server made. */
  announce(change: Change): void {
    this[CORE].hub.publish(change);
  }

  /** Tells that a session or connection has ended: gives up its calls and announces it. */
  endSession(id: string): void {
    const core = this[CORE];
    for (const state of core.active) {
      if (state.exchange.session?.id === id) state.abort(new CancelledError('The session has ended.'));
    }
    core.events.emit('sessionClosed', { id });
  }

  /** Runs `action` in {@link App.start}, in the order registered. */
  onStart(action: () => void | Promise<void>): this {
    this.#starters.push(action);
    return this;
  }

  /** Runs `action` in {@link App.close}, last registered first. One that takes longer than 5 s is left behind. */
  onClose(action: () => void | Promise<void>): this {
    this.#closers.push(action);
    return this;
  }

  /** Runs what plugins registered with `onStart`. Needed only if there are such. */
  async start(): Promise<this> {
    for (const action of this.#starters.splice(0)) await action();
    return this;
  }

  /**
   * Ends the app: no new calls, running ones may finish until the deadline, then they are given up. Mounted apps
   * stay open; close them yourself.
   *
   * @param options - `deadlineMs`: how long running calls may take. Default 10 000.
   */
  close({ deadlineMs = 10_000 }: { deadlineMs?: number } = {}): Promise<void> {
    return (this.#closed ??= this.#close(deadlineMs));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(deadlineMs: number): Promise<void> {
    const core = this[CORE];
    core.closing = true;
    const shutdown = new ShutdownError();
    for (const state of core.active) if (state.method === 'subscriptions/listen') state.abort(shutdown);
    const settled = Promise.all(
      [...core.active].map((state) => new Promise<void>((resolve) => state.onSettled(resolve))),
    );
    let timer: Timer | undefined;
    const givenUp = new Promise<void>((resolve) => {
      timer = core.clock.after(deadlineMs, () => {
        for (const state of core.active) state.abort(shutdown);
        timer = core.clock.after(CLEANUP_MS, resolve);
      });
    });
    await Promise.race([settled, givenUp]);
    timer?.cancel();
    core.deadlines.stop();
    for (const action of this.#closers.toReversed()) {
      try {
        await this.#inTime(action);
      } catch (err) {
        core.logger.error({ err }, 'Closing a part of the app failed.');
      }
    }
  }

  /** What closes a part of the app, unless it takes so long that the parts after it have to go first. */
  #inTime(action: () => void | Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this[CORE].clock.after(CLOSER_MS, () => {
        reject(new ToolyardError('CLOSE_TIMEOUT', `It took longer than ${CLOSER_MS} ms.`));
      });
      void Promise.resolve()
        .then(action)
        .then(resolve, reject)
        .finally(() => timer.cancel());
    });
  }

  #setEnabled(reference: Reference, enabled: boolean): void {
    const name = referenceName(reference);
    const map = this[CORE].registry;
    const known = { tool: map.tools, resource: map.resources, prompt: map.prompts }[reference.kind].has(name);
    if (!known)
      throw new DefinitionError('UNKNOWN_DEFINITION', `There is no ${reference.kind} "${name}" in this app.`);
    this[CORE].setEnabled(reference.kind, name, enabled);
  }
}

/**
 * Makes an app. It opens nothing and starts nothing.
 *
 * @typeParam Needs - context that an app which mounts this one has to provide.
 *
 * @example
 * ```ts
 * import { createApp, defineTool } from '@toolyard/core';
 * import { z } from 'zod';
 *
 * const add = defineTool({
 *   name: 'add',
 *   input: z.object({ a: z.number(), b: z.number() }),
 *   output: z.object({ sum: z.number() }),
 *   run: ({ a, b }) => ({ sum: a + b }),
 * });
 * const app = createApp({ name: 'calculator', version: '1.0.0' }).add(add);
 *
 * const { sum } = await app.call(add, { a: 1, b: 2 });
 * ```
 *
 * @throws {InvalidOptionError} `INVALID_OPTION`
 */
export function createApp<Needs extends object = NoContext>(options: AppOptions): App<Needs, Needs> {
  return new App<Needs, Needs>(options);
}

function referenceName(reference: Reference): string {
  return 'address' in reference ? reference.address : (reference.name ?? '');
}
