import { callerKey, createApp, defineTool, ToolError, type LogFields, type Principal } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest';

import {
  createEventFeed,
  followApp,
  type AppFeedEvents,
  type EventFeed,
  type FeedOptions,
  type FeedServingOptions,
} from '../../src/events.ts';
import { listen } from '../rest/rest-server.ts';
import { until } from '../helpers.ts';
import { read, readFeed } from './feed-reader.ts';

interface Shop {
  sold: { item: string };
  alert: { text: string };
}

/** A feed that is served until the test ends. */
async function serveFeed(options: FeedOptions = {}, serving: FeedServingOptions = {}) {
  const feed = createEventFeed<Shop>(options);
  const { url } = await listen(feed.handler(serving));
  onTestFinished(() => feed.close());
  return { feed, url: `${url}${serving.path ?? '/events'}` };
}

const sell = (feed: EventFeed<Shop>, ...items: string[]) =>
  items.map((item) => feed.publish('sold', { item })!);

const ownedBy = (principal: Principal, tenant?: string) => ({ owner: callerKey({ tenant, principal }) });

describe('a reader', () => {
  test('hears what is published from then on, with ids and types', async () => {
    const { feed, url } = await serveFeed();
    sell(feed, 'before');
    const reader = await readFeed(url);
    expect(reader.response.headers.get('content-type')).toBe('text/event-stream');
    expect(reader.response.headers.get('cache-control')).toBe('no-cache, no-transform');
    const [id] = sell(feed, 'tea');
    feed.publish('alert', { text: 'line\nbreak' });
    expect(await reader.next()).toEqual({ id, type: 'sold', data: { item: 'tea' } });
    expect(await reader.next()).toMatchObject({ type: 'alert', data: { text: 'line\nbreak' } });
  });

  test('hears the types it asks for alone', async () => {
    const { feed, url } = await serveFeed();
    const reader = await readFeed(`${url}?types=alert,other`);
    sell(feed, 'tea');
    feed.publish('alert', { text: 'fire' });
    expect(await reader.next()).toMatchObject({ type: 'alert' });
  });

  test('who comes back gets what it missed, by header or query', async () => {
    const { feed, url } = await serveFeed();
    const [first, second] = sell(feed, 'a', 'b', 'c');
    const byHeader = await readFeed(url, { 'last-event-id': first! });
    expect([(await byHeader.next())?.data, (await byHeader.next())?.data]).toEqual([
      { item: 'b' },
      { item: 'c' },
    ]);
    const byQuery = await readFeed(`${url}?lastEventId=${second}`);
    expect((await byQuery.next())?.data).toEqual({ item: 'c' });
    sell(feed, 'd');
    expect((await byQuery.next())?.data).toEqual({ item: 'd' });
  });

  test('who was cut off before its first event comes back to where it came in', async () => {
    const { feed, url } = await serveFeed();
    sell(feed, 'before');
    const reader = await readFeed(url);
    await until(() => reader.lastId !== '');
    reader.close();
    sell(feed, 'missed');
    const again = await readFeed(url, { 'last-event-id': reader.lastId });
    expect((await again.next())?.data).toEqual({ item: 'missed' });
  });

  test('is told how long to wait before it comes back', async () => {
    const { url } = await serveFeed({}, { retryMs: 1234 });
    const reader = await readFeed(url);
    await until(() => reader.retry !== undefined);
    expect(reader.retry).toBe('1234');
  });
});

