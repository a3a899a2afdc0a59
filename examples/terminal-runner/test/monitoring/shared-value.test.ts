import { fakeClock } from '@toolyard/core/testing';
import { expect, test } from 'vitest';
import { sharedValue } from '../../src/monitoring/shared-value.ts';

test('one reading serves all who ask until it is too old', async () => {
  const clock = fakeClock();
  let reads = 0;
  const get = sharedValue(async () => ++reads, { maxAgeMs: 1_000, clock });
  expect(await Promise.all([get(), get()])).toEqual([
    { value: 1, ageMs: 0 },
    { value: 1, ageMs: 0 },
  ]);
  await clock.advance(1_000);
  expect(await get()).toEqual({ value: 1, ageMs: 1_000 });
  await clock.advance(1);
  expect(await get()).toEqual({ value: 2, ageMs: 0 });
});

test('a failure is not kept', async () => {
  let reads = 0;
  const get = sharedValue(
    async () => {
      if (++reads === 1) throw new Error('not now');
      return reads;
    },
    { maxAgeMs: 1_000, clock: fakeClock() },
  );
  const first = await Promise.allSettled([get(), get()]);
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await get()).toEqual({ value: 2, ageMs: 0 });
});
