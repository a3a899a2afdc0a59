import { expect, test } from 'vitest';
import { createApp, defineTool, type Middleware } from '@toolyard/core';
import { createTestClient } from '@toolyard/core/testing';
import { z } from 'zod';

const approval: Middleware = async function approve(call, next) {
  const { action } = await call.requireInput('approve', { message: 'Sure?', schema: z.object({}) });
  if (action !== 'accept') throw new Error('no');
  return next();
};

for (const era of ['modern', 'legacy'] as const) {
  test(`middleware can ask before a tool runs, and the tool after it, ${era}`, async () => {
    let runs = 0;
    const tool = defineTool({
      name: 'delete_all',
      async run(_input, call) {
        const spec = { message: 'Which?', schema: z.object({ which: z.string() }) };
        const answer = await call.requireInput('which', spec);
        runs += 1;
        return answer.action === 'accept' ? answer.content.which : 'none';
      },
    });
    const app = createApp({ name: 'a', version: '1.0.0' })
      .use('tools/call', approval as never)
      .add(tool);
    const asked: string[] = [];
    const client = createTestClient(app, {
      era,
      onInput: {
        elicit({ message }: { message: string }) {
          asked.push(message);
          return { action: 'accept' as const, content: message === 'Sure?' ? {} : { which: 'these' } };
        },
      },
    });
    expect(await client.call('delete_all')).toMatchObject({ content: [{ text: 'these' }] });
    expect(asked).toEqual(['Sure?', 'Which?']);
    expect(runs).toBe(1);
    await client.close();
  });
}
