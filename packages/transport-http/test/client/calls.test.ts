import { describe, expect, expectTypeOf, test } from 'vitest';
import { createApp, defineTool, ToolError } from '@toolyard/core';
import { z } from 'zod';

import { demoApp, echo } from '../demo-app.ts';
import { serve } from '../helpers.ts';
import { ERAS, managed, statuses } from './managed.ts';

const add = defineTool({
  name: 'add',
  input: z.object({ a: z.number(), b: z.number() }),
  output: z.object({ sum: z.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
});

describe.each(ERAS)('era %s', (era) => {
  test('the first call connects, and states tell so', async () => {
    const { url } = await serve(demoApp());
    const client = managed({ url, era });
    const seen = statuses(client);
    const result = await client.call('echo', { text: 'hello' });
    expect(result.content).toEqual([{ type: 'text', text: 'hello' }]);
    expect(client.server?.era).toBe(era === 'auto' ? 'modern' : 'legacy');
    await client.close();
    expect(seen).toEqual(['idle', 'connecting', 'online', 'closed']);
  });

  test('a tool definition types the call and its result', async () => {
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(add, echo));
    const client = managed({ url, era });
    const result = await client.call(add, { a: 1, b: 2 });
    expectTypeOf(result).toEqualTypeOf<{ sum: number }>();
    expect(result).toEqual({ sum: 3 });
    expect(await client.call(echo, { text: 'hi' })).toBe('hi');
    // @ts-expect-error b is missing
    void (() => client.call(add, { a: 1 }));
  });

  test('questions of the server are answered', async () => {
    const ask = defineTool({
      name: 'ask',
      async run(_args, call) {
        const answer = await call.requireInput('name', {
          message: 'Your name?',
          schema: z.object({ name: z.string() }),
        });
        return answer.action === 'accept' ? `hello ${answer.content.name}` : 'no name';
      },
    });
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(ask));
    const asked: string[] = [];
    const client = managed({
      url,
      era,
      onInput: ({ method }) => {
        asked.push(method);
        return { action: 'accept', content: { name: 'Ada' } };
      },
    });
    expect(await client.call(ask, {})).toBe('hello Ada');
    expect(asked).toEqual(['elicitation/create']);
  });

  test('progress is told as it is made', async () => {
    const { url } = await serve(demoApp());
    const client = managed({ url, era });
    const steps: number[] = [];
    await client.call('count', { to: 3 }, { onProgress: ({ progress }) => steps.push(progress) });
    expect(steps.slice(0, 2)).toEqual([1, 2]);
  });

  test("a tool's failure is thrown by a typed call, and a result of one by name", async () => {
    const broken = defineTool({
      name: 'broken',
      run() {
        throw new ToolError('DISK_FULL', 'The disk is full.', { data: { freeBytes: 0 } });
      },
    });
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(broken));
    const client = managed({ url, era });
    await expect(client.call(broken, {})).rejects.toMatchObject({
      name: 'ToolError',
      code: 'DISK_FULL',
      message: 'The disk is full.',
      data: { freeBytes: 0 },
    });
    expect(await client.call('broken')).toMatchObject({ isError: true });
  });
});
