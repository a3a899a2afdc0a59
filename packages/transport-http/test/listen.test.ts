import { createApp, defineResource, defineTool } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

import { demoApp, echo, greet, note, otherNote } from './demo-app.ts';
import { json, modern, post, sendModern, serve, serveWatched } from './helpers.ts';
import { readEvents, type EventReader } from './sse-reader.ts';

const ID = 'io.modelcontextprotocol/subscriptionId';

async function listen(url: string, notifications: object, headers = {}): Promise<EventReader> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const request = modern('subscriptions/listen', { notifications }, 'sub');
  const response = await post(
    url,
    request.body,
    { ...request.headers, ...headers },
    { signal: controller.signal },
  );
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return readEvents(response, () => controller.abort());
}

describe('subscriptions/listen', () => {
  test('begins with what it will tell', async () => {
    const { url } = await serve(demoApp());
    const events = await listen(url, { toolsListChanged: true, resourceSubscriptions: ['note://1'] });
    expect(await events.message()).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: {
        notifications: { toolsListChanged: true, resourceSubscriptions: ['note://1'] },
        _meta: { [ID]: 'sub' },
      },
    });
  });

  test('tells the changes that were asked for, and no others', async () => {
    const app = demoApp();
    const { url } = await serve(app);
    const events = await listen(url, { toolsListChanged: true, resourceSubscriptions: ['note://1'] });
    await events.message();
    app.remove(greet);
    app.resourceUpdated('note://2');
    app.resourceUpdated('note://1');
    expect(await events.message()).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/resources/updated',
      params: { uri: 'note://1', _meta: { [ID]: 'sub' } },
    });
    app.add(defineTool({ name: 'new', run: () => '' }));
    expect(await events.message()).toMatchObject({
      method: 'notifications/tools/list_changed',
      params: { _meta: { [ID]: 'sub' } },
    });
  });

  test('tells nobody about resources they may not use', async () => {
    const secret = defineResource({ uri: 'note://secret', access: { scopes: ['secrets'] }, read: () => '' });
    const app = createApp({ name: 'demo', version: '1.0.0' }).add(echo, note, secret);
    const { url } = await serve(app, {
      auth: (request) => ({
        id: request.header('x-user') ?? 'nobody',
        scopes: request.header('x-user') === 'ada' ? ['secrets'] : [],
      }),
    });
    const filter = { resourceSubscriptions: ['note://secret', 'note://1'] };
    const [ada, bob] = await Promise.all(
      ['ada', 'bob'].map((user) => listen(url, filter, { 'x-user': user })),
    );
    await Promise.all([ada!.message(), bob!.message()]);
    app.resourceUpdated('note://secret');
    expect(await ada!.message()).toMatchObject({ params: { uri: 'note://secret' } });
    app.resourceUpdated('note://1');
    expect(await bob!.message()).toMatchObject({ params: { uri: 'note://1' } });
  });

  test('ends with a result when the server goes', async () => {
    const server = await serve(demoApp());
    const events = await listen(server.url, { toolsListChanged: true });
    await events.message();
    await server.close();
    expect(await events.message()).toMatchObject({
      jsonrpc: '2.0',
      id: 'sub',
      result: { resultType: 'complete', _meta: { [ID]: 'sub' } },
    });
    expect(await events.next()).toBeUndefined();
  });

  test('ends at once when nothing asked for can be told', async () => {
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }));
    const events = await listen(url, { promptsListChanged: true });
    expect(await events.rest()).toMatchObject([{ params: { notifications: {} } }, { id: 'sub', result: {} }]);
  });

  test('stays open for as long as it likes, kept alive by comments', async () => {
    const clock = fakeClock();
    const app = demoApp({ clock });
    const { url } = await serve(app);
    const events = await listen(url, { toolsListChanged: true });
    await events.message();
    await clock.advance(3_600_000);
    expect(await events.next()).toMatchObject({ comment: 'keep-alive' });
    app.remove(otherNote, echo);
    expect(await events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
  });

  test('leaves nothing behind when the client goes', async () => {
    const app = createApp({ name: 'demo', version: '1.0.0', maxSubscriptions: 1 }).add(echo);
    const { url, hangUp } = await serveWatched(app);
    for (let round = 0; round < 5; round += 1) {
      const events = await listen(url, { toolsListChanged: true });
      expect((await events.message()).method).toBe('notifications/subscriptions/acknowledged');
      await hangUp(events);
    }
  });

  test('has an end to how many there are', async () => {
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0', maxSubscriptions: 1 }).add(echo));
    const events = await listen(url, { toolsListChanged: true });
    await events.message();
    const refused = await sendModern(url, 'subscriptions/listen', {
      notifications: { toolsListChanged: true },
    });
    expect(await json(refused)).toMatchObject({ error: { code: -31429 } });
  });

  test('needs a client that takes streams', async () => {
    const { url } = await serve(demoApp());
    const params = { notifications: { toolsListChanged: true } };
    const response = await sendModern(url, 'subscriptions/listen', params, { accept: 'application/json' });
    expect(response.status).toBe(406);
  });

  test.each([undefined, [], { toolsListChanged: 'yes' }, { resourceSubscriptions: 'note://1' }])(
    'does not take %j for a filter',
    async (notifications) => {
      const { url } = await serve(demoApp());
      const response = await sendModern(url, 'subscriptions/listen', { notifications });
      expect(await json(response)).toMatchObject({ error: { code: -32602 } });
    },
  );
});
