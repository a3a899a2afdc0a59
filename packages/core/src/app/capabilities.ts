import type { JsonObject, ServerCapabilities } from '../protocol/messages.ts';
import type { AppCore } from './core.ts';

/**
 * What the app offers. Tools are always announced, since they can be added while it runs; the rest when there is some.
 */
export function capabilitiesOf(core: AppCore): ServerCapabilities {
  const { prompts, resources, templates } = core.catalog;
  const completes =
    [...prompts.values()].some(({ compiled }) => hasKeys(compiled.prompt.complete)) ||
    templates.some(({ compiled }) => hasKeys(compiled.resource.complete));
  const extensions = extensionsOf(core);
  return {
    logging: {},
    tools: { listChanged: true },
    ...(prompts.size > 0 && { prompts: { listChanged: true } }),
    ...((resources.size > 0 || templates.length > 0) && {
      resources: { subscribe: true, listChanged: true },
    }),
    ...(completes && { completions: {} }),
    ...(hasKeys(extensions) && { extensions }),
  };
}

function extensionsOf(core: AppCore): Record<string, JsonObject> {
  const own = [...core.extensions.values()].map(({ id, settings }) => [id, settings ?? {}]);
  return Object.assign(
    {},
    ...core.mounts.map(({ child }) => extensionsOf(child)),
    Object.fromEntries(own),
  ) as Record<string, JsonObject>;
}

function hasKeys(value: object): boolean {
  return Object.keys(value).length > 0;
}
