import type { Logger } from '@toolyard/core';

/** Tells listeners what has happened. One that throws harms nobody; it is logged. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @returns takes the listener away again. */
  on<E extends keyof Events & string>(event: E, listener: (details: Events[E]) => void): () => void {
    let listeners = this.#listeners.get(event);
    if (!listeners) this.#listeners.set(event, (listeners = new Set()));
    // A function of its own for each registration: the same listener given twice is heard twice and taken away once.
    const own = (details: Events[E]) => listener(details);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  has(event: keyof Events): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0;
  }

  emit<E extends keyof Events & string>(event: E, details: Events[E]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])] as ((details: Events[E]) => void)[]) {
      try {
        listener(details);
      } catch (err) {
        this.#logger.error({ err, event }, 'A listener failed.');
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
