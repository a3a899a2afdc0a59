import { setImmediate as turn } from 'node:timers/promises';

import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';

import { Backoff, parseRetryAfter } from '../../src/client/backoff.ts';
import { createManagedClient } from '../../src/client.ts';
import { RetrySchedule } from '../../src/client/http/retry-schedule.ts';
import { scopesAskedFor, TokenKeeper } from '../../src/client/http/token-keeper.ts';
import { watchBody } from '../../src/client/http/watch-body.ts';
import { Feed } from '../../src/client/state.ts';

describe('Backoff', () => {
  test('doubles up to its maximum, and takes off up to half by chance', () => {
    const longest = new Backoff({}, () => 1);
    expect([1, 2, 3, 7, 8, 1000].map((attempt) => longest.delayMs(attempt))).toEqual([
      500, 1000, 2000, 30_000, 30_000, 30_000,
    ]);
    expect(new Backoff({}, () => 0).delayMs(3)).toBe(1000);
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1);

  test.each([
    ['2', 2000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['-3', 0],
    ['999999999', 600_000],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('%s asks for %s ms', (value, ms) => {
    expect(parseRetryAfter(value, now)).toBe(ms);
  });
});

test.each([
  ['Bearer error="insufficient_scope", scope="read admin"', ['read', 'admin']],
  ['Bearer error="insufficient_scope"', []],
  ['Bearer error="invalid_token"', undefined],
  [null, undefined],
])('the challenge %s asks for %j', (header, scopes) => {
  expect(scopesAskedFor(header)).toEqual(scopes);
});

describe('watchBody', () => {
  test('passes bytes on as long as they come in time', async () => {
    const { clock, source, reader, ends } = watched(() => true);
    for (const byte of [1, 2, 3]) {
      source.enqueue(Uint8Array.of(byte));
      expect((await reader.read()).value).toEqual(Uint8Array.of(byte));
      await clock.advance(290);
    }
    source.close();
    expect((await reader.read()).done).toBe(true);
    expect(ends).toEqual([undefined]);
    await clock.advance(10_000);
    expect(ends).toHaveLength(1);
  });

  test('fails a stream that is silent for too long, and lets go of what it reads from', async () => {
    const { clock, reader, ends, isCancelled } = watched(() => true);
    const reading = reader.read();
    const failure = reading.catch((error: unknown) => error);
    await clock.advance(299);
    expect(ends).toEqual([]);
    await clock.advance(1);
    expect(await failure).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(isCancelled()).toBe(true);
    expect(ends).toHaveLength(1);
  });

  test('spares a silent stream that is known to live, and asks again later', async () => {
    let alive = true;
    const { clock, reader, ends } = watched(() => !alive);
    const reading = reader.read();
    const failure = reading.catch((error: unknown) => error);
    await clock.advance(900);
    expect(ends).toEqual([]);
    alive = false;
    await clock.advance(300);
    expect(await failure).toMatchObject({ code: 'CONNECTION_LOST' });
  });

  test('stops watching when its reader lets go', async () => {
    const { clock, reader, ends, isCancelled } = watched(() => true);
    await reader.cancel();
    await clock.advance(10_000);
    expect(isCancelled()).toBe(true);
    expect(ends).toEqual([]);
  });
});

test('a hook that never ends is given up after five minutes, and the next request asks again', async () => {
  const clock = fakeClock();
  let asked = 0;
  const keeper = new TokenKeeper(
    {
      token: () => 'old',
      refresh: () => {
        asked += 1;
        return new Promise(() => {});
      },
    },
    clock,
    () => {},
  );
  const refused = keeper.refresh('old').catch((error: unknown) => error);
  await clock.advance(5 * 60_000);
  expect(await refused).toMatchObject({ code: 'UNAUTHORIZED' });
  void keeper.refresh('old').catch(() => {});
  await clock.advance(0);
  expect(asked).toBe(2);
});

test('a schedule waits, grows, can be hurried and called off', async () => {
  const clock = fakeClock();
  let patienceMs = 0;
  const schedule = new RetrySchedule(
    clock,
    new Backoff({ initialMs: 100, maxMs: 1000 }, () => 1),
    () => patienceMs,
  );
  const runs: string[] = [];
  schedule.add(() => runs.push('first'), 50, 0);
  await clock.advance(50);
  schedule.add(() => runs.push('third failure'), 50, 3);
  await clock.advance(799);
  expect(runs).toEqual(['first']);
  await clock.advance(1);
  expect(runs).toEqual(['first', 'third failure']);
  patienceMs = 5000;
  schedule.add(() => runs.push('patient'), 50, 0);
  const cancel = schedule.add(() => runs.push('never'), 50, 0);
  cancel();
  await clock.advance(4000);
  expect(runs).toHaveLength(2);
  schedule.hurry();
  expect(runs.at(-1)).toBe('patient');
  schedule.add(() => runs.push('never'), 50, 0);
  schedule.clear();
  await clock.advance(60_000);
  expect(runs).toHaveLength(3);
});

test('a feed drops the oldest values of a reader that does not keep up', async () => {
  const feed = new Feed<number>();
  const reader = feed.read(0);
  expect((await reader.next()).value).toBe(0);
  const next = reader.next();
  await turn();
  for (let value = 1; value <= 100; value += 1) feed.push(value);
  feed.close();
  const seen = [(await next).value as number];
  for await (const value of reader) seen.push(value);
  expect(seen).toHaveLength(64);
  expect(seen[0]).toBe(37);
  expect(seen.at(-1)).toBe(100);
});

test.each([
  [{ url: 'ftp://example.com' }, 'url'],
  [{ url: 'http://a.example', timeoutMs: 0 }, 'timeoutMs'],
  [{ url: 'http://a.example', concurrency: 0 }, 'concurrency'],
  [{ url: 'http://a.example', maxWaitingCalls: -1 }, 'maxWaitingCalls'],
  [{ url: 'http://a.example', backoff: { initialMs: 100, maxMs: 10 } }, 'backoff'],
  [{}, 'url'],
])('refuses the options %j', (options, option) => {
  expect(() => createManagedClient(options as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', option }),
  );
});

/** A watched stream, and what is needed to move it. */
function watched(isDead: () => boolean) {
  const clock = fakeClock();
  let source!: ReadableStreamDefaultController<Uint8Array>;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => void (source = controller),
    cancel: () => void (cancelled = true),
  });
  const ends: unknown[] = [];
  const stream = watchBody(body, {
    clock,
    silenceMs: 300,
    isDead,
    onBytes: () => {},
    onEnd: (error) => ends.push(error),
  });
  return { clock, source, reader: stream.getReader(), ends, isCancelled: () => cancelled };
}
