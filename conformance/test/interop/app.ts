import { createApp, definePrompt, defineResource, defineTool, type App } from '@toolyard/core';
import { z } from 'zod';

/** An app that uses everything a client can meet. */
export function interopApp(): App {
  let visits = 0;
  const app = createApp({ name: 'interop', version: '1.0.0', instructions: 'Try everything.' }).add(
    defineTool({
      name: 'add',
      input: z.object({ a: z.number(), b: z.number() }),
      output: z.object({ sum: z.number() }),
      run: ({ a, b }) => ({ sum: a + b }),
    }),
    defineTool({
      name: 'count',
      input: z.object({ to: z.number() }),
      async run({ to }, call) {
        for (let step = 1; step <= to; step += 1) {
          call.progress({ progress: step, total: to, message: `step ${step}` });
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        return 'done';
      },
    }),
    defineTool({
      name: 'hang',
      run: (_args, call) =>
        new Promise((_, reject) => {
          call.signal.addEventListener('abort', () => {
            cancelled += 1;
            reject(call.signal.reason as Error);
          });
        }),
    }),
    defineTool({
      name: 'cancellations',
      output: z.object({ count: z.number() }),
      run: () => ({ count: cancelled }),
    }),
    defineTool({
      name: 'greet',
      async run(_args, call) {
        const answer = await call.requireInput('name', {
          message: 'What is your name?',
          schema: z.object({ name: z.string() }),
        });
        return answer.action === 'accept' ? `Hello ${answer.content.name}` : answer.action;
      },
    }),
    defineTool({
      name: 'ask_model',
      async run(_args, call) {
        const { content } = await call.sample({
          messages: [{ role: 'user', content: { type: 'text', text: 'What is 6 x 7?' } }],
          maxTokens: 10,
        });
        return JSON.stringify(content);
      },
    }),
    defineTool({
      name: 'roots',
      run: async (_args, call) => (await call.listRoots()).map(({ uri }) => uri).join(),
    }),
    defineTool({
      name: 'grow',
      run() {
        visits += 1;
        app.add(defineTool({ name: `grown_${visits}`, run: () => 'new' }));
        return 'grown';
      },
    }),
    defineTool({
      name: 'touch',
      run() {
        app.resourceUpdated('memo://today');
        return 'touched';
      },
    }),
    defineTool({
      name: 'chat',
      run(_args, call) {
        call.sendLog('warning', { low: 'battery' }, 'device');
        return 'logged';
      },
    }),
    defineResource({ uri: 'memo://today', name: 'today', mimeType: 'text/plain', read: () => 'Buy milk' }),
    defineResource({
      template: 'memo://by/{author}/{id}',
      read: ({ author, id }) => `${id} by ${author}`,
      list: () => [{ uri: 'memo://by/ada/1', name: 'Ada 1' }],
      complete: { author: (value) => ['ada', 'alan', 'grace'].filter((name) => name.startsWith(value)) },
    }),
    definePrompt({
      name: 'review',
      description: 'Reviews a file.',
      input: z.object({ file: z.string() }),
      run: ({ file }) => `Review ${file}`,
      complete: { file: (value) => ['a.ts', 'b.ts'].filter((name) => name.startsWith(value)) },
    }),
  );
  let cancelled = 0;
  return app;
}
