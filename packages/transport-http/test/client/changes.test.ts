import { createApp, defineResource, defineTool, type App } from '@toolyard/core';
import { describe, expect, test } from 'vitest';

import type { ManagedClient } from '../../src/client.ts';
import { serveHttp } from '../../src/index.ts';
import { serve, until } from '../helpers.ts';
import { faultProxy } from './fault-proxy.ts';
import { ERAS, managed } from './managed.ts';

const first = defineTool({ name: 'first', run: () => 'first' });
const second = defineTool({ name: 'second', run: () => 'second' });
const note = defineResource({ uri: 'note://1', read: () => 'text' });

function notesApp(): App<any, any> {
  return createApp({ name: 'notes', version: '1.0.0' }).add(first, note);
}

describe.each(ERAS)('era %s', (era) => {
  test('a changed list is read again and told', async () => {
    const app = notesApp();
    const { url } = await serve(app);
    const client = managed({ url, era });
    const lists: string[][] = [];
    client.on('listChanged', ({ kind, items }) => {
      if (kind === 'tools') lists.push(items.map(({ name }) => name));
    });
    expect((await client.list('tools')).map(({ name }) => name)).toEqual(['first']);
    await listening(client);
    app.add(second);
    await until(() => lists.length > 0);
    expect(lists).toEqual([['first', 'second']]);
  });

  test('updates of a watched resource arrive until it is not watched any more', async () => {
    const app = notesApp();
    const { url } = await serve(app);
    const client = managed({ url, era });
    await client.connect();
    const updates: boolean[] = [];
    const stop = client.watch('note://1', ({ repaired }) => updates.push(repaired));
    await until(() => {
      app.resourceUpdated('note://1');
      return updates.length > 0;
    });
    expect(updates[0]).toBe(false);
    stop();
    const before = updates.length;
    app.resourceUpdated('note://1');
    await client.list('tools');
    expect(updates.length).toBe(before);
  });

  test('what was missed while the server was away is made up for', async () => {
    const server = await serveHttp(notesApp(), { port: 0 });
    const client = managed({ url: server.url, era });
    const lists: string[][] = [];
    const updates: boolean[] = [];
    client.on('listChanged', ({ items }) => lists.push(items.map(({ name }) => name)));
    client.watch('note://1', ({ repaired }) => updates.push(repaired));
    await client.list('tools');
    await client.list('resources');
    await listening(client);
    await server.close({ deadlineMs: 0 });
    await until(() => client.state.status === 'offline');
    const app = notesApp().add(second);
    await serve(app, { port: server.port });
    await until(() => updates.length > 0 && lists.length > 0);
    expect(updates).toEqual([true]);
    // The resources are what they were: nothing to tell of them.
    expect(lists).toEqual([['first', 'second']]);
    // And the new stream works.
    await until(() => {
      app.resourceUpdated('note://1');
      return updates.length > 1;
    });
    expect(updates[1]).toBe(false);
    expect(client.statistics().connection.repairedGaps).toBeGreaterThan(0);
  });

  test('a cut stream is opened again without a new handshake, and nothing is lost', async () => {
    const app = notesApp();
    const proxy = await faultProxy((await serve(app)).port);
    const client = managed({ url: proxy.url, era });
    const updates: boolean[] = [];
    client.watch('note://1', ({ repaired }) => updates.push(repaired));
    await client.connect();
    await until(() => {
      app.resourceUpdated('note://1');
      return updates.length > 0;
    });
    updates.length = 0;
    proxy.cut();
    app.resourceUpdated('note://1');
    await until(() => updates.length > 0);
    await until(() => client.state.status === 'online');
    expect(client.statistics().connection.opened).toBe(1);
  });
});

/** Waits until a change would be heard: the stream opens behind the first calls. */
function listening(client: ManagedClient): Promise<void> {
  return until(() => client.statistics().connection.streams > 0);
}
