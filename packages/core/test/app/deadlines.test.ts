import { describe, expect, test } from 'vitest';

import type { Clock } from '../../src/index.ts';
import { Deadlines } from '../../src/app/deadlines.ts';
import { defineTool } from '../../src/index.ts';
import { fakeClock } from '../../src/testing.ts';
import { testApp } from '../helpers.ts';

/** A clock that counts the timers it has set and those that are pending. */
function countingClock(clock = fakeClock()) {
  let set = 0;
  const pending = new Set<object>();
  const after: Clock['after'] = (delayMs, action) => {
    set += 1;
    const timer = clock.after(delayMs, () => {
      pending.delete(timer);
      action();
    });
    pending.add(timer);
    return {
      cancel() {
        pending.delete(timer);
        timer.cancel();
      },
    };
  };
  return { ...clock, after, pending, timersSet: () => set };
}

function hang(name: string, timeoutMs: number) {
  return defineTool({ name, timeoutMs, run: () => new Promise(() => {}) });
}

function limited(dueAt: number, ended: number[]) {
  return {
    dueAt,
    expire() {
      ended.push(dueAt);
      this.dueAt = Infinity;
    },
  };
}

describe('deadlines', () => {
  test('end each in its own time, the shortest first, whatever the order they came in', async () => {
    const clock = countingClock();
    const start = clock.monotonic();
    const ended: number[] = [];
    const running = new Set([30, 10, 20].map((ms) => limited(start + ms, ended)));
    const deadlines = new Deadlines(clock, running);
    for (const { dueAt } of running) deadlines.watch(dueAt);
    await clock.advance(9);
    expect(ended).toEqual([]);
    await clock.advance(1);
    expect(ended).toEqual([start + 10]);
    await clock.advance(20);
    expect(ended).toEqual([start + 10, start + 20, start + 30]);
    expect(clock.pending.size).toBe(0);
  });

  test('are never set for a time before now, though it goes on meanwhile', () => {
    const delays: number[] = [];
    let time = 0;
    const clock: Clock = {
      ...fakeClock(),
      monotonic: () => (time += 5),
      after(delayMs) {
        delays.push(delayMs);
        return { cancel() {} };
      },
    };
    new Deadlines(clock, []).watch(3);
    expect(delays).toEqual([0]);
  });

  test('cost no timer while calls with the same limit come and go', async () => {
    const clock = countingClock();
    const app = testApp({ clock }).add(defineTool({ name: 'quick', timeoutMs: 1_000, run: () => 'done' }));
    for (let call = 0; call < 100; call += 1) {
      await app.call('quick');
      await clock.advance(1);
    }
    expect(clock.timersSet()).toBe(1);
    await clock.advance(2_000);
    expect(clock.pending.size).toBe(0);
    await app.call('quick');
    expect(clock.timersSet()).toBe(2);
    await app.close();
    expect(clock.pending.size).toBe(0);
  });

  test('of a tool that is quicker than the ones before holds', async () => {
    const clock = fakeClock();
    const app = testApp({ clock }).add(hang('slow', 60_000), hang('fast', 50));
    const ends: string[] = [];
    const slow = app.call('slow').catch(() => ends.push('slow'));
    const fast = app.call('fast').catch(() => ends.push('fast'));
    await clock.advance(50);
    await fast;
    expect(ends).toEqual(['fast']);
    await clock.advance(60_000);
    await slow;
    expect(ends).toEqual(['fast', 'slow']);
  });

  test.each([
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ])('hold when somebody sets the time of day %s', async (_, byMs) => {
    const clock = fakeClock();
    let shift = 0;
    const app = testApp({ clock: { ...clock, now: () => clock.now() + shift } }).add(
      hang('hang', 1_000),
      hang('hang-less', 100),
    );
    const ends: string[] = [];
    const calls = ['hang', 'hang-less'].map((name) => app.call(name).catch(() => ends.push(name)));
    shift = byMs;
    await clock.advance(100);
    expect(ends).toEqual(['hang-less']);
    await clock.advance(899);
    expect(ends).toEqual(['hang-less']);
    await clock.advance(1);
    expect(ends).toEqual(['hang-less', 'hang']);
    await Promise.all(calls);
  });
});
