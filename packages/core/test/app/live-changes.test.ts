import { describe, expect, test } from 'vitest';
import { definePrompt, defineResource, defineTool, type App } from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { eras, settled, testApp } from '../helpers.ts';

const ping = defineTool({ name: 'ping', run: () => 'pong' });
const greet = definePrompt({ name: 'greet', run: () => 'Hello' });
const note = defineResource({ uri: 'note://1', read: () => 'one' });
const notes = defineResource({ template: 'note://{id}', read: ({ id }) => id });

const everything = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };

/** Listens as a client of either era does; gives the methods it was told. */
async function listening(app: App, era: 'legacy' | 'modern'): Promise<() => Promise<string[]>> {
  const client = createTestClient(app, { era });
  await client.connect();
  if (era === 'modern') await client.listen(everything).acknowledged;
  return async () => {
    await settled();
    return client.notifications
      .map(({ method }) => method)
      .filter((method) => !method.endsWith('/acknowledged'));
  };
}

describe.each(eras)('a connected %s client', (era) => {
  const changes: [string, string, (app: App) => unknown][] = [
    ['a tool is added', 'tools', (app) => app.add(defineTool({ name: 'new', run: () => 1 }))],
    ['a tool is removed', 'tools', (app) => app.remove(ping)],
    ['a tool is disabled', 'tools', (app) => app.disable(ping)],
    ['a prompt is added', 'prompts', (app) => app.add(definePrompt({ name: 'new', run: () => '' }))],
    ['a prompt is removed', 'prompts', (app) => app.remove({ kind: 'prompt', name: 'greet' })],
    [
      'a resource is added',
      'resources',
      (app) => app.add(defineResource({ uri: 'note://2', read: () => '' })),
    ],
    ['a resource is removed', 'resources', (app) => app.remove({ kind: 'resource', name: 'note://1' })],
    ['a template is removed', 'resources', (app) => app.remove(notes)],
  ];

  test.each(changes)('is told when %s', async (_, kind, change) => {
    const app = testApp().add(ping, greet, note, notes);
    const told = await listening(app, era);
    change(app);
    expect(await told()).toEqual([`notifications/${kind}/list_changed`]);
  });

  test('is told once of changes that happen together', async () => {
    const app = testApp().add(ping);
    const told = await listening(app, era);
    for (let index = 0; index < 100; index += 1)
      app.add(defineTool({ name: `tool_${index}`, run: () => index }));
    expect(await told()).toEqual(['notifications/tools/list_changed']);
  });

  test('is not told of changes that change nothing', async () => {
    const app = testApp().add(ping, greet);
    const told = await listening(app, era);
    app.disable(greet);
    expect(await told()).toEqual(['notifications/prompts/list_changed']);
    app.enable(ping).disable(greet).remove({ kind: 'tool', name: 'other' });
    expect(() => app.add(ping)).toThrow('There is already a tool');
    expect(await told(), 'nothing more').toHaveLength(1);
  });

  test('sees the new list', async () => {
    const app = testApp().add(ping);
    const client = createTestClient(app, { era });
    const names = async () => (await client.list('tools')).map(({ name }) => name);
    expect(await names()).toEqual(['ping']);
    app.add(defineTool({ name: 'new', run: () => 1 }));
    expect(await names()).toEqual(['ping', 'new']);
    app.disable(ping);
    expect(await names()).toEqual(['new']);
    app.enable(ping).remove({ kind: 'tool', name: 'new' });
    expect(await names()).toEqual(['ping']);
  });

  test('cannot use what is disabled, and is told that it does not exist', async () => {
    const app = testApp().add(ping, greet, note).disable(ping, greet, note);
    const client = createTestClient(app, { era });
    await expect(client.call(ping)).rejects.toMatchObject({ message: 'Unknown tool: ping' });
    await expect(client.prompt('greet')).rejects.toMatchObject({ message: 'Unknown prompt: greet' });
    await expect(client.read('note://1')).rejects.toMatchObject({ message: 'Resource not found: note://1' });
    app.enable(ping);
    expect(await client.call(ping)).toMatchObject({ content: [{ text: 'pong' }] });
  });

  test('is told nothing after it has left', async () => {
    const app = testApp().add(ping);
    const client = createTestClient(app, { era });
    await client.connect();
    if (era === 'modern') await client.listen(everything).acknowledged;
    const before = client.notifications.length;
    await client.close();
    app.remove(ping);
    await settled();
    expect(client.notifications).toHaveLength(before);
  });
});

