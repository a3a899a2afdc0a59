import { Worker } from 'node:worker_threads';
import { TerminalError } from '../errors.ts';
import type { Calculation, CalculationReply, CalculationRequest } from './protocol.ts';

/** Limits of a calculator. */
export interface CalculatorOptions {
  /** Longest expression, in characters. Default: 2,000. */
  readonly maxLength?: number;
  /** For one evaluation, not counting the wait for others. Default: 2,000 ms. */
  readonly timeoutMs?: number;
  /** Heap of the worker, in MiB. Default: 96. */
  readonly maxHeapMb?: number;
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

interface Job {
  readonly expression: string;
  readonly resolve: (result: Calculation) => void;
  readonly reject: (error: TerminalError) => void;
}

// Loading mathjs takes half a second, on a busy machine much longer.
const START_TIMEOUT_MS = 30_000;

/** Starts with the first expression; the thread is kept for the next ones and replaced when it had to be ended. */
export function createCalculator({
  maxLength = 2_000,
  timeoutMs = 2_000,
  maxHeapMb = 96,
  maxWaiting = 64,
}: CalculatorOptions = {}): Calculator {
  const waiting: Job[] = [];
  let worker: Worker | undefined;
  let ready = false;
  let current: { readonly id: number; readonly job: Job } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastId = 0;
  let closed = false;

  function startWorker(): Worker {
    const started = new Worker(new URL('./worker.ts', import.meta.url), {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    });
    started.on('message', (reply: CalculationReply) => {
      if (started === worker) receive(reply);
    });
    started.on('error', (error) => {
      if (started === worker) replaceWorker(workerFailure(error));
    });
    started.on('exit', () => {
      if (started === worker)
        replaceWorker(new TerminalError('CALCULATION_FAILED', 'The calculation ended.'));
    });
    return started;
  }

  function receive(reply: CalculationReply): void {
    if (reply.type === 'ready') {
      ready = true;
      clearTimeout(timer);
      return next();
    }
    if (reply.id !== current?.id) return;
    const { job } = current;
    settle();
    if (reply.type === 'result') job.resolve(reply.result);
    else job.reject(new TerminalError('EXPRESSION_INVALID', reply.message));
    next();
  }

  function settle(): void {
    clearTimeout(timer);
    current = undefined;
  }

  /** Ends the worker with what it is doing; a new one is started for those who wait. */
  function replaceWorker(reason: TerminalError): void {
    const job = current?.job ?? (ready ? undefined : waiting.shift());
    settle();
    const ended = worker;
    worker = undefined;
    ready = false;
    void ended?.terminate();
    job?.reject(reason);
    next();
  }

  function next(): void {
    if (current || closed) return;
    if (waiting.length === 0) {
      // An idle thread must not keep the process alive.
      worker?.unref();
      return;
    }
    if (!worker) {
      worker = startWorker();
      const late = new TerminalError('CALCULATION_FAILED', 'The calculator did not start.');
      timer = setTimeout(() => replaceWorker(late), START_TIMEOUT_MS);
    }
    worker.ref();
    const job = ready ? waiting.shift() : undefined;
    if (!job) return;
    current = { id: ++lastId, job };
    const slow = new TerminalError(
      'CALCULATION_TIMED_OUT',
      `The calculation took more than ${timeoutMs} ms.`,
    );
    timer = setTimeout(() => replaceWorker(slow), timeoutMs);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
    worker.postMessage({ id: current.id, expression: job.expression } satisfies CalculationRequest);
  }

  function cancel(job: Job): void {
    const cancelled = new TerminalError('CALCULATION_CANCELLED', 'The calculation was cancelled.');
    const index = waiting.indexOf(job);
    if (index >= 0) {
      waiting.splice(index, 1);
      job.reject(cancelled);
    } else if (current?.job === job) replaceWorker(cancelled);
  }

  return {
    async calculate(expression, { signal } = {}) {
      if (closed) throw new TerminalError('CALCULATOR_CLOSED', 'The server is shutting down.');
      if (expression.length > maxLength)
        throw new TerminalError('EXPRESSION_TOO_LONG', `An expression has at most ${maxLength} characters.`);
      if (signal?.aborted) throw new TerminalError('CALCULATION_CANCELLED', 'The calculation was cancelled.');
      if (waiting.length >= maxWaiting)
        throw new TerminalError(
          'CALCULATOR_BUSY',
          `${maxWaiting} calculations are waiting; try again later.`,
        );
      const { promise, resolve, reject } = deferred<Calculation>();
      const job: Job = { expression, resolve, reject };
      const onAbort = () => cancel(job);
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting.push(job);
      next();
      try {
        return await promise;
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    async close() {
      closed = true;
      const reason = new TerminalError('CALCULATOR_CLOSED', 'The server is shutting down.');
      const jobs = [...(current ? [current.job] : []), ...waiting.splice(0)];
      settle();
      const ended = worker;
      worker = undefined;
      for (const job of jobs) job.reject(reason);
      await ended?.terminate();
    },
  };
}

function deferred<Value>() {
  let resolve!: (value: Value) => void;
  let reject!: (error: TerminalError) => void;
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

function workerFailure(error: unknown): TerminalError {
  const outOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return outOfMemory
    ? new TerminalError('CALCULATION_OUT_OF_MEMORY', 'The calculation needs too much memory.')
    : new TerminalError('CALCULATION_FAILED', 'The calculation failed.', { cause: error });
}
