import type { Clock } from '@toolyard/core';

import { parseRetryAfter } from '../backoff.ts';

/** Remembers for how long the server asked to be left alone, whichever connection it said so on. */
export class Patience {
  readonly #clock: Clock;
  #until = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get ms(): number {
    return Math.max(0, this.#until - this.#clock.now());
  }

  /** Takes note of the `Retry-After` of a response that says that the server is busy. */
  note({ status, headers }: Response): void {
    if (status !== 429 && status !== 503) return;
    const now = this.#clock.now();
    const ms = parseRetryAfter(headers.get('retry-after'), now);
    if (ms !== undefined) this.#until = Math.max(this.#until, now + ms);
  }
}
