import { createApp, defineTool } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

import { demoApp, heldTool } from './demo-app.ts';
import { initialize, openStream, serve, serveWatched, until, type TestSession } from './helpers.ts';
import { readEvents, type EventReader } from './sse-reader.ts';

/** Calls a tool over a connection that can be cut. */
async function callOver(session: TestSession, name: string, id: string): Promise<EventReader> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const params = { name, _meta: { progressToken: 't' } };
  const response = await session.send('tools/call', params, id, { signal: controller.signal });
  return readEvents(response, () => controller.abort());
}

async function setUp({ steps = 1, clock = fakeClock(), sessions = {} } = {}) {
  const { tool, state } = heldTool({ steps });
  const app = createApp({ name: 'demo', version: '1.0.0', clock, timeoutMs: 1e9 }).add(tool);
  const { url, hangUp } = await serveWatched(app, { sessions });
  return { app, clock, state, hangUp, session: await initialize(url) };
}

const progressOf = (messages: any[]) => messages.flatMap(({ params }) => params?.progress ?? []);

describe('the answer of a call whose connection was lost', () => {
  test('goes on where it stopped, with the result exactly once', async () => {
    const { state, session, hangUp } = await setUp({ steps: 2 });
    const events = await callOver(session, 'held', 'call');
    expect(progressOf([await events.message()])).toEqual([1]);
    const seen = events.lastId;
    await events.message();
    await hangUp(events);
    state.tell(3);
    const again = await openStream(session, { 'last-event-id': seen });
    expect(progressOf([await again.message(), await again.message()])).toEqual([2, 3]);
    state.tell(4);
    state.release();
    const rest = await again.rest();
    expect(progressOf(rest)).toEqual([4]);
    expect(rest.at(-1)).toMatchObject({ id: 'call', result: { content: [{ text: 'released' }] } });
    expect(rest).toHaveLength(2);
    const after = await openStream(session, { 'last-event-id': again.lastId });
    expect(await after.rest()).toEqual([]);
    expect(state.aborted).toBe(0);
  });

  test('is there for a client that comes back after the end', async () => {
    const { state, session, hangUp } = await setUp();
    const events = await callOver(session, 'held', 'call');
    await events.message();
    await hangUp(events);
    state.release();
    const again = await openStream(session, { 'last-event-id': events.lastId });
    expect(await again.rest()).toMatchObject([{ id: 'call', result: { content: [{ text: 'released' }] } }]);
  });

  test('is there also when the server had not noticed that the connection was dead', async () => {
    const { state, session } = await setUp();
    const events = await callOver(session, 'held', 'call');
    const prime = await events.next();
    state.release();
    expect(await events.rest()).toHaveLength(2);
    const again = await openStream(session, { 'last-event-id': prime!.id! });
    const rest = await again.rest();
    expect(progressOf(rest)).toEqual([1]);
    expect(rest.at(-1)).toMatchObject({ id: 'call' });
  });

  test('can be taken over by a new connection while the old one still stands', async () => {
    const { state, session } = await setUp();
    const events = await callOver(session, 'held', 'call');
    await events.message();
    const again = await openStream(session, { 'last-event-id': events.lastId });
    expect(await events.rest()).toEqual([]);
    state.release();
    expect(await again.rest()).toMatchObject([{ id: 'call' }]);
  });

  test('keeps apart from other streams of the session', async () => {
    const { app, state, session, hangUp } = await setUp();
    const [one, two] = [await callOver(session, 'held', 'one'), await callOver(session, 'held', 'two')];
    const standing = await openStream(session);
    await Promise.all([one.message(), two.message(), standing.next()]);
    await hangUp(one);
    app.add(defineTool({ name: 'new', run: () => '' }));
    state.release();
    const again = await openStream(session, { 'last-event-id': one.lastId });
    expect(await again.rest()).toMatchObject([{ id: 'one' }]);
    expect(await two.rest()).toMatchObject([{ id: 'two' }]);
    expect(await standing.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
  });

  test('is waited for as long as the resume window, then the call is given up', async () => {
    const { clock, state, session, hangUp } = await setUp({ sessions: { resumeWindowMs: 60_000 } });
    const events = await callOver(session, 'held', 'call');
    await events.message();
    await hangUp(events);
    await clock.advance(59_000);
    expect(state.aborted).toBe(0);
    await clock.advance(2000);
    expect(state.aborted).toBe(1);
    const again = await openStream(session, { 'last-event-id': events.lastId });
    expect(await again.rest()).toEqual([]);
  });

  test('may be lost again and again', async () => {
    const { clock, state, session, hangUp } = await setUp({ sessions: { resumeWindowMs: 60_000 } });
    let events = await callOver(session, 'held', 'call');
    await events.message();
    for (let step = 2; step < 6; step += 1) {
      await hangUp(events);
      state.tell(step);
      await clock.advance(50_000);
      events = await openStream(session, { 'last-event-id': events.lastId });
      expect(progressOf([await events.message()])).toEqual([step]);
    }
    state.release();
    expect(await events.rest()).toMatchObject([{ id: 'call' }]);
  });
});

/** An app whose tool lets its client hang up, then waits. */
function detached() {
  const { tool, state } = heldTool();
  const poll = defineTool({
    name: 'poll',
    async run(args, call) {
      call.detach();
      return tool.run(args, call);
    },
  });
  return { app: createApp({ name: 'demo', version: '1.0.0', timeoutMs: 1e9 }).add(poll), state };
}

describe('call.detach()', () => {
  test('lets the client hang up and fetch the result later', async () => {
    const { app, state } = detached();
    const { url } = await serve(app);
    const session = await initialize(url);
    const events = readEvents(await session.call('poll', {}, 'call'));
    const prime = await events.next();
    expect(prime).toMatchObject({ data: '', retry: '1000' });
    expect(await events.next()).toBeUndefined();
    const again = await openStream(session, { 'last-event-id': prime!.id! });
    state.release();
    expect(await again.rest()).toMatchObject([{ id: 'call', result: { content: [{ text: 'released' }] } }]);
    expect(state.aborted).toBe(0);
  });

  test('keeps a result that was there before the client came back', async () => {
    const quick = defineTool({
      name: 'quick',
      run(_args, call) {
        call.detach();
        return 'done';
      },
    });
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(quick));
    const session = await initialize(url);
    const events = readEvents(await session.call('quick', {}, 'call'));
    const prime = await events.next();
    expect(await events.rest()).toEqual([]);
    const again = await openStream(session, { 'last-event-id': prime!.id! });
    expect(await again.rest()).toMatchObject([{ id: 'call', result: { content: [{ text: 'done' }] } }]);
  });

  test.each(['2025-06-18', '2025-03-26'])(
    'does nothing for a client of %s, who would not come back',
    async (version) => {
      const { app, state } = detached();
      const { url } = await serve(app);
      const session = await initialize(url, { version });
      const answer = session.call('poll', {}, 'call');
      await until(() => state.started === 1);
      state.release();
      expect((await answer).headers.get('content-type')).toBe('application/json');
    },
  );
});

