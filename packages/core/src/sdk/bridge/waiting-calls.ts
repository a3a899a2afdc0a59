import type { Call } from '../../call.ts';
import type { Clock, Timer } from '../../clock.ts';
import { CancelledError, InvalidParamsError, TimeoutError } from '../../errors.ts';
import { callerKey } from '../../principal.ts';
import { isRecord } from '../../protocol/json-rpc.ts';
import { RelayedCall } from './relayed-call.ts';

interface Waiting {
  readonly relayed: RelayedCall;
  readonly owner: string;
  readonly request: string;
  readonly timer: Timer;
}

/** Calls of one caller, and of all together, that may wait. Beyond that the oldest are given up. */
const MAX_OF_ONE = 100;
const MAX_OF_ALL = 1000;

/** Requests to the host whose 2026 client was asked something and has not come back yet. */
export class WaitingCalls {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<string, Waiting>();

  /** @param timeoutMs - how long a client may take to answer. */
  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  keep(call: Call, relayed: RelayedCall, request: string): void {
    const owner = callerKey(call);
    const ofOwner = [...this.#waiting.values()].filter((waiting) => waiting.owner === owner);
    const excess =
      ofOwner.length >= MAX_OF_ONE
        ? ofOwner[0]
        : this.#waiting.size >= MAX_OF_ALL
          ? this.#waiting.values().next().value
          : undefined;
    if (excess) this.#drop(excess, new CancelledError('Too many calls wait for an answer of their client.'));
    const timer = this.#clock.after(this.#timeoutMs, () =>
      this.#drop(waiting, new TimeoutError("The client's answer", this.#timeoutMs)),
    );
    const waiting: Waiting = { relayed, owner, request, timer };
    this.#waiting.set(relayed.id, waiting);
  }

  /**
   * The call that a client comes back to, if it brings answers to one.
   *
   * @throws {InvalidParamsError} when that is over, or was made by somebody else or with other params.
   */
  take(call: Call, request: string): RelayedCall | undefined {
    const { inputResponses } = call.params;
    const keys = isRecord(inputResponses) ? Object.keys(inputResponses) : [];
    const id = keys.map((key) => RelayedCall.idOf(key)).find((found) => found !== undefined);
    if (id === undefined) return undefined;
    const waiting = this.#waiting.get(id);
    if (!waiting || waiting.owner !== callerKey(call) || waiting.request !== request) {
      throw new InvalidParamsError('The request this answers is over; send it again without the answer.', {
        reason: 'invalid_request_state',
      });
    }
    waiting.timer.cancel();
    this.#waiting.delete(waiting.relayed.id);
    return waiting.relayed;
  }

  close(reason: unknown): void {
    for (const waiting of this.#waiting.values()) this.#drop(waiting, reason);
  }

  #drop({ relayed, timer }: Waiting, reason: unknown): void {
    timer.cancel();
    this.#waiting.delete(relayed.id);
    relayed.cancel(reason);
  }
}
