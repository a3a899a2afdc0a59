import { createApp, defineTool } from '@toolyard/core';
import { z } from 'zod';

/** What the processes of a test serve. */
export function processApp() {
  const held = Promise.withResolvers<void>();
  return createApp({ name: 'process', version: '1.0.0' }).add(
    defineTool({ name: 'which', run: () => String(process.pid) }),
    defineTool({
      name: 'ask',
      async run(_args, call) {
        const answer = await call.requireInput('name', {
          message: 'Who are you?',
          schema: z.object({ name: z.string() }),
        });
        const [root] = await call.listRoots();
        const sampled = await call.sample({ messages: [], maxTokens: 5 });
        const name = answer.action === 'accept' ? answer.content.name : answer.action;
        return [name, root?.uri, JSON.stringify(sampled.content), process.pid].join(' ');
      },
    }),
    defineTool({
      name: 'held',
      input: z.object({ steps: z.number() }),
      async run({ steps }, call) {
        for (let progress = 1; progress <= steps; progress += 1) call.progress({ progress });
        await held.promise;
        return 'released';
      },
    }),
    defineTool({ name: 'release', run: () => held.resolve() }),
  );
}
