import { CancelledError } from '../errors.ts';
import { isRecord } from '../protocol/json-rpc.ts';
import type { ServerNotification, SubscriptionFilter } from '../protocol/messages.ts';

/** An open `subscriptions/listen` of a test client. Iterate over it for the changes; leaving the loop closes it. */
export class ChangeStream implements AsyncIterableIterator<ServerNotification, undefined, undefined> {
  /** What the server agreed to tell. Rejects when it refuses the subscription. */
  readonly acknowledged: Promise<SubscriptionFilter>;
  readonly #controller = new AbortController();
  readonly #changes: ServerNotification[] = [];
  #end: { readonly error?: unknown } | undefined = undefined;
  #wake: () => void = () => {};
  #onAcknowledged!: (filter: SubscriptionFilter) => void;
  #onRefused!: (error: unknown) => void;

  /** @param open - sends the request; resolves when the server ends the stream. */
  constructor(
    open: (signal: AbortSignal, notify: (notification: ServerNotification) => void) => Promise<unknown>,
  ) {
    this.acknowledged = new Promise((resolve, reject) => {
      this.#onAcknowledged = resolve;
      this.#onRefused = reject;
    });
    // Whoever does not look at it gets the same error from the iteration.
    this.acknowledged.catch(() => {});
    open(this.#controller.signal, (notification) => this.#receive(notification)).then(
      () => this.#finish({}),
      (error: unknown) => this.#finish(this.#controller.signal.aborted ? {} : { error }),
    );
  }

  /** Ends the subscription. */
  close(): void {
    this.#controller.abort(new CancelledError('The subscription was closed.'));
  }

  async next(): Promise<IteratorResult<ServerNotification, undefined>> {
    while (this.#changes.length === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const value = this.#changes.shift();
    if (value) return { done: false, value };
    if (this.#end?.error !== undefined) throw this.#end.error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<ServerNotification, undefined>> {
    this.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #receive(notification: ServerNotification): void {
    if (notification.method === 'notifications/subscriptions/acknowledged') {
      const filter = notification.params?.['notifications'];
      this.#onAcknowledged(isRecord(filter) ? filter : {});
      return;
    }
    this.#changes.push(notification);
    this.#wake();
  }

  #finish(end: { readonly error?: unknown }): void {
    this.#end ??= end;
    this.#onRefused(end.error ?? new CancelledError('The subscription has ended.'));
    this.#wake();
  }
}
