import type { Clock, Timer } from '@toolyard/core';

/** Something that wants to be reminded now and then while it is open. */
export interface Beating {
  beat(): void;
}

/** One timer for all open exchanges and streams; it runs only while there are some. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #open = new Set<Beating>();
  #timer: Timer | undefined;

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  add(beating: Beating): void {
    this.#open.add(beating);
    if (this.#timer === undefined) this.#schedule();
  }

  delete(beating: Beating): void {
    this.#open.delete(beating);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer = this.#clock.after(this.#everyMs, () => {
      this.#timer = undefined;
      for (const beating of this.#open) beating.beat();
      if (this.#open.size > 0) this.#schedule();
    });
  }
}
