import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { anonymous, definePrompt, defineTool, text, type Call, type Progress } from '../../src/index.ts';
import { never, testApp } from '../helpers.ts';

const add = defineTool({
  name: 'add',
  input: z.object({ a: z.number(), b: z.number().default(1) }),
  output: z.object({ sum: z.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
});

describe('app.call', () => {
  test('gives the output of a tool', async () => {
    expect(await testApp().add(add).call(add, { a: 1 })).toEqual({ sum: 2 });
  });

  test('gives text as a string, nothing as undefined, and blocks as the whole result', async () => {
    const app = testApp().add(
      defineTool({ name: 'say', run: () => 'hello' }),
      defineTool({ name: 'do', run: () => {} }),
      defineTool({ name: 'show', run: () => [text('a'), text('b')] }),
      defineTool({ name: 'null', run: () => null }),
    );
    expect(await app.call('say')).toBe('hello');
    expect(await app.call('do')).toBeUndefined();
    expect(await app.call('null')).toBeNull();
    expect(await app.call('show')).toMatchObject({ content: [{ text: 'a' }, { text: 'b' }] });
  });

  test('goes through the same pipeline as clients', async () => {
    const app = testApp()
      .use('tools/call', async (call, next) =>
        next({ params: { ...call.params, arguments: { a: 40, b: 2 } } }),
      )
      .add(add);
    expect(await app.call(add, { a: 1 })).toEqual({ sum: 42 });
  });

  test('is made by the local user in no tenant, unless told otherwise', async () => {
    const who = defineTool({
      name: 'who',
      run: (_args, { principal, tenant, transport, requestId, session, era }: Call) => ({
        id: principal.id,
        tenant: tenant ?? 'none',
        transport,
        era,
        ids: [requestId, session],
      }),
    });
    const app = testApp().add(who);
    expect(await app.call(who)).toMatchObject({
      id: 'local',
      tenant: 'none',
      transport: 'memory',
      era: 'modern',
    });
    expect(await app.call(who, {}, { principal: anonymous, tenant: 'acme' })).toMatchObject({
      id: 'anonymous',
      tenant: 'acme',
    });
  });

  test('has no JSON-RPC id', async () => {
    const id = defineTool({ name: 'id', run: (_args, call) => ({ has: call.requestId !== undefined }) });
    expect(await testApp().add(id).call(id)).toEqual({ has: false });
  });

  test('tells progress', async () => {
    const seen: Progress[] = [];
    const work = defineTool({
      name: 'work',
      run: (_args, call) => {
        call.progress({ progress: 1, total: 2, message: 'half' });
        call.progress({ progress: 2 });
      },
    });
    await testApp()
      .add(work)
      .call(work, {}, { onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([{ progress: 1, total: 2, message: 'half' }, { progress: 2 }]);
  });

  test('sends _meta along', async () => {
    const app = testApp().add(defineTool({ name: 'meta', run: (_args, call) => call.params['_meta'] }));
    expect(await app.call('meta', {}, { meta: { traceparent: '00-a-b-01' } })).toEqual({
      traceparent: '00-a-b-01',
    });
  });

  test('rejects with the reason of its signal', async () => {
    const hang = defineTool({ name: 'hang', run: () => never });
    const controller = new AbortController();
    const call = testApp().add(hang).call(hang, {}, { signal: controller.signal });
    controller.abort(new Error('Enough.'));
    await expect(call).rejects.toThrow('Enough.');
    await expect(
      testApp()
        .add(hang)
        .call(hang, {}, { signal: AbortSignal.abort(new Error('Never.')) }),
    ).rejects.toThrow('Never.');
  });

  test('leaves nothing on a signal that serves many calls', async () => {
    const controller = new AbortController();
    const app = testApp().add(add);
    for (let index = 0; index < 20; index += 1)
      await app.call(add, { a: index }, { signal: controller.signal });
    // More than ten listeners at once would have printed a warning, which fails a test.
    expect(controller.signal.aborted).toBe(false);
  });

  test('throws for what does not exist, is denied, or breaks', async () => {
    const app = testApp().add(
      defineTool({ name: 'denied', access: { scopes: ['x'] }, run: () => 1 }),
      defineTool({ name: 'broken', output: z.object({ a: z.number() }), run: () => ({}) as { a: number } }),
    );
    await expect(app.call('nope')).rejects.toMatchObject({ name: 'ProtocolError', rpcCode: -32602 });
    await expect(app.call('denied', {}, { principal: anonymous })).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
    });
    await expect(app.call('broken')).rejects.toMatchObject({ rpcCode: -32603, message: 'Internal error' });
  });
});

describe('app.list', () => {
  test('gives what a principal may see', async () => {
    const app = testApp().add(
      add,
      defineTool({ name: 'hidden', access: { roles: ['admin'] }, run: () => 1 }),
      definePrompt({ name: 'p', run: () => '' }),
    );
    expect((await app.list('tools')).map(({ name }) => name)).toEqual(['add', 'hidden']);
    expect((await app.list('tools', { principal: anonymous })).map(({ name }) => name)).toEqual(['add']);
    expect(await app.list('prompts')).toEqual([{ name: 'p' }]);
  });
});
