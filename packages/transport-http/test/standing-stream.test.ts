import { createApp, defineResource, defineTool } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';

import { demoApp, echo, greet, note, otherNote } from './demo-app.ts';
import { initialize, openStream, serve, serveWatched } from './helpers.ts';

const late = defineTool({ name: 'late', run: () => '' });

function updated(uri: string) {
  return { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } };
}

describe('the standing stream of a session', () => {
  test('opens with an id to come back with, and with something to see', async () => {
    const { url } = await serve(demoApp());
    const session = await initialize(url);
    const events = await openStream(session);
    expect(events.response.headers.get('mcp-session-id')).toBe(session.id);
    expect(await events.next()).toMatchObject({
      id: expect.stringMatching(/./),
      data: '',
      retry: expect.any(String),
    });
    expect(await events.next()).toMatchObject({ comment: 'keep-alive' });
  });

  test('opens without an empty event for clients from before 2025-11-25', async () => {
    const app = demoApp();
    const { url } = await serve(app);
    const events = await openStream(await initialize(url, { version: '2025-06-18' }));
    app.add(late);
    for (let event = await events.next(); event?.comment === undefined; event = await events.next()) {
      expect(event?.data).not.toBe('');
    }
  });

  test('tells of tools, prompts and resources that come and go', async () => {
    const app = demoApp();
    const { url } = await serve(app);
    const events = await openStream(await initialize(url));
    app.add(late);
    expect(await events.message()).toEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    app.disable(greet);
    expect(await events.message()).toEqual({ jsonrpc: '2.0', method: 'notifications/prompts/list_changed' });
    app.remove(note);
    expect(await events.message()).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/resources/list_changed',
    });
    app.enable(greet);
    expect(await events.message()).toEqual({ jsonrpc: '2.0', method: 'notifications/prompts/list_changed' });
  });

  test('tells of resources while they are subscribed to, and of no others', async () => {
    const app = demoApp();
    const { url } = await serve(app);
    const session = await initialize(url);
    const events = await openStream(session);
    app.resourceUpdated('note://1');
    await session.send('resources/subscribe', { uri: 'note://2' });
    app.resourceUpdated('note://1');
    app.resourceUpdated('note://2');
    expect(await events.message()).toEqual(updated('note://2'));
    await session.send('resources/subscribe', { uri: 'note://1' });
    await session.send('resources/unsubscribe', { uri: 'note://2' });
    app.resourceUpdated('note://2');
    app.resourceUpdated('note://1');
    expect(await events.message()).toEqual(updated('note://1'));
  });

  test('is that of its session alone', async () => {
    const app = demoApp();
    const { url } = await serve(app);
    const [a, b] = [await initialize(url), await initialize(url)];
    const [streamA, streamB] = [await openStream(a), await openStream(b)];
    await a.send('resources/subscribe', { uri: 'note://1' });
    app.resourceUpdated('note://1');
    app.add(late);
    expect((await streamA.message()).method).toBe('notifications/resources/updated');
    expect((await streamB.message()).method).toBe('notifications/tools/list_changed');
  });

  test('tells nobody about resources they may not use any more', async () => {
    const scopes = ['secrets'];
    const secret = defineResource({ uri: 'note://secret', access: { scopes: ['secrets'] }, read: () => '' });
    const app = createApp({ name: 'demo', version: '1.0.0' }).add(echo, otherNote, secret);
    const { url } = await serve(app, { auth: () => ({ id: 'ada', scopes: [...scopes] }) });
    const session = await initialize(url);
    await session.send('resources/subscribe', { uri: 'note://secret' });
    await session.send('resources/subscribe', { uri: 'note://2' });
    scopes.pop();
    const events = await openStream(session);
    app.resourceUpdated('note://secret');
    app.resourceUpdated('note://2');
    expect(await events.message()).toMatchObject({ params: { uri: 'note://2' } });
  });

  test('opened a second time ends the first', async () => {
    const app = demoApp();
    const { url } = await serve(app);
    const session = await initialize(url);
    const first = await openStream(session);
    const second = await openStream(session);
    expect(await first.rest()).toEqual([]);
    app.add(late);
    expect(await second.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
  });

  test('takes one place among the subscriptions, until its client has been away for the resume window', async () => {
    const clock = fakeClock();
    const app = createApp({ name: 'demo', version: '1.0.0', maxSubscriptions: 1, clock }).add(echo);
    const { url, hangUp } = await serveWatched(app, { sessions: { resumeWindowMs: 1000 } });
    const [a, b] = [await initialize(url), await initialize(url)];
    for (let round = 0; round < 5; round += 1) await openStream(a);
    const last = await openStream(a);
    const refused = await b.get();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    await hangUp(last);
    await clock.advance(999);
    expect((await b.get()).status).toBe(503);
    await clock.advance(1);
    await openStream(b);
    await b.end();
    await openStream(a);
  });

  test('ends with its session', async () => {
    const { url } = await serve(demoApp());
    const session = await initialize(url);
    const events = await openStream(session);
    await session.end();
    expect(await events.rest()).toEqual([]);
    expect((await session.get()).status).toBe(404);
  });
});
