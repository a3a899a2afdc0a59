import { isToolError } from '@toolyard/core';
import { createWorkerPool } from '@toolyard/core/process';
import { TerminalError } from '../errors.ts';
import type { Calculation } from './expression.ts';

/** Limits of a calculator. */
export interface CalculatorOptions {
  /** Longest expression, in characters. Default: 2,000. */
  readonly maxLength?: number;
  /** For one evaluation, not counting the wait for others. Default: 2,000 ms. */
  readonly timeoutMs?: number;
  /** Memory of the worker, in MiB. Default: 96. */
  readonly maxMemoryMb?: number;
  /** Expressions that may wait. Default: 64. */
  readonly maxWaiting?: number;
}

/** Evaluates expressions in a thread of its own, one at a time. */
export interface Calculator {
  /**
   * @throws {TerminalError} `EXPRESSION_INVALID` with the reason, `EXPRESSION_TOO_LONG`, `CALCULATION_TIMED_OUT`,
   * `CALCULATION_OUT_OF_MEMORY`, `CALCULATION_CANCELLED`, `CALCULATION_FAILED`, `CALCULATOR_BUSY` or
   * `CALCULATOR_CLOSED`.
   */
  calculate(
    expression: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Calculation>;
  /** Ends the thread; what is waiting is rejected. */
  close(): Promise<void>;
}

const EXPRESSION = new URL('./expression.ts', import.meta.url);

/** Starts with the first expression; the thread is kept for the next ones and replaced when it had to be ended. */
export function createCalculator({
  maxLength = 2_000,
  timeoutMs = 2_000,
  maxMemoryMb = 96,
  maxWaiting = 64,
}: CalculatorOptions = {}): Calculator {
  // Loading mathjs takes half a second, on a busy machine much longer: the thread is worth keeping for a while. An
  // expression never looks at its signal, so waiting for it to react would be lost time.
  const pool = createWorkerPool({
    maxThreads: 1,
    maxQueue: maxWaiting,
    timeoutMs,
    maxMemoryMb,
    killGraceMs: 0,
    idleMs: 10 * 60_000,
  });
  /** What a failure of the pool is for the caller: the code and what to say. */
  const failures: Readonly<Record<string, readonly [code: string, message: string]>> = {
    WORKER_TIMED_OUT: ['CALCULATION_TIMED_OUT', `The calculation took more than ${timeoutMs} ms.`],
    WORKER_OUT_OF_MEMORY: ['CALCULATION_OUT_OF_MEMORY', 'The calculation needs too much memory.'],
    WORKER_BUSY: ['CALCULATOR_BUSY', `${maxWaiting} calculations are waiting; try again later.`],
    WORKER_POOL_CLOSED: ['CALCULATOR_CLOSED', 'The server is shutting down.'],
  };

  function inOwnWords(error: unknown, signal: AbortSignal | undefined): TerminalError {
    if (signal?.aborted) return new TerminalError('CALCULATION_CANCELLED', 'The calculation was cancelled.');
    const failure = isToolError(error) ? failures[error.code] : undefined;
    const [code, message] = failure ?? ['CALCULATION_FAILED', 'The calculation failed.'];
    return new TerminalError(code, message, { cause: error });
  }

  return {
    async calculate(expression, { signal } = {}) {
      if (expression.length > maxLength)
        throw new TerminalError('EXPRESSION_TOO_LONG', `An expression has at most ${maxLength} characters.`);
      let outcome;
      try {
        outcome = await pool.run<typeof import('./expression.ts')>(EXPRESSION, { expression }, { signal });
      } catch (error) {
        throw inOwnWords(error, signal);
      }
      if ('problem' in outcome) throw new TerminalError('EXPRESSION_INVALID', outcome.problem);
      return outcome;
    },
    close: () => pool.close({ deadlineMs: 0 }),
  };
}
