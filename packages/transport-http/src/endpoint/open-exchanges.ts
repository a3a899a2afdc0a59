import type { Clock, Timer } from '@toolyard/core';

/** An answer or stream under way. */
export interface OpenExchange {
  /** Whether it only waits for changes, so that a shutdown can end it at once. */
  readonly listening: boolean;
  /** Comes round now and then, for as long as it is open. */
  beat(): void;
  abort(reason: unknown): void;
}

/** All that is under way, for a shutdown to end. One timer reminds them; it runs only while there are some. */
export class OpenExchanges {
  readonly #clock: Clock;
  readonly #beatMs: number;
  readonly #open = new Set<OpenExchange>();
  #timer: Timer | undefined = undefined;

  constructor(clock: Clock, beatMs: number) {
    this.#clock = clock;
    this.#beatMs = beatMs;
  }

  add(exchange: OpenExchange): void {
    this.#open.add(exchange);
    if (this.#timer === undefined) this.#schedule();
  }

  delete(exchange: OpenExchange): void {
    this.#open.delete(exchange);
  }

  abortListening(reason: unknown): void {
    for (const exchange of this.#open) if (exchange.listening) exchange.abort(reason);
  }

  abortAll(reason: unknown): void {
    for (const exchange of this.#open) exchange.abort(reason);
  }

  /** Ends the reminders. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer = this.#clock.after(this.#beatMs, () => {
      this.#timer = undefined;
      for (const exchange of this.#open) exchange.beat();
      if (this.#open.size > 0) this.#schedule();
    });
  }
}
