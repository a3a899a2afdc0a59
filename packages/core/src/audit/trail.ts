import { ToolyardError } from '../errors.ts';
import { EMPTY_CHAIN, seal, sealNow } from './chain.ts';
import type { AuditEntry, AuditSink, ChainEnd } from './record.ts';

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
    if (sink.extend && sealNow) {
      const { seq, hash } = await sink.extend((end) => sealNow!(entry, end, lost));
      return { seq, hash };
    }
    try {
      return await this.#appendAfter(this.#end ?? (await sink.last?.()) ?? EMPTY_CHAIN, entry, lost);
    } catch (error) {
      if (!sink.last || !hasMoved(error)) throw error;
      return this.#appendAfter((await sink.last()) ?? EMPTY_CHAIN, entry, lost);
    }
  }

  async #appendAfter(end: ChainEnd, entry: AuditEntry, lost: number): Promise<ChainEnd> {
    const record = await seal(entry, end, lost);
    await this.#options.sink.append(record);
    return { seq: record.seq, hash: record.hash };
  }
}

function hasMoved(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'AUDIT_CHAIN_MOVED';
}