describe('a gap', () => {
  test('is told where the log does not reach back far enough, by number', async () => {
    const { feed, url } = await serveFeed({ log: { maxEvents: 2 } });
    const [first, second, , fourth] = sell(feed, 'a', 'b', 'c', 'd');
    const reader = await readFeed(url, { 'last-event-id': first! });
    expect(await reader.next()).toEqual({
      id: undefined,
      type: 'gap',
      data: { reason: 'expired', lastEventId: fourth },
    });
    expect((await reader.next())?.data).toEqual({ item: 'c' });
    const closer = await readFeed(url, { 'last-event-id': second! });
    expect((await closer.next())?.data).toEqual({ item: 'c' });
  });

  test('is told by size', async () => {
    const { feed, url } = await serveFeed({ log: { maxBytes: 200 } });
    const [first] = sell(feed, 'a', 'b'.repeat(100), 'c'.repeat(100), 'd'.repeat(100));
    const reader = await readFeed(url, { 'last-event-id': first! });
    expect((await reader.next())?.type).toBe('gap');
    expect((await reader.next())?.data).toEqual({ item: 'd'.repeat(100) });
  });

  test('is told by age', async () => {
    const clock = fakeClock();
    const { feed, url } = await serveFeed({ clock, log: { maxAgeMs: 1000 } });
    const [first] = sell(feed, 'a', 'b');
    await clock.advance(600);
    sell(feed, 'c');
    await clock.advance(600);
    const reader = await readFeed(url, { 'last-event-id': first! });
    expect((await reader.next())?.data).toMatchObject({ reason: 'expired' });
    expect((await reader.next())?.data).toEqual({ item: 'c' });
  });

  test.each(['0a1b2c3d-7', 'nonsense', '-1', `${'9'.repeat(40)}-${'9'.repeat(40)}`])(
    'is told for an id of another feed: %s',
    async (id) => {
      const { feed, url } = await serveFeed();
      sell(feed, 'a');
      const reader = await readFeed(url, { 'last-event-id': id });
      expect(await reader.next()).toMatchObject({ type: 'gap', data: { reason: 'restarted' } });
      expect((await reader.next())?.data).toEqual({ item: 'a' });
    },
  );

  test('is not told for an id of the future of this feed as if it were known', async () => {
    const { feed, url } = await serveFeed();
    const [id] = sell(feed, 'a');
    const reader = await readFeed(url, { 'last-event-id': id!.replace(/-1$/, '-99') });
    expect((await reader.next())?.type).toBe('gap');
  });

  test('is not told to a filtered reader who has kept up', async () => {
    const clock = fakeClock();
    const { feed, url } = await serveFeed({ clock, log: { maxEvents: 2 } }, { keepAliveMs: 1000 });
    const reader = await readFeed(`${url}?types=alert`);
    await until(() => reader.lastId !== '');
    const before = reader.lastId;
    sell(feed, 'a', 'b', 'c', 'd');
    await clock.advance(1000);
    await until(() => reader.lastId !== before);
    reader.close();
    feed.publish('alert', { text: 'fire' });
    const again = await readFeed(`${url}?types=alert`, { 'last-event-id': reader.lastId });
    expect(await again.next()).toMatchObject({ type: 'alert' });
  });
});

describe('who gets what', () => {
  const ada: Principal = { id: 'ada', scopes: [] };
  const bob: Principal = { id: 'bob', scopes: [] };
  const auth: FeedServingOptions['auth'] = (request) => (request.header('x-user') === 'bob' ? bob : ada);

  test('is by owner, live and when one comes back', async () => {
    const { feed, url } = await serveFeed({}, { auth });
    const [start] = sell(feed, 'start');
    const live = await readFeed(url, { 'x-user': 'bob' });
    feed.publish('sold', { item: "ada's" }, ownedBy(ada));
    feed.publish('sold', { item: "bob's" }, ownedBy(bob));
    expect((await live.next())?.data).toEqual({ item: "bob's" });
    for (const [user, items] of [
      ['ada', ["ada's", 'end']],
      ['bob', ["bob's", 'end']],
    ] as const) {
      const reader = await readFeed(url, { 'x-user': user, 'last-event-id': start! });
      if (user === 'ada') sell(feed, 'end');
      expect([(await reader.next())?.data, (await reader.next())?.data]).toEqual(
        items.map((item) => ({ item })),
      );
    }
  });

  test('is by tenant too', async () => {
    const { feed, url } = await serveFeed(
      {},
      { auth, tenant: (_principal, request) => request.header('x-tenant') },
    );
    const reader = await readFeed(url, { 'x-tenant': 'red' });
    feed.publish('sold', { item: 'blue' }, ownedBy(ada, 'blue'));
    feed.publish('sold', { item: 'red' }, ownedBy(ada, 'red'));
    expect((await reader.next())?.data).toEqual({ item: 'red' });
  });

  test('is by a rule of your own; one that throws lets nothing pass and is logged', async () => {
    const lines: LogFields[] = [];
    const record = (fields: LogFields) => void lines.push(fields);
    const logger = { debug: record, info: record, warn: record, error: record };
    const { feed, url } = await serveFeed(
      {
        logger,
        allow(event, reader) {
          if (event.type === 'alert') throw new Error('broken rule');
          return event.owner !== undefined || reader.principal.id === 'bob';
        },
      },
      { auth },
    );
    const [adas, bobs] = [await readFeed(url), await readFeed(url, { 'x-user': 'bob' })];
    feed.publish('alert', { text: 'fire' });
    sell(feed, 'unowned');
    feed.publish('sold', { item: 'owned' }, ownedBy(bob));
    expect((await adas.next())?.data).toEqual({ item: 'owned' });
    expect((await bobs.next())?.data).toEqual({ item: 'unowned' });
    expect(lines).toMatchObject([{ err: { message: 'broken rule' } }, { err: { message: 'broken rule' } }]);
  });

  test('is nothing without credentials, nor from foreign hosts and pages', async () => {
    const { challenge } = await import('../../src/endpoint/auth.ts');
    const { url } = await serveFeed({}, { auth: () => challenge() });
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    const handler = createEventFeed().handler();
    expect((await handler.fetch(new Request('http://evil.example/events'))).status).toBe(403);
  });
});

