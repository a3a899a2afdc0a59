import { z } from 'zod';

import {
  defineMethod,
  definePrompt,
  defineResource,
  defineTool,
  ToolError,
  type App,
} from '../../src/index.ts';
import { testApp } from '../helpers.ts';

const add = defineTool({
  name: 'add',
  input: z.object({ a: z.number(), b: z.number() }),
  output: z.object({ sum: z.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
});

const fail = defineTool({
  name: 'fail',
  run: () => {
    throw new ToolError('DISK_FULL', 'The disk is full.');
  },
});

const leak = defineTool({
  name: 'leak',
  run: () => {
    throw new Error('the password is hunter2');
  },
});

const work = defineTool({
  name: 'work',
  run: async (_args, call) => {
    for (const progress of [1, 2, 3]) call.progress({ progress, total: 3 });
    call.sendLog('warning', 'half way');
    // The official clients lose progress that arrives in one piece with the result (typescript-sdk#2580).
    await new Promise((resolve) => setTimeout(resolve, 20));
    return 'done';
  },
});

const greet = defineTool({
  name: 'greet',
  run: async (_args, call) => {
    const answer = await call.requireInput('name', {
      message: 'Your name?',
      schema: z.object({ name: z.string() }),
    });
    return answer.action === 'accept' ? `Hello ${answer.content.name}` : answer.action;
  },
});

const think = defineTool({
  name: 'think',
  run: async (_args, call) => {
    const { content } = await call.sample({
      messages: [{ role: 'user', content: { type: 'text', text: 'What?' } }],
      maxTokens: 10,
    });
    const [root] = await call.listRoots();
    return JSON.stringify([content, root?.uri]);
  },
});

export const whoami = defineTool({
  name: 'whoami',
  run: (_args, { principal, transport, tenant, client, params }) => ({
    id: principal.id,
    scopes: principal.scopes,
    transport,
    tenant: tenant ?? null,
    client: client.info?.name,
    pinned: (params['_meta'] as Record<string, unknown> | undefined)?.['toolyard/version'] ?? null,
  }),
});

const guarded = defineTool({ name: 'guarded', access: { scopes: ['admin'] }, run: () => 'secret' });

const note = defineResource({
  template: 'note://{id}',
  read: ({ id }) => `Note ${id}`,
  list: () => [{ uri: 'note://a', name: 'a' }],
  complete: { id: (value) => ['apple', 'avocado', 'banana'].filter((id) => id.startsWith(value)) },
});

const about = defineResource({ uri: 'ours://about', read: () => 'about us' });

const review = definePrompt({
  name: 'review',
  input: z.object({ file: z.string() }),
  run: ({ file }) => `Review ${file}`,
  complete: { file: (value) => [`${value}.ts`] },
});

/** Something of each kind, and a tool whose cancellation can be watched. */
export function demoApp(): { app: App<any, any>; cancelled: Promise<unknown>; started: Promise<unknown> } {
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<unknown>();
  const { promise: started, resolve: start } = Promise.withResolvers<unknown>();
  const hang = defineTool({
    name: 'hang',
    run: (_args, call) => {
      start(undefined);
      return new Promise<string>(() =>
        call.signal.addEventListener('abort', () => cancel(call.signal.reason)),
      );
    },
  });
  const app = testApp({ name: 'ours', instructions: 'Of the app.' })
    .add(add, fail, leak, work, greet, think, whoami, guarded, hang, note, about, review)
    .extend({
      id: 'com.example/clock',
      negotiated: false,
      methods: [defineMethod({ name: 'clock/now', run: () => ({ hour: 12 }) })],
    });
  return { app, cancelled, started };
}
