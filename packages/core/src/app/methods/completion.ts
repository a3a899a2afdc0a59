import { InvalidParamsError, NotFoundError } from '../../errors.ts';
import { isRecord } from '../../protocol/json-rpc.ts';
import type { CompleteResult, JsonObject } from '../../protocol/messages.ts';
import { mayUse } from '../../principal.ts';
import type { AppCore } from '../core.ts';
import { orAbort } from '../run-handler.ts';
import type { Method } from './method.ts';

/** As many values as one answer may hold. */
const MAX_VALUES = 100;

export const complete: Method = {
  resolve: (core, params) => ({
    async run(call): Promise<CompleteResult> {
      const { argument, context } = params;
      if (!isRecord(argument) || typeof argument['name'] !== 'string' || typeof argument['value'] !== 'string') {
        throw new InvalidParamsError('params.argument must have the strings name and value.');
      }
      const { name, value } = argument;
      const found = find(core, params);
      if (!mayUse(found.access, call.principal)) throw new NotFoundError(found.kind, found.name);
      const completer = found.complete[name as string];
      if (!completer) return { completion: { values: [], total: 0, hasMore: false } };
      const others = isRecord(context) && isRecord(context['arguments']) ? context['arguments'] : {};
      const values = await orAbort(call, async () => completer(value as string, call, others as Record<string, string>));
      return {
        completion: { values: values.slice(0, MAX_VALUES), total: values.length, hasMore: values.length > MAX_VALUES },
      };
    },
  }),
};

function find(core: AppCore, { ref }: JsonObject) {
  if (isRecord(ref) && ref['type'] === 'ref/prompt' && typeof ref['name'] === 'string') {
    const prompt = core.catalog.prompts.get(ref['name'])?.compiled.prompt;
    if (!prompt) throw new NotFoundError('prompt', ref['name']);
    return { kind: 'prompt' as const, name: ref['name'], access: prompt.access, complete: prompt.complete };
  }
  if (isRecord(ref) && ref['type'] === 'ref/resource' && typeof ref['uri'] === 'string') {
    const { uri } = ref;
    const { templates, resources } = core.catalog;
    const entry = templates.find(({ name }) => name === uri) ?? resources.get(uri);
    if (!entry) throw new NotFoundError('resource', uri);
    const { access, complete: completers } = entry.compiled.resource;
    return { kind: 'resource' as const, name: uri, access, complete: completers };
  }
  throw new InvalidParamsError('params.ref must be a ref/prompt with a name or a ref/resource with a uri.');
}
