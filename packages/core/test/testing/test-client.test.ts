import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

import {
  createApp,
  definePrompt,
  defineResource,
  defineTool,
  result,
  text,
  type Call,
  type CallToolResult,
  type Middleware,
} from '../../src/index.ts';
import type { Era } from '../../src/protocol.ts';
import { createTestClient, fakeClock } from '../../src/testing.ts';

const add = defineTool({
  name: 'add',
  input: z.object({ a: z.number(), b: z.number().default(1) }),
  output: z.object({ sum: z.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
});
const who = defineTool({
  name: 'who',
  run: (_args, call) => ({
    era: call.era,
    version: call.protocolVersion,
    transport: call.transport,
    id: call.principal.id,
    tenant: call.tenant,
  }),
});
const greet = defineTool({
  name: 'greet',
  run: async (_args, call) => {
    const first = await call.requireInput('first', {
      message: 'First name?',
      schema: z.object({ name: z.string() }),
    });
    if (first.action !== 'accept') return first.action;
    const last = await call.requireInput('last', {
      message: 'Last name?',
      schema: z.object({ name: z.string() }),
    });
    return `${first.content.name} ${last.action === 'accept' ? last.content.name : '-'}`;
  },
});
const note = defineResource({ uri: 'note://a', name: 'a', read: () => 'the note' });
const review = definePrompt({
  name: 'review',
  input: z.object({ file: z.string() }),
  run: ({ file }) => `Review ${file}.`,
  complete: { file: (value) => ['a.ts', 'b.ts'].filter((file) => file.startsWith(value)) },
});

function app() {
  return createApp({ name: 'test', version: '1', pageSize: 2 }).add(add, who, greet, note, review);
}

const eras = ['modern', 'legacy'] as const satisfies Era[];

describe.each(eras)('a %s client', (era) => {
  test('connects, lists all pages, calls, reads, prompts and completes', async () => {
    await using client = createTestClient(app(), { era });
    const { serverInfo, capabilities } = await client.connect();
    expect(serverInfo).toEqual({ name: 'test', version: '1' });
    expect(capabilities).toMatchObject({ tools: {}, resources: {}, prompts: {} });
    expect((await client.list('tools')).map(({ name }) => name)).toEqual(['add', 'who', 'greet']);
    expect(await client.list('resources')).toMatchObject([{ uri: 'note://a' }]);
    expect(await client.list('templates')).toEqual([]);
    expect(await client.call(add, { a: 1 })).toMatchObject({ structuredContent: { sum: 2 } });
    expect(await client.call('add', { a: 'x' })).toMatchObject({ isError: true });
    expect(await client.read('note://a')).toMatchObject({ contents: [{ text: 'the note' }] });
    expect(await client.prompt('review', { file: 'a.ts' })).toMatchObject({
      messages: [{ content: { text: 'Review a.ts.' } }],
    });
    expect(
      await client.complete({ type: 'ref/prompt', name: 'review' }, { name: 'file', value: 'b' }),
    ).toMatchObject({ values: ['b.ts'] });
  });

  test('is who it is told to be', async () => {
    const as = { id: 'ann', scopes: [] };
    await using client = createTestClient(app(), {
      era,
      as,
      tenant: 'acme',
      transportName: 'carrier-pigeon',
    });
    const version = era === 'modern' ? '2026-07-28' : '2025-11-25';
    expect((await client.call(who)).structuredContent).toEqual({
      era,
      version,
      transport: 'carrier-pigeon',
      id: 'ann',
      tenant: 'acme',
    });
  });

  test('throws what a request is answered with', async () => {
    await using client = createTestClient(app(), { era });
    await expect(client.request('tools/call', { name: 'nothing' })).rejects.toMatchObject({
      name: 'ProtocolError',
      rpcCode: -32602,
    });
    await expect(client.request('no/such', {})).rejects.toMatchObject({ rpcCode: -32601 });
  });

  test('answers what tools ask', async () => {
    const names = ['Ann', 'Lee'];
    await using client = createTestClient(app(), {
      era,
      onInput: { elicit: () => ({ action: 'accept', content: { name: names.shift()! } }) },
    });
    expect(await client.call(greet)).toMatchObject({ content: [{ text: 'Ann Lee' }] });
    expect(client.serverRequests.map(({ params }) => (params as { message: string }).message)).toEqual([
      'First name?',
      'Last name?',
    ]);
    expect(
      await client.call(greet, {}, { onInput: { elicit: () => ({ action: 'decline' }) } }),
    ).toMatchObject({ content: [{ text: 'decline' }] });
  });

  test('plays model and folders too', async () => {
    const ask = defineTool({
      name: 'ask',
      run: async (_args, call) => {
        const { model } = await call.sample({ messages: [], maxTokens: 1 });
        return `${model} ${(await call.listRoots()).map(({ uri }) => uri).join()}`;
      },
    });
    await using client = createTestClient(app().add(ask), {
      era,
      onInput: {
        sample: () => ({ role: 'assistant', model: 'm', content: { type: 'text', text: '' } }),
        roots: [{ uri: 'file:///a' }],
      },
    });
    expect(await client.call(ask)).toMatchObject({ content: [{ text: 'm file:///a' }] });
  });

  test('can be given the raw questions', async () => {
    await using client = createTestClient(app(), {
      era,
      capabilities: { elicitation: {} },
      onRequest: ({ method }) => ({ action: method === 'elicitation/create' ? 'cancel' : 'accept' }),
    });
    expect(await client.call(greet)).toMatchObject({ content: [{ text: 'cancel' }] });
  });

  test('declares only what it can answer', async () => {
    await using client = createTestClient(app(), { era });
    await expect(client.call(greet)).rejects.toMatchObject({ rpcCode: -32021 });
  });

  test('hears progress and keeps every notification', async () => {
    const steps = defineTool({
      name: 'steps',
      run: (_args, call) => {
        call.progress({ progress: 1, total: 2 });
        call.sendLog('error', 'half way');
        call.progress({ progress: 2, total: 2, message: 'done' });
      },
    });
    await using client = createTestClient(app().add(steps), { era, logLevel: 'debug' });
    const heard: unknown[] = [];
    await client.call(steps, {}, { onProgress: (progress) => heard.push(progress) });
    expect(heard).toEqual([
      { progress: 1, total: 2 },
      { progress: 2, total: 2, message: 'done' },
    ]);
    expect(client.notifications.map(({ method }) => method)).toEqual([
      'notifications/progress',
      'notifications/message',
      'notifications/progress',
    ]);
    expect(await client.waitFor('notifications/message')).toMatchObject({
      params: { level: 'error', data: 'half way' },
    });
  });

  test('cancels with a signal, and the server is told', async () => {
    let reason: unknown;
    let start!: () => void;
    const started = new Promise<void>((resolve) => (start = resolve));
    const hang = defineTool({
      name: 'hang',
      run: (_args, { signal }) => {
        start();
        return new Promise<void>(() => signal.addEventListener('abort', () => (reason = signal.reason)));
      },
    });
    await using client = createTestClient(app().add(hang), { era });
    const controller = new AbortController();
    const answer = client.call(hang, {}, { signal: controller.signal });
    await started;
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    expect(reason).toMatchObject({ code: 'CANCELLED' });
  });

  test('cancels by hand, and a closed client has no answers', async () => {
    const hang = defineTool({ name: 'hang', run: () => new Promise<void>(() => {}) });
    const client = createTestClient(app().add(hang), { era });
    await client.connect();
    const first = client.call(hang);
    const second = client.call(hang);
    await client.cancel({ reason: 'not that one' });
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
    await client.close();
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(client.call(hang)).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('sees what a wire carries: copies, without what JSON leaves out', async () => {
    const shared = { since: new Date(0), gone: undefined, list: [Number.NaN] };
    const dates = defineTool({ name: 'dates', run: () => shared });
    await using client = createTestClient(app().add(dates), { era });
    const { structuredContent } = await client.call('dates');
    expect(structuredContent).toEqual({ since: '1970-01-01T00:00:00.000Z', list: [null] });
    const args = { a: 1, b: undefined };
    let seen: object | undefined;
    const spy: Middleware = async (call, next) => {
      seen = call.params['arguments'] as object;
      return next();
    };
    await using other = createTestClient(createApp({ name: 't', version: '1' }).use(spy).add(add), { era });
    await other.call('add', args);
    expect(seen).not.toBe(args);
    expect(Object.keys(seen!)).toEqual(['a']);
  });

  test('fails on what is no JSON at all', async () => {
    const odd = defineTool({
      name: 'odd',
      run: () => result({ content: [text('x', { annotations: { priority: 1n as never } })] }),
    });
    await using client = createTestClient(app().add(odd), { era });
    await expect(client.call(odd)).rejects.toMatchObject({ code: 'NOT_JSON' });
    await expect(client.call('add', { a: 1n })).rejects.toMatchObject({ code: 'NOT_JSON' });
  });

  test('sends anything at all', async () => {
    await using client = createTestClient(app(), { era });
    expect(await client.send('nonsense')).toMatchObject({ id: null, error: { code: -32600 } });
    expect(await client.send({ jsonrpc: '2.0', method: 'notifications/unheard-of' })).toBe(undefined);
  });
});

describe('a 2026 client', () => {
  test('follows changes with listen', async () => {
    const server = app();
    await using client = createTestClient(server);
    const changes = client.listen({ toolsListChanged: true, resourceSubscriptions: ['note://a'] });
    expect(await changes.acknowledged).toEqual({
      toolsListChanged: true,
      resourceSubscriptions: ['note://a'],
    });
    server.remove(who);
    server.resourceUpdated('note://a');
    const seen: string[] = [];
    for await (const { method } of changes) {
      seen.push(method);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['notifications/tools/list_changed', 'notifications/resources/updated']);
    expect(await changes.next()).toEqual({ done: true, value: undefined });
  });

  test('learns when the server ends or refuses the stream', async () => {
    const server = app();
    await using client = createTestClient(server);
    const changes = client.listen({ toolsListChanged: true });
    await changes.acknowledged;
    await server.close();
    expect(await changes.next()).toEqual({ done: true, value: undefined });
    const refused = client.listen({ toolsListChanged: true });
    await expect(refused.acknowledged).rejects.toMatchObject({ name: 'ProtocolError' });
    await expect(refused.next()).rejects.toMatchObject({ name: 'ProtocolError' });
  });

  test('can bend its envelope', async () => {
    await using client = createTestClient(app());
    const meta = { 'io.modelcontextprotocol/clientCapabilities': undefined };
    await expect(client.request('tools/list', {}, { meta })).rejects.toMatchObject({ rpcCode: -32602 });
    await using old = createTestClient(app(), { protocolVersion: '2099-01-01' });
    await expect(old.connect()).rejects.toMatchObject({ rpcCode: -32022 });
  });

  test('that has no handler for a question says so', async () => {
    await using client = createTestClient(app(), { capabilities: { elicitation: {} } });
    await expect(client.call(greet)).rejects.toMatchObject({ code: 'NO_INPUT_HANDLER' });
  });

  test('gives up on a tool that never stops asking', async () => {
    let round = 0;
    const nosy = defineTool({
      name: 'nosy',
      run: (_args, call) =>
        call.requireInput(`${round++}`, { message: 'And?', schema: z.object({ a: z.string() }) }),
    });
    await using client = createTestClient(app().add(nosy), {
      onInput: { elicit: () => ({ action: 'accept', content: { a: '' } }) },
    });
    await expect(client.call(nosy)).rejects.toMatchObject({ code: 'TOO_MANY_ROUNDS' });
  });
});

describe('a 2025 client', () => {
  test('shakes hands once, before its first request', async () => {
    const server = app();
    const versions: string[] = [];
    server.on('sessionOpened', ({ protocolVersion }) => void versions.push(protocolVersion));
    await using client = createTestClient(server, { protocolVersion: '2024-11-05' });
    expect(client.sessionId).toBe(undefined);
    await Promise.all([client.list('tools'), client.call(add, { a: 1 })]);
    expect(versions).toEqual(['2024-11-05']);
    expect(client.sessionId).toEqual(expect.any(String));
    expect((await client.call(add, { a: 1 })).structuredContent).toBe(undefined);
  });

  test('is told of changes to the lists and to what it subscribes to', async () => {
    const server = app();
    await using client = createTestClient(server, { era: 'legacy' });
    await client.subscribe('note://a');
    server.resourceUpdated('note://a');
    expect(await client.waitFor('notifications/resources/updated')).toMatchObject({
      params: { uri: 'note://a' },
    });
    await client.unsubscribe('note://a');
    server.resourceUpdated('note://a');
    server.remove(who);
    await client.waitFor('notifications/tools/list_changed');
    expect(client.notifications).toHaveLength(2);
  });

  test('ends its session when it is closed', async () => {
    const server = app();
    const closed: string[] = [];
    server.on('sessionClosed', ({ id }) => void closed.push(id));
    const client = createTestClient(server, { era: 'legacy' });
    await client.connect();
    const { sessionId } = client;
    await client.close();
    await client.close();
    expect(closed).toEqual([sessionId]);
  });

  test('without a handler answers that it does not know the method', async () => {
    await using client = createTestClient(app(), { era: 'legacy', capabilities: { elicitation: {} } });
    expect(await client.call(greet)).toMatchObject({
      isError: true,
      _meta: { 'toolyard/error': { code: 'CLIENT_ERROR', data: { rpcCode: -32601 } } },
    });
  });

  test('that does not answer in time ends the call', async () => {
    const clock = fakeClock();
    const server = createApp({ name: 't', version: '1', clock, inputTimeoutMs: 1000 }).add(greet);
    await using client = createTestClient(server, {
      era: 'legacy',
      onInput: { elicit: () => new Promise(() => {}) },
    });
    await client.connect();
    const answer = client.call(greet);
    await clock.advance(1000);
    expect(await answer).toMatchObject({ isError: true, _meta: { 'toolyard/error': { code: 'TIMEOUT' } } });
    expect(await client.waitFor('notifications/cancelled')).toMatchObject({ params: { requestId: 1 } });
  });
});

describe('waitFor', () => {
  test('gives each notification once, the one asked for', async () => {
    const server = app();
    await using client = createTestClient(server, { era: 'legacy' });
    await client.subscribe('note://a');
    const coming = client.waitFor('notifications/resources/updated');
    server.resourceUpdated('note://a');
    const first = await coming;
    server.resourceUpdated('note://a');
    const second = await client.waitFor('notifications/resources/updated', {
      where: ({ uri }) => uri === 'note://a',
    });
    expect(second).not.toBe(first);
    await expect(client.waitFor('notifications/resources/updated', { timeoutMs: 5 })).rejects.toMatchObject({
      code: 'NOT_NOTIFIED',
      message: expect.stringContaining('Received: notifications/resources/updated'),
    });
  });

  test('ends with the client', async () => {
    const client = createTestClient(app());
    const coming = client.waitFor('anything');
    await client.close();
    await expect(coming).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

test('results are typed by the tool', () => {
  const client = createTestClient(app());
  const blocks = defineTool({ name: 'blocks', run: () => text('x') });
  const optional = defineTool({
    name: 'optional',
    input: z.object({ a: z.string().optional() }),
    run: (_args, _call: Call) => 1,
  });
  void (async () => {
    const sum = (await client.call(add, { a: 1 })).structuredContent;
    expectTypeOf(sum).toEqualTypeOf<{ sum: number } | undefined>();
    expectTypeOf(await client.call(blocks)).toEqualTypeOf<CallToolResult>();
    expectTypeOf((await client.call(optional)).structuredContent).toEqualTypeOf<number | undefined>();
    expectTypeOf(await client.call('add', {})).toEqualTypeOf<CallToolResult>();
    expectTypeOf((await client.request('tools/list')).tools[0]!.name).toEqualTypeOf<string>();
    // @ts-expect-error a is needed
    await client.call(add);
    // @ts-expect-error a is a number
    await client.call(add, { a: 'x' });
    // @ts-expect-error a name is needed
    await client.request('tools/call');
  });
});
