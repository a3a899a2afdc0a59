import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Store } from '../../src/store.ts';
import { fakeClock, type FakeClock } from '../../src/testing/fake-clock.ts';
import type { StoreTestOptions } from '../../src/testing/store-contract.ts';

/** Any JSON value reads back as what `JSON.stringify` makes of it. */
export function testRoundTrip(create: () => Store): void {
  test('any JSON reads back as it was, under any key', async () => {
    const store = create();
    const key = fc.string({ unit: 'binary', maxLength: 512 });
    await fc.assert(
      fc.asyncProperty(key, fc.jsonValue({ depthSize: 'medium' }), async (name, value) => {
        await store.set(name, value);
        expect(JSON.stringify(await store.get(name))).toBe(JSON.stringify(value));
        expect(await store.create(name, 'other')).toBe(false);
        expect(await store.delete(name)).toBe(true);
      }),
      { numRuns: 300 },
    );
    await store.close?.();
  });
}

/** Any sequence of operations gives what a slow and obvious model gives. */
export function testModel(
  create: (options: StoreTestOptions) => Store,
  makesRoom: 'least recently used' | 'oldest write',
): void {
  test('any sequence of operations gives what the obvious model gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200, size: 'max' }), async (steps) => {
        const time = fakeClock();
        const store = create({ clock: time, maxEntries: 4 });
        const model = obviousStore(time, 4, makesRoom);
        for (const [n, now] of steps.entries()) {
          if (now.do === 'advance') {
            await time.advance(now.ms);
            continue;
          }
          expect([now, await perform(store, now, n)]).toEqual([now, perform(model, now, n)]);
        }
        await store.close?.();
      }),
      { numRuns: 200 },
    );
  });
}

type Step = { do: 'advance'; ms: number } | Operation;
interface Operation {
  readonly do: 'get' | 'delete' | 'set' | 'create';
  readonly key: string;
  readonly ttlMs: number | undefined;
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('get', 'delete', 'set', 'create'),
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
      ttlMs: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    }),
  },
);

type Operable = Record<'get' | 'delete', (key: string) => unknown> &
  Record<'set' | 'create', (key: string, value: number, options: { ttlMs: number | undefined }) => unknown>;

function perform(store: Operable, { do: operation, key, ttlMs }: Operation, value: number): unknown {
  return operation === 'get' || operation === 'delete'
    ? store[operation](key)
    : store[operation](key, value, { ttlMs });
}

function obviousStore(
  time: FakeClock,
  maxEntries: number,
  makesRoom: 'least recently used' | 'oldest write',
) {
  let rows: { key: string; value: number; expiresAt: number }[] = []; // the first makes room first
  const live = () => (rows = rows.filter((row) => row.expiresAt > time.now()));
  const take = (key: string) => {
    const row = live().find((candidate) => candidate.key === key);
    rows = rows.filter((candidate) => candidate !== row);
    return row;
  };
  const set = (key: string, value: number, { ttlMs = Infinity }: { ttlMs: number | undefined }) => {
    take(key);
    rows = [...rows, { key, value, expiresAt: time.now() + ttlMs }].slice(-maxEntries);
  };
  return {
    set,
    get(key: string) {
      if (makesRoom === 'oldest write') return live().find((row) => row.key === key)?.value;
      const row = take(key);
      if (row) rows.push(row);
      return row?.value;
    },
    create(key: string, value: number, options: { ttlMs: number | undefined }) {
      if (live().some((row) => row.key === key)) return false;
      set(key, value, options);
      return true;
    },
    delete: (key: string) => take(key) !== undefined,
  };
}
