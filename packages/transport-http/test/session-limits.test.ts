import { createApp } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';

import type { SessionOptions } from '../src/index.ts';
import { demoApp, heldTool } from './demo-app.ts';
import {
  gate,
  initialize,
  initializeMessage,
  json,
  openStream,
  post,
  serve,
  serveWatched,
  until,
} from './helpers.ts';
import { readEvents } from './sse-reader.ts';

const MINUTE = 60_000;

async function setUp(sessions: SessionOptions) {
  const clock = fakeClock();
  const { tool, state } = heldTool();
  const closed: string[] = [];
  const app = createApp({ name: 'demo', version: '1.0.0', clock, timeoutMs: 1e9 }).add(tool);
  app.on('sessionClosed', ({ id }) => void closed.push(id));
  const { url, handler, hangUp } = await serveWatched(app, { sessions });
  return { clock, state, app, url, handler, hangUp, closed };
}

describe('idle time', () => {
  test('ends a session that nobody uses, without a request', async () => {
    const { clock, url, handler, closed } = await setUp({ idleMs: 10 * MINUTE });
    const session = await initialize(url);
    await clock.advance(9 * MINUTE);
    expect((await session.send('ping')).status).toBe(200);
    await clock.advance(9 * MINUTE);
    expect((await session.send('ping')).status).toBe(200);
    await clock.advance(10 * MINUTE + 30_000);
    expect([handler.sessionCount, closed]).toEqual([0, [session.id]]);
    const response = await session.send('ping');
    expect(response.status).toBe(404);
    expect(await json(response)).toMatchObject({ error: { code: -32001 } });
  });

  test('is over to the millisecond, whenever the sweep comes', async () => {
    const { clock, url } = await setUp({ idleMs: 10_000 });
    const session = await initialize(url);
    await clock.advance(10_000);
    expect((await session.send('ping')).status).toBe(404);
  });

  test('does not run during a call, and starts when it is answered', async () => {
    const { clock, state, url } = await setUp({ idleMs: 10 * MINUTE });
    const session = await initialize(url);
    const call = session.send('tools/call', { name: 'held' });
    await until(() => state.started === 1);
    await clock.advance(60 * MINUTE);
    state.release();
    expect((await call).status).toBe(200);
    await clock.advance(9 * MINUTE);
    expect((await session.send('ping')).status).toBe(200);
  });

  test('does not run while the standing stream is open, and starts when it is lost', async () => {
    const { clock, url, handler, hangUp } = await setUp({ idleMs: 10 * MINUTE, resumeWindowMs: 5000 });
    const session = await initialize(url);
    const events = await openStream(session);
    await events.next();
    await clock.advance(60 * MINUTE);
    await hangUp(events);
    await clock.advance(9 * MINUTE);
    const again = await openStream(session);
    await hangUp(again);
    await clock.advance(11 * MINUTE);
    expect(handler.sessionCount).toBe(0);
  });
});

describe('lifetime', () => {
  test('ends a session however busy it is', async () => {
    const { clock, state, url, handler } = await setUp({ maxAgeMs: 60 * MINUTE });
    const session = await initialize(url);
    const events = await openStream(session);
    await events.next();
    const call = session.send('tools/call', { name: 'held' });
    await until(() => state.started === 1);
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(10 * MINUTE);
      expect((await session.send('ping')).status).toBe(200);
    }
    await clock.advance(11 * MINUTE);
    expect(handler.sessionCount).toBe(0);
    expect(await readEvents(await call).rest()).toEqual([]);
    expect(state.aborted).toBe(1);
    expect(await events.rest()).toEqual([]);
  });
});

describe('a full house', () => {
  test('gives up the session idle for longest', async () => {
    const { url, handler, closed } = await setUp({ maxSessions: 3 });
    const [a, b, c] = [await initialize(url), await initialize(url), await initialize(url)];
    await a.send('ping');
    const d = await initialize(url);
    expect([handler.sessionCount, closed]).toEqual([3, [b.id]]);
    for (const session of [a, c, d]) expect((await session.send('ping')).status).toBe(200);
    expect((await b.send('ping')).status).toBe(404);
  });

  test('with nobody idle answers 503 and when to come back', async () => {
    const { state, url, handler } = await setUp({ maxSessions: 2 });
    const [a, b] = [await initialize(url), await initialize(url)];
    const call = a.send('tools/call', { name: 'held' });
    await until(() => state.started === 1);
    const events = await openStream(b);
    await events.next();
    const refused = await post(url, initializeMessage());
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    expect(await json(refused)).toMatchObject({ id: 'init', error: { code: -32000 } });
    expect(handler.sessionCount).toBe(2);
    state.release();
    expect((await call).status).toBe(200);
    expect((await post(url, initializeMessage())).status).toBe(200);
    expect((await b.send('ping')).status).toBe(200);
  });

  test('stays full when many come at once', async () => {
    const { url, handler } = await setUp({ maxSessions: 10 });
    const peak = { value: 0 };
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        await (await post(url, initializeMessage())).arrayBuffer();
        peak.value = Math.max(peak.value, handler.sessionCount);
      }),
    );
    expect(peak.value).toBe(10);
  });

  test('is not filled by clients that wait in initialize', async () => {
    const { app, url, handler } = await setUp({ maxSessions: 2 });
    let waiting = 0;
    const { opened, open } = gate();
    app.use('initialize', async function hold(_call, next) {
      waiting += 1;
      await opened;
      return next();
    });
    const statuses: number[] = [];
    const opening = Array.from({ length: 5 }, async () =>
      statuses.push((await post(url, initializeMessage())).status),
    );
    await until(() => statuses.length === 3);
    expect([waiting, statuses]).toEqual([2, [503, 503, 503]]);
    open();
    await Promise.all(opening);
    expect(statuses.slice(3)).toEqual([200, 200]);
    expect(handler.sessionCount).toBe(2);
  });

  test('makes room for those whose time is over first', async () => {
    const { clock, url, handler } = await setUp({ maxSessions: 2, idleMs: 10_000 });
    await initialize(url);
    await clock.advance(9000);
    const fresh = await initialize(url);
    await clock.advance(2000);
    await initialize(url);
    expect(handler.sessionCount).toBe(2);
    expect((await fresh.send('ping')).status).toBe(200);
  });
});

test('an app without sessions sets no timers', async () => {
  const clock = fakeClock();
  let timers = 0;
  const counting = {
    ...clock,
    after: (...args: Parameters<typeof clock.after>) => ((timers += 1), clock.after(...args)),
  };
  const app = demoApp({ clock: counting });
  const { url } = await serve(app, { legacy: 'stateless' });
  expect(timers).toBe(0);
  expect((await post(url, initializeMessage())).status).toBe(200);
});
