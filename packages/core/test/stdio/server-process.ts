// A server over stdio for the tests that need a process of its own.
import { z } from 'zod';

import { createApp, definePrompt, defineResource, defineTool } from '../../src/index.ts';
import { serveStdio } from '../../src/stdio.ts';

const add = defineTool({
  name: 'add',
  input: z.object({ a: z.number(), b: z.number() }),
  output: z.object({ sum: z.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
});

const noisy = defineTool({
  name: 'noisy',
  run: () => {
    console.log('from console.log');
    console.info('from %s', 'console.info');
    process.stdout.write('from stdout.write without a newline');
    process.stdout.write(Buffer.from('{"jsonrpc":"2.0","id":1,"result":{}}\n'));
    console.error('from console.error');
    return 'said it';
  },
});

const steps = defineTool({
  name: 'steps',
  run: async (_args, call) => {
    for (const progress of [1, 2, 3]) {
      call.progress({ progress, total: 3 });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return 'done';
  },
});

let cancelled = 0;
const hang = defineTool({
  name: 'hang',
  run: (_args, call) => {
    call.progress({ progress: 1 });
    return new Promise<string>(() => call.signal.addEventListener('abort', () => (cancelled += 1)));
  },
});
const cancellations = defineTool({ name: 'cancellations', run: () => String(cancelled) });

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
      messages: [{ role: 'user', content: { type: 'text', text: 'Think.' } }],
      maxTokens: 10,
    });
    return JSON.stringify(content);
  },
});

const extra = defineTool({ name: 'extra', run: () => '' });
const toggle = defineTool({
  name: 'toggle',
  run: () => {
    app.add(extra);
    return 'added';
  },
});
const touch = defineTool({
  name: 'touch',
  run: () => {
    app.resourceUpdated('note://a');
    return 'touched';
  },
});

const note = defineResource({ uri: 'note://a', name: 'a', read: () => 'the note' });
const file = defineResource({
  template: 'file:///{path}',
  name: 'file',
  read: ({ path }) => `contents of ${path}`,
  complete: { path: (value) => ['alpha', 'beta'].filter((path) => path.startsWith(value)) },
});
const review = definePrompt({
  name: 'review',
  input: z.object({ file: z.string() }),
  run: ({ file: path }) => `Review ${path}.`,
});

const app = createApp({ name: 'stdio-test', version: '1.0.0' }).add(
  add,
  noisy,
  steps,
  hang,
  cancellations,
  greet,
  think,
  toggle,
  touch,
  note,
  file,
  review,
);
await serveStdio(app).closed;
await app.close();
process.stderr.write('closed\n');
