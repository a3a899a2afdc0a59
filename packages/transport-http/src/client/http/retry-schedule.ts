import type { Clock, Timer } from '@toolyard/core';

import type { Backoff } from '../backoff.ts';

/** When streams that broke are opened again. Those that wait can be hurried up or called off. */
export class RetrySchedule {
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #patienceMs: () => number;
  readonly #waiting = new Set<{ readonly run: () => void; readonly timer: Timer }>();

  /** @param patienceMs - how long the server asked to be left alone from now on. */
  constructor(clock: Clock, backoff: Backoff, patienceMs: () => number) {
    this.#clock = clock;
    this.#backoff = backoff;
    this.#patienceMs = patienceMs;
  }

  /**
   * @param delayMs - what the server, or else the transport, thinks right.
   * @param failures - of this stream in a row.
   * @returns calls it off.
   */
  add(action: () => void, delayMs: number, failures: number): () => void {
    const grown = failures === 0 ? delayMs : Math.max(this.#backoff.delayMs(failures + 1), delayMs);
    const waitMs = Math.max(Math.min(grown, this.#backoff.maxMs), this.#patienceMs());
    const run = () => {
      this.#waiting.delete(entry);
      entry.timer.cancel();
      action();
    };
    const entry = { run, timer: this.#clock.after(waitMs, run) };
    this.#waiting.add(entry);
    return () => {
      entry.timer.cancel();
      this.#waiting.delete(entry);
    };
  }

  /** The server is back: now. */
  hurry(): void {
    const due = [...this.#waiting];
    for (const { run } of due) run();
  }

  clear(): void {
    for (const { timer } of this.#waiting) timer.cancel();
    this.#waiting.clear();
  }
}
