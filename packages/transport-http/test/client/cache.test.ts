import { createApp, defineResource, defineTool } from '@toolyard/core';
import { describe, expect, test } from 'vitest';

import { ResponseCache } from '../../src/client/response-cache.ts';
import { serveHttp } from '../../src/index.ts';
import { serve, until } from '../helpers.ts';
import { managed } from './managed.ts';

/** An app that counts how often its resource is read. */
function countingApp(ttlMs: number) {
  const counts = { reads: 0 };
  const app = createApp({ name: 'counting', version: '1.0.0', cache: { ttlMs } }).add(
    defineTool({ name: 'first', run: () => 'first' }),
    defineResource({
      uri: 'count://reads',
      read() {
        counts.reads += 1;
        return `read ${counts.reads}`;
      },
    }),
  );
  return { app, counts };
}

test('what the server lets live is read once, until it changes', async () => {
  const { app, counts } = countingApp(60_000);
  const { url } = await serve(app);
  const client = managed({ url });
  const updates: string[] = [];
  client.watch('count://reads', ({ uri }) => updates.push(uri));
  await client.read('count://reads');
  await client.read('count://reads');
  expect(counts.reads).toBe(1);
  await until(() => {
    app.resourceUpdated('count://reads');
    return updates.length > 0;
  });
  await client.read('count://reads');
  expect(counts.reads).toBe(2);
  await client.read('count://reads', { cache: 'refresh' });
  expect(counts.reads).toBe(3);
  client.clearCache();
  await client.read('count://reads');
  expect(counts.reads).toBe(4);
});

test('what may not live is read each time', async () => {
  const { app, counts } = countingApp(0);
  const { url } = await serve(app);
  const client = managed({ url });
  await client.read('count://reads');
  await client.read('count://reads');
  expect(counts.reads).toBe(2);
});

test('while the server is away, what was read last can be had, and says that it is old', async () => {
  const { app } = countingApp(60_000);
  const server = await serveHttp(app, { port: 0 });
  const client = managed({ url: server.url });
  const fresh = await client.read('count://reads');
  await server.close({ deadlineMs: 0 });
  await until(() => client.state.status === 'offline');
  const stale = await client.read('count://reads', { whenOffline: 'stale' });
  expect(stale.contents).toEqual(fresh.contents);
  expect(stale).toMatchObject({ _meta: { 'toolyard/stale': true } });
  await expect(client.read('count://reads', { whenOffline: 'fail', cache: 'refresh' })).rejects.toMatchObject(
    {
      code: 'SERVER_UNREACHABLE',
    },
  );
});

describe('ResponseCache', () => {
  test('stays below its size by letting go of what was not used for the longest time', () => {
    const cache = new ResponseCache(1000);
    const value = 'x'.repeat(150);
    for (const params of ['a', 'b']) cache.set(key(params), { value });
    expect(cache.get(key('a'))?.value).toBe(value);
    cache.set(key('c'), { value });
    expect(cache.bytes).toBeLessThanOrEqual(1000);
    expect(cache.get(key('b'))).toBeUndefined();
    expect(cache.get(key('a'))).toBeDefined();
    cache.set(key('huge'), { value: 'x'.repeat(2000) });
    expect(cache.get(key('huge'))).toBeUndefined();
    cache.evict('resources/read');
    expect(cache.bytes).toBe(0);
  });
});

function key(params: string) {
  return { method: 'resources/read', params, partition: 'p' };
}
