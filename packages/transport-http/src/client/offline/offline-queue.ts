import type { JsonObject } from '@toolyard/core';

import { ClientError } from '../errors.ts';

/** A call that waits to be sent. All of it is JSON. */
export interface OfflineCall {
  readonly id: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly meta: JsonObject;
  /** Milliseconds since the epoch. */
  readonly addedAt: number;
  /** Not sent after this. */
  readonly expiresAt: number;
  /** Whether sending it twice is harmless. */
  readonly repeatable: boolean;
  /** It was sent, and nobody knows yet what became of it. */
  readonly sentAt?: number;
}

/**
 * Keeps calls until they are answered, in the order they were added. One client at a time uses a queue.
 *
 * `memoryOfflineQueue` is a driver, and `storeOfflineQueue` one that survives restarts where its store does.
 */
export interface OfflineQueue {
  /** Resolves once the call is kept. @throws {ClientError} `QUEUE_FULL` */
  add(call: OfflineCall): Promise<void>;
  /** The call added first, or `undefined` when there is none. */
  first(): Promise<OfflineCall | undefined>;
  /** Replaces a call by one of the same id, in its place. Does nothing when it is not there. */
  replace(call: OfflineCall): Promise<void>;
  /** Resolves also when it is not there. */
  remove(id: string): Promise<void>;
  size(): Promise<number>;
}

/** Bounds of a queue. */
export interface OfflineQueueOptions {
  /** Default 1000. */
  readonly maxCalls?: number | undefined;
}

/** A queue in the memory of this process, gone with it. */
export function memoryOfflineQueue({ maxCalls = 1000 }: OfflineQueueOptions = {}): OfflineQueue {
  const calls = new Map<string, OfflineCall>();
  return {
    async add(call) {
      if (calls.size >= maxCalls) throw fullError(maxCalls);
      calls.set(call.id, call);
    },
    async first() {
      return calls.values().next().value;
    },
    async replace(call) {
      if (calls.has(call.id)) calls.set(call.id, call);
    },
    async remove(id) {
      calls.delete(id);
    },
    async size() {
      return calls.size;
    },
  };
}

export function fullError(maxCalls: number): ClientError {
  return new ClientError('QUEUE_FULL', `${maxCalls} calls are waiting to be sent already.`);
}
