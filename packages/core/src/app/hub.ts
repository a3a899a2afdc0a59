import { LimitExceededError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { ServerNotification } from '../protocol/messages.ts';

/** Something a client may want to hear about outside a call. */
export type Change =
  { readonly kind: 'tools' | 'prompts' | 'resources' } | { readonly kind: 'resource'; readonly uri: string };

export type ChangeListener = (change: Change) => void;

/** The notification for a change, the same in both eras. */
export function notificationOf(change: Change): ServerNotification {
  return change.kind === 'resource'
    ? { method: 'notifications/resources/updated', params: { uri: change.uri } }
    : { method: `notifications/${change.kind}/list_changed` };
}

/** Passes changes to the open streams of clients. Changes of one turn of the event loop are told once. */
export class Hub {
  readonly #listeners = new Set<ChangeListener>();
  readonly #pending = new Map<string, Change>();
  readonly #maxListeners: number;
  readonly #logger: Logger;

  constructor(maxListeners: number, logger: Logger) {
    this.#maxListeners = maxListeners;
    this.#logger = logger;
  }

  /** @throws {LimitExceededError} when `maxListeners` streams are open. */
  listen(listener: ChangeListener): () => void {
    if (this.#listeners.size >= this.#maxListeners) {
      throw new LimitExceededError(`The server has ${this.#maxListeners} open subscriptions, its limit.`);
    }
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  publish(change: Change): void {
    if (this.#listeners.size === 0) return;
    if (this.#pending.size === 0) queueMicrotask(() => this.#flush());
    this.#pending.set(change.kind === 'resource' ? `resource ${change.uri}` : change.kind, change);
  }

  #flush(): void {
    const changes = [...this.#pending.values()];
    this.#pending.clear();
    for (const listener of this.#listeners) for (const change of changes) this.#tell(listener, change);
  }

  // Nobody waits for this: what a listener throws would end the process.
  #tell(listener: ChangeListener, change: Change): void {
    try {
      listener(change);
    } catch (err) {
      this.#logger.error({ err, change }, 'A client could not be told of a change.');
    }
  }
}
