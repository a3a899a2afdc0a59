import type { Clock, Timer } from '@toolyard/core';

/** Looks for what other processes wrote, for as long as somebody wants to know. */
export class SqlitePoll {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #looks = new Set<() => void>();
  #timer: Timer | undefined;

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** Calls `look` now and then. Returns the way to stop. */
  add(look: () => void): () => void {
    this.#looks.add(look);
    this.#timer ??= this.#schedule();
    return () => {
      this.#looks.delete(look);
      if (this.#looks.size === 0) this.stop();
    };
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): Timer {
    return this.#clock.after(this.#everyMs, () => {
      this.#timer = this.#schedule();
      for (const look of this.#looks) look();
    });
  }
}