describe('bounds', () => {
  test('of readers in all and of one caller get 503, and a place is free again once one is gone', async () => {
    const { feed, url } = await serveFeed(
      { maxReaders: 3, maxReadersPerCaller: 2 },
      { auth: (request) => ({ id: request.header('x-user') ?? 'ada', scopes: [] }) },
    );
    const [first] = [await readFeed(url), await readFeed(url)];
    const refused = await fetch(url);
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(await read(refused)).toMatchObject([503, { code: 'TOO_MANY_READERS' }]);
    await readFeed(url, { 'x-user': 'bob' });
    expect((await fetch(url, { headers: { 'x-user': 'cleo' } })).status).toBe(503);
    expect(feed.readerCount).toBe(3);
    first.close();
    await until(() => feed.readerCount === 2);
    await readFeed(url);
  });

  test('of an event are kept', async () => {
    const feed = createEventFeed<Record<string, unknown>>({ maxEventBytes: 100 });
    expect(() => feed.publish('big', 'x'.repeat(200))).toThrow(
      expect.objectContaining({ code: 'EVENT_TOO_LARGE' }),
    );
    expect(() => feed.publish('wide', 'ü'.repeat(60))).toThrow(
      expect.objectContaining({ code: 'EVENT_TOO_LARGE' }),
    );
    expect(() => feed.publish('odd', 1n)).toThrow(expect.objectContaining({ code: 'EVENT_NOT_JSON' }));
    expect(feed.publish('none', undefined)).toMatch(/^[\da-f]{8}-1$/);
    for (const type of ['gap', '', 'a b', 'a\nb', 'x'.repeat(65)])
      expect(() => feed.publish(type, 1)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });

  test('of what a slow reader leaves: it is cut off, others are not, and it finds the rest when it comes back', async () => {
    const { feed, url } = await serveFeed({ maxBufferedBytes: 200_000, log: { maxBytes: 64 * 1_048_576 } });
    const slow = await readFeed(url, {}, { paused: true });
    const quick = await readFeed(url);
    await until(() => feed.readerCount === 2);
    const item = 'x'.repeat(60_000);
    // More than the buffers of both sockets hold.
    for (let sent = 0; feed.readerCount === 2 && sent < 1000; sent += 1) {
      sell(feed, item);
      await quick.next();
    }
    await until(() => feed.readerCount === 1);
    const [id] = sell(feed, 'last');
    expect(await quick.next()).toEqual({ id, type: 'sold', data: { item: 'last' } });
    slow.close();
    const again = await readFeed(url, {
      'last-event-id': id!.replace(/\d+$/, (digits) => String(Number(digits) - 1)),
    });
    expect((await again.next())?.data).toEqual({ item: 'last' });
  });

  test('of a reader that takes nothing any more: after four beats its place is free', async () => {
    const clock = fakeClock();
    const { feed, url } = await serveFeed({ clock, maxBufferedBytes: 1024 ** 3 }, { keepAliveMs: 1000 });
    await readFeed(url, {}, { paused: true });
    const quick = await readFeed(url);
    await until(() => feed.readerCount === 2);
    const item = 'x'.repeat(60_000);
    // More than the buffers of both sockets hold.
    for (let sent = 0; sent < 300; sent += 1) {
      sell(feed, item);
      await quick.next();
    }
    for (let beat = 0; beat < 3; beat += 1) await clock.advance(1000);
    expect(feed.readerCount).toBe(2);
    await clock.advance(1000);
    await until(() => feed.readerCount === 1);
    const [id] = sell(feed, 'last');
    expect(await quick.next()).toMatchObject({ id });
  });

  test.each<[string, FeedOptions]>([
    ['log.maxEvents', { log: { maxEvents: 0 } }],
    ['log.maxBytes', { log: { maxBytes: -1 } }],
    ['log.maxAgeMs', { log: { maxAgeMs: Number.NaN } }],
    ['maxEventBytes', { maxEventBytes: 0 }],
    ['maxReaders', { maxReaders: 0 }],
    ['maxReadersPerCaller', { maxReadersPerCaller: 0 }],
    ['maxBufferedBytes', { maxBufferedBytes: 0 }],
  ])('that cannot work are refused: %s', (option, options) => {
    expect(() => createEventFeed(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option }),
    );
  });

  test.each<[string, FeedServingOptions]>([
    ['path', { path: 'events' }],
    ['retryMs', { retryMs: 0 }],
    ['keepAliveMs', { keepAliveMs: 0 }],
  ])('of serving that cannot work are refused: %s', (option, options) => {
    expect(() => createEventFeed().handler(options)).toThrow(expect.objectContaining({ option }));
  });
});

