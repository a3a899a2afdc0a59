import type { Clock, Timer } from '@toolyard/core';

import type { Connection } from '../connection/connection.ts';
import { ClientError } from '../errors.ts';

/** How a call waits. */
export interface Ticket {
  /** Higher goes first; among equals, who came first. */
  readonly priority: number;
  /** On the clock's `monotonic`. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  /** Does not wait for a server that cannot be reached. */
  readonly isImpatient?: boolean;
}

interface Waiter {
  readonly priority: number;
  readonly isImpatient: boolean;
  readonly admit: (connection: Connection) => void;
  readonly refuse: (error: Error) => void;
}

/** Lets so many calls run at once, while there is a connection; the others wait, ordered by priority. */
export class CallQueue {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #maxWaiting: number;
  readonly #connection: () => Connection | undefined;
  readonly #explain: () => ClientError;
  /** The next one is the last. */
  readonly #waiting: Waiter[] = [];
  #running = 0;

  /**
   * @param connection - the one calls are sent over, while there is one.
   * @param explain - the error of a call whose time passed while it waited.
   */
  constructor(
    limits: { readonly clock: Clock; readonly concurrency: number; readonly maxWaitingCalls: number },
    connection: () => Connection | undefined,
    explain: () => ClientError,
  ) {
    this.#clock = limits.clock;
    this.#limit = limits.concurrency;
    this.#maxWaiting = limits.maxWaitingCalls;
    this.#connection = connection;
    this.#explain = explain;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** The connection to use, if the call can go at once. {@link leave} when it is over. */
  tryEnter(): Connection | undefined {
    const connection = this.#connection();
    if (!connection || this.#running >= this.#limit || this.#waiting.length > 0) return undefined;
    this.#running += 1;
    connection.enter();
    return connection;
  }

  /** Resolves when it is the call's turn; {@link leave} when it is over. */
  enter({ priority, deadline, signal, isImpatient = false }: Ticket): Promise<Connection> {
    const now = this.tryEnter();
    if (now) return Promise.resolve(now);
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    if (this.#waiting.length >= this.#maxWaiting) {
      return Promise.reject(
        new ClientError('QUEUE_FULL', `${this.#maxWaiting} calls are waiting already; call less, or later.`),
      );
    }
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      const onAbort = () => giveUp(signal?.reason as Error);
      const settle = () => {
        timer?.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        priority,
        isImpatient,
        admit: (connection) => {
          settle();
          resolve(connection);
        },
        refuse: (error) => {
          settle();
          reject(error);
        },
      };
      const giveUp = (error: Error) => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        waiter.refuse(error);
      };
      timer = this.#clock.after(deadline - this.#clock.monotonic(), () => giveUp(this.#explain()));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#insert(waiter);
    });
  }

  leave(connection: Connection): void {
    this.#running -= 1;
    connection.leave();
    this.drain();
  }

  /** Lets in who can go; also to be called when a connection has come up. */
  drain(): void {
    while (this.#running < this.#limit && this.#waiting.length > 0) {
      const connection = this.#connection();
      if (!connection) return;
      this.#running += 1;
      connection.enter();
      this.#waiting.pop()?.admit(connection);
    }
  }

  /** The server cannot be reached: those who do not wait for it go. */
  refuseImpatient(error: Error): void {
    const impatient = this.#waiting.filter(({ isImpatient }) => isImpatient);
    for (const waiter of impatient.toReversed()) {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.refuse(error);
    }
  }

  refuseAll(error: Error): void {
    for (const waiter of this.#waiting.splice(0).toReversed()) waiter.refuse(error);
  }

  #insert(waiter: Waiter): void {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#waiting[middle] as Waiter).priority < waiter.priority) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, waiter);
  }
}
