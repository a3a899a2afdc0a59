import { defineTool, principalKey, type Call, type Tool } from '@toolyard/core';
import { z } from 'zod';

import type { Notes } from '../context/notes.ts';

const workspace = z.string().default('default').describe('Keeps the notes of one task apart from those of others');

/** `context_set` and `context_get`: what a model wants to remember, by principal and workspace. */
export function contextTools(notes: Notes): Tool[] {
  return [
    defineTool({
      name: 'context_set',
      title: 'Remember',
      description: 'Keeps a JSON value under a key, for later calls and sessions. Without a value the key is deleted.',
      input: z.object({ workspace, key: z.string(), value: z.json().optional() }),
      output: z.object({ stored: z.boolean(), keys: z.array(z.string()) }),
      annotations: { idempotentHint: true, openWorldHint: false },
      async run({ workspace: name, key, value }, call) {
        const owner = ownerOf(call, name);
        if (value === undefined) await notes.delete(owner, key);
        else await notes.set(owner, key, value);
        return { stored: value !== undefined, keys: await notes.keys(owner) };
      },
    }),
    defineTool({
      name: 'context_get',
      title: 'Recall',
      description: 'The value kept under a key, or all keys of the workspace when no key is given.',
      input: z.object({ workspace, key: z.string().optional() }),
      output: z.object({ found: z.boolean(), value: z.json().optional(), keys: z.array(z.string()) }),
      annotations: { readOnlyHint: true, openWorldHint: false },
      async run({ workspace: name, key }, call) {
        const owner = ownerOf(call, name);
        const value = key === undefined ? undefined : ((await notes.get(owner, key)) as z.core.util.JSONType | undefined);
        return { found: value !== undefined, ...(value !== undefined && { value }), keys: await notes.keys(owner) };
      },
    }),
  ];
}

function ownerOf({ principal, tenant }: Call, workspace: string) {
  return { principal: JSON.stringify([tenant ?? null, principalKey(principal)]), workspace };
}
