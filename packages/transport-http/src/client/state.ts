import type { ClientError } from './errors.ts';

/** How a managed client stands with its server. Times are milliseconds since the epoch. */
export type ClientState =
  /** Nothing was asked of it yet. */
  | { readonly status: 'idle' }
  /** `attempt` counts from 1 since it was last online. */
  | { readonly status: 'connecting'; readonly attempt: number }
  | { readonly status: 'online'; readonly since: number }
  /**
   * Calls are sent, but not all is well: `probing` a server that did not answer, `changes` do not arrive at the
   * moment, or the server is `busy` and asked for patience.
   */
  | { readonly status: 'degraded'; readonly reason: 'probing' | 'changes' | 'busy'; readonly since: number }
  /** Calls wait. `retryAt` is absent where only a new call or `connect` tries again: after a refused token. */
  | {
      readonly status: 'offline';
      readonly error: ClientError;
      readonly attempt: number;
      readonly retryAt: number | undefined;
    }
  | { readonly status: 'closed' };

/** States a slow reader may have in wait; older ones are dropped first. */
const MAX_UNREAD = 64;

/** Every value from now on as an async iterable, the present one first. Ends with the signal or with `close`. */
export class Feed<T> {
  readonly #readers = new Set<(value: T | undefined) => void>();
  #closed = false;

  push(value: T): void {
    for (const reader of this.#readers) reader(value);
  }

  close(): void {
    this.#closed = true;
    for (const reader of this.#readers) reader(undefined);
    this.#readers.clear();
  }

  async *read(first: T, signal?: AbortSignal): AsyncGenerator<T, void, void> {
    const unread: T[] = [first];
    let ended = this.#closed || signal?.aborted === true;
    let wake: (() => void) | undefined;
    const reader = (value: T | undefined) => {
      if (value === undefined) ended = true;
      else if (unread.push(value) > MAX_UNREAD) unread.shift();
      wake?.();
    };
    const end = () => reader(undefined);
    this.#readers.add(reader);
    signal?.addEventListener('abort', end, { once: true });
    try {
      for (;;) {
        while (unread.length > 0) yield unread.shift() as T;
        if (ended) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.#readers.delete(reader);
      signal?.removeEventListener('abort', end);
    }
  }
}