describe('subscriptions/listen', () => {
  test('acknowledges first, and only what the server can tell', async () => {
    const client = createTestClient(testApp().add(ping));
    const stream = client.listen({ ...everything, resourceSubscriptions: ['note://1'] });
    expect(await stream.acknowledged).toEqual({ toolsListChanged: true });
    expect(client.notifications[0]?.method).toBe('notifications/subscriptions/acknowledged');
  });

  test('tells only what was asked for, under the id of the request', async () => {
    const app = testApp().add(ping, greet, note);
    const client = createTestClient(app);
    const stream = client.listen({ promptsListChanged: true, toolsListChanged: false });
    await stream.acknowledged;
    app.remove(ping, greet, note);
    expect((await stream.next()).value).toEqual({
      method: 'notifications/prompts/list_changed',
      params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 1 } },
    });
    await settled();
    expect(client.notifications).toHaveLength(2);
  });

  test('with nothing to tell ends at once', async () => {
    const client = createTestClient(testApp());
    const result = await client.request('subscriptions/listen', {
      notifications: { promptsListChanged: true },
    });
    expect(result).toMatchObject({
      resultType: 'complete',
      _meta: { 'io.modelcontextprotocol/subscriptionId': 1 },
    });
  });

  test.each<unknown>([
    undefined,
    null,
    [],
    'tools',
    { toolsListChanged: 'yes' },
    { resourceSubscriptions: 'note://1' },
    { resourceSubscriptions: [1] },
  ])('refuses the filter %j', async (notifications) => {
    const client = createTestClient(testApp());
    await expect(client.request('subscriptions/listen', { notifications } as never)).rejects.toMatchObject({
      rpcCode: -32602,
    });
  });

  test('refuses more than 1000 URIs', async () => {
    const client = createTestClient(testApp().add(note));
    const resourceSubscriptions = Array.from({ length: 1001 }, (_, index) => `note://${index}`);
    await expect(
      client.request('subscriptions/listen', { notifications: { resourceSubscriptions } }),
    ).rejects.toMatchObject({ rpcCode: -32602 });
  });

  test('opens at most maxSubscriptions streams; one that ends makes room', async () => {
    const client = createTestClient(testApp({ maxSubscriptions: 2 }));
    const [first] = [client.listen(everything), client.listen(everything)];
    await expect(client.listen(everything).acknowledged).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      rpcCode: -31429,
    });
    first?.close();
    await settled();
    expect(await client.listen(everything).acknowledged).toEqual({ toolsListChanged: true });
  });

  test('does not exist for 2025 clients', async () => {
    const client = createTestClient(testApp(), { era: 'legacy' });
    await expect(client.request('subscriptions/listen', { notifications: everything })).rejects.toMatchObject(
      { rpcCode: -32601 },
    );
  });

  test('is ended for good by middleware that narrows its signal', async () => {
    const limit = new AbortController();
    const app = testApp().use('subscriptions/listen', async (_call, next) => next({ signal: limit.signal }));
    const client = createTestClient(app);
    const open = client.request('subscriptions/listen', { notifications: everything });
    await settled();
    limit.abort();
    expect(await open).toMatchObject({ resultType: 'complete' });
    expect(
      await client.request('subscriptions/listen', { notifications: everything }),
      'aborted before it opens',
    ).toMatchObject({ resultType: 'complete' });
  });
});

describe('one stream that fails', () => {
  test('does not keep the others from hearing', async () => {
    const app = testApp().add(ping, note);
    const broken = {
      principal: { id: 'a', scopes: [] },
      session: { id: 's', record: undefined, update: () => {} },
    };
    app.subscribe({
      ...broken,
      notify: () => {
        throw new Error('The pipe is broken.');
      },
    });
    const told = await listening(app, 'legacy');
    app.remove(ping);
    expect(await told()).toEqual(['notifications/tools/list_changed']);
  });
});

test('a definition that is not there cannot be enabled or disabled', () => {
  const app = testApp();
  for (const change of [() => app.enable(ping), () => app.disable({ kind: 'prompt', name: 'nope' })]) {
    expect(change).toThrow(expect.objectContaining({ code: 'UNKNOWN_DEFINITION' }));
  }
});
