import { expect, test } from 'vitest';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { countAllocation } from '../src/harness/allocation.ts';

const kept: number[][] = [];

/** Arrays of 1,000 elements of eight bytes each. */
async function allocate(arrays: number, keepEvery: number): Promise<void> {
  for (let made = 1; made <= arrays; made++) {
    const array = Array.from<number>({ length: 1_000 }).fill(made);
    if (made % keepEvery === 0) kept.push(array);
    if (made % 1_000 === 0) await nextTurn();
  }
}

test.each([
  ['all is garbage', Infinity],
  ['a part lives on', 10],
])('allocated bytes are counted, whatever is collected meanwhile: %s', async (_, keepEvery) => {
  await allocate(5_000, keepEvery);
  const end = countAllocation();
  await allocate(20_000, keepEvery);
  const { bytes, collections } = end();
  kept.length = 0;
  expect(collections).toBeGreaterThan(3);
  expect(bytes / 20_000).toBeGreaterThan(8_000);
  expect(bytes / 20_000).toBeLessThan(8_800);
});
