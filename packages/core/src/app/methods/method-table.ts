import type { AppCore } from '../core.ts';
import { complete } from './completion.ts';
import { discover, initialize, ping } from './lifecycle.ts';
import { listen } from './listen.ts';
import { setLevel } from './logging.ts';
import type { Method } from './method.ts';
import { getPrompt, listPrompts } from './prompts.ts';
import { listResources, listTemplates, readResource, subscribe, unsubscribe } from './resources.ts';
import { callTool, listTools } from './tools.ts';

const METHODS: ReadonlyMap<string, Method> = new Map(
  Object.entries({
    initialize,
    ping,
    'server/discover': discover,
    'subscriptions/listen': listen,
    'tools/list': listTools,
    'tools/call': callTool,
    'resources/list': listResources,
    'resources/templates/list': listTemplates,
    'resources/read': readResource,
    'resources/subscribe': subscribe,
    'resources/unsubscribe': unsubscribe,
    'prompts/list': listPrompts,
    'prompts/get': getPrompt,
    'completion/complete': complete,
    'logging/setLevel': setLevel,
  }),
);

/** How an app serves a method: the protocol's own, then those of its extensions and of mounted apps. */
export function findMethod(core: AppCore, name: string): Method | undefined {
  return METHODS.get(name) ?? findExtensionMethod(core, name);
}

/** Whether the protocol itself defines the method. */
export function isProtocolMethod(name: string): boolean {
  return METHODS.has(name);
}

function findExtensionMethod(core: AppCore, name: string): Method | undefined {
  const own = core.extensionMethods.get(name);
  if (own) return own;
  for (const { child } of core.mounts) {
    const method = findExtensionMethod(child, name);
    if (method) {
      const resolve: Method['resolve'] = (_, params, state) => {
        const resolution = method.resolve(child, params, state);
        return {
          ...resolution,
          layers: [...core.layersFor(name), ...(resolution.layers ?? child.layersFor(name))],
        };
      };
      return { ...method, resolve };
    }
  }
  return undefined;
}
