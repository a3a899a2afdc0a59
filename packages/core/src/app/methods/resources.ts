import { InvalidParamsError, LimitExceededError, NotFoundError } from '../../errors.ts';
import { isRecord } from '../../protocol/json-rpc.ts';
import type {
  ListResourcesResult,
  ListResourceTemplatesResult,
  ReadResourceResult,
  ResourceContents,
  ResourceDescription,
  ResourceTemplateDescription,
} from '../../protocol/messages.ts';
import { mayUse } from '../../principal.ts';
import type { CompiledResource, Resource } from '../../registry/resource.ts';
import { toBase64 } from '../../results.ts';
import { enforceAccess } from '../access.ts';
import type { CallView } from '../call-view.ts';
import { findResource, layersAlong, type Entry, type FoundResource } from '../catalog.ts';
import type { AppCore } from '../core.ts';
import { collectList } from '../lists.ts';
import { orAbort, runHandler } from '../run-handler.ts';
import type { Method } from './method.ts';
import { findExcess } from './subscribed-uris.ts';

export const listResources: Method = {
  resolve: (core) => ({
    run: (listing) =>
      collectList<ResourceDescription, ListResourcesResult>(core, listing, {
        method: 'resources/list',
        field: 'resources',
        keyOf: ({ uri }) => uri,
        own: async (app, call) => {
          const lists = visible(app, call).map(async ({ resource, description }) =>
            resource.template
              ? orAbort(call, async () => (await resource.list?.(call)) ?? [])
              : [description],
          );
          return (await Promise.all(lists)).flat();
        },
        fixed: ({ resources, templates }) =>
          templates.some(({ compiled }) => compiled.resource.list)
            ? undefined
            : [...resources.values()].map(({ compiled: { resource, description } }) => ({
                item: description,
                access: resource.access,
              })),
      }),
  }),
};

export const listTemplates: Method = {
  resolve: (core) => ({
    run: (listing) =>
      collectList<ResourceTemplateDescription, ListResourceTemplatesResult>(core, listing, {
        method: 'resources/templates/list',
        field: 'resourceTemplates',
        keyOf: ({ uriTemplate }) => uriTemplate,
        own: (app, call) =>
          visible(app, call)
            .filter(({ resource }) => resource.template)
            .map(({ templateDescription }) => templateDescription),
        fixed: ({ templates }) =>
          templates.map(({ compiled: { resource, templateDescription } }) => ({
            item: templateDescription,
            access: resource.access,
          })),
      }),
  }),
};

export const readResource: Method = {
  resolve(core, { uri }) {
    const found = typeof uri === 'string' ? findResource(core.catalog, uri) : undefined;
    if (typeof uri !== 'string' || !found) {
      return {
        async run() {
          throw typeof uri === 'string' ? new NotFoundError('resource', uri) : uriMissing();
        },
      };
    }
    const { entry, variables } = found;
    const { resource } = entry.compiled;
    return {
      target: { kind: 'resource', name: uri, localName: uri, definition: resource },
      layers: entry.layers,
      path: entry.path,
      timeoutMs: resource.timeoutMs,
      async run(call) {
        enforceAccess(resource.access, call.principal, 'resource', uri);
        return runHandler<ReadResourceResult>(
          call,
          () => resource.read(variables, call),
          (value) => ({ contents: toContents(value, uri, resource), ...resource.cache }),
        );
      },
    };
  },
};

export const subscribe = subscription('resources/subscribe', true);
export const unsubscribe = subscription('resources/unsubscribe', false);

function subscription(method: string, wanted: boolean): Method {
  return {
    era: 'legacy',
    resolve(core, { uri }) {
      if (typeof uri !== 'string') return { run: async () => Promise.reject(uriMissing()) };
      const found = findResource(core.catalog, uri);
      const entry = found?.entry;
      return {
        ...(entry && subscribed(entry, uri, method)),
        async run(call) {
          if (!wanted) return setSubscribed(call, uri, false); // also of what is gone or denied by now
          if (!entry) throw new NotFoundError('resource', uri);
          enforceAccess(entry.compiled.resource.access, call.principal, 'resource', uri);
          if (!(await mayWatch(found, call))) throw new NotFoundError('resource', uri);
          return setSubscribed(call, uri, true);
        },
      };
    },
  };
}

/** Whether a caller who may use a resource may also hear of its changes. */
export async function mayWatch(found: FoundResource | undefined, call: CallView): Promise<boolean> {
  const { mayWatch: ask } = found?.entry.compiled.resource ?? {};
  return ask === undefined || (await orAbort(call, async () => ask(found?.variables, call)));
}

function subscribed({ path, compiled }: Entry<CompiledResource>, uri: string, method: string) {
  const target = { kind: 'resource', name: uri, localName: uri, definition: compiled.resource } as const;
  return { target, path, layers: layersAlong(path, method) };
}

async function setSubscribed(call: CallView, uri: string, wanted: boolean): Promise<object> {
  const { session } = call.state.exchange;
  if (!session?.record) throw new InvalidParamsError('Subscriptions need a session.');
  const others = session.record.subscriptions.filter((other) => other !== uri);
  const subscriptions = wanted ? [...others, uri] : others;
  const excess = wanted ? findExcess(subscriptions) : undefined;
  if (excess !== undefined) throw new LimitExceededError(excess);
  await session.update({ ...session.record, subscriptions });
  return {};
}

function visible(app: AppCore, call: CallView) {
  return [...app.registry.resources.values()].filter(
    ({ resource }) =>
      app.registry.isEnabled('resource', resource.address) && mayUse(resource.access, call.principal),
  );
}

function toContents(value: unknown, uri: string, { mimeType }: Resource): ResourceContents[] {
  if (Array.isArray(value)) return value as ResourceContents[];
  if (typeof value === 'string') return [{ uri, mimeType: mimeType ?? 'text/plain', text: value }];
  if (value instanceof Uint8Array) {
    return [{ uri, mimeType: mimeType ?? 'application/octet-stream', blob: toBase64(value) }];
  }
  return isRecord(value) ? [{ uri, ...(mimeType !== undefined && { mimeType }), ...value }] : [];
}

function uriMissing(): InvalidParamsError {
  return new InvalidParamsError('params.uri must be a string.');
}
