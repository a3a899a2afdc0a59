import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { keyvStore, type KeyvLike } from '../../src/stores/keyv-store.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';
import { testStore } from '../../src/testing/store-contract.ts';
import { testRoundTrip } from './properties.ts';

testStore(
  'keyvStore',
  ({ clock, maxValueBytes }) => keyvStore(fakeKeyv(clock), { maxValueBytes }),
  { describe, test, expect },
  { bounded: false },
);

describe('keyvStore', () => {
  test('says that it is not atomic, for two creates can both win', async () => {
    const store = keyvStore(fakeKeyv(fakeClock()));
    expect(store.atomic).toBe(false);
    expect(await Promise.all([store.create('k', 1), store.create('k', 2)])).toEqual([true, true]);
  });

  test('hands over JSON text and whole milliseconds, and no time to live where there is none', async () => {
    const calls: unknown[][] = [];
    const store = keyvStore({ ...fakeKeyv(fakeClock()), set: async (...args) => void calls.push(args) });
    await store.set('a', { n: 1 }, { ttlMs: 1.5 });
    await store.create('b', null);
    expect(calls).toEqual([
      ['a', '{"n":1}', 2],
      ['b', 'null', undefined],
    ]);
  });

  test('a write that Keyv reports as failed rejects', async () => {
    const store = keyvStore({ ...fakeKeyv(fakeClock()), set: async () => false });
    await expect(store.set('k', 1)).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
    await expect(store.create('k', 1)).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
  });

  test('a Keyv that answers null for a missing key has no value there', async () => {
    const keyv = fakeKeyv(fakeClock());
    const store = keyvStore({ ...keyv, get: async (key) => (await keyv.get(key)) ?? null });
    expect(await store.get('k')).toBeUndefined();
    expect(await store.create('k', 1)).toBe(true);
  });

  test.for([{ not: 'text' }, 'not JSON'])(
    'what others wrote into the same Keyv is refused: %j',
    async (foreign) => {
      const keyv = fakeKeyv(fakeClock());
      await keyv.set('k', foreign);
      await expect(keyvStore(keyv).get('k')).rejects.toMatchObject({ code: 'STORE_VALUE_INVALID' });
    },
  );

  test('does not disconnect an instance it does not own', () => {
    expect(keyvStore(fakeKeyv(fakeClock()))).not.toHaveProperty('close');
  });

  testRoundTrip(() => keyvStore(fakeKeyv(fakeClock())));
});

/** Keyv as of version 6, in short: expired entries stay until they are read, and `delete` still finds them. */
function fakeKeyv(time: Pick<Clock, 'now'>): KeyvLike {
  const entries = new Map<string, { value: unknown; expires: number }>();
  return {
    async get(key) {
      const entry = entries.get(key);
      if (entry && entry.expires <= time.now()) entries.delete(key);
      return entries.get(key)?.value;
    },
    async set(key, value, ttlMs) {
      entries.set(key, { value, expires: ttlMs ? time.now() + ttlMs : Infinity });
      return true;
    },
    async delete(key) {
      return entries.delete(key);
    },
  };
}
