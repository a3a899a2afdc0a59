import { checkName } from '../registry/names.ts';
import { nameTaken, type DefinitionKind } from '../registry/registry.ts';
import type { CompiledPrompt } from '../registry/prompt.ts';
import type { CompiledResource } from '../registry/resource.ts';
import type { CompiledTool } from '../registry/tool.ts';
import type { AppCore } from './core.ts';
import type { Layer } from './pipeline.ts';

/** A definition as one app serves it: its public name, and the apps a call passes on its way. */
export interface Entry<Compiled> {
  readonly name: string;
  readonly compiled: Compiled;
  /** From the serving app down to the one that owns the definition. */
  readonly path: readonly Place[];
  /** Middleware of all apps on the path, for the method that runs the definition. */
  readonly layers: readonly Layer[];
}

/** An app on the way to a definition, and what it calls the definition. */
export interface Place {
  readonly app: AppCore;
  readonly localName: string;
}

/** Everything an app serves, its own and mounted, ready for look-up. Made anew after each change. */
export interface Catalog {
  readonly tools: ReadonlyMap<string, Entry<CompiledTool>>;
  readonly prompts: ReadonlyMap<string, Entry<CompiledPrompt>>;
  /** By URI. */
  readonly resources: ReadonlyMap<string, Entry<CompiledResource>>;
  readonly templates: readonly Entry<CompiledResource>[];
}

/** @throws {DefinitionError} `NAME_TAKEN` when a mounted definition collides with another, `INVALID_NAME` when its name gets too long. */
export function buildCatalog(root: AppCore): Catalog {
  const tools = new Map<string, Entry<CompiledTool>>();
  const prompts = new Map<string, Entry<CompiledPrompt>>();
  const resources = new Map<string, Entry<CompiledResource>>();
  const templates = new Map<string, Entry<CompiledResource>>();
  collect([{ app: root, prefix: '' }]);
  return { tools, prompts, resources, templates: [...templates.values()] };

  function collect(mounts: readonly MountedApp[]): void {
    const { app, prefix } = mounts.at(-1)!;
    const { registry } = app;
    put('tool', tools, registry.tools, 'tools/call');
    put('prompt', prompts, registry.prompts, 'prompts/get');
    for (const [address, compiled] of registry.resources) {
      const map = compiled.resource.template ? templates : resources;
      putOne('resource', map, address, address, compiled, 'resources/read');
    }
    for (const mount of app.mounts) collect([...mounts, { app: mount.child, prefix: prefix + mount.prefix }]);

    function put<C>(
      kind: DefinitionKind,
      into: Map<string, Entry<C>>,
      from: ReadonlyMap<string, C>,
      method: string,
    ): void {
      for (const [name, compiled] of from) putOne(kind, into, prefix + name, name, compiled, method);
    }

    function putOne<C>(
      kind: DefinitionKind,
      into: Map<string, Entry<C>>,
      name: string,
      ownName: string,
      compiled: C,
      method: string,
    ): void {
      if (!registry.isEnabled(kind, ownName)) return;
      if (name !== ownName) checkName(kind, name);
      if (into.has(name)) throw nameTaken(kind, name);
      const path = mounts.map((each) => ({
        app: each.app,
        localName: kind === 'resource' ? name : name.slice(each.prefix.length),
      }));
      into.set(name, { name, compiled, path, layers: layersAlong(path, method) });
    }
  }
}

interface MountedApp {
  readonly app: AppCore;
  /** Of all mounts on the way together. */
  readonly prefix: string;
}

/** The middleware of all apps on a path. Each sees the name its own app has for the target. */
export function layersAlong(path: readonly Place[], method: string): readonly Layer[] {
  return path.flatMap(({ app, localName }, depth) => {
    const layers = app.layersFor(method);
    if (depth === 0 || layers.length === 0) return layers;
    const enterMount: Layer = (_call, next) => next({ localName });
    return [enterMount, ...layers];
  });
}

/** The entry a URI belongs to, and the variables its template found. */
export interface FoundResource {
  readonly entry: Entry<CompiledResource>;
  readonly variables: Readonly<Record<string, string | string[]>>;
}

/** `undefined` for a URI that no resource has. */
export function findResource(catalog: Catalog, uri: string): FoundResource | undefined {
  const exact = catalog.resources.get(uri);
  if (exact) return { entry: exact, variables: {} };
  for (const entry of catalog.templates) {
    const variables = entry.compiled.match(uri);
    if (variables) return { entry, variables };
  }
  return undefined;
}
