import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../src/index.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MONTH_MS = 31 * 24 * 3_600_000; // longer than a timer of the platform can be

test('a delay longer than a timer can be is kept', () => {
  const action = vi.fn<() => void>();
  systemClock.after(3 * MONTH_MS, action);
  vi.advanceTimersByTime(3 * MONTH_MS - 1);
  expect(action).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(action).toHaveBeenCalledOnce();
});

test('and can be cancelled at any time', () => {
  const action = vi.fn<() => void>();
  const timer = systemClock.after(3 * MONTH_MS, action);
  vi.advanceTimersByTime(2 * MONTH_MS);
  timer.cancel();
  vi.advanceTimersByTime(2 * MONTH_MS);
  expect(action).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});

test('a timeout aborts with its reason, unless it was disposed of', () => {
  const reason = new Error('too late');
  const kept = systemClock.timeout(10, reason);
  {
    using disposed = systemClock.timeout(10, reason);
    vi.advanceTimersByTime(9);
    expect(disposed.signal.aborted).toBe(false);
  }
  vi.advanceTimersByTime(1);
  expect(kept.signal.reason).toBe(reason);
});
