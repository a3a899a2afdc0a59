import { ToolyardError } from '../errors.ts';
import { EMPTY_CHAIN, seal, type ChainEnd } from './chain.ts';
import type { AuditEntry, AuditSink } from './record.ts';

/** How often a record is chained anew because another process was faster. */
const MAX_MOVES = 20;

export interface TrailOptions {
  readonly sink: AuditSink;
  /** Records that may wait for the sink. */
  readonly maxQueue: number;
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

/** Chains entries and hands them to the sink, one after the other. */
export class Trail {
  readonly #options: TrailOptions;
  #end: ChainEnd | undefined = undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #lost = 0;

  constructor(options: TrailOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#queued >= this.#options.maxQueue;
  }

  /**
   * Resolves when the sink has the record.
   *
   * @throws {AuditError} `AUDIT_QUEUE_FULL`, `AUDIT_SINK_FAILED`
   */
  append(entry: AuditEntry): Promise<void> {
    if (this.isFull) {
      this.#lost += 1;
      const message = `The audit sink is ${this.#queued} records behind: the record of call ${entry.callId} is lost.`;
      return Promise.reject(new AuditError('AUDIT_QUEUE_FULL', message, entry));
    }
    this.#queued += 1;
    const written = this.#queue.then(() => this.#write(entry));
    this.#queue = written.then(
      () => void (this.#queued -= 1),
      () => void (this.#queued -= 1),
    );
    return written;
  }

  /** Resolves when everything appended so far was written or has failed. */
  async flush(): Promise<void> {
    await this.#queue;
    await this.#options.sink.flush?.();
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#options.sink.close?.();
  }

  async #write(entry: AuditEntry): Promise<void> {
    const lost = this.#lost;
    try {
      this.#end = await this.#appendAtEnd(entry, lost);
      this.#lost -= lost;
    } catch (cause) {
      this.#lost += 1;
      // It may have been written all the same: ask again where the chain ends.
      if (this.#options.sink.last) this.#end = undefined;
      const message = `The audit sink did not keep the record of call ${entry.callId}.`;
      throw new AuditError('AUDIT_SINK_FAILED', message, entry, { cause });
    }
  }

  async #appendAtEnd(entry: AuditEntry, lost: number): Promise<ChainEnd> {
    const { sink } = this.#options;
    for (let moves = 0; ; moves++) {
      const end = this.#end ?? (await sink.last?.()) ?? EMPTY_CHAIN;
      const record = await seal(entry, end, lost);
      try {
        await sink.append(record);
        return { seq: record.seq, hash: record.hash };
      } catch (error) {
        if (!hasMoved(error) || moves === MAX_MOVES) throw error;
        this.#end = undefined;
      }
    }
  }
}

function hasMoved(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'AUDIT_CHAIN_MOVED';
}
