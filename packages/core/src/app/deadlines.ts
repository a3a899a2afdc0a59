import type { Clock, Timer } from '../clock.ts';

/** Something that may not take for ever. */
interface Limited {
  /** By the clock's `monotonic`; `Infinity` while nothing limits it. */
  readonly dueAt: number;
  expire(): void;
}

/**
 * Ends what is overdue, with one timer for all. It goes off for the earliest time it has heard of; whatever has ended
 * by then costs nothing, which is nearly everything.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #running: Iterable<Limited>;
  #timer: Timer | undefined = undefined;
  #wakesAt = Infinity;

  /** @param running - all that has not ended. */
  constructor(clock: Clock, running: Iterable<Limited>) {
    this.#clock = clock;
    this.#running = running;
  }

  /** Something in `running` is due at that time. */
  watch(dueAt: number): void {
    if (dueAt < this.#wakesAt) this.#wakeAt(dueAt);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#wakesAt = Infinity;
  }

  #wakeAt(time: number): void {
    this.#timer?.cancel();
    this.#wakesAt = time;
    // It may be due by now: time goes on while we look.
    const delayMs = Math.max(time - this.#clock.monotonic(), 0);
    this.#timer = this.#clock.after(delayMs, () => this.#wake());
  }

  #wake(): void {
    this.stop();
    const now = this.#clock.monotonic();
    let next = Infinity;
    for (const each of this.#running) {
      if (each.dueAt <= now) each.expire();
      else if (each.dueAt < next) next = each.dueAt;
    }
    this.watch(next);
  }
}
