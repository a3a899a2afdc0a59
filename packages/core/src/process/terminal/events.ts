import type { Logger } from '../../logger.ts';
import type { TerminalExit, TerminalInfo } from './session.ts';

/** What terminals announce. Listeners look on; one that throws harms nobody. */
export interface TerminalEvents {
  terminalStarted: { readonly owner: string; readonly terminal: TerminalInfo };
  /** Something else may stand on the screen; at most four times a second. */
  terminalChanged: { readonly owner: string; readonly id: string };
  terminalExited: { readonly owner: string; readonly terminal: TerminalInfo; readonly exit: TerminalExit };
}

/** Hears of one kind of event. It may be async; what it throws or rejects with is logged. */
export type TerminalListener<E extends keyof TerminalEvents> = (
  event: TerminalEvents[E],
) => void | Promise<void>;

/** The listeners of all terminals. */
export class TerminalEmitter {
  readonly #listeners = new Map<keyof TerminalEvents, Set<TerminalListener<any>>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  on<E extends keyof TerminalEvents>(event: E, listener: TerminalListener<E>): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  emit<E extends keyof TerminalEvents>(event: E, details: TerminalEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
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
