import { availableParallelism } from 'node:os';
import { systemClock, type Clock } from '../../clock.ts';
import { InvalidOptionError } from '../../errors.ts';
import { positiveInteger, positiveMs } from '../../options.ts';

/** Limits of a worker pool. */
export interface WorkerPoolOptions {
  /** Threads at most. Default: one less than the machine has processors, at least 1. */
  readonly maxThreads?: number | undefined;
  /** Calls that may wait for a thread; more are refused. Default: 64. */
  readonly maxQueue?: number | undefined;
  /**
   * Heap and buffers of each thread, in MiB. Twice as much, or so much for a quarter of a second, ends the thread: part
   * of it may be waiting for the garbage collector. Default: 128.
   */
  readonly maxMemoryMb?: number | undefined;
  /** For one call, without its wait for a thread and without loading the module. Default: 30,000 ms. */
  readonly timeoutMs?: number | undefined;
  /** How long code may take to react to its signal before its thread is ended. 0 ends it at once. Default: 250 ms. */
  readonly killGraceMs?: number | undefined;
  /** A thread without work ends after this time. Default: 30,000 ms. */
  readonly idleMs?: number | undefined;
  /** For starting a thread and loading the module. Default: 30,000 ms. */
  readonly startTimeoutMs?: number | undefined;
  /** Of one result. Default: 16 MiB. */
  readonly maxResultBytes?: number | undefined;
  /** Node's flags for the threads. Default: the `--conditions` of this process, and nothing else of it. */
  readonly execArgv?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
}

/** @throws {InvalidOptionError} */
export function checkWorkerPoolOptions(options: WorkerPoolOptions) {
  const {
    maxThreads = Math.max(availableParallelism() - 1, 1),
    maxQueue = 64,
    maxMemoryMb = 128,
    timeoutMs = 30_000,
    killGraceMs = 250,
    idleMs = 30_000,
    startTimeoutMs = 30_000,
    maxResultBytes = 16 * 1024 ** 2,
    execArgv = conditionsOf(process.execArgv),
    clock = systemClock,
  } = options;
  if (!Number.isSafeInteger(maxQueue) || maxQueue < 0)
    throw new InvalidOptionError('maxQueue', 'must be a whole number, 0 or more');
  if (!Number.isFinite(killGraceMs) || killGraceMs < 0)
    throw new InvalidOptionError('killGraceMs', 'must be a number of milliseconds, 0 or more');
  return {
    maxThreads: positiveInteger('maxThreads', maxThreads),
    maxQueue,
    maxMemoryMb: positiveInteger('maxMemoryMb', maxMemoryMb),
    timeoutMs: positiveMs('timeoutMs', timeoutMs),
    killGraceMs,
    idleMs: positiveMs('idleMs', idleMs),
    startTimeoutMs: positiveMs('startTimeoutMs', startTimeoutMs),
    maxResultBytes: positiveInteger('maxResultBytes', maxResultBytes),
    execArgv,
    clock,
  };
}

/** `--conditions=x`, `--conditions x`, `-C x`: how modules are found has to be the same in a thread. */
export function conditionsOf(execArgv: readonly string[]): string[] {
  return execArgv.flatMap((flag, index) => {
    if (/^(?:--conditions=|-C.)/.test(flag)) return [flag];
    const value = execArgv[index + 1];
    return (flag === '--conditions' || flag === '-C') && value !== undefined ? [`--conditions=${value}`] : [];
  });
}
