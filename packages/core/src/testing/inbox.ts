import { ToolyardError } from '../errors.ts';
import type { ServerNotification } from '../protocol/messages.ts';

interface Waiter {
  readonly matches: (notification: ServerNotification) => boolean;
  readonly resolve: (notification: ServerNotification) => void;
  readonly reject: (error: Error) => void;
}

/** Keeps what a server has told a test client, and lets tests wait for more. */
export class Inbox {
  readonly notifications: ServerNotification[] = [];
  readonly #awaited = new Set<ServerNotification>();
  readonly #waiters = new Set<Waiter>();

  receive(notification: ServerNotification): void {
    this.notifications.push(notification);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(notification)) continue;
      this.#awaited.add(notification);
      waiter.resolve(notification);
      return;
    }
  }

  /** The first match that no earlier call was given: one that is there, or the next to come. */
  waitFor(
    method: string,
    {
      where,
      timeoutMs = 5000,
    }: { where?: (params: Record<string, unknown>) => boolean; timeoutMs?: number } = {},
  ): Promise<ServerNotification> {
    const matches = (notification: ServerNotification) =>
      notification.method === method && (where?.(notification.params ?? {}) ?? true);
    const there = this.notifications.find(
      (notification) => !this.#awaited.has(notification) && matches(notification),
    );
    if (there) {
      this.#awaited.add(there);
      return Promise.resolve(there);
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const seen = this.notifications.map((notification) => notification.method).join(', ') || 'nothing';
        waiter.reject(
          new ToolyardError('NOT_NOTIFIED', `No ${method} within ${timeoutMs} ms. Received: ${seen}.`),
        );
      }, timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        matches,
        resolve: (notification) => {
          settle();
          resolve(notification);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  close(reason: Error): void {
    for (const waiter of this.#waiters) waiter.reject(reason);
  }
}
