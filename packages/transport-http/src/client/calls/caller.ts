import type { Connection } from '../connection/connection.ts';
import type { Link } from '../connection/link.ts';
import { closedError, type ClientError } from '../errors.ts';
import type { Patience } from '../http/patience.ts';
import type { Settings } from '../options.ts';
import type { Counters } from '../statistics.ts';
import { wait } from '../wait.ts';
import type { CallQueue } from './call-queue.ts';
import { failureOf, timeoutError, type Trouble } from './failure.ts';

/** How one request is made. */
export interface RequestOptions {
  /** Gives the request up; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Waiting for its turn or the server included. Default: the client's. */
  readonly timeoutMs?: number | undefined;
  /** Higher goes first when requests have to wait. Default 0. */
  readonly priority?: number | undefined;
  /** While the server cannot be reached: `wait` as long as `timeoutMs` allows (the default), or `fail` at once. */
  readonly whenOffline?: 'wait' | 'fail' | undefined;
}

/** What is sent, and whether it may be sent twice. */
export interface Work<T> {
  readonly run: (connection: Connection, timeoutMs: number) => Promise<T>;
  /** Whether a repeat is harmless; `undefined` where only the server could tell, then {@link ask} does. */
  readonly repeatable: () => boolean | undefined;
  readonly ask?: (connection: Connection) => Promise<boolean>;
}

const OPTIONS: RequestOptions = {};

/** Sends requests, and sends them again where that cannot do harm. */
export class Caller {
  readonly #settings: Settings;
  readonly #link: Link;
  readonly #queue: CallQueue;
  readonly #counters: Counters;
  readonly #patience: Patience;
  readonly #closing: AbortSignal;

  constructor(parts: {
    readonly settings: Settings;
    readonly link: Link;
    readonly queue: CallQueue;
    readonly counters: Counters;
    readonly patience: Patience;
    readonly closing: AbortSignal;
  }) {
    this.#settings = parts.settings;
    this.#link = parts.link;
    this.#queue = parts.queue;
    this.#counters = parts.counters;
    this.#patience = parts.patience;
    this.#closing = parts.closing;
  }

  async send<T>(work: Work<T>, options: RequestOptions = OPTIONS): Promise<T> {
    const { clock } = this.#settings;
    const timeoutMs = options.timeoutMs ?? this.#settings.timeoutMs;
    const startedAt = clock.monotonic();
    try {
      const result = await this.#attempts(work, options, startedAt, timeoutMs);
      this.#counters.answeredAfter(clock.monotonic() - startedAt);
      return result;
    } catch (error) {
      this.#counters.failed += 1;
      throw error;
    }
  }

  async #attempts<T>(
    work: Work<T>,
    options: RequestOptions,
    startedAt: number,
    timeoutMs: number,
  ): Promise<T> {
    const { clock, maxAttempts } = this.#settings;
    let last: ClientError | undefined;
    let sent = 0;
    for (let attempt = 1; ; attempt += 1) {
      const connection = this.#queue.tryEnter() ?? (await this.#enter(options, startedAt + timeoutMs));
      try {
        if (last?.mayHaveRun && work.repeatable() === undefined && !(await work.ask?.(connection)))
          throw last;
        if (last) this.#counters.replayed += 1;
        const remainingMs = attempt === 1 ? timeoutMs : startedAt + timeoutMs - clock.monotonic();
        return await work.run(connection, remainingMs);
      } catch (error) {
        if (error === last) throw error;
        if (options.signal?.aborted) throw options.signal.reason;
        if (this.#closing.aborted) throw closedError(true);
        const failure = failureOf(error, connection, this.#patience.ms);
        if (failure.kind === 'final') throw failure.error;
        if (failure.kind === 'late') {
          void this.#link.suspect(connection);
          throw failure.error;
        }
        this.#report(failure.connection, connection);
        // What never reached the server is limited by time alone.
        if (failure.error.code !== 'SERVER_UNREACHABLE' || failure.error.mayHaveRun) sent += 1;
        if (sent >= maxAttempts) throw failure.error;
        if (failure.error.mayHaveRun && work.repeatable() === false) throw failure.error;
        last = failure.error;
      } finally {
        this.#queue.leave(connection);
      }
      await this.#pause(last, attempt, startedAt + timeoutMs, options.signal);
    }
  }

  async #enter(options: RequestOptions, deadline: number): Promise<Connection> {
    if (this.#link.closed) throw closedError();
    this.#link.start();
    const isImpatient = options.whenOffline === 'fail';
    if (isImpatient && this.#link.failure) throw this.#link.failure;
    return this.#queue.enter({
      priority: options.priority ?? 0,
      deadline,
      signal: options.signal,
      isImpatient,
    });
  }

  #report(what: Trouble, connection: Connection): void {
    if (what === 'suspect') void this.#link.suspect(connection);
    else if (what === 'gone') this.#link.gone(connection);
    else if (what === 'busy') this.#link.busy(this.#patience.ms || 1000);
  }

  /** Before another attempt: as long as the server asked for, else a little longer each time. */
  async #pause(
    reason: ClientError,
    attempt: number,
    deadline: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (reason.code === 'SESSION_LOST') return;
    const { clock, backoff, probeTimeoutMs } = this.#settings;
    const delayMs = Math.max(backoff.delayMs(attempt) / 4, this.#patience.ms);
    if (clock.monotonic() + delayMs >= deadline) {
      throw reason.code === 'SERVER_BUSY' ? reason : timeoutError(reason, reason.mayHaveRun);
    }
    const until = signal ? AbortSignal.any([signal, this.#closing]) : this.#closing;
    await wait(clock, delayMs, until);
    // Not before it is known whether the server is there at all: then the call waits until it is.
    if (this.#link.doubt) await Promise.race([this.#link.doubt, wait(clock, probeTimeoutMs, until)]);
  }
}
