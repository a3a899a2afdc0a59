import { ToolyardError } from '../errors.ts';
import { EMPTY_CHAIN } from './chain.ts';
import type { AuditEntry, AuditSink, ChainEnd } from './record.ts';
import { seal, sealNow } from './seal.ts';

export interface AuditTrailOptions {
  readonly sink: AuditSink;
  /** Records that may wait for the sink. */
  readonly maxQueue: number;
  /** How long records are gathered for a sink that takes many at once. 0: to the end of the turn. */
  readonly gatherMs: number;
}

/** A sink failed to keep a record. `entry` is what would have been in it. */
export class AuditError extends ToolyardError {
  override readonly name: string = 'AuditError';
  readonly entry: AuditEntry;

  constructor(code: string, message: string, entry: AuditEntry, options?: ErrorOptions) {
    super(code, message, options);
    this.entry = entry;
  }
}

/** Records that are handed over at once: how long the process is busy with them is bounded. */
const MAX_BATCH = 200;

/**
 * Chains entries and hands them to the sink, in order. A sink that takes many at once gets those together that
 * came within a short time: what one step costs, a commit or a write, they share.
 */
export class AuditTrail {
  readonly #sink: AuditSink;
  readonly #maxQueue: number;
  readonly #extend: AuditSink['extend'];
  readonly #gatherMs: number;
  /** Records for which it is not worth waiting for more. */
  readonly #enough: number;
  readonly #queue: Waiting[] = [];
  #end: ChainEnd | undefined = undefined;
  #lost = 0;
  #draining = false;

  constructor({ sink, maxQueue, gatherMs }: AuditTrailOptions) {
    this.#sink = sink;
    this.#maxQueue = maxQueue;
    this.#gatherMs = gatherMs;
    this.#enough = Math.min(MAX_BATCH, Math.ceil(maxQueue / 2));
    this.#extend = sealNow && sink.extend && ((next) => sink.extend!(next));
  }

  get isFull(): boolean {
    return this.#queue.length >= this.#maxQueue;
  }

  /** `onSettled` is told once: nothing when the sink has the record, `AUDIT_QUEUE_FULL` or `AUDIT_SINK_FAILED`. */
  add(entry: AuditEntry, onSettled: OnSettled): void {
    if (this.isFull) {
      this.#lost += 1;
      const message = `The audit sink is ${this.#queue.length} records behind: the record of call ${entry.callId} is lost.`;
      onSettled(new AuditError('AUDIT_QUEUE_FULL', message, entry));
      return;
    }
    this.#queue.push({ entry, onSettled });
    if (!this.#extend || this.#queue.length >= this.#enough) this.#begin();
    else if (this.#queue.length > 1) return;
    else if (this.#gatherMs > 0) setTimeout(() => this.#begin(), this.#gatherMs);
    else afterThisTurn(() => this.#begin());
  }

  /** {@link AuditTrail.add} as a promise that resolves when the sink has the record. */
  append(entry: AuditEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.add(entry, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Resolves when everything added so far was written or has failed. */
  async flush(): Promise<void> {
    const last = this.#queue.at(-1);
    if (last) {
      this.#begin();
      const { onSettled } = last;
      await new Promise<void>((resolve) => {
        last.onSettled = (error) => {
          onSettled(error);
          resolve();
        };
      });
    }
    await this.#sink.flush?.();
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#sink.close?.();
  }

  #begin(): void {
    if (this.#draining) return;
    this.#draining = true;
    void this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) await (this.#extend ? this.#writeMany(this.#extend) : this.#writeOne());
    this.#draining = false;
  }

  async #writeMany(extend: NonNullable<AuditSink['extend']>): Promise<void> {
    const lost = this.#lost;
    const batch = Math.min(this.#queue.length, MAX_BATCH);
    let taken = 0;
    try {
      const kept = await extend((end) => {
        if (taken === batch) return undefined;
        const { entry } = this.#queue[taken]!;
        return sealNow!(entry, end, taken++ === 0 ? lost : 0);
      });
      this.#lost -= lost;
      this.#settle(kept);
    } catch (cause) {
      this.#lose(taken || batch, cause);
    }
  }

  async #writeOne(): Promise<void> {
    const lost = this.#lost;
    try {
      this.#end = await this.#appendAtEnd(this.#queue[0]!.entry, lost);
      this.#lost -= lost;
      this.#settle(1);
    } catch (cause) {
      // It may have been written all the same: ask again where the chain ends.
      if (this.#sink.last) this.#end = undefined;
      this.#lose(1, cause);
    }
  }

  async #appendAtEnd(entry: AuditEntry, lost: number): Promise<ChainEnd> {
    const sink = this.#sink;
    try {
      return await this.#appendAfter(this.#end ?? (await sink.last?.()) ?? EMPTY_CHAIN, entry, lost);
    } catch (error) {
      if (!sink.last || !hasMoved(error)) throw error;
      return this.#appendAfter((await sink.last()) ?? EMPTY_CHAIN, entry, lost);
    }
  }

  async #appendAfter(end: ChainEnd, entry: AuditEntry, lost: number): Promise<ChainEnd> {
    const record = await seal(entry, end, lost);
    await this.#sink.append(record);
    return { seq: record.seq, hash: record.hash };
  }

  #settle(count: number): void {
    for (const { onSettled } of this.#queue.splice(0, count)) onSettled();
  }

  #lose(count: number, cause: unknown): void {
    this.#lost += count;
    for (const { entry, onSettled } of this.#queue.splice(0, count)) {
      const message = `The audit sink did not keep the record of call ${entry.callId}.`;
      onSettled(new AuditError('AUDIT_SINK_FAILED', message, entry, { cause }));
    }
  }
}

type OnSettled = (error?: AuditError) => void;

interface Waiting {
  readonly entry: AuditEntry;
  onSettled: OnSettled;
}

// A timer where there is no Node.
const afterThisTurn =
  (globalThis as { setImmediate?: (action: () => void) => unknown }).setImmediate ??
  ((action: () => void) => setTimeout(action, 0));

function hasMoved(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'AUDIT_CHAIN_MOVED';
}
