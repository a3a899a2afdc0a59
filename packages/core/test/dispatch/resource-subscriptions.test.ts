import { describe, expect, test } from 'vitest';
import { defineResource, type SessionRecord } from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { settled, testApp } from '../helpers.ts';

const note = defineResource({ uri: 'note://1', read: () => 'one' });
const notes = defineResource({ template: 'note://all/{id}', read: ({ id }) => id });

function updatesOf({
  notifications,
}: {
  readonly notifications: readonly { method: string; params?: object | undefined }[];
}) {
  return notifications
    .filter(({ method }) => method === 'notifications/resources/updated')
    .map(({ params }) => (params as { uri: string }).uri);
}

describe('a 2025 client', () => {
  test('hears of the resources it has subscribed to, until it unsubscribes', async () => {
    const app = testApp().add(note, notes);
    const client = createTestClient(app, { era: 'legacy' });
    await client.subscribe('note://1');
    await client.subscribe('note://all/7');
    for (const uri of ['note://1', 'note://all/7', 'note://all/8']) app.resourceUpdated(uri);
    await settled();
    expect(updatesOf(client)).toEqual(['note://1', 'note://all/7']);
    await client.unsubscribe('note://1');
    app.resourceUpdated('note://1');
    await settled();
    expect(updatesOf(client)).toHaveLength(2);
  });

  test('hears once of changes that happen together', async () => {
    const app = testApp().add(note);
    const client = createTestClient(app, { era: 'legacy' });
    await client.subscribe('note://1');
    await client.subscribe('note://1');
    for (let index = 0; index < 100; index += 1) app.resourceUpdated('note://1');
    await settled();
    expect(updatesOf(client)).toEqual(['note://1']);
  });

  test('hears of the resources of mounted apps', async () => {
    const child = testApp().add(note);
    const client = createTestClient(testApp().mount('x', child), { era: 'legacy' });
    await client.subscribe('note://1');
    child.resourceUpdated('note://1');
    await settled();
    expect(updatesOf(client)).toEqual(['note://1']);
  });

  test('cannot subscribe to what does not exist', async () => {
    const client = createTestClient(testApp().add(note), { era: 'legacy' });
    await expect(client.subscribe('note://2')).rejects.toMatchObject({
      rpcCode: -32002,
      data: { uri: 'note://2' },
    });
    await expect(client.request('resources/subscribe', {} as never)).rejects.toMatchObject({
      rpcCode: -32602,
    });
    await expect(client.request('resources/unsubscribe', { uri: 7 } as never)).rejects.toMatchObject({
      rpcCode: -32602,
    });
  });

  test('can let go of what is gone since', async () => {
    const app = testApp().add(note);
    const client = createTestClient(app, { era: 'legacy' });
    await client.subscribe('note://1');
    app.remove(note);
    await client.unsubscribe('note://1');
    app.add(note);
    app.resourceUpdated('note://1');
    await settled();
    expect(updatesOf(client)).toEqual([]);
  });

  test('subscribes to 1000 resources at most; again to one of them is no other', async () => {
    const app = testApp().add(notes);
    const client = createTestClient(app, { era: 'legacy' });
    for (let index = 0; index < 1000; index += 1) await client.subscribe(`note://all/${index}`);
    await client.subscribe('note://all/0');
    await expect(client.subscribe('note://all/1000')).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      rpcCode: -31429,
    });
    await client.unsubscribe('note://all/0');
    await client.subscribe('note://all/1000');
  });

  test('without a session is told that it needs one', async () => {
    const app = testApp().add(note);
    const exchange = {
      transport: 'http',
      era: 'legacy' as const,
      principal: { id: 'a', scopes: [] },
      signal: new AbortController().signal,
      notify: () => {},
    };
    expect(
      await app.dispatch(
        { jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params: { uri: 'note://1' } },
        exchange,
      ),
    ).toMatchObject({
      error: { code: -32602, message: 'Subscriptions need a session.' },
    });
  });

  test('continues on another node from the record alone', async () => {
    const record: SessionRecord = {
      protocolVersion: '2025-11-25',
      client: { capabilities: {} },
      subscriptions: ['note://1'],
    };
    const app = testApp().add(note);
    const heard: unknown[] = [];
    const stop = app.subscribe({
      principal: { id: 'a', scopes: [] },
      session: { id: 's', record, update: () => {} },
      notify: (notification) => heard.push(notification),
    });
    app.resourceUpdated('note://1');
    await settled();
    stop();
    app.resourceUpdated('note://1');
    await settled();
    expect(heard).toEqual([{ method: 'notifications/resources/updated', params: { uri: 'note://1' } }]);
  });
});

test('a 2026 client hears of the resources its stream names', async () => {
  const app = testApp().add(note, notes);
  const client = createTestClient(app);
  const stream = client.listen({ resourceSubscriptions: ['note://1', 'note://all/7'] });
  expect(await stream.acknowledged).toEqual({ resourceSubscriptions: ['note://1', 'note://all/7'] });
  app.resourceUpdated('note://all/8');
  app.resourceUpdated('note://all/7');
  expect((await stream.next()).value?.params).toMatchObject({ uri: 'note://all/7' });
  stream.close();
  await settled();
  app.resourceUpdated('note://1');
  await settled();
  expect(updatesOf(client)).toEqual(['note://all/7']);
});
