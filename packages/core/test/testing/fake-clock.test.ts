import { expect, test } from 'vitest';

import { fakeClock } from '../../src/testing.ts';

test('stands still until it is advanced', async () => {
  const clock = fakeClock({ now: 1000 });
  expect(clock.now()).toBe(1000);
  await clock.advance(500);
  expect(clock.now()).toBe(1500);
});

test('runs what is due in order, each at its own time', async () => {
  const clock = fakeClock({ now: 0 });
  const ran: [string, number][] = [];
  const note = (name: string) => () => void ran.push([name, clock.now()]);
  clock.after(30, note('c'));
  clock.after(10, note('a'));
  clock.after(10, note('b'));
  clock.after(31, note('later'));
  clock.after(20, note('cancelled')).cancel();
  await clock.advance(30);
  expect(ran).toEqual([
    ['a', 10],
    ['b', 10],
    ['c', 30],
  ]);
  await clock.advance(1);
  expect(ran).toHaveLength(4);
});

test('lets promises between two timers run, and what they schedule too', async () => {
  const clock = fakeClock({ now: 0 });
  const sleep = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  const woken: number[] = [];
  async function work() {
    for (let round = 0; round < 3; round += 1) {
      await sleep(10);
      for (let hop = 0; hop < 50; hop += 1) await Promise.resolve();
      woken.push(clock.now());
    }
  }
  const done = work();
  await clock.advance(25);
  expect(woken).toEqual([10, 20]);
  await clock.advance(5);
  await done;
  expect(woken).toEqual([10, 20, 30]);
});

test('a delay of nothing runs with the next advance, not before', async () => {
  const clock = fakeClock();
  let ran = false;
  clock.after(-5, () => (ran = true));
  expect(ran).toBe(false);
  await clock.advance(0);
  expect(ran).toBe(true);
});

test('gives signals that abort after a time, unless disposed', async () => {
  const clock = fakeClock();
  const reason = new Error('late');
  const limit = clock.timeout(10, reason);
  const spared = clock.timeout(10);
  spared[Symbol.dispose]();
  await clock.advance(10);
  expect(limit.signal.reason).toBe(reason);
  expect(spared.signal.aborted).toBe(false);
});
