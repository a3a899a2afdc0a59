import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definePrompt, defineResource } from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { eras, testApp } from '../helpers.ts';

const languages = ['ada', 'basic', 'c', 'cobol', 'crystal'];
const prompt = definePrompt({
  name: 'code',
  input: z.object({ language: z.string(), style: z.string() }),
  run: () => '',
  complete: {
    language: (typed) => languages.filter((language) => language.startsWith(typed)),
    style: async (typed, call, { language }) => [`${typed} ${language ?? 'any'} ${call.principal.id}`],
  },
});
const template = defineResource({
  template: 'repo://{owner}/{name}',
  read: () => '',
  complete: {
    name: (typed, _call, { owner }) => [`${owner}-${typed}`],
    owner: () => Array.from({ length: 250 }, (_, index) => `o${index}`),
  },
});
const plain = defineResource({ uri: 'note://1', read: () => '' });
const code = { type: 'ref/prompt', name: 'code' } as const;
const repo = { type: 'ref/resource', uri: 'repo://{owner}/{name}' } as const;

describe.each(eras)('completion (%s)', (era) => {
  const client = createTestClient(testApp().add(prompt, template, plain), { era });

  test('suggests values for an argument of a prompt', async () => {
    expect(await client.complete(code, { name: 'language', value: 'c' })).toEqual({
      values: ['c', 'cobol', 'crystal'],
      total: 3,
      hasMore: false,
    });
  });

  test('suggests values for a variable of a template', async () => {
    expect((await client.complete(repo, { name: 'name', value: 'x' }, { owner: 'acme' })).values).toEqual([
      'acme-x',
    ]);
  });

  test('knows the other arguments and the call', async () => {
    expect((await client.complete(code, { name: 'style', value: 'a' }, { language: 'c' })).values).toEqual([
      'a c local',
    ]);
    expect((await client.complete(code, { name: 'style', value: 'a' })).values).toEqual(['a any local']);
  });

  test('sends 100 values at most, and says that there are more', async () => {
    const { values, total, hasMore } = await client.complete(repo, { name: 'owner', value: '' });
    expect([values.length, total, hasMore]).toEqual([100, 250, true]);
  });

  test.each([
    [code, 'other'],
    [code, 'toString'],
    [code, 'constructor'],
    [code, '__proto__'],
    [repo, 'constructor'],
    [{ type: 'ref/resource', uri: 'note://1' } as const, 'constructor'],
    [{ type: 'ref/resource', uri: 'note://1' } as const, 'id'],
  ])('of %j has nothing to say about %s', async (ref, name) => {
    expect(await client.complete(ref, { name, value: '' })).toEqual({ values: [], hasMore: false });
  });

  test('of what does not exist is told so', async () => {
    await expect(
      client.complete({ type: 'ref/prompt', name: 'nope' }, { name: 'a', value: '' }),
    ).rejects.toMatchObject({ rpcCode: -32602 });
    await expect(
      client.complete({ type: 'ref/resource', uri: 'nope://{a}' }, { name: 'a', value: '' }),
    ).rejects.toMatchObject({
      rpcCode: -32602,
    });
  });

  test('that fails is masked', async () => {
    const broken = definePrompt({
      name: 'p',
      run: () => '',
      complete: {
        a: () => {
          throw new Error('hunter2');
        },
      },
    });
    await expect(
      createTestClient(testApp().add(broken), { era }).complete(
        { type: 'ref/prompt', name: 'p' },
        { name: 'a', value: '' },
      ),
    ).rejects.toMatchObject({
      rpcCode: -32603,
      message: 'Internal error',
    });
  });

  test('uses the params that middleware passes on', async () => {
    const app = testApp()
      .use('completion/complete', async (call, next) =>
        next({ params: { ...call.params, argument: { name: 'language', value: 'b' } } }),
      )
      .add(prompt);
    expect(
      (await createTestClient(app, { era }).complete(code, { name: 'language', value: 'c' })).values,
    ).toEqual(['basic']);
  });
});
