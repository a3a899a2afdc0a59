import type { TerminalInput } from './keys.ts';
import type { TerminalScreen, TerminalSize } from './screen.ts';

/** A program with a terminal, for its owner. */
export interface TerminalSession {
  /** Random and unguessable; good only together with its owner. */
  readonly id: string;
  info(): TerminalInfo;
  /**
   * What stands on it now, also after its end.
   *
   * @param options - `scrollback`: how many lines from above the screen. Default: 0.
   */
  screen(options?: { readonly scrollback?: number }): TerminalScreen;
  /**
   * Types, in order. What a key means is up to the program: read the screen afterwards.
   *
   * @throws {ToolError} `KEY_UNKNOWN`, `TEXT_NOT_PRINTABLE`, `INPUT_TOO_LONG` above 64 KiB, `INPUT_FULL` when the
   * program does not read, `TERMINAL_EXITED`. Nothing is typed then.
   */
  sendKeys(input: readonly TerminalInput[]): void;
  /** @throws {ToolError} `INVALID_SIZE`, `TERMINAL_EXITED` */
  resize(size: TerminalSize): void;
  /** Hangs up and, after its grace, ends all that is left. */
  kill(): Promise<TerminalExit>;
  /** Resolves when the program has ended and nothing of its tree is left. Never rejects. */
  readonly exited: Promise<TerminalExit>;
  /**
   * Waits for something to be seen, for silence, or for the end.
   *
   * @throws {ToolError} `INVALID_PATTERN` when `pattern` is no RE2 expression.
   * @throws {CancelledError} when the signal aborts.
   */
  wait(until: TerminalWaitUntil, options: TerminalWaitOptions): Promise<TerminalWaitResult>;
}

/** What to wait for. */
export type TerminalWaitUntil =
  | { readonly exit: true }
  /** This text on the screen, now or later. */
  | { readonly text: string }
  /** An RE2 expression (linear time) that matches on the screen; `^` and `$` match at lines. */
  | { readonly pattern: string }
  /** No output for so long, counted from the call. */
  | { readonly idleMs: number };

export interface TerminalWaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Why a wait ended. A program that ends also ends a wait for something else. */
export interface TerminalWaitResult {
  readonly reason: 'matched' | 'idle' | 'exited' | 'timedOut';
}

export interface TerminalInfo extends TerminalSize {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly status: 'running' | 'ending' | 'exited';
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Since the last output. */
  readonly silentMs: number;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly reason?: TerminalExit['reason'];
}

/** How it ended. */
export interface TerminalExit {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** `timedOut` after `timeoutMs`, `idle` after `idleTimeoutMs`, `closed` with all terminals. */
  readonly reason: 'exited' | 'timedOut' | 'idle' | 'killed' | 'closed';
  readonly durationMs: number;
}
