import type { CallToolResult, Clock, Logger, Timer } from '@toolyard/core';

import type { Settled } from '../calls/call-many.ts';
import { ClientError, closedError } from '../errors.ts';
import type { OfflineCall, OfflineQueue } from './offline-queue.ts';

/** A call whose sending was left to the client, and how it ended. */
export interface LaterSettled {
  readonly id: string;
  readonly tool: string;
  readonly outcome: Settled<CallToolResult>;
}

/** Sends what waits in an offline queue, one after the other, whenever the server can be reached. */
export class OfflineSender {
  readonly #queue: OfflineQueue;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #send: (call: OfflineCall) => Promise<CallToolResult>;
  readonly #onSettled: (settled: LaterSettled) => void;
  readonly #readers = new Map<string, (outcome: Settled<CallToolResult>) => void>();
  #working: Promise<void> | undefined;
  #again = false;
  #timer: Timer | undefined;
  #closed = false;

  constructor(
    parts: { readonly queue: OfflineQueue; readonly clock: Clock; readonly logger: Logger },
    send: (call: OfflineCall) => Promise<CallToolResult>,
    onSettled: (settled: LaterSettled) => void,
  ) {
    this.#queue = parts.queue;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#send = send;
    this.#onSettled = onSettled;
  }

  /** Keeps a call; `result` settles when it was answered, in this process at least. */
  async add(call: OfflineCall): Promise<{ readonly result: Promise<CallToolResult> }> {
    await this.#queue.add(call);
    const result = new Promise<CallToolResult>((resolve, reject) => {
      this.#readers.set(call.id, (outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.error)));
    });
    // Whoever does not care for the result still has the event.
    result.catch(() => {});
    return { result };
  }

  /** The server can be reached: sends all there is. */
  work(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#working ??= this.#workOff().finally(() => (this.#working = undefined));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#working;
    for (const tell of this.#readers.values()) tell({ ok: false, error: closedError() });
    this.#readers.clear();
  }

  async #workOff(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        for (let call = await this.#queue.first(); call && !this.#closed; call = await this.#queue.first()) {
          if (await this.#workOn(call)) continue;
          // The server may be there all the same, and only busy.
          this.#timer?.cancel();
          this.#timer = this.#clock.after(RETRY_MS, () => this.work());
          break;
        }
      }
    } catch (err) {
      this.#logger.error({ err }, 'The queue of calls to be sent later failed.');
    }
  }

  /** @returns whether the next one may go: not when the server was lost again. */
  async #workOn(call: OfflineCall): Promise<boolean> {
    if (call.sentAt !== undefined && !call.repeatable) {
      return this.#settle(call, { ok: false, error: unknownOutcome() });
    }
    if (this.#clock.now() >= call.expiresAt) return this.#settle(call, { ok: false, error: expired() });
    await this.#queue.replace({ ...call, sentAt: this.#clock.now() });
    try {
      return await this.#settle(call, { ok: true, value: await this.#send(call) });
    } catch (error) {
      if (
        error instanceof ClientError &&
        MENDABLE.has(error.code) &&
        (!error.mayHaveRun || call.repeatable)
      ) {
        const { sentAt: _sentAt, ...unsent } = call;
        await this.#queue.replace(unsent);
        return false;
      }
      return this.#settle(call, { ok: false, error });
    }
  }

  async #settle(call: OfflineCall, outcome: Settled<CallToolResult>): Promise<true> {
    await this.#queue.remove(call.id);
    this.#readers.get(call.id)?.(outcome);
    this.#readers.delete(call.id);
    this.#onSettled({ id: call.id, tool: call.tool, outcome });
    return true;
  }
}

/** Between attempts to send what could not be sent. */
const RETRY_MS = 5000;

/** What another connection may put right. */
const MENDABLE: ReadonlySet<string> = new Set([
  'CLIENT_CLOSED',
  'SERVER_UNREACHABLE',
  'CONNECTION_LOST',
  'SESSION_LOST',
  'CALL_TIMEOUT',
  'SERVER_BUSY',
  'QUEUE_FULL',
  'UNAUTHORIZED',
]);

function unknownOutcome(): ClientError {
  return new ClientError('CONNECTION_LOST', 'The call was sent, and nobody knows whether it ran.', {
    mayHaveRun: true,
  });
}

function expired(): ClientError {
  return new ClientError('CALL_TIMEOUT', 'The server could not be reached in the time the call had.');
}
