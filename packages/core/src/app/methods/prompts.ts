import { InvalidParamsError, NotFoundError } from '../../errors.ts';
import { isRecord } from '../../protocol/json-rpc.ts';
import type {
  GetPromptResult,
  ListPromptsResult,
  PromptDescription,
  PromptMessage,
} from '../../protocol/messages.ts';
import { mayUse } from '../../principal.ts';
import { describeIssues } from '../../registry/schema.ts';
import type { Prompt } from '../../registry/prompt.ts';
import { isContentBlock, text } from '../../results.ts';
import { enforceAccess } from '../access.ts';
import { collectList } from '../lists.ts';
import { orAbort, runHandler } from '../run-handler.ts';
import type { Method } from './method.ts';

export const listPrompts: Method = {
  resolve: (core) => ({
    run: (listing) =>
      collectList<PromptDescription, ListPromptsResult>(core, listing, {
        method: 'prompts/list',
        field: 'prompts',
        keyOf: ({ name }) => name,
        own: ({ registry }, call) =>
          [...registry.prompts.values()]
            .filter(
              ({ prompt }) =>
                registry.isEnabled('prompt', prompt.name) && mayUse(prompt.access, call.principal),
            )
            .map(({ description }) => description),
        rename: (prompt, prefix) => ({ ...prompt, name: prefix + prompt.name }),
        fixed: ({ prompts }) =>
          [...prompts.values()].map(({ name, compiled: { prompt, description } }) => ({
            item: name === prompt.name ? description : { ...description, name },
            access: prompt.access,
          })),
      }),
  }),
};

export const getPrompt: Method = {
  resolve(core, { name }) {
    const entry = typeof name === 'string' ? core.catalog.prompts.get(name) : undefined;
    if (entry === undefined) {
      return {
        async run() {
          if (typeof name !== 'string') throw new InvalidParamsError('params.name must be a string.');
          throw new NotFoundError('prompt', name);
        },
      };
    }
    const { prompt, input } = entry.compiled;
    return {
      target: { kind: 'prompt', name: entry.name, localName: entry.name, definition: prompt },
      layers: entry.layers,
      path: entry.path,
      timeoutMs: prompt.timeoutMs,
      async run(call) {
        enforceAccess(prompt.access, call.principal, 'prompt', entry.name);
        const { arguments: args = {} } = call.params;
        if (!isRecord(args)) throw new InvalidParamsError('params.arguments must be an object.');
        const checked = input ? await orAbort(call, () => input.validate(args)) : { value: {} };
        if (checked.issues) {
          throw new InvalidParamsError(
            `Invalid arguments for ${entry.name}: ${describeIssues(checked.issues)}`,
            {
              issues: checked.issues,
            },
          );
        }
        if (!Object.values(args).every((value) => typeof value === 'string')) {
          throw new InvalidParamsError('params.arguments must be an object of strings.');
        }
        return runHandler<GetPromptResult>(
          call,
          () => prompt.run(checked.value, call),
          (value) => toPromptResult(value, prompt),
        );
      },
    };
  },
};

function toPromptResult(value: unknown, { description }: Prompt): GetPromptResult {
  const described = description === undefined ? {} : { description };
  if (typeof value === 'string') return { ...described, messages: [{ role: 'user', content: text(value) }] };
  if (isContentBlock(value)) return { ...described, messages: [{ role: 'user', content: value }] };
  if (Array.isArray(value)) return { ...described, messages: value as PromptMessage[] };
  return { ...described, ...(value as GetPromptResult) };
}
