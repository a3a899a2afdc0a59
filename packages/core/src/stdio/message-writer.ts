import type { Writable } from 'node:stream';

import type { Logger } from '../logger.ts';
import { ErrorCode } from '../protocol/error-codes.ts';
import { errorResponse, type JsonRpcMessage } from '../protocol/json-rpc.ts';
import { stringifyMessage } from '../protocol/shared-json.ts';

/** What is written at once, in characters, unless one message alone has more. */
const BATCH_LENGTH = 64 * 1024;
/** Notifications that say less than the next of their kind; the first to go when the reader is slow. */
const FLEETING = new Set(['notifications/progress', 'notifications/message']);

export interface MessageWriterOptions {
  /** Above this the reader counts as slow. */
  readonly maxQueuedBytes: number;
  readonly logger: Logger;
  /** Writes past a guard; default `output.write`. */
  readonly write?: Writable['write'] | undefined;
  /** There is room again after {@link MessageWriter.congested}. */
  readonly onRelieved: () => void;
  /** The other side is gone. */
  readonly onBroken: (error: unknown) => void;
}

/**
 * Writes messages one per line, in the order they come, those of one turn of the event loop together. A message that
 * is no JSON is answered for: its sender gets an internal error.
 */
export class MessageWriter {
  readonly #output: Writable;
  readonly #write: Writable['write'];
  readonly #options: MessageWriterOptions;
  #queue: string[] = [];
  #queuedLength = 0;
  /** Change notifications in the queue; while the reader is slow one of each is enough. */
  readonly #queuedChanges = new Set<string>();
  #scheduled = false;
  #full = false;
  #broken = false;
  /** Handed to the output and not yet out. */
  #unfinished = 0;
  #dropped = 0;
  #waiters: (() => void)[] = [];

  constructor(output: Writable, options: MessageWriterOptions) {
    this.#output = output;
    this.#options = options;
    this.#write = options.write ?? output.write.bind(output);
    output.on('drain', this.#onDrain);
    output.on('error', this.#onBroken);
    output.on('close', this.#onClose);
    if (output.destroyed) process.nextTick(this.#onClose);
  }

  /** Whether the reader is so slow that nothing more should be asked of the server. */
  get congested(): boolean {
    return !this.#broken && this.#queuedLength + this.#output.writableLength >= this.#options.maxQueuedBytes;
  }

  /** Queues a response, a batch of them, or a request. */
  send(message: JsonRpcMessage | readonly JsonRpcMessage[]): void {
    const text = this.#serialize(message);
    if (text !== undefined) this.#enqueue(text);
  }

  /** Queues a notification. While the reader is slow, progress and log messages and repeated changes are left out. */
  notify(notification: { readonly method: string; readonly params?: object | undefined }): void {
    const text = this.#serialize({ jsonrpc: '2.0', ...notification } as JsonRpcMessage);
    if (text === undefined) return;
    const { method } = notification;
    if (this.congested && (FLEETING.has(method) || this.#queuedChanges.has(text))) {
      if (this.#dropped++ === 0)
        this.#options.logger.warn({ method }, 'The client reads slowly; notifications are left out.');
      return;
    }
    if (!FLEETING.has(method)) this.#queuedChanges.add(text);
    this.#enqueue(text);
  }

  /** Resolves when everything has left the process, or cannot any more. */
  async drained(): Promise<void> {
    while (!this.#broken && (this.#queue.length > 0 || this.#unfinished > 0)) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** Lets go of the output. If something is still on its way, its failure is nobody's concern any more. */
  close(): void {
    this.#broken = true;
    this.#queue = [];
    this.#output.off('drain', this.#onDrain);
    this.#output.off('close', this.#onClose);
    // Without a listener a late EPIPE would end the process.
    if (this.#unfinished === 0 && !this.#output.errored) this.#output.off('error', this.#onBroken);
    this.#wake();
  }

  #enqueue(text: string): void {
    if (this.#broken) return;
    this.#queue.push(text);
    this.#queuedLength += text.length;
    if (this.#scheduled || this.#full) return;
    this.#scheduled = true;
    process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#full || this.#broken) return;
    const queue = this.#queue;
    this.#queue = [];
    this.#queuedLength = 0;
    this.#queuedChanges.clear();
    let batch = '';
    for (const text of queue) {
      batch += text;
      if (batch.length < BATCH_LENGTH) continue;
      this.#put(batch);
      batch = '';
    }
    if (batch !== '') this.#put(batch);
    this.#relieve();
  };

  #put(text: string): void {
    this.#unfinished += 1;
    this.#full = !this.#write(text, this.#onWritten);
  }

  readonly #onWritten = (error?: Error | null): void => {
    this.#unfinished -= 1;
    if (error) this.#onBroken(error);
    if (this.#unfinished === 0) this.#wake();
    this.#relieve();
  };

  readonly #onDrain = (): void => {
    this.#full = false;
    this.#flush();
  };

  readonly #onClose = (): void => this.#onBroken(new Error('The output was closed.'));

  readonly #onBroken = (error: unknown): void => {
    if (this.#broken) return;
    this.#broken = true;
    this.#queue = [];
    this.#wake();
    this.#options.onBroken(error);
  };

  #serialize(message: JsonRpcMessage | readonly JsonRpcMessage[]): string | undefined {
    try {
      return `${stringifyMessage(message)}\n`;
    } catch (err) {
      this.#options.logger.error({ err }, 'A message could not be written as JSON.');
    }
    if (Array.isArray(message))
      return `[${message.flatMap((one: JsonRpcMessage) => this.#serialize(one)?.trim() ?? []).join()}]\n`;
    if (!('id' in message) || 'method' in message) return undefined;
    return `${JSON.stringify(errorResponse(message.id, { code: ErrorCode.internalError, message: 'Internal error' }))}\n`;
  }

  #relieve(): void {
    if (!this.#broken && !this.congested) this.#options.onRelieved();
  }

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}
