import { ShutdownError, type CancelledError, type Clock, type Timer } from '@toolyard/core';

import type { Connection } from './connection.ts';

/** An open line to one client. */
export interface Line {
  readonly connection: Connection;
  readonly openedAt: number;
  /** When a message last went over it, either way. */
  readonly lastUsedAt: number;
  /** Comes round now and then, for as long as it is open. */
  beat(): void;
  /** Ends the line and gives up what is being answered. */
  end(ending: Ending, reason: CancelledError): void;
}

/** Time for a client to take what is left for it when its line has ended; then it is cut off. */
export const CLOSE_GRACE_MS = 1000;

/** Why the server ends a line. */
export type Ending = 'idle' | 'old' | 'shutdown';

/** Bounds of the lines of one handler. */
export interface LineLimits {
  readonly max: number;
  readonly idleMs: number;
  readonly maxAgeMs: number;
  readonly beatMs: number;
}

/** The open lines of one handler. One timer looks after them; it runs only while there are some. */
export class LinePool<L extends Line> {
  readonly #clock: Clock;
  readonly #limits: LineLimits;
  readonly #onExpired: (line: L, ending: 'idle' | 'old') => void;
  readonly #lines = new Set<L>();
  #timer: Timer | undefined = undefined;
  /** Places taken for lines that are about to open. */
  #reserved = 0;
  #onEmpty: (() => void) | undefined = undefined;

  constructor(clock: Clock, limits: LineLimits, onExpired: (line: L, ending: 'idle' | 'old') => void) {
    this.#clock = clock;
    this.#limits = limits;
    this.#onExpired = onExpired;
  }

  get size(): number {
    return this.#lines.size;
  }

  /** Takes a place, which {@link LinePool.add} or {@link LinePool.release} gives back; `false` when there is none. */
  reserve(): boolean {
    if (this.#lines.size + this.#reserved >= this.#limits.max) return false;
    this.#reserved += 1;
    return true;
  }

  release(): void {
    this.#reserved -= 1;
  }

  /** Fills a reserved place. */
  add(line: L): void {
    this.#reserved -= 1;
    this.#lines.add(line);
    if (this.#timer === undefined) this.#schedule();
  }

  delete(line: L): void {
    this.#lines.delete(line);
    if (this.#lines.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#onEmpty?.();
  }

  /** Resolves when no line is left, or the limit is over. */
  async empty(limitMs: number): Promise<void> {
    if (this.#lines.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(limitMs, resolve);
      this.#onEmpty = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /**
   * Takes no new requests on any line, gives running ones until the deadline, and gives up the rest. Ending the lines
   * is left to the caller.
   */
  async drain(deadlineMs: number): Promise<void> {
    const idle = Promise.all([...this.#lines].map(({ connection }) => connection.idle()));
    let timer: Timer | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = this.#clock.after(deadlineMs, resolve);
    });
    await Promise.race([idle, deadline]);
    timer?.cancel();
    const shutdown = new ShutdownError();
    for (const { connection } of this) connection.close(shutdown);
    // What was given up is answered at once, unless middleware holds on to it.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }

  [Symbol.iterator](): Iterator<L> {
    return [...this.#lines].values();
  }

  #schedule(): void {
    this.#timer = this.#clock.after(this.#limits.beatMs, () => {
      this.#timer = undefined;
      for (const line of this) this.#look(line);
      if (this.#lines.size > 0) this.#schedule();
    });
  }

  #look(line: L): void {
    const now = this.#clock.now();
    if (now - line.openedAt >= this.#limits.maxAgeMs) this.#onExpired(line, 'old');
    else if (!line.connection.busy && now - line.lastUsedAt >= this.#limits.idleMs)
      this.#onExpired(line, 'idle');
    else line.beat();
  }
}
