import { EventEmitter } from 'eventemitter3';
import type { Logger } from '../../logger.ts';
import type { ProcessExit, ProcessInfo } from './managed-process.ts';

/** What a supervisor announces. Listeners look on; one that throws harms nobody. */
export interface ProcessEvents {
  processStarted: { readonly owner: string; readonly process: ProcessInfo };
  /** A piece of output, in whole characters and redacted. */
  processOutput: {
    readonly owner: string;
    readonly id: string;
    readonly stream: 'stdout' | 'stderr';
    readonly text: string;
  };
  processExited: { readonly owner: string; readonly process: ProcessInfo; readonly exit: ProcessExit };
}

/** Hears of one kind of event. It may be async; what it throws or rejects with is logged. */
export type ProcessListener<E extends keyof ProcessEvents> = (
  event: ProcessEvents[E],
) => void | Promise<void>;

type Listeners = { [E in keyof ProcessEvents]: ProcessListener<E> };

/** The listeners of one supervisor. */
export class ProcessEmitter {
  readonly #emitter = new EventEmitter<Listeners>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  on<E extends keyof ProcessEvents>(event: E, listener: ProcessListener<E>): () => void {
    this.#emitter.on(event, listener as never);
    return () => void this.#emitter.off(event, listener as never);
  }

  /** Whether anyone listens, so that events nobody wants are not made. */
  has(event: keyof ProcessEvents): boolean {
    return this.#emitter.listenerCount(event) > 0;
  }

  emit<E extends keyof ProcessEvents>(event: E, details: ProcessEvents[E]): void {
    for (const listener of this.#emitter.listeners(event) as ProcessListener<E>[]) {
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
