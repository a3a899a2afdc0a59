import type { Clock } from '../clock.ts';
import type { Store } from '../store.ts';
import { fakeClock, type FakeClock } from './fake-clock.ts';

/**
 * Checks a driver against the contract of {@link Store}, with your test runner.
 *
 * @param name - becomes the title of the tests.
 * @param create - gives a new, empty store each time. The suite closes it; remove files in an `afterEach` of your own.
 * @param api - `{ describe, test, expect }` of Vitest, or of a runner with the same three.
 *
 * @example
 * ```ts
 * import { memoryStore } from '@toolyard/core/stores';
 * import { testStore } from '@toolyard/core/testing';
 * import { describe, expect, test } from 'vitest';
 *
 * testStore('memoryStore', (options) => memoryStore(options), { describe, test, expect });
 * ```
 */
export function testStore(
  name: string,
  create: CreateStore,
  api: StoreTestApi,
  traits: StoreTraits = {},
): void {
  const { describe, expect } = api;
  const { bounded = true } = traits;

  /** One test with a store of its own. */
  function test(
    title: string,
    body: (store: Store, time: FakeClock) => Promise<void>,
    limits: StoreTestLimits = {},
  ) {
    api.test(title, async () => {
      const time = fakeClock();
      const store = await create({ clock: time, ...limits });
      try {
        await body(store, time);
      } finally {
        await store.close?.();
      }
    });
  }

  describe(`${name} keeps the Store contract`, () => {
    describe('values', () => {
      test('what was never written is undefined', async (store) => {
        expect(await store.get('nothing')).toBe(undefined);
      });

      for (const [what, value] of Object.entries(jsonValues)) {
        test(`reads back ${what}`, async (store) => {
          await store.set('key', value);
          expect(await store.get('key')).toEqual(value);
        });
      }

      test('an own property named __proto__ stays one', async (store) => {
        await store.set('key', JSON.parse('{"__proto__":{"admin":true},"constructor":1}'));
        expect(JSON.stringify(await store.get('key'))).toBe('{"__proto__":{"admin":true},"constructor":1}');
      });

      test('a property that is undefined counts as absent', async (store) => {
        await store.set('key', { present: 1, absent: undefined });
        expect(JSON.stringify(await store.get('key'))).toBe('{"present":1}');
      });

      test('changing the written object does not change the store', async (store) => {
        const value = { list: [1] };
        await store.set('set', value);
        await store.create('create', value);
        value.list.push(2);
        expect(await store.get('set')).toEqual({ list: [1] });
        expect(await store.get('create')).toEqual({ list: [1] });
      });

      test('changing a read object does not change the store', async (store) => {
        await store.set('key', { list: [1] });
        Object(await store.get('key')).list.push(2);
        expect(await store.get('key')).toEqual({ list: [1] });
      });

      for (const [what, makeValue] of Object.entries(nonJsonValues)) {
        test(`refuses ${what} and stays as it was`, async (store) => {
          await store.set('key', 'before');
          expect(await codeOf(store.set('key', makeValue()))).toBe('STORE_VALUE_INVALID');
          expect(await codeOf(store.create('new', makeValue()))).toBe('STORE_VALUE_INVALID');
          expect(await store.get('key')).toBe('before');
          expect(await store.get('new')).toBe(undefined);
        });
      }

      test(
        'refuses a value above maxValueBytes, counted as UTF-8 JSON',
        async (store) => {
          await store.set('fits', 'x'.repeat(62));
          await store.set('fits too', 'ü'.repeat(31));
          await store.set('fits as well', '你'.repeat(20));
          expect(await codeOf(store.set('large', 'x'.repeat(63)))).toBe('STORE_VALUE_TOO_LARGE');
          expect(await codeOf(store.create('large', 'ü'.repeat(32)))).toBe('STORE_VALUE_TOO_LARGE');
          expect(await codeOf(store.set('large', '你'.repeat(21)))).toBe('STORE_VALUE_TOO_LARGE');
          expect(await store.get('large')).toBe(undefined);
        },
        { maxValueBytes: 64 },
      );
    });

    describe('keys', () => {
      test('unusual keys are keys like all others', async (store) => {
        for (const key of unusualKeys) {
          expect(await store.get(key)).toBe(undefined);
          expect(await store.create(key, { key })).toBe(true);
        }
        for (const key of unusualKeys) {
          expect(await store.get(key)).toEqual({ key });
          expect(await store.create(key, 'again')).toBe(false);
        }
        for (const key of unusualKeys) {
          expect(await store.delete(key)).toBe(true);
          expect(await store.get(key)).toBe(undefined);
        }
      });

      for (const [what, key] of Object.entries(invalidKeys)) {
        test(`refuses ${what} in every operation`, async (store) => {
          expect(await codeOf(store.get(key))).toBe('STORE_KEY_INVALID');
          expect(await codeOf(store.set(key, 1))).toBe('STORE_KEY_INVALID');
          expect(await codeOf(store.create(key, 1))).toBe('STORE_KEY_INVALID');
          expect(await codeOf(store.delete(key))).toBe('STORE_KEY_INVALID');
        });
      }
    });

    describe('set, create, delete', () => {
      test('set replaces', async (store) => {
        await store.set('key', { first: true });
        await store.set('key', { second: true });
        expect(await store.get('key')).toEqual({ second: true });
      });

      test('create gives false and changes nothing when there is a value, also null and false', async (store) => {
        for (const value of [null, false, 0, '', 'text']) {
          const key = JSON.stringify(value);
          expect(await store.create(key, value)).toBe(true);
          expect(await store.create(key, 'other', { ttlMs: 1 })).toBe(false);
          expect(await store.get(key)).toBe(value);
        }
      });

      test('delete tells whether there was something, and makes room for a create', async (store) => {
        expect(await store.delete('key')).toBe(false);
        await store.set('key', null);
        expect(await store.delete('key')).toBe(true);
        expect(await store.delete('key')).toBe(false);
        expect(await store.get('key')).toBe(undefined);
        expect(await store.create('key', 1)).toBe(true);
      });

      test('of 50 creates at once exactly one is true, and its value is there', async (store) => {
        const results = await Promise.all(range(50).map((n) => store.create('claim', n)));
        const winners = range(50).filter((n) => results[n]);
        if (store.atomic === false) expect(winners.length > 0).toBe(true);
        else expect(winners).toEqual([await store.get('claim')]);
      });

      test('of 50 creates at once on an expired entry exactly one is true', async (store, time) => {
        await store.create('claim', 'old', { ttlMs: 10 });
        await time.advance(10);
        const results = await Promise.all(range(50).map((n) => store.create('claim', n)));
        const winners = range(50).filter((n) => results[n]);
        if (store.atomic === false) expect(winners.length > 0).toBe(true);
        else expect(winners).toEqual([await store.get('claim')]);
      });

      test('of 50 deletes at once exactly one is true', async (store) => {
        await store.set('key', 1);
        const results = await Promise.all(range(50).map(() => store.delete('key')));
        const winners = results.filter(Boolean).length;
        if (store.atomic === false) expect(winners > 0).toBe(true);
        else expect(winners).toBe(1);
      });

      test('of 50 sets at once one stays, whole', async (store) => {
        const values = range(50).map((n) => ({ n, text: String(n).repeat(100) }));
        await Promise.all(values.map((value) => store.set('key', value)));
        const { n } = Object(await store.get('key'));
        expect(await store.get('key')).toEqual(values[n]);
      });
    });

    describe('expiry', () => {
      test('an entry is there until its time to live is over, and gone at that moment', async (store, time) => {
        await store.set('set', 1, { ttlMs: 1000 });
        await store.create('create', 2, { ttlMs: 1000 });
        await time.advance(999);
        expect([await store.get('set'), await store.get('create')]).toEqual([1, 2]);
        await time.advance(1);
        expect([await store.get('set'), await store.get('create')]).toEqual([undefined, undefined]);
      });

      test('reading does not make an entry live longer', async (store, time) => {
        await store.set('key', 1, { ttlMs: 100 });
        await time.advance(99);
        await store.get('key');
        await store.create('key', 2, { ttlMs: 100 });
        await time.advance(1);
        expect(await store.get('key')).toBe(undefined);
      });

      test('an expired entry can be created again, and cannot be deleted', async (store, time) => {
        await store.set('key', 'old', { ttlMs: 100 });
        await time.advance(100);
        expect(await store.delete('key')).toBe(false);
        expect(await store.create('key', 'new', { ttlMs: 100 })).toBe(true);
        await time.advance(99);
        expect(await store.get('key')).toBe('new');
      });

      test('a replaced entry lives by the time of its replacement', async (store, time) => {
        await store.set('longer', 1, { ttlMs: 100 });
        await store.set('forever', 1, { ttlMs: 100 });
        await store.set('shorter', 1);
        await store.set('longer', 2, { ttlMs: 200 });
        await store.set('forever', 2);
        await store.set('shorter', 2, { ttlMs: 50 });
        await time.advance(50);
        expect(await store.get('shorter')).toBe(undefined);
        await time.advance(50);
        expect(await store.get('longer')).toBe(2);
        await time.advance(365 * 24 * 60 * 60 * 1000);
        expect(await store.get('longer')).toBe(undefined);
        expect(await store.get('forever')).toBe(2);
      });

      test('fractions of a millisecond are rounded up', async (store, time) => {
        await store.set('key', 1, { ttlMs: 0.25 });
        expect(await store.get('key')).toBe(1);
        await time.advance(1);
        expect(await store.get('key')).toBe(undefined);
      });

      test('a very long time to live is one', async (store, time) => {
        await store.set('key', 1, { ttlMs: Number.MAX_SAFE_INTEGER });
        await time.advance(1_000_000_000);
        expect(await store.get('key')).toBe(1);
      });

      test('refuses a time to live that is none', async (store) => {
        for (const ttlMs of [0, -1, Number.NaN, Infinity]) {
          expect(await codeOf(store.set('key', 1, { ttlMs }))).toBe('INVALID_OPTION');
          expect(await codeOf(store.create('key', 1, { ttlMs }))).toBe('INVALID_OPTION');
        }
        expect(await store.get('key')).toBe(undefined);
      });
    });

    if (bounded) {
      describe('bounds', () => {
        test(
          'never holds more than maxEntries, and keeps what was written last',
          async (store) => {
            for (const n of range(50)) {
              await store.set(`key-${n}`, n);
              expect(await store.get(`key-${n}`)).toBe(n);
            }
            const held = await Promise.all(range(50).map((n) => store.get(`key-${n}`)));
            expect(held.filter((value) => value !== undefined).length).toBe(5);
          },
          { maxEntries: 5 },
        );

        test(
          'replacing takes no room',
          async (store) => {
            for (const n of range(5)) await store.set(`key-${n}`, n);
            for (const n of range(50)) await store.set('key-0', n);
            const held = await Promise.all(range(5).map((n) => store.get(`key-${n}`)));
            expect(held).toEqual([49, 1, 2, 3, 4]);
          },
          { maxEntries: 5 },
        );

        test(
          'an expired entry makes room before a live one',
          async (store, time) => {
            await store.set('live', 1);
            await store.set('expired', 2, { ttlMs: 10 });
            await store.set('live too', 3, { ttlMs: 1000 });
            await time.advance(10);
            await store.set('new', 4);
            expect([await store.get('live'), await store.get('live too'), await store.get('new')]).toEqual([
              1, 3, 4,
            ]);
          },
          { maxEntries: 3 },
        );

        test(
          'a claim on an expired entry counts as written last',
          async (store, time) => {
            await store.set('claim', 'old', { ttlMs: 10 });
            await store.set('other', 1);
            await time.advance(10);
            expect(await store.create('claim', 'new')).toBe(true);
            await store.set('third', 1);
            expect([await store.get('claim'), await store.get('other')]).toEqual(['new', undefined]);
          },
          { maxEntries: 2 },
        );
      });
    }

    describe('close', () => {
      test('every later operation is refused, and a second close does nothing', async (store) => {
        if (!store.close) return;
        await store.set('key', 1);
        await store.close();
        await store.close();
        expect(await codeOf(store.get('key'))).toBe('STORE_CLOSED');
        expect(await codeOf(store.set('key', 1))).toBe('STORE_CLOSED');
        expect(await codeOf(store.create('key', 1))).toBe('STORE_CLOSED');
        expect(await codeOf(store.delete('key'))).toBe('STORE_CLOSED');
      });
    });
  });
}