describe('a request', () => {
  test('is refused unless it is a GET that takes a stream of known types', async () => {
    const { url } = await serveFeed();
    expect((await fetch(url, { method: 'POST' })).headers.get('allow')).toBe('GET, OPTIONS');
    expect((await fetch(url, { headers: { accept: 'application/json' } })).status).toBe(406);
    for (const types of ['a b', 'a,,b', Array.from({ length: 33 }, (_, index) => `t${index}`).join()]) {
      const answer = await read(fetch(`${url}?types=${encodeURIComponent(types)}`));
      expect(answer).toMatchObject([400, { code: 'INVALID_TYPES' }]);
    }
    expect((await fetch(`${url}/x`)).status).toBe(404);
  });

  test('can come from fetch, and be given up', async () => {
    const feed = createEventFeed<Shop>();
    const controller = new AbortController();
    const request = new Request('http://localhost/events', { signal: controller.signal });
    const response = await feed.handler().fetch(request);
    const reader = readFeed.of(response);
    sell(feed, 'tea');
    expect((await reader.next())?.data).toEqual({ item: 'tea' });
    controller.abort();
    await until(() => feed.readerCount === 0);
  });
});

describe('the end', () => {
  test('comes to all readers at once, and nothing is published after', async () => {
    const { feed, url } = await serveFeed();
    const reader = await readFeed(url);
    await until(() => feed.readerCount === 1);
    await feed.close();
    expect(await reader.next()).toBeUndefined();
    expect(feed.publish('sold', { item: 'late' })).toBeUndefined();
    const late = await fetch(url);
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '1']);
    const afterwards = await feed.handler().fetch(new Request('http://localhost/events'));
    expect(afterwards.status).toBe(503);
  });

  test('of a handler that was made for a server leaves the feed to others', async () => {
    const feed = createEventFeed<Shop>();
    const [one, two] = [feed.handler(), feed.beside()(createApp({ name: 'demo', version: '1.0.0' }), {})];
    await one.close();
    const reader = readFeed.of(await two.fetch(new Request('http://localhost/events')));
    sell(feed, 'tea');
    expect((await reader.next())?.data).toEqual({ item: 'tea' });
    await feed.close();
  });
});

describe('a feed that follows an app', () => {
  const ok = defineTool({ name: 'ok', run: () => 'the secret' });
  const fails = defineTool({
    name: 'fails',
    run() {
      throw new ToolError('DISK_FULL', 'No space for the secret.');
    },
  });
  const breaks = defineTool({
    name: 'breaks',
    run() {
      throw new Error('the secret');
    },
  });

  test('tells of calls to those who made them, and of tools to all; never what went in or out', async () => {
    const ada: Principal = { id: 'ada', scopes: [] };
    const app = createApp({ name: 'demo', version: '1.0.0' }).add(ok, fails, breaks);
    await using feed = createEventFeed<AppFeedEvents>();
    followApp(feed, app);
    const { url } = await listen(feed.handler({ auth: () => ada }));
    const reader = await readFeed(`${url}/events`);
    await app.call('ok', { secret: 'the secret' });
    await app.call('ok', {}, { principal: ada });
    await app.call('fails', {}, { principal: ada }).catch(() => {});
    await app.call('breaks', {}, { principal: ada }).catch(() => {});
    app.remove(ok);
    const events = [];
    for (let count = 0; count < 4; count += 1) events.push(await reader.next());
    expect(events).toMatchObject([
      { type: 'toolCalled', data: { tool: 'ok', isError: false, durationMs: expect.any(Number) } },
      { type: 'toolFailed', data: { tool: 'fails', code: 'DISK_FULL' } },
      { type: 'toolFailed', data: { tool: 'breaks', incident: expect.any(String) } },
      { type: 'toolRemoved', data: { name: 'ok' } },
    ]);
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  test('stops when told to, and when it is closed', async () => {
    const app = createApp({ name: 'demo', version: '1.0.0' }).add(ok);
    const feed = createEventFeed<AppFeedEvents>();
    const idAfter = async () => {
      await app.call('ok');
      return feed.publish('toolAdded', { name: 'mark' })?.split('-')[1];
    };
    const stop = followApp(feed, app);
    expect(await idAfter()).toBe('2');
    stop();
    expect(await idAfter()).toBe('3');
    followApp(feed, app);
    await feed.close();
    expect(await idAfter()).toBeUndefined();
  });
});

test('data and type belong together', () => {
  const feed = createEventFeed<Shop>();
  expectTypeOf<Parameters<typeof feed.publish<'sold'>>[1]>().toEqualTypeOf<{ item: string }>();
  // @ts-expect-error a sale has an item
  void (() => feed.publish('sold', { text: 'no' }));
  // @ts-expect-error there are no such events
  void (() => feed.publish('lost', {}));
});
