import type { Store } from '@toolyard/core';
import { isRecord } from '@toolyard/core/protocol';

import { fullError, type OfflineCall, type OfflineQueue, type OfflineQueueOptions } from './offline-queue.ts';

/** Options of {@link storeOfflineQueue}. */
export interface StoreOfflineQueueOptions extends OfflineQueueOptions {
  /** Begins the keys in the store. One for each user and server: calls of one must not be sent as another's. */
  readonly key: string;
}

/**
 * A queue in a store of `@toolyard/core`. What is kept is what the store keeps: with `sqliteStore`, calls survive the
 * process. Arguments are stored as they are; put none in it that must not lie on a disk.
 *
 * @example
 * ```ts
 * import { sqliteStore } from '@toolyard/core/stores';
 * import { createManagedClient, storeOfflineQueue } from '@toolyard/transport-http/client';
 *
 * const offlineQueue = storeOfflineQueue(sqliteStore({ path: 'calls.db', table: 'calls' }), { key: 'user-7' });
 * const client = createManagedClient({ url: 'https://tools.example.com/mcp', offlineQueue });
 * ```
 */
export function storeOfflineQueue(store: Store, options: StoreOfflineQueueOptions): OfflineQueue {
  const { key, maxCalls = 1000 } = options;
  const indexKey = `${key}/index`;
  const callKey = (id: string) => `${key}/call/${id}`;
  let last: Promise<unknown> = Promise.resolve();

  /** One operation at a time: each reads the index and writes it back. */
  function inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = last.then(action, action);
    last = turn.catch(() => {});
    return turn;
  }

  async function readIndex(): Promise<string[]> {
    const ids = await store.get(indexKey);
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  }

  return {
    add: (call) =>
      inTurn(async () => {
        const ids = await readIndex();
        if (ids.length >= maxCalls) throw fullError(maxCalls);
        // The call before the index: a crash in between leaves a call that nobody sends and the store lets expire.
        await store.set(callKey(call.id), call, {
          ttlMs: Math.max(1, call.expiresAt - call.addedAt) + LINGER_MS,
        });
        await store.set(indexKey, [...ids, call.id]);
      }),
    first: () =>
      inTurn(async () => {
        const ids = await readIndex();
        for (const [skipped, id] of ids.entries()) {
          const call = await store.get(callKey(id));
          if (!isCall(call)) continue;
          if (skipped > 0) await store.set(indexKey, ids.slice(skipped));
          return call;
        }
        if (ids.length > 0) await store.delete(indexKey);
        return undefined;
      }),
    replace: (call) =>
      inTurn(async () => {
        if ((await store.get(callKey(call.id))) === undefined) return;
        await store.set(callKey(call.id), call, {
          ttlMs: Math.max(1, call.expiresAt - call.addedAt) + LINGER_MS,
        });
      }),
    remove: (id) =>
      inTurn(async () => {
        const ids = await readIndex();
        const others = ids.filter((other) => other !== id);
        if (others.length < ids.length) await store.set(indexKey, others);
        await store.delete(callKey(id));
      }),
    size: () => inTurn(async () => (await readIndex()).length),
  };
}

/** A call outlives its time by this, so that the application still learns that it was never sent. */
const LINGER_MS = 7 * 24 * 3_600_000;

function isCall(value: unknown): value is OfflineCall {
  return isRecord(value) && typeof value['id'] === 'string' && typeof value['tool'] === 'string';
}
