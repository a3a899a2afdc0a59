import { timeoutOn, type Clock } from '../clock.ts';

/** A clock that stands still until it is advanced. */
export interface FakeClock extends Clock {
  /**
   * Moves time forward. Everything due runs in order, each at its own time; between two, promises that are ready get
   * to settle, so that what they schedule in turn runs too.
   */
  advance(ms: number): Promise<void>;
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
}

/**
 * A clock for tests, to be given to `createApp({ clock })` and to everything else that takes a {@link Clock}.
 *
 * @param options - `now`: where it starts, in milliseconds since the epoch. Default 2026-01-01.
 *
 * @example
 * ```ts
 * import { createApp } from '@toolyard/core';
 * import { fakeClock } from '@toolyard/core/testing';
 *
 * const clock = fakeClock();
 * const app = createApp({ name: 'demo', version: '1.0.0', clock });
 * await clock.advance(60_000);
 * ```
 */
export function fakeClock({ now = Date.UTC(2026, 0, 1) }: { now?: number } = {}): FakeClock {
  let current = now;
  let scheduled = 0;
  const timers = new Set<Due>();

  const clock: FakeClock = {
    now: () => current,
    monotonic: () => current,
    after(delayMs, action) {
      const due = { atMs: current + Math.max(delayMs, 0), order: scheduled++, action };
      timers.add(due);
      return { cancel: () => void timers.delete(due) };
    },
    timeout: (delayMs, reason) => timeoutOn(clock, delayMs, reason),
    async advance(ms) {
      const end = current + ms;
      await settle();
      for (let next = earliest(timers, end); next; next = earliest(timers, end)) {
        timers.delete(next);
        current = Math.max(current, next.atMs);
        next.action();
        await settle();
      }
      current = Math.max(current, end);
    },
  };
  return clock;
}

function earliest(timers: ReadonlySet<Due>, endMs: number): Due | undefined {
  let first: Due | undefined;
  for (const due of timers) {
    if (due.atMs > endMs) continue;
    if (!first || due.atMs < first.atMs || (due.atMs === first.atMs && due.order < first.order)) first = due;
  }
  return first;
}

// A turn of the event loop lets chains of promises run out, however long they are. A message rather than a timer:
// runners that fake timers leave it alone, and browsers do not slow it down.
function settle(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}