describe('the standing stream that was lost', () => {
  test('goes on where it stopped', async () => {
    const app = demoApp();
    const { url, hangUp } = await serveWatched(app);
    const session = await initialize(url);
    const events = await openStream(session);
    await session.send('resources/subscribe', { uri: 'note://1' });
    app.resourceUpdated('note://1');
    await events.message();
    await hangUp(events);
    app.add(defineTool({ name: 'new', run: () => '' }));
    app.resourceUpdated('note://1');
    const again = await openStream(session, { 'last-event-id': events.lastId });
    expect((await again.message()).method).toBe('notifications/tools/list_changed');
    expect((await again.message()).method).toBe('notifications/resources/updated');
    app.resourceUpdated('note://1');
    expect((await again.message()).method).toBe('notifications/resources/updated');
    const last = await openStream(session, { 'last-event-id': again.lastId });
    app.remove({ kind: 'tool', name: 'new' });
    expect((await last.message()).method).toBe('notifications/tools/list_changed');
  });

  test('can be had again after it was given up, by the same id', async () => {
    const clock = fakeClock();
    const app = demoApp({ clock });
    const { url, hangUp } = await serveWatched(app, { sessions: { resumeWindowMs: 1000 } });
    const session = await initialize(url);
    const events = await openStream(session);
    await events.next();
    await hangUp(events);
    await clock.advance(10_000);
    const again = await openStream(session, { 'last-event-id': events.lastId });
    app.add(defineTool({ name: 'new', run: () => '' }));
    expect((await again.message()).method).toBe('notifications/tools/list_changed');
    // Another one opened plainly takes its place, like ever.
    const other = await openStream(session);
    expect(await again.rest()).toEqual([]);
    app.remove({ kind: 'tool', name: 'new' });
    expect((await other.message()).method).toBe('notifications/tools/list_changed');
  });
});

describe('Last-Event-ID', () => {
  test.each([
    '1',
    'x-1',
    '1-1',
    '-1-1',
    '0-0',
    '__proto__',
    '1'.repeat(1000),
    '../1',
    '00000000-0-0',
    'null',
  ])('%.20j names nothing of this session', async (id) => {
    const { session } = await setUp();
    const response = await session.get({ 'last-event-id': id });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32000 } });
  });

  test('that is empty is none: the standing stream opens', async () => {
    const { session } = await setUp();
    const response = await session.get({ 'last-event-id': '' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await response.body?.cancel();
  });

  test('from the future names nothing', async () => {
    const { session } = await setUp();
    const events = await callOver(session, 'held', 'call');
    await events.message();
    const [tag] = events.lastId.split('-');
    expect((await session.get({ 'last-event-id': `${tag}-1-999` })).status).toBe(400);
  });
});

describe('events that are kept', () => {
  const talk = defineTool({
    name: 'talk',
    run(_args, call) {
      for (let progress = 1; progress <= 50; progress += 1)
        call.progress({ progress, message: 'x'.repeat(1000) });
      return 'done';
    },
  });
  const serveTalk = async (events: object, clock = fakeClock()) => {
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0', clock }).add(talk), {
      sessions: { events },
    });
    const session = await initialize(url);
    const stream = await callOver(session, 'talk', 'call');
    const prime = await stream.next();
    await stream.rest();
    return {
      clock,
      resumed: async () => (await openStream(session, { 'last-event-id': prime!.id! })).rest(),
    };
  };

  test('are the last of a number', async () => {
    const { resumed } = await serveTalk({ maxEvents: 5 });
    const messages = await resumed();
    expect(progressOf(messages)).toEqual([47, 48, 49, 50]);
    expect(messages.at(-1)).toMatchObject({ id: 'call' });
  });

  test('are the last of a size', async () => {
    const { resumed } = await serveTalk({ maxBytes: 10_000 });
    const messages = await resumed();
    expect(JSON.stringify(messages).length).toBeLessThan(11_000);
    expect(messages.length).toBeGreaterThan(5);
    expect(messages.at(-1)).toMatchObject({ id: 'call' });
  });

  test('are those of a time', async () => {
    const { clock, resumed } = await serveTalk({ maxAgeMs: 60_000 });
    await clock.advance(59_000);
    expect(await resumed()).toHaveLength(51);
    await clock.advance(2000);
    expect(await resumed()).toEqual([]);
  });
});