/** Makes a new, empty store that goes by `clock` and keeps the given bounds. */
export type CreateStore = (options: StoreTestOptions) => Store | Promise<Store>;

/** What a test asks of a new store. */
export interface StoreTestOptions extends StoreTestLimits {
  readonly clock: Pick<Clock, 'now'>;
}

/** Bounds a test sets, where it is about bounds. */
export interface StoreTestLimits {
  /** Only for stores that are {@link StoreTraits.bounded | bounded}. */
  readonly maxEntries?: number;
  readonly maxValueBytes?: number;
}

/** What to expect of the driver besides the contract. */
export interface StoreTraits {
  /** Whether the driver keeps `maxEntries` itself and its engine does not. Default: true. */
  readonly bounded?: boolean;
}

/** The part of a test runner that is used. */
export interface StoreTestApi {
  readonly describe: (title: string, body: () => void) => unknown;
  readonly test: (title: string, body: () => Promise<void>) => unknown;
  readonly expect: (actual: unknown) => {
    toBe(expected: unknown): unknown;
    toEqual(expected: unknown): unknown;
  };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

async function codeOf(operation: Promise<unknown>): Promise<unknown> {
  try {
    await operation;
    return 'not refused';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

const jsonValues: Record<string, unknown> = {
  null: null,
  false: false,
  zero: 0,
  'the empty string': '',
  'an empty array': [],
  'an empty object': {},
  'a fraction': 0.1,
  'a huge number': 1.7976931348623157e308,
  'the smallest number': 5e-324,
  'an integer above 32 bits': 9_007_199_254_740_991,
  'text of many scripts': 'Grüße, 你好, 👩‍👩‍👧, \u2028\u2029',
  'control characters': 'a\u0000b\tc\r\nd\u007f',
  'a lone surrogate inside a value': '\ud83d',
  'text that looks like a number': '007',
  'text that looks like JSON': '{"a":1}',
  'text that a serializer could take for its own': ':base64:AAAA',
  'nested values': { list: [{ deep: [[[null, true]]] }, []], '': 'empty name', 'a.b': 1 },
};

const nonJsonValues: Record<string, () => unknown> = {
  undefined: () => undefined,
  'a function': () => () => 1,
  'a symbol': () => Symbol('s'),
  'a bigint': () => 1n,
  NaN: () => Number.NaN,
  'a nested Infinity': () => ({ list: [1, Infinity] }),
  'a Date': () => ({ since: new Date(0) }),
  'a Map': () => new Map([['a', 1]]),
  'a class instance': () =>
    new (class Point {
      x = 1;
    })(),
  bytes: () => new Uint8Array([1]),
  'undefined in an array': () => [1, undefined],
  'a hole in an array': () => Object.assign([1], { 2: 3 }),
  'a nested function': () => ({ toJSON: () => 'pretended' }),
  'an object that contains itself': () => {
    const value: Record<string, unknown> = {};
    value['self'] = { value, again: value };
    return value;
  },
  'very deep nesting': () => JSON.parse('['.repeat(10_000) + ']'.repeat(10_000)),
};

const unusualKeys: readonly string[] = [
  '',
  ' ',
  'key',
  'KEY',
  'key ',
  '__proto__',
  'constructor',
  'toString',
  'é', // composed …
  'e\u0301', // … and not
  '你好',
  '👩‍👩‍👧',
  'a\u0000b',
  'a\u0000c',
  'line\nbreak',
  'quote\'"`;--',
  '%_*?',
  'a:b',
  '../../etc/passwd',
  'x'.repeat(1024),
  'ü'.repeat(1024),
];

const invalidKeys: Record<string, string> = {
  'a key of 1025 characters': 'x'.repeat(1025),
  'a key with a lone surrogate': 'key-\ud83d',
  'a key that is no string': JSON.parse('7'),
};
