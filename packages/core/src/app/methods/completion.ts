import type { Target } from '../../call.ts';
import { InvalidParamsError, NotFoundError } from '../../errors.ts';
import { isRecord } from '../../protocol/json-rpc.ts';
import type { CompleteResult, JsonObject } from '../../protocol/messages.ts';
import { mayUse } from '../../principal.ts';
import type { CompiledPrompt } from '../../registry/prompt.ts';
import type { CompiledResource } from '../../registry/resource.ts';
import type { AppCore } from '../core.ts';
import { layersAlong, type Entry } from '../catalog.ts';
import { orAbort } from '../run-handler.ts';
import type { Method } from './method.ts';

/** As many values as one answer may hold. */
const MAX_VALUES = 100;

export const complete: Method = {
  resolve: (core, params) => ({
    ...whereabouts(core, params),
    async run(call): Promise<CompleteResult> {
      const { argument, context } = call.params;
      const { name, value }: JsonObject = isRecord(argument) ? argument : {};
      if (typeof name !== 'string' || typeof value !== 'string') {
        throw new InvalidParamsError('params.argument must have the strings name and value.');
      }
      const others = othersIn(context);
      const { target } = call;
      if (target?.kind !== 'prompt' && target?.kind !== 'resource') throw unknownReference(params);
      const { access, complete: completers } = target.definition;
      if (!mayUse(access, call.principal)) throw unknownReference(params);
      const completer = completers[name];
      if (!completer) return { completion: { values: [], hasMore: false } };
      const values = await orAbort(call, async () => completer(value, call, others));
      return {
        completion: {
          values: values.slice(0, MAX_VALUES),
          total: values.length,
          hasMore: values.length > MAX_VALUES,
        },
      };
    },
  }),
};

/** Arguments that have been filled in already. */
function othersIn(context: unknown = {}): Readonly<Record<string, string>> {
  const { arguments: others = {} }: JsonObject = isRecord(context) ? context : { arguments: null };
  if (isRecord(others) && Object.values(others).every((other) => typeof other === 'string')) {
    return others as Record<string, string>;
  }
  throw new InvalidParamsError('params.context must be an object whose arguments are strings.');
}

/** The prompt or resource whose arguments are completed, and the middleware on the way to it. */
function whereabouts(core: AppCore, { ref }: JsonObject) {
  if (!isRecord(ref)) return {};
  if (ref['type'] === 'ref/prompt') {
    const entry = core.catalog.prompts.get(ref['name'] as string);
    return (
      entry &&
      at(entry, {
        kind: 'prompt',
        name: entry.name,
        localName: entry.name,
        definition: entry.compiled.prompt,
      })
    );
  }
  if (ref['type'] === 'ref/resource') {
    const { templates, resources } = core.catalog;
    const uri = ref['uri'] as string;
    const entry = templates.find(({ name }) => name === uri) ?? resources.get(uri);
    return (
      entry && at(entry, { kind: 'resource', name: uri, localName: uri, definition: entry.compiled.resource })
    );
  }
  return {};
}

function at({ path }: Entry<CompiledPrompt> | Entry<CompiledResource>, target: Target) {
  return { target, path, layers: layersAlong(path, 'completion/complete') };
}

function unknownReference({ ref }: JsonObject): Error {
  if (isRecord(ref)) {
    const { type, name, uri } = ref;
    if (type === 'ref/prompt' && typeof name === 'string') return new NotFoundError('prompt', name);
    // Not "resource not found", which is what reading it would say: here it is a wrong parameter in every revision.
    if (type === 'ref/resource' && typeof uri === 'string')
      return new InvalidParamsError(`Resource not found: ${uri}`);
  }
  return new InvalidParamsError('params.ref must be a ref/prompt with a name or a ref/resource with a uri.');
}
