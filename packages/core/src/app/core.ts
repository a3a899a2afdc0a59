import type { Clock } from '../clock.ts';
import { Emitter } from '../emitter.ts';
import { DefinitionError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { CacheHint, Implementation } from '../protocol/messages.ts';
import type { MethodName } from '../call.ts';
import type { InputLimits } from '../registry/argument-limits.ts';
import { nameOf, Registry, type Definition, type DefinitionKind } from '../registry/registry.ts';
import { buildCatalog, type Catalog } from './catalog.ts';
import type { CallState } from './call-state.ts';
import type { AppEvents } from './events.ts';
import type { Extension } from './extension.ts';
import type { FixedList } from './fixed-list.ts';
import { Hub, type Change, type ChangeListener } from './hub.ts';
import type { Method } from './methods/method.ts';
import type { Layer, LayerEntry } from './pipeline.ts';
import { Deadlines } from './deadlines.ts';
import type { RequestStateCodec } from './request-state.ts';

/** The settings of an app, all filled in. */
export interface CoreSettings {
  readonly info: Implementation;
  readonly instructions: string | undefined;
  readonly pageSize: number;
  readonly timeoutMs: number;
  readonly inputTimeoutMs: number;
  readonly cache: CacheHint;
  readonly maxSubscriptions: number;
  readonly inputLimits: InputLimits;
}

export interface Mount {
  readonly prefix: string;
  readonly child: AppCore;
}

/** The inside of an app: what dispatch and the method handlers work on. */
export class AppCore {
  readonly settings: CoreSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly requestState: RequestStateCodec;
  readonly registry: Registry;
  readonly events: Emitter<AppEvents>;
  readonly hub: Hub;
  /** Hear of what changes in this process, before it is told to clients. */
  readonly changeListeners = new Set<ChangeListener>();
  readonly extensions = new Map<string, Extension>();
  /** The methods of the extensions, ready for serving. */
  readonly extensionMethods = new Map<string, Method>();
  readonly mounts: Mount[] = [];
  /** Calls that have not settled. */
  readonly active = new Set<CallState>();
  readonly deadlines: Deadlines;
  /** The same calls by the id a client can cancel them with. */
  readonly cancellable = new Map<string, CallState>();
  closing = false;
  readonly #parents = new Set<AppCore>();
  readonly #layers: LayerEntry[] = [];
  /** For methods that have middleware of their own. Never more than that: clients can send any name. */
  readonly #layersByMethod = new Map<string, readonly Layer[]>();
  #layersForAll: readonly Layer[] = [];
  #catalog: Catalog | undefined;
  /** By list method; `undefined` for those that have to be gathered each time. */
  readonly #fixedLists = new Map<string, FixedList<any> | undefined>();

  constructor(settings: CoreSettings, clock: Clock, logger: Logger, requestState: RequestStateCodec) {
    this.settings = settings;
    this.clock = clock;
    this.logger = logger;
    this.requestState = requestState;
    this.registry = new Registry(settings.inputLimits);
    this.deadlines = new Deadlines(clock, this.active);
    this.events = new Emitter<AppEvents>(logger);
    this.hub = new Hub(settings.maxSubscriptions, logger);
  }

  get catalog(): Catalog {
    return (this.#catalog ??= buildCatalog(this));
  }

  /** A list kept until something changes. */
  fixedList<Item>(method: string, make: () => FixedList<Item> | undefined): FixedList<Item> | undefined {
    if (!this.#fixedLists.has(method)) this.#fixedLists.set(method, make());
    return this.#fixedLists.get(method) as FixedList<Item> | undefined;
  }

  /** This app's own middleware for a method, outermost first. */
  layersFor(method: string): readonly Layer[] {
    return this.#layersByMethod.get(method) ?? this.#layersForAll;
  }

  use(method: MethodName | undefined, layer: Layer): void {
    this.#layers.push({ method, layer });
    this.#layersForAll = this.#collectLayers(undefined);
    for (const each of new Set([...this.#layersByMethod.keys(), ...(method === undefined ? [] : [method])])) {
      this.#layersByMethod.set(each, this.#collectLayers(each));
    }
    this.#invalidate();
  }

  add(definition: Definition): void {
    this.registry.add(definition);
    const name = nameOf(definition);
    try {
      this.#changed(definition.kind);
    } catch (error) {
      this.registry.remove(definition.kind, name);
      this.#invalidate();
      throw error;
    }
    if (definition.kind === 'tool') this.events.emit('toolAdded', { name });
    else if (definition.kind === 'prompt') this.events.emit('promptAdded', { name });
    else this.events.emit('resourceAdded', { address: name });
  }

  remove(kind: DefinitionKind, name: string): boolean {
    if (!this.registry.remove(kind, name)) return false;
    this.#changed(kind);
    if (kind === 'tool') this.events.emit('toolRemoved', { name });
    else if (kind === 'prompt') this.events.emit('promptRemoved', { name });
    else this.events.emit('resourceRemoved', { address: name });
    return true;
  }

  setEnabled(kind: DefinitionKind, name: string, enabled: boolean): boolean {
    if (!this.registry.setEnabled(kind, name, enabled)) return false;
    try {
      this.#changed(kind);
    } catch (error) {
      this.registry.setEnabled(kind, name, !enabled);
      this.#invalidate();
      throw error;
    }
    return true;
  }

  /** @throws {DefinitionError} `NAME_TAKEN` on a collision, `MOUNT_CYCLE` when the child already contains this app. */
  mount(prefix: string, child: AppCore): void {
    if (child.contains(this))
      throw new DefinitionError('MOUNT_CYCLE', 'An app cannot be mounted inside itself.');
    const mount = { prefix, child };
    this.mounts.push(mount);
    child.#parents.add(this);
    this.#invalidate();
    try {
      this.#rebuild();
    } catch (error) {
      this.mounts.splice(this.mounts.indexOf(mount), 1);
      if (!this.mounts.some((other) => other.child === child)) child.#parents.delete(this);
      this.#invalidate();
      throw error;
    }
    const { tools, prompts, resources, templates } = child.catalog;
    if (tools.size > 0) this.publish({ kind: 'tools' });
    if (prompts.size > 0) this.publish({ kind: 'prompts' });
    if (resources.size + templates.length > 0) this.publish({ kind: 'resources' });
  }

  contains(app: AppCore): boolean {
    return app === this || this.mounts.some(({ child }) => child.contains(app));
  }

  /** Tells the clients of this app and of all apps that mount it. */
  publish(change: Change): void {
    this.hub.publish(change);
    for (const listener of this.changeListeners) listener(change);
    for (const parent of this.#parents) parent.publish(change);
  }

  #collectLayers(method: MethodName | undefined): readonly Layer[] {
    return this.#layers
      .filter((entry) => entry.method === undefined || entry.method === method)
      .map(({ layer }) => layer);
  }

  #changed(kind: DefinitionKind): void {
    this.#invalidate();
    // A name only collides where apps are mounted; a long list of plain adds needs no catalog in between.
    if (this.#parents.size > 0 || this.mounts.length > 0) this.#rebuild();
    this.publish({ kind: `${kind}s` });
  }

  #invalidate(): void {
    this.#catalog = undefined;
    this.#fixedLists.clear();
    for (const parent of this.#parents) parent.#invalidate();
  }

  #rebuild(): void {
    this.#catalog = buildCatalog(this);
    for (const parent of this.#parents) parent.#rebuild();
  }
}
