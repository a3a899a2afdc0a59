import { defineTool, principalKey, type Call, type Tool } from '@toolyard/core';
import { z } from 'zod';

import type { Notes } from '../context/notes.ts';

const workspace = z
  .string()
  .default('default')
  .describe('Keeps the notes of one project apart from those of others');
const json = z.json();
const keys = z.array(z.string()).describe('All keys of the workspace');

/** `context_set` and `context_get`: what a model wants to remember, by principal and workspace. */
export function contextTools(notes: Notes): Tool[] {
  return [setContext(notes), getContext(notes)];
}

function setContext(notes: Notes): Tool {
  return defineTool({
    name: 'context_set',
    title: 'Remember',
    description:
      'Keeps a JSON value under a key for 30 days, for later calls and conversations of the same user. Replaces what was there; without a value the key is deleted.',
    input: z.object({
      workspace,
      key: z.string().describe('For example "goal"'),
      value: json.optional().describe('Any JSON; leave it out to delete the key'),
    }),
    output: z.object({ stored: z.boolean(), keys }),
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    async run({ key, value, ...args }, call) {
      const owner = ownerOf(call, args);
      if (value === undefined) await notes.delete(owner, key);
      else await notes.set(owner, key, value);
      return { stored: value !== undefined, keys: await notes.keys(owner) };
    },
  });
}

function getContext(notes: Notes): Tool {
  return defineTool({
    name: 'context_get',
    title: 'Recall',
    description: 'The value kept under a key with context_set; without a key, which keys there are.',
    input: z.object({ workspace, key: z.string().optional() }),
    output: z.object({ found: z.boolean(), value: json.optional(), keys }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    async run({ key, ...args }, call) {
      const owner = ownerOf(call, args);
      const value = key === undefined ? undefined : json.optional().parse(await notes.get(owner, key));
      return {
        found: value !== undefined,
        ...(value !== undefined && { value }),
        keys: await notes.keys(owner),
      };
    },
  });
}

function ownerOf({ principal, tenant }: Call, args: { readonly workspace: string }) {
  return { principal: JSON.stringify([tenant ?? null, principalKey(principal)]), workspace: args.workspace };
}
