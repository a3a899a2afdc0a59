import { fakeClock, type FakeClock } from '@toolyard/core/testing';

import type { HttpState, SessionBounds, StoredSession } from '../state.ts';

/** The same state as seen by several processes, on a clock of the test. */
export interface StateUnderTest {
  /** At least two. They share everything, and nothing with those of other tests. */
  readonly nodes: readonly [HttpState, HttpState];
  readonly close: () => Promise<void>;
}

/** `{ describe, test, expect }` of Vitest, or of a runner with the same three. */
export interface StateTestApi {
  describe: (name: string, body: () => void) => void;
  test: (name: string, body: () => Promise<void>) => void;
  expect: (actual: unknown) => {
    toBe(expected: unknown): void;
    toEqual(expected: unknown): void;
    toBeGreaterThan(expected: number): void;
  };
}

const EVENTS = { maxEvents: 100, maxBytes: 10_000, maxAgeMs: 60_000 };
const BOUNDS: SessionBounds = { idleMs: 60_000, maxSessions: 100, evictAfterMs: 10_000 };

/**
 * Checks a driver against the contracts of {@link HttpState}, with your test runner.
 *
 * @param name - becomes the title of the tests.
 * @param create - gives a new, empty state each time.
 */
export function testHttpState(
  name: string,
  create: (clock: FakeClock) => Promise<StateUnderTest>,
  api: StateTestApi,
): void {
  const { describe, expect, test: run } = api;

  function test(
    title: string,
    body: (nodes: readonly [HttpState, HttpState], clock: FakeClock) => Promise<void>,
  ): void {
    run(title, async () => {
      const clock = fakeClock();
      const { nodes, close } = await create(clock);
      try {
        await body(nodes, clock);
      } finally {
        await close();
      }
    });
  }

  describe(`${name} keeps the SessionStore contract`, () => {
    test('what one node creates, another finds', async ([{ sessions: a }, { sessions: b }], clock) => {
      expect(await a.create('s', session(clock), BOUNDS)).toBe(true);
      expect(await b.use('s', 'ada')).toEqual({ ...session(clock), version: 1 });
      expect(await b.use('other', 'ada')).toBe(undefined);
    });

    test('nobody but the owner finds a session, or prolongs it', async ([{ sessions }], clock) => {
      await sessions.create('s', session(clock), BOUNDS);
      await clock.advance(40_000);
      expect(await sessions.use('s', 'bob')).toBe(undefined);
      expect(await sessions.use('s', '')).toBe(undefined);
      await clock.advance(20_000);
      expect(await sessions.use('s', 'ada')).toBe(undefined);
    });

    test('a session is over when it was not used for idleMs', async ([
      { sessions: a },
      { sessions: b },
    ], clock) => {
      await a.create('s', session(clock), BOUNDS);
      await clock.advance(59_999);
      expect((await b.use('s', 'ada'))?.version).toBe(1);
      await clock.advance(59_999);
      expect((await a.use('s', 'ada'))?.version).toBe(1);
      await clock.advance(60_000);
      expect(await a.use('s', 'ada')).toBe(undefined);
      expect(await b.delete('s')).toBe(false);
    });

    test('a session is over at endsAt, however much it is used', async ([{ sessions }], clock) => {
      await sessions.create('s', { ...session(clock), endsAt: clock.now() + 90_000 }, BOUNDS);
      await clock.advance(50_000);
      expect((await sessions.use('s', 'ada'))?.version).toBe(1);
      await clock.advance(40_000);
      expect(await sessions.use('s', 'ada')).toBe(undefined);
    });

    test('a record is replaced by the one that knows its version', async ([
      { sessions: a },
      { sessions: b },
    ], clock) => {
      const { record } = session(clock);
      await a.create('s', session(clock), BOUNDS);
      expect(await a.replace('s', { ...record, logLevel: 'error' }, 1)).toBe(2);
      expect(await b.replace('s', { ...record, logLevel: 'debug' }, 1)).toBe(undefined);
      expect(await b.use('s', 'ada')).toEqual({
        ...session(clock),
        record: { ...record, logLevel: 'error' },
        version: 2,
      });
      expect(await b.replace('gone', record, 1)).toBe(undefined);
    });

    test('of changes made at once exactly one happens', async ([{ sessions: a }, { sessions: b }], clock) => {
      const { record } = session(clock);
      await a.create('s', session(clock), BOUNDS);
      const results = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => (index % 2 ? a : b).replace('s', record, 1)),
      );
      expect(results.filter((version) => version !== undefined)).toEqual([2]);
    });

    test('a deleted session is gone for all', async ([{ sessions: a }, { sessions: b }], clock) => {
      await a.create('s', session(clock), BOUNDS);
      expect(await b.delete('s')).toBe(true);
      expect(await b.delete('s')).toBe(false);
      expect(await a.use('s', 'ada')).toBe(undefined);
      expect(await a.replace('s', session(clock).record, 1)).toBe(undefined);
    });

    test('where there is no room, the one unused for longest makes it', async ([{ sessions }], clock) => {
      const bounds = { ...BOUNDS, maxSessions: 2 };
      await sessions.create('first', session(clock), bounds);
      await clock.advance(1000);
      await sessions.create('second', session(clock), bounds);
      await clock.advance(1000);
      await sessions.use('first', 'ada');
      expect(await sessions.create('third', session(clock), bounds)).toBe(false);
      await clock.advance(9000);
      expect(await sessions.create('third', session(clock), bounds)).toBe(true);
      expect(await sessions.use('second', 'ada')).toBe(undefined);
      expect((await sessions.use('first', 'ada'))?.owner).toBe('ada');
    });

    test('sessions created at once do not exceed the bound', async ([
      { sessions: a },
      { sessions: b },
    ], clock) => {
      const bounds = { ...BOUNDS, maxSessions: 5 };
      const created = await Promise.all(
        Array.from({ length: 20 }, async (_, index) =>
          (index % 2 ? a : b).create(`s${index}`, session(clock), bounds),
        ),
      );
      expect(created.filter(Boolean).length).toBe(5);
    });

    test('sessions that are over make room first', async ([{ sessions }], clock) => {
      const bounds = { ...BOUNDS, maxSessions: 1, evictAfterMs: 600_000 };
      await sessions.create('first', session(clock), bounds);
      await clock.advance(60_000);
      expect(await sessions.create('second', session(clock), bounds)).toBe(true);
    });

    test('a node is alive until its time is over', async ([{ sessions: a }, { sessions: b }], clock) => {
      expect(await b.isAlive('n')).toBe(false);
      await a.beat('n', 10_000);
      await clock.advance(5000);
      await a.beat('n', 10_000);
      await clock.advance(9999);
      expect(await b.isAlive('n')).toBe(true);
      await clock.advance(1);
      expect(await b.isAlive('n')).toBe(false);
      await a.beat('n', 10_000);
      await a.beat('n', 0);
      expect(await b.isAlive('n')).toBe(false);
    });
  });

  describe(`${name} keeps the EventLog contract`, () => {
    test('events come back in order, to any node, each stream its own', async ([a, b]) => {
      await a.events.append('s', { stream: 'x', text: 'one' }, EVENTS);
      const second = await a.events.append('s', { stream: 'x', text: 'zwei ü' }, EVENTS);
      await b.events.append('s', { stream: 'y', text: 'other stream' }, EVENTS);
      await b.events.append('s', { stream: 'x', text: 'three' }, EVENTS);
      await a.events.append('t', { stream: 'x', text: 'other session' }, EVENTS);
      expect(await texts(b)).toEqual(['one', 'zwei ü', 'three']);
      expect(await texts(a, 'x', second)).toEqual(['three']);
      expect(await texts(a, 'z')).toEqual([]);
    });

    test('positions grow over all streams of a session and nodes', async ([a, b]) => {
      const positions: number[] = [];
      for (const [index, text] of ['one', undefined, 'three', undefined, 'five'].entries()) {
        const { events } = index % 2 ? a : b;
        positions.push((await events.append('s', { stream: `x${index}`, text }, EVENTS))!);
      }
      expect(positions).toEqual(positions.toSorted((one, other) => one - other));
      expect(new Set(positions).size).toBe(5);
      expect(positions.every((position) => Number.isSafeInteger(position) && position > 0)).toBe(true);
    });

    test('positions grow also after all events are gone', async ([{ events }], clock) => {
      const before = await events.append('s', { stream: 'x', text: 'one' }, EVENTS);
      await clock.advance(3_600_000);
      await events.drop('s');
      expect((await events.append('s', { stream: 'x', text: 'two' }, EVENTS))!).toBeGreaterThan(before!);
    });

    test('a place taken without a text is never read', async ([a]) => {
      await a.events.append('s', { stream: 'x' }, EVENTS);
      expect(await texts(a)).toEqual([]);
    });

    test('appends that start together take effect in their order', async ([a, b]) => {
      const all = Array.from({ length: 50 }, (_, index) => `event ${index}`);
      await Promise.all(all.map(async (text) => a.events.append('s', { stream: 'x', text }, EVENTS)));
      expect(await texts(b)).toEqual(all);
    });

    test('keeps the newest maxEvents', async ([a]) => {
      for (const text of ['one', 'two', 'three'])
        await a.events.append('s', { stream: 'x', text }, { ...EVENTS, maxEvents: 2 });
      expect(await texts(a)).toEqual(['two', 'three']);
    });

    test('keeps the newest maxBytes, and the newest event in any case', async ([a]) => {
      const bounds = { ...EVENTS, maxBytes: 10 };
      for (const text of ['aaaa', 'bbbb', 'cccc']) await a.events.append('s', { stream: 'x', text }, bounds);
      expect(await texts(a)).toEqual(['bbbb', 'cccc']);
      await a.events.append('s', { stream: 'x', text: 'larger than all' }, bounds);
      expect(await texts(a)).toEqual(['larger than all']);
    });

    test('events too old make way for new ones', async ([a], clock) => {
      await a.events.append('s', { stream: 'x', text: 'old' }, EVENTS);
      await clock.advance(60_001);
      await a.events.append('s', { stream: 'x', text: 'new' }, EVENTS);
      expect(await texts(a)).toEqual(['new']);
    });

    test('dropped events are gone', async ([a, b]) => {
      await a.events.append('s', { stream: 'x', text: 'one' }, EVENTS);
      await b.events.drop('s');
      expect(await texts(a)).toEqual([]);
    });

    test('who claims a stream shuts out those who held it', async ([a, b]) => {
      const first = await a.events.claim('s', '0', 'node a', 60_000);
      expect(first.former).toBe(undefined);
      const { epoch } = first;
      expect((await a.events.append('s', { stream: '0', text: 'mine', epoch }, EVENTS))!).toBeGreaterThan(0);
      const second = await b.events.claim('s', '0', 'node b', 60_000);
      expect(second.former).toBe('node a');
      expect(second.epoch).toBeGreaterThan(epoch);
      expect(await a.events.append('s', { stream: '0', text: 'late', epoch }, EVENTS)).toBe(undefined);
      expect(await a.events.append('s', { stream: '0', epoch }, EVENTS)).toBe(undefined);
      await b.events.append('s', { stream: '0', text: 'next', epoch: second.epoch }, EVENTS);
      await a.events.append('s', { stream: 'x', text: 'not claimed' }, EVENTS);
      expect(await texts(a, '0')).toEqual(['mine', 'next']);
      expect(await a.events.renew('s', '0', epoch, 60_000)).toBe(false);
    });

    test('a claim lasts as long as it is renewed', async ([a, b], clock) => {
      const { epoch } = await a.events.claim('s', '0', 'node a', 60_000);
      await clock.advance(50_000);
      expect(await a.events.renew('s', '0', epoch, 60_000)).toBe(true);
      await clock.advance(50_000);
      expect((await b.events.claim('s', '0', 'node b', 60_000)).former).toBe('node a');
      await clock.advance(60_000);
      expect((await a.events.claim('s', '0', 'node a', 60_000)).former).toBe(undefined);
    });

    test('a claim that was given back has no former holder', async ([a, b]) => {
      const { epoch } = await a.events.claim('s', '0', 'node a', 60_000);
      expect(await a.events.renew('s', '0', epoch, 0)).toBe(true);
      const next = await b.events.claim('s', '0', 'node b', 60_000);
      expect(next.former).toBe(undefined);
      expect(next.epoch).toBeGreaterThan(epoch);
    });

    test('followers are told of what any node adds, until they stop', async ([a, b], clock) => {
      let told = 0;
      const stop = b.events.follow('s', () => (told += 1));
      await until(clock, async () => {
        await a.events.append('s', { stream: 'x', text: 'one' }, EVENTS);
        return told > 0;
      });
      stop();
      await settle(clock);
      const before = told;
      await a.events.append('s', { stream: 'x', text: 'two' }, EVENTS);
      await settle(clock);
      expect(told).toBe(before);
    });
  });

  describe(`${name} keeps the NotificationBus contract`, () => {
    test('messages reach every listener of their topic, in order', async ([a, b], clock) => {
      const heard: unknown[] = [];
      const listener = (who: string) => ({
        message: (message: unknown) => void heard.push([who, message]),
        gap() {},
      });
      const stops = [
        await a.bus.subscribe('topic', listener('a')),
        await b.bus.subscribe('topic', listener('b')),
        await b.bus.subscribe('other', listener('other')),
      ];
      await a.bus.publish('topic', { text: 'ü', list: [1, null] });
      await a.bus.publish('topic', 2);
      await until(clock, async () => heard.length >= 4);
      await settle(clock);
      for (const who of ['a', 'b']) {
        const own = heard.filter((each) => (each as [string])[0] === who);
        expect(own).toEqual([
          [who, { text: 'ü', list: [1, null] }],
          [who, 2],
        ]);
      }
      expect(heard.length).toBe(4);
      for (const stop of stops) stop();
    });

    test('who has stopped hears nothing, also not of before', async ([a, b], clock) => {
      let heard = 0;
      await a.bus.publish('topic', 'before');
      const count = { message: () => void (heard += 1), gap() {} };
      const stop = await b.bus.subscribe('topic', count);
      const stopOther = await b.bus.subscribe('topic', count);
      stop();
      stop();
      await a.bus.publish('topic', 'one');
      await until(clock, async () => heard > 0);
      await settle(clock);
      expect(heard).toBe(1);
      stopOther();
      await a.bus.publish('topic', 'two');
      await settle(clock);
      expect(heard).toBe(1);
    });
  });
}

function session(clock: FakeClock): StoredSession {
  return {
    owner: 'ada',
    tag: 'abcdef01',
    endsAt: clock.now() + 3_600_000,
    record: {
      protocolVersion: '2025-11-25',
      client: { info: { name: 'tést', version: '1' }, capabilities: { roots: {} } },
      subscriptions: ['note://1'],
    },
  };
}

async function texts({ events }: HttpState, stream = 'x', after = 0): Promise<string[]> {
  return (await events.read('s', stream, after)).map(({ text }) => text);
}

/** Time for what is on its way, in drivers that wait and in drivers that poll. */
async function settle(clock: FakeClock): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function until(clock: FakeClock, holds: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    if (await holds()) return;
    await clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('It did not happen.');
}
