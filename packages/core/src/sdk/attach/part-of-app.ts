import { findResource } from '../../app/catalog.ts';
import type { AppCore } from '../../app/core.ts';
import { findMethod, isProtocolMethod } from '../../app/methods/method-table.ts';
import { isRecord, type JsonRpcRequest } from '../../protocol/json-rpc.ts';

/** Who answers a request: the app, the host's own server, or both together. */
type Answerer = 'app' | 'host' | 'both';

/** Methods that both have a part in. */
const SHARED = new Set([
  'initialize',
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'logging/setLevel',
]);

export function answererOf(core: AppCore, { method, params = {} }: JsonRpcRequest): Answerer {
  if (SHARED.has(method)) return 'both';
  return isOfApp(core, method, params) ? 'app' : 'host';
}

/** The items of a host's list that the app does not have under the same name: those it would answer for. */
export function withoutThoseOfApp(core: AppCore, method: string, items: readonly unknown[]): unknown[] {
  const { tools, prompts, resources, templates } = core.catalog;
  return items.filter((item) => {
    if (!isRecord(item)) return true;
    switch (method) {
      case 'tools/list':
        return !tools.has(item['name'] as string);
      case 'prompts/list':
        return !prompts.has(item['name'] as string);
      case 'resources/list':
        return !resources.has(item['uri'] as string);
      default:
        return !templates.some(({ name }) => name === item['uriTemplate']);
    }
  });
}

function isOfApp(core: AppCore, method: string, params: Record<string, unknown>): boolean {
  const { tools, prompts } = core.catalog;
  const { name, uri, ref } = params;
  switch (method) {
    case 'tools/call':
      return typeof name === 'string' && tools.has(name);
    case 'prompts/get':
      return typeof name === 'string' && prompts.has(name);
    case 'resources/read':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return hasResource(core, uri);
    case 'completion/complete':
      return isRecord(ref) && completesFor(core, ref);
    default:
      return !isProtocolMethod(method) && findMethod(core, method) !== undefined;
  }
}

function completesFor(core: AppCore, ref: Record<string, unknown>): boolean {
  if (ref['type'] === 'ref/prompt') return core.catalog.prompts.has(ref['name'] as string);
  const { templates, resources } = core.catalog;
  const uri = ref['uri'] as string;
  return templates.some(({ name }) => name === uri) || resources.has(uri);
}

function hasResource(core: AppCore, uri: unknown): boolean {
  return typeof uri === 'string' && findResource(core.catalog, uri) !== undefined;
}
