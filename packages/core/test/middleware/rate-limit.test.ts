import { RateLimiterMemory, RateLimiterUnion, BurstyRateLimiter } from 'rate-limiter-flexible';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { defineTool, type Principal } from '../../src/index.ts';
import { rateLimit, type RateLimiterLike, type RateLimitOptions } from '../../src/middleware.ts';
import { memoryLimiter } from '../../src/middleware/rate-limit-memory.ts';
import { createTestClient, fakeClock } from '../../src/testing.ts';
import { never, settled, testApp } from '../helpers.ts';
import { failureOf } from './failure.ts';

const ann: Principal = { id: 'ann', scopes: [] };
const bob: Principal = { id: 'bob', scopes: [] };

function setup(options: RateLimitOptions) {
  const clock = fakeClock();
  const app = testApp({ clock })
    .use(rateLimit(options))
    .add(defineTool({ name: 'a', run: () => 'a' }), defineTool({ name: 'b', run: () => 'b' }));
  return { clock, app };
}

describe('counts in memory', () => {
  test('calls above the limit are refused until the window ends, and told when that is', async () => {
    const { clock, app } = setup({ perMinute: 2 });
    await app.call('a');
    await clock.advance(15_000);
    await app.call('b');
    await expect(app.call('a')).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      rpcCode: -31429,
      message: 'Too many calls; try again in 45000 ms.',
      data: { retryAfterMs: 45_000 },
    });
    await clock.advance(44_999);
    await expect(app.call('a')).rejects.toMatchObject({ data: { retryAfterMs: 1 } });
    await clock.advance(1);
    expect(await app.call('a')).toBe('a');
  });

  test('each principal of each tenant has its own', async () => {
    const { app } = setup({ points: 1, durationMs: 1_000 });
    for (const principal of [
      ann,
      bob,
      { ...ann, issuer: 'https://id.example' },
      { ...ann, clientId: 'cli' },
    ]) {
      for (const tenant of ['red', 'blue']) {
        await app.call('a', {}, { principal, tenant });
        await expect(app.call('a', {}, { principal, tenant })).rejects.toMatchObject({
          code: 'LIMIT_EXCEEDED',
        });
      }
    }
  });

  test('perTarget counts each tool for itself', async () => {
    const { app } = setup({ perMinute: 1, perTarget: true });
    await app.call('a');
    await app.call('b');
    await expect(app.call('a')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('key says what is counted together, and what is not counted', async () => {
    const { app } = setup({
      perMinute: 1,
      key: ({ tenant }) => (tenant === 'staff' ? undefined : { tenant }),
    });
    await app.call('a', {}, { tenant: 'staff' });
    await app.call('a', {}, { tenant: 'staff' });
    await app.call('a', {}, { tenant: 'red', principal: ann });
    await expect(app.call('a', {}, { tenant: 'red', principal: bob })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    await app.call('a', {}, { tenant: 'blue', principal: bob });
  });

  test('notifications pass uncounted', async () => {
    const { app } = setup({ perMinute: 1 });
    await using client = createTestClient(app, { era: 'legacy', as: ann });
    await client.connect(); // initialize counts, notifications/initialized does not
    await client.notify('notifications/roots/list_changed');
    await expect(client.call('a')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('memory is bounded: the older callers are forgotten, never the newest', async () => {
    const clock = fakeClock();
    const limiter = memoryLimiter({ points: 1, durationMs: 60_000, maxKeys: 10 });
    const consume = (key: string) =>
      limiter.consume(key, 1, { now: clock.now() }).then(
        () => 'passed',
        () => 'refused',
      );
    for (let caller = 0; caller < 1_000; caller++) {
      expect(await consume(`${caller}`)).toBe('passed');
      expect(await consume(`${caller}`)).toBe('refused');
    }
    const remembered = [];
    for (let caller = 999; caller >= 0; caller--) {
      if ((await consume(`${caller}`)) === 'passed') break;
      remembered.push(caller);
    }
    expect(remembered.length).toBeGreaterThanOrEqual(5);
    expect(remembered.length).toBeLessThanOrEqual(10);
  });

  test('a window is of its full length however the memory turns over', async () => {
    const clock = fakeClock();
    const limiter = memoryLimiter({ points: 1, durationMs: 100, maxKeys: 100 });
    const consume = (key: string) =>
      limiter.consume(key, 1, { now: clock.now() }).then(
        () => 'passed',
        () => 'refused',
      );
    await consume('first');
    await clock.advance(99);
    expect(await consume('late')).toBe('passed');
    await clock.advance(98);
    expect(await consume('late')).toBe('refused');
    await clock.advance(2);
    expect(await consume('late')).toBe('passed');
  });

  test('nobody is shut out when the clock is set back', async () => {
    const limiter = memoryLimiter({ points: 1, durationMs: 100, maxKeys: 100 });
    await limiter.consume('ann', 1, { now: 3_600_000 });
    await expect(limiter.consume('ann', 1, { now: 3_600_050 })).rejects.toMatchObject({ msBeforeNext: 50 });
    await limiter.consume('ann', 1, { now: 0 });
    await expect(limiter.consume('ann', 1, { now: 10 })).rejects.toMatchObject({ msBeforeNext: 90 });
  });
});

describe('a limiter of rate-limiter-flexible', () => {
  const limits = { points: 1, duration: 60 };

  test.each<[string, () => RateLimiterLike]>([
    ['memory', () => new RateLimiterMemory(limits)],
    [
      'bursty',
      () =>
        new BurstyRateLimiter(
          new RateLimiterMemory(limits),
          new RateLimiterMemory({ points: 0, duration: 30 }),
        ),
    ],
    [
      'union',
      () =>
        new RateLimiterUnion(
          new RateLimiterMemory({ ...limits, keyPrefix: 'minute' }),
          new RateLimiterMemory({ points: 9, duration: 1, keyPrefix: 'second' }),
        ),
    ],
  ])('%s: refusals say when to come back', async (_name, create) => {
    const { app } = setup({ limiter: create() });
    await app.call('a');
    const error = (await app.call('a').catch((reason) => reason)) as {
      code: string;
      data: { retryAfterMs: number };
    };
    expect(error.code).toBe('LIMIT_EXCEEDED');
    expect(error.data.retryAfterMs).toBeGreaterThan(20_000);
    expect(error.data.retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  test('a block without end is refused without a time', async () => {
    const { app } = setup({ limiter: new RateLimiterMemory({ points: 1, duration: 0 }) });
    await app.call('a');
    await expect(app.call('a')).rejects.toMatchObject({
      message: 'Too many calls; try again later.',
      data: { code: 'LIMIT_EXCEEDED' },
    });
  });

  test('keys are short and have no letters that databases could fold', async () => {
    const keys: string[] = [];
    const { app } = setup({ limiter: { consume: async (key) => void keys.push(key) } });
    for (const id of ['Ann', 'ann', 'ann '.repeat(500), '\ud800'])
      await app.call('a', {}, { principal: { id, scopes: [] } });
    expect(new Set(keys).size).toBe(4);
    for (const key of keys) expect(key).toMatch(/^[\da-f]{64}$/);
  });

  test('one that fails, fails the call; one that hangs, does not hold it', async () => {
    const failing = setup({ limiter: { consume: () => Promise.reject(new Error('no connection')) } });
    await expect(failing.app.call('a')).rejects.toMatchObject({ code: 'INTERNAL' });

    const hanging = setup({ limiter: { consume: () => never } });
    const answer = failureOf(hanging.app.call('a'));
    await settled();
    await hanging.clock.advance(60_000);
    expect(await answer).toMatchObject({ code: 'TIMEOUT' });
  });
});

test.each<[RateLimitOptions, string]>([
  [{ perMinute: 0 }, 'perMinute must be a whole number above 0.'],
  [{ points: 1.5, durationMs: 1 }, 'points must be a whole number above 0.'],
  [{ points: 1, durationMs: 0 }, 'durationMs must be a number of milliseconds above 0.'],
  [{ perMinute: 1, maxKeys: 0 }, 'maxKeys must be a whole number above 0.'],
  [{ limiter: {} as RateLimiterLike }, 'limiter must have a method consume.'],
  [{} as RateLimitOptions, 'points must be a whole number above 0.'],
])('options %o are refused', (options, message) => {
  expect(() => rateLimit(options)).toThrow(message);
});

test('the ways to give a limit exclude each other', () => {
  expectTypeOf(rateLimit).toBeCallableWith({ points: 1, durationMs: 1, perTarget: true });
  // @ts-expect-error perMinute or points, not both
  void (() => rateLimit({ perMinute: 1, points: 1, durationMs: 1 }));
  // @ts-expect-error points need a duration
  void (() => rateLimit({ points: 1 }));
  // @ts-expect-error a limiter has limits of its own
  void (() => rateLimit({ limiter: { consume: async () => {} }, perMinute: 1 }));
});
