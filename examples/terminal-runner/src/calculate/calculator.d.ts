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
    options?: {
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<Calculation>;
  /** Ends the thread; what is waiting is rejected. */
  close(): Promise<void>;
}
/** Starts with the first expression; the thread is kept for the next ones and replaced when it had to be ended. */
export declare function createCalculator({
  maxLength,
  timeoutMs,
  maxMemoryMb,
  maxWaiting,
}?: CalculatorOptions): Calculator;
//# sourceMappingURL=calculator.d.ts.map
