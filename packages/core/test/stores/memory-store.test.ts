import { describe, expect, test } from 'vitest';
import { memoryStore } from '../../src/stores/memory-store.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';
import { testStore } from '../../src/testing/store-contract.ts';
import { testModel, testRoundTrip } from './properties.ts';

testStore('memoryStore', (options) => memoryStore(options), { describe, test, expect });

describe('memoryStore', () => {
  test('what was not used for the longest time makes room; reading is use, a refused create is not', async () => {
    const store = memoryStore({ maxEntries: 3 });
    for (const key of ['a', 'b', 'c']) await store.set(key, key);
    await store.get('a');
    await store.create('b', 'refused');
    await store.set('d', 'd');
    expect(await store.get('b')).toBeUndefined();
    await store.set('e', 'e');
    expect(await store.get('c')).toBeUndefined();
    expect([await store.get('a'), await store.get('d'), await store.get('e')]).toEqual(['a', 'd', 'e']);
  });

  test('keys and values together stay within maxBytes', async () => {
    const store = memoryStore({ maxBytes: 100 });
    await store.set('a', 'x'.repeat(38)); // 1 + 40
    await store.set('ü', 'x'.repeat(38)); // 2 + 40
    await store.set('c', 'x'.repeat(14)); // 1 + 16: 100 in all
    expect(await store.get('a')).toBeDefined();
    await store.set('d', 1);
    expect(await store.get('ü')).toBeUndefined();
    expect(await store.get('a')).toBeDefined();
  });

  test('a larger replacement makes room as well', async () => {
    const store = memoryStore({ maxBytes: 100 });
    await store.set('a', 'x'.repeat(20));
    await store.set('b', 'x'.repeat(20));
    await store.set('b', 'x'.repeat(90));
    expect(await store.get('a')).toBeUndefined();
    expect(await store.get('b')).toBe('x'.repeat(90));
  });

  test('an entry that could never fit is refused, and nothing makes room for it', async () => {
    const store = memoryStore({ maxBytes: 100 });
    await store.set('a', 1);
    await expect(store.set('b', 'x'.repeat(100))).rejects.toMatchObject({ code: 'STORE_VALUE_TOO_LARGE' });
    expect(await store.get('a')).toBe(1);
  });

  test('values are at most 1 MiB unless told otherwise', async () => {
    const store = memoryStore();
    await store.set('fits', 'x'.repeat(1024 * 1024 - 2));
    await expect(store.set('not', 'x'.repeat(1024 * 1024 - 1))).rejects.toThrow(
      'A value has at most 1048576 bytes of JSON.',
    );
  });

  test('an error says which part of the value is not JSON', async () => {
    const store = memoryStore();
    await expect(store.set('k', { users: [{ since: new Date(0) }] })).rejects.toThrow(
      'Only JSON can be stored: the value.users[0].since is an instance of Date.',
    );
    await expect(store.set('k', undefined)).rejects.toThrow(
      'Only JSON can be stored: the value is undefined.',
    );
    const parent: Record<string, unknown> = {};
    parent['child'] = { parent };
    await expect(store.set('k', parent)).rejects.toThrow('the value.child.parent contains itself.');
  });

  test('plain objects of other realms and without a prototype are plain', async () => {
    const { runInNewContext } = await import('node:vm');
    const store = memoryStore();
    await store.set('realm', runInNewContext('({ a: [1] })'));
    await store.set('bare', Object.assign(Object.create(null), { a: 1 }));
    expect([await store.get('realm'), await store.get('bare')]).toEqual([{ a: [1] }, { a: 1 }]);
    await expect(store.set('date', runInNewContext('new Date(0)'))).rejects.toThrow('an instance of Date');
  });

  test('the same object in two places is stored twice, not taken for a cycle', async () => {
    const store = memoryStore();
    const shared = { x: 1 };
    await store.set('k', [shared, shared, { shared }]);
    expect(await store.get('k')).toEqual([{ x: 1 }, { x: 1 }, { shared: { x: 1 } }]);
  });

  test('thousands that expired together go with later writes', async () => {
    const time = fakeClock();
    const store = memoryStore({ maxEntries: 5_001, clock: time });
    await store.set('old but live', 1);
    for (let n = 0; n < 5_000; n++) await store.set(`k${n}`, n, { ttlMs: 10 });
    await time.advance(10);
    for (let n = 0; n < 5_000; n++) await store.set(`new${n}`, n);
    expect(await store.get('old but live')).toBe(1);
    expect(await store.get('new0')).toBe(0);
  });

  test.for([
    ['maxEntries', { maxEntries: 0 }],
    ['maxBytes', { maxBytes: -1 }],
    ['maxValueBytes', { maxValueBytes: 1.5 }],
  ] as const)('refuses a %s that bounds nothing', ([option, options]) => {
    expect(() => memoryStore(options)).toThrow(`${option} must be a whole number above 0.`);
  });

  testRoundTrip(() => memoryStore());
  testModel((options) => memoryStore(options), 'least recently used');
});
