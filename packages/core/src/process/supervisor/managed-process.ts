import type { CapturedOutput } from '../output/output-capture.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ProcessSignal } from './platform.ts';

/** One program a supervisor started, and all it started in turn. */
export interface ManagedProcess {
  /** Random and unguessable; good only together with its owner. */
  readonly id: string;
  info(): ProcessInfo;
  /** What was written up to now. */
  output(): CapturedOutput;
  /** Resolves when the program has ended and nothing of its tree is left. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /**
   * Writes to its stdin. Resolves when the pipe took the text, at the latest after a second.
   *
   * @throws {ToolError} `STDIN_CLOSED` when it was started without an open stdin, has ended, or its stdin was closed;
   * `STDIN_FULL` when it does not read and 1 MiB is waiting.
   */
  write(text: string): Promise<void>;
  /** Its stdin for another program's output: takes bytes no faster than they are read. */
  readonly input: ByteSink;
  /** Closes its stdin. */
  endInput(): void;
  /**
   * Sends a signal to the whole group.
   *
   * @throws {ToolError} `PROCESS_EXITED`, or `SIGNAL_NOT_SUPPORTED` where the system has no such signal.
   */
  signal(name: ProcessSignal): void;
  /** Asks the tree to end and, after its grace, forces it to. */
  kill(): Promise<ProcessExit>;
  /**
   * From now on it belongs to no call: the signal it was started with no longer ends it, and it stays in the list
   * after its end.
   */
  toBackground(): void;
  /**
   * Takes an ended process out of the list at once, and removes its output file unless somebody adopted it. Otherwise
   * both happen after `keepExitedMs`.
   *
   * @throws {ToolError} `PROCESS_RUNNING`
   */
  forget(): Promise<void>;
  /**
   * Waits until it has ended, writes something, or falls silent.
   *
   * @throws {ToolError} `INVALID_PATTERN` when `match` is no RE2 expression, or one so large that it is slow.
   * @throws {CancelledError} when the signal aborts.
   */
  wait(until: WaitUntil, options: WaitOptions): Promise<WaitResult>;
}

/** What to wait for. */
export type WaitUntil =
  | { readonly exit: true }
  /**
   * A line of output with this RE2 expression (linear time, no back references) in it. What was written before counts
   * too, as far as the last 64 Ki characters go: from `from` on, a `position` an earlier wait gave.
   */
  | { readonly match: string; readonly from?: number }
  /** No output for so long, counted from the call. */
  | { readonly idleMs: number };

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Why a wait ended. A process that ends also ends a wait for something else. */
export type WaitResult = {
  /** Characters written so far; after a match, the position behind the matching line. */
  readonly position: number;
} & (
  | { readonly reason: 'exited'; readonly exit: ProcessExit }
  | { readonly reason: 'matched'; readonly line: string }
  | { readonly reason: 'idle' | 'timedOut' }
);

/** What a list shows of a process. */
export interface ProcessInfo {
  readonly id: string;
  readonly label: string;
  /** The name it was started by. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly isBackground: boolean;
  readonly hasOpenInput: boolean;
  /** `ending`: asked to end, or ended while something of its tree is still there. */
  readonly status: 'running' | 'ending' | 'exited';
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Bytes written to stdout and stderr. */
  readonly outputBytes: number;
  /** Since it last wrote something, or since its start. */
  readonly silentMs: number;
  /** Only of an exited one. */
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly reason?: ExitReason;
}

/** How a process ended. One that fails has ended too; only one that cannot start is an error. */
export interface ProcessExit {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly reason: ExitReason;
  /** Until the program's end. */
  readonly durationMs: number;
  readonly output: CapturedOutput;
}

/**
 * Who ended it: itself, its time limit, its idle limit, the signal it was started with, `kill`, or the close of the
 * supervisor.
 */
export type ExitReason = 'exited' | 'timedOut' | 'idle' | 'cancelled' | 'killed' | 'closed';
