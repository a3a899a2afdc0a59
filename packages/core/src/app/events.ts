import { EventEmitter } from 'eventemitter3';

import type { Call } from '../call.ts';
import type { Logger } from '../logger.ts';
import type { Principal } from '../principal.ts';
import type { CallToolResult } from '../protocol/messages.ts';
import type { ClientDescription } from '../protocol/envelope.ts';

/**
 * What an app announces; a mounted one also of calls that came through the app it is mounted in. Listeners look on:
 * they cannot change a call, and one that throws harms nobody.
 */
export interface AppEvents {
  /** A tool answered, also with `isError`. */
  toolCalled: { readonly call: Call; readonly result: CallToolResult; readonly durationMs: number };
  /**
   * A tool call ended with an error, or was given up by its client. `incident` is what the client was told where the
   * error was masked.
   */
  toolFailed: {
    readonly call: Call;
    readonly error: unknown;
    readonly incident: string | undefined;
    readonly durationMs: number;
  };
  /** Any other request ended with an error that was masked. */
  requestFailed: { readonly call: Call; readonly error: unknown; readonly incident: string };
  /** A call ended by asking the client for input. */
  inputRequired: { readonly call: Call; readonly keys: readonly string[] };
  toolAdded: { readonly name: string };
  toolRemoved: { readonly name: string };
  promptAdded: { readonly name: string };
  promptRemoved: { readonly name: string };
  resourceAdded: { readonly address: string };
  resourceRemoved: { readonly address: string };
  sessionOpened: {
    readonly id: string;
    readonly client: ClientDescription;
    readonly principal: Principal;
    readonly protocolVersion: string;
  };
  sessionClosed: { readonly id: string };
}

/** Hears of one kind of event. It may be async; what it throws or rejects with is logged. */
export type AppListener<E extends keyof AppEvents> = (event: AppEvents[E]) => void | Promise<void>;

type Listeners = { [E in keyof AppEvents]: (event: AppEvents[E]) => void | Promise<void> };

/** The listeners of one app. */
export class AppEmitter {
  readonly #emitter = new EventEmitter<Listeners>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  on<E extends keyof AppEvents>(event: E, listener: AppListener<E>): () => void {
    this.#emitter.on(event, listener as never);
    return () => void this.#emitter.off(event, listener as never);
  }

  /** Whether anyone listens, so that events nobody wants are not made. */
  has(event: keyof AppEvents): boolean {
    return this.#emitter.listenerCount(event) > 0;
  }

  emit<E extends keyof AppEvents>(event: E, details: AppEvents[E]): void {
    for (const listener of this.#emitter.listeners(event) as AppListener<E>[]) {
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
