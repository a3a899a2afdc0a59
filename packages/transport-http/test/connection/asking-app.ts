import { createApp, defineTool, type AppOptions } from '@toolyard/core';
import { z } from 'zod';

import { demoApp } from '../demo-app.ts';

const ask = defineTool({
  name: 'ask',
  async run(_args, call) {
    const answer = await call.requireInput('name', {
      message: 'Your name?',
      schema: z.object({ name: z.string() }),
    });
    return answer.action === 'accept' ? `Hello ${answer.content.name}` : answer.action;
  },
});

const think = defineTool({
  name: 'think',
  async run(_args, call) {
    const { content } = await call.sample({
      messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }],
      maxTokens: 5,
    });
    return JSON.stringify(content);
  },
});

const roots = defineTool({
  name: 'roots',
  run: async (_args, call) => (await call.listRoots()).map(({ uri }) => uri).join(' '),
});

const who = defineTool({
  name: 'who',
  run: (_args, call) => [call.transport, call.principal.id, call.tenant ?? '-'].join(' '),
});

const big = defineTool({
  name: 'big',
  input: z.object({ bytes: z.number() }),
  run: ({ bytes }) => 'x'.repeat(bytes),
});

/** The demo app with tools that ask the client, tell who calls, and answer at length. */
export function askingApp(options: Partial<AppOptions> = {}) {
  return createApp({ name: 'asking', version: '1.0.0', ...options })
    .add(ask, think, roots, who, big)
    .mount('demo', demoApp(options));
}
