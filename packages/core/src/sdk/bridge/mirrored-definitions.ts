/** What a host's server lists, as definitions whose handlers ask it. */
import type { Call } from '../../call.ts';
import type {
  CallToolResult,
  CompleteResult,
  GetPromptResult,
  JsonObject,
  PromptDescription,
  ReadResourceResult,
  ResourceDescription,
  ResourceTemplateDescription,
  ToolDescription,
} from '../../protocol/messages.ts';
import { definePrompt, type Prompt } from '../../registry/prompt.ts';
import { defineResource, type Completer, type Resource } from '../../registry/resource.ts';
import { defineTool, type Tool } from '../../registry/tool.ts';
import { result } from '../../results.ts';
import { passThrough } from './pass-through.ts';
import type { Relay } from './relay.ts';

export function mirrorTool(tool: ToolDescription, relay: Relay): Tool {
  const { name, title, description, inputSchema, outputSchema, annotations, icons, _meta: meta } = tool;
  const facts = { name: toName(name), title, description, annotations, icons, meta };
  const input = passThrough(inputSchema);
  const run = async (args: JsonObject, call: Call) => {
    const answer = (await relay(call, 'tools/call', { name, arguments: args })) as unknown as CallToolResult;
    return result(answer);
  };
  return outputSchema
    ? defineTool({ ...facts, input, output: passThrough<unknown>(outputSchema), run })
    : defineTool({ ...facts, input, run });
}

/** @param completes - whether the server completes arguments. */
export function mirrorPrompt(prompt: PromptDescription, relay: Relay, completes: boolean): Prompt {
  const { name, title, description, icons, arguments: args = [], _meta: meta } = prompt;
  const ref = { type: 'ref/prompt', name };
  const properties = args.map(({ name: key, title: label, description: about }) => [
    key,
    {
      type: 'string',
      ...(label !== undefined && { title: label }),
      ...(about !== undefined && { description: about }),
    },
  ]);
  const required = args.filter((argument) => argument.required).map((argument) => argument.name);
  return definePrompt({
    name: toName(name),
    title,
    description,
    icons,
    meta,
    ...(args.length > 0 && {
      input: passThrough({ type: 'object', properties: Object.fromEntries(properties), required }),
    }),
    run: async (given, call) =>
      (await relay(call, 'prompts/get', { name, arguments: given })) as unknown as GetPromptResult,
    complete: completes
      ? completersFor(
          args.map((argument) => argument.name),
          ref,
          relay,
        )
      : {},
  });
}

export function mirrorResource(resource: ResourceDescription, relay: Relay): Resource {
  const { uri, name, title, description, mimeType, size, annotations, icons, _meta: meta } = resource;
  const facts = { name, title, description, mimeType, size, annotations, icons, meta };
  return defineResource({ ...facts, uri, read: (call) => read(call, relay) });
}

/**
 * @param variables - the names in the template.
 * @param list - the resources of the template, as the server lists them now.
 */
export function mirrorTemplate(
  template: ResourceTemplateDescription,
  relay: Relay,
  completes: boolean,
  list: (call: Call) => Promise<readonly ResourceDescription[]>,
): Resource {
  const { uriTemplate, name, title, description, mimeType, annotations, icons, _meta: meta } = template;
  const facts = { name, title, description, mimeType, annotations, icons, meta };
  const ref = { type: 'ref/resource', uri: uriTemplate };
  return defineResource({
    ...facts,
    template: uriTemplate,
    read: (_variables: unknown, call) => read(call, relay),
    list,
    complete: completes ? completersFor(variablesOf(uriTemplate), ref, relay) : {},
  });
}

async function read(call: Call, relay: Relay) {
  const { contents } = (await relay(call, 'resources/read', {
    uri: call.target!.name,
  })) as unknown as ReadResourceResult;
  return contents;
}

function completersFor(names: readonly string[], ref: object, relay: Relay): Record<string, Completer> {
  const completerOf =
    (name: string): Completer =>
    async (value, call, others) => {
      const context = Object.keys(others).length > 0 && { context: { arguments: others } };
      const answer = await relay(call, 'completion/complete', { ref, argument: { name, value }, ...context });
      return (answer as unknown as CompleteResult).completion.values;
    };
  return Object.fromEntries(names.map((name) => [name, completerOf(name)]));
}

function variablesOf(template: string): string[] {
  return [...template.matchAll(/\{[+#./;?&]?([^}]*)\}/g)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.replace(/(\*|:\d+)$/, '')),
  );
}

/** Names of the SDK may be longer and hold dots and slashes, which model vendors refuse. */
function toName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
}
