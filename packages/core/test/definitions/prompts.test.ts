import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definePrompt, image, text, type Prompted } from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { eras, testApp } from '../helpers.ts';

const review = definePrompt({
  name: 'review',
  title: 'Review',
  description: 'Reviews a file',
  input: z.object({
    file: z.string().describe('Path of the file').meta({ title: 'File' }),
    tone: z.enum(['kind', 'harsh']).default('kind'),
    language: z.string().optional(),
  }),
  run: ({ file, tone }) => `Review ${file}, ${tone}.`,
});

async function messagesOf(value: Prompted) {
  const { messages } = await createTestClient(
    testApp().add(definePrompt({ name: 'p', run: () => value })),
  ).prompt('p');
  return messages;
}

describe('the arguments of a prompt', () => {
  test('are listed with title, description and whether they are needed', async () => {
    expect(await testApp().add(review).list('prompts')).toEqual([
      {
        name: 'review',
        title: 'Review',
        description: 'Reviews a file',
        arguments: [
          { name: 'file', title: 'File', description: 'Path of the file', required: true },
          { name: 'tone', required: false },
          { name: 'language', required: false },
        ],
      },
    ]);
  });

  test('are missing from the listing of a prompt that takes none', async () => {
    expect(
      await testApp()
        .add(definePrompt({ name: 'p', run: () => '' }))
        .list('prompts'),
    ).toEqual([{ name: 'p' }]);
  });

  test('are checked and filled in before it runs', async () => {
    const client = createTestClient(testApp().add(review));
    expect((await client.prompt('review', { file: 'a.ts' })).messages[0]?.content).toEqual({
      type: 'text',
      text: 'Review a.ts, kind.',
    });
  });

  test.each(eras)('that do not fit are refused with field and reason (%s)', async (era) => {
    const client = createTestClient(testApp().add(review), { era });
    await expect(client.prompt('review', { tone: 'loud' })).rejects.toMatchObject({
      rpcCode: -32602,
      message: expect.stringMatching(/^Invalid arguments for review: file: .+; tone: .+/),
      data: {
        issues: [
          { path: 'file', message: expect.any(String) },
          { path: 'tone', message: expect.any(String) },
        ],
      },
    });
    await expect(
      client.request('prompts/get', { name: 'review', arguments: ['a.ts'] as never }),
    ).rejects.toMatchObject({ rpcCode: -32602 });
  });

  test('that nobody asked for are dropped', async () => {
    const seen: unknown[] = [];
    const app = testApp().add(definePrompt({ name: 'p', run: (args) => (seen.push(args), '') }));
    await createTestClient(app).prompt('p', { extra: 'x' });
    expect(seen).toEqual([{}]);
  });
});

describe('what a prompt returns', () => {
  test('a string or block is the message of the user', async () => {
    expect(await messagesOf('hi')).toEqual([{ role: 'user', content: { type: 'text', text: 'hi' } }]);
    expect(await messagesOf(image('AA==', 'image/png'))).toEqual([
      { role: 'user', content: { type: 'image', data: 'AA==', mimeType: 'image/png' } },
    ]);
  });

  test('messages are sent as they are', async () => {
    const messages = [
      { role: 'user' as const, content: text('ping') },
      { role: 'assistant' as const, content: text('pong') },
    ];
    expect(await messagesOf(messages)).toEqual(messages);
    expect(await messagesOf({ messages, description: 'Now' })).toEqual(messages);
  });

  test('its description goes along, unless the result brings its own', async () => {
    const app = testApp().add(
      review,
      definePrompt({ name: 'p', description: 'always', run: () => ({ description: 'now', messages: [] }) }),
    );
    const client = createTestClient(app);
    expect((await client.prompt('review', { file: 'a' })).description).toBe('Reviews a file');
    expect((await client.prompt('p')).description).toBe('now');
  });
});

test.each(eras)('a prompt that does not exist is told (%s)', async (era) => {
  await expect(createTestClient(testApp(), { era }).prompt('nope')).rejects.toMatchObject({
    rpcCode: -32602,
    message: 'Unknown prompt: nope',
  });
  await expect(
    createTestClient(testApp(), { era }).request('prompts/get', {} as never),
  ).rejects.toMatchObject({ rpcCode: -32602 });
});
