import { InvalidParamsError, MissingCapabilityError } from '../../errors.ts';
import { describeIssues, compileSchema } from '../../registry/schema.ts';
import type { AppCore } from '../core.ts';
import type { Extension, ExtensionMethod } from '../extension.ts';
import { orAbort } from '../run-handler.ts';
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
  for (const extension of core.extensions.values()) {
    const method = extension.methods.find((candidate) => candidate.name === name);
    if (method) return toMethod(extension, method);
  }
  for (const { child } of core.mounts) {
    const method = findExtensionMethod(child, name);
    if (method) {
      const resolve: Method['resolve'] = (_, params, state) => {
        const resolution = method.resolve(child, params, state);
        return { ...resolution, layers: [...core.layersFor(name), ...(resolution.layers ?? child.layersFor(name))] };
      };
      return { ...method, resolve };
    }
  }
  return undefined;
}

function toMethod(extension: Extension, method: ExtensionMethod): Method {
  const schema = method.params && compileSchema(method.params, 'input', method.name);
  return {
    ...(method.era && { era: method.era }),
    resolve: () => ({
      async run(call) {
        const negotiated = extension.negotiated ?? true;
        if (negotiated && call.era === 'modern' && call.extension(extension.id) === undefined) {
          throw new MissingCapabilityError({ extensions: { [extension.id]: {} } });
        }
        const checked = schema ? await schema.validate(call.params) : { value: call.params };
        if (checked.issues) throw new InvalidParamsError(`Invalid params: ${describeIssues(checked.issues)}`);
        return orAbort(call, async () => method.run(checked.value, call));
      },
    }),
  };
}
