import {
  definePrompt,
  defineResource,
  defineTool,
  embeddedResource,
  resourceLink,
  result,
  text,
  type Prompt,
  type Resource,
  type Tool,
} from '@toolyard/core';
import { z } from 'zod';

import { askingTools } from '../fixtures/asking-tools.ts';
import { contentTools } from '../fixtures/content-tools.ts';
import { prompts as fixturePrompts } from '../fixtures/prompts.ts';
import { resources as fixtureResources } from '../fixtures/resources.ts';
import { roundTripTools } from '../fixtures/round-trip-tools.ts';
import { runningTools } from '../fixtures/running-tools.ts';
import { schemaTools } from '../fixtures/schema-tools.ts';

const icon = { src: 'https://example.com/icon.png', mimeType: 'image/png', sizes: ['48x48'] };

const add = defineTool({
  name: 'add',
  title: 'Add two numbers',
  description: 'Adds two numbers.',
  input: z.object({ a: z.number(), b: z.number().default(1) }),
  output: z.object({ sum: z.number() }),
  annotations: { readOnlyHint: true, openWorldHint: false },
  icons: [icon],
  meta: { 'com.example/kind': 'arithmetic' },
  run: ({ a, b }) => ({ sum: a + b }),
});

const listNames = defineTool({
  name: 'list_names',
  description: 'Names, as an array.',
  output: z.array(z.string()),
  run: () => ['Ada', 'Grace'],
});

const countLetters = defineTool({
  name: 'count_letters',
  description: 'A number that no schema announces.',
  input: z.object({ word: z.string().min(1) }),
  run: ({ word }) => word.length,
});

const lookAround = defineTool({
  name: 'look_around',
  description: 'Every other kind of content, with annotations and metadata.',
  run: () =>
    result({
      content: [
        text('Look:', { annotations: { audience: ['user'], priority: 0.5 } }),
        resourceLink({ uri: 'test://static-text', name: 'static', title: 'Static', mimeType: 'text/plain' }),
        embeddedResource({ uri: 'test://here', mimeType: 'text/plain', text: 'here' }),
      ],
      _meta: { 'com.example/seen': true },
    }),
});

const crash = defineTool({
  name: 'crash',
  description: 'Fails in a way nobody planned.',
  run: () => {
    throw new Error('the password is hunter2');
  },
});

const wrongOutput = defineTool({
  name: 'wrong_output',
  description: 'Breaks the promise of its own schema.',
  output: z.object({ sum: z.number() }),
  run: () => ({ sum: 'many' }) as unknown as { sum: number },
});

const route = defineTool({
  name: 'route',
  description: 'Has a header for each type a header can have.',
  input: z.object({
    region: z.string().optional(),
    limit: z.int().optional(),
    urgent: z.boolean().optional(),
    filter: z.object({ tenant: z.string() }).optional(),
  }),
  headers: { region: 'Region', limit: 'Limit', urgent: 'Urgent', 'filter.tenant': 'Tenant' },
  run: (args) => JSON.stringify(args),
});

const askUrl = defineTool({
  name: 'ask_url',
  description: 'Sends the person to a page.',
  run: async (_args, call) => {
    const { action } = await call.requireInput('page', {
      message: 'Sign in',
      url: 'https://example.com/sign-in',
    });
    return `The person did: ${action}`;
  },
});

const users = defineResource({
  template: 'judge://users/{id}',
  name: 'User',
  title: 'A user',
  mimeType: 'application/json',
  annotations: { audience: ['assistant'], priority: 1 },
  list: () => ['1', '2'].map((id) => ({ uri: `judge://users/${id}`, name: `User ${id}` })),
  complete: { id: (value) => ['1', '10', '2'].filter((id) => id.startsWith(value)) },
  read: ({ id }) => JSON.stringify({ id }),
});

const brokenResource = defineResource({
  uri: 'judge://broken',
  name: 'broken',
  read: () => {
    throw new Error('the password is hunter2');
  },
});

const greeting = definePrompt({
  name: 'greeting',
  title: 'Greeting',
  description: 'Greets somebody.',
  icons: [icon],
  input: z.object({ name: z.string().describe('Whom'), style: z.string().optional() }),
  run: ({ name, style = 'warm' }) => ({
    description: 'A greeting',
    messages: [
      { role: 'user', content: text(`Greet ${name}.`) },
      { role: 'assistant', content: text(`In a ${style} way?`) },
    ],
  }),
});

const brokenPrompt = definePrompt({
  name: 'broken_prompt',
  description: 'Fails in a way nobody planned.',
  run: () => {
    throw new Error('the password is hunter2');
  },
});

/** What both servers serve: the fixtures of the official suite, and what the judge needs besides. */
export const definitions = {
  tools: [
    ...contentTools,
    ...runningTools,
    ...schemaTools,
    ...askingTools,
    ...roundTripTools,
    add,
    listNames,
    countLetters,
    lookAround,
    crash,
    wrongOutput,
    route,
    askUrl,
  ] as readonly Tool[],
  // The SDK lists what templates list after all else.
  resources: [...fixtureResources, brokenResource, users] as readonly Resource[],
  prompts: [...fixturePrompts, greeting, brokenPrompt] as readonly Prompt[],
};

/** Only for those who have the scope `admin`. Served where there is authentication. */
export const adminTool = defineTool({
  name: 'reboot',
  description: 'For administrators.',
  access: { scopes: ['admin'] },
  run: () => 'Rebooted.',
});

export const serverInfo = { name: 'judged', version: '1.2.3', title: 'Judged server' };
export const instructions = 'Call add to add.';

/** Largest body both servers take. */
export const MAX_BODY_BYTES = 16_384;
