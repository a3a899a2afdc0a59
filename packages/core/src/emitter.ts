import { EventEmitter } from 'eventemitter3';

import type { Logger } from './logger.ts';

/** Hears of one kind of event. It may be async; what it throws or rejects with is logged. */
export type Listener<Details> = (event: Details) => void | Promise<void>;

/** Tells listeners what has happened. One that fails harms nobody. */
export class Emitter<Events extends object> {
  readonly #emitter = new EventEmitter();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  on<E extends keyof Events & string>(event: E, listener: Listener<Events[E]>): () => void {
    this.#emitter.on(event, listener);
    return () => void this.#emitter.off(event, listener);
  }

  /** Whether anyone listens, so that events nobody wants are not made. */
  has(event: keyof Events & string): boolean {
    return this.#emitter.listenerCount(event) > 0;
  }

  emit<E extends keyof Events & string>(event: E, details: Events[E]): void {
    for (const listener of this.#emitter.listeners(event) as Listener<Events[E]>[]) {
      try {
        Promise.resolve(listener(details)).catch((error: unknown) => this.#report(event, error));
      } catch (error) {
        this.#report(event, error);
      }
    }
  }

  #report(event: string, err: unknown): void {
    this.#logger.error({ err, event }, 'A listener failed.');
  }
}
