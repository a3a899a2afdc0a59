/** The time, and things to do later. Tests pass a fake one from `@toolyard/core/testing`. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some moment: for how long something takes, which nobody changes by setting the time. */
  monotonic(): number;
  /** Runs `action` once after `delayMs`, unless cancelled. Does not keep the process alive. */
  after(delayMs: number, action: () => void): Timer;
  /** A signal that aborts after `delayMs`; dispose it when it is no longer needed. */
  timeout(delayMs: number, reason?: unknown): TimeoutHandle;
}

/** Something that will happen unless it is cancelled. */
export interface Timer {
  cancel(): void;
}

/** A signal that aborts in time; disposing the handle cancels that. */
export interface TimeoutHandle extends Disposable {
  readonly signal: AbortSignal;
}

/** The real time. */
export const systemClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  after(delayMs, action) {
    let handle: unknown;
    const wait = (remainingMs: number): void => {
      const stepMs = Math.min(remainingMs, LONGEST_TIMER_MS);
      handle = setTimeout(() => (remainingMs > stepMs ? wait(remainingMs - stepMs) : action()), stepMs);
      unref(handle);
    };
    wait(delayMs);
    return { cancel: () => clearTimeout(handle as number) };
  },
  timeout: (delayMs, reason) => timeoutOn(systemClock, delayMs, reason),
};

// Timers that are set for longer go off at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** {@link Clock.timeout} for a clock that has `after`. */
export function timeoutOn(clock: Pick<Clock, 'after'>, delayMs: number, reason?: unknown): TimeoutHandle {
  const controller = new AbortController();
  const timer = clock.after(delayMs, () => controller.abort(reason));
  return { signal: controller.signal, [Symbol.dispose]: () => timer.cancel() };
}

// Browsers and workers hand out numbers, Node an object that would keep the process alive.
function unref(handle: unknown): void {
  if (typeof handle === 'object' && handle !== null && 'unref' in handle)
    (handle as { unref(): void }).unref();
}
