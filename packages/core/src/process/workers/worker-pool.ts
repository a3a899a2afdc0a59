import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { abortError, deferred } from '../../abort.ts';
import type { Call, Progress } from '../../call.ts';
import { InvalidOptionError } from '../../errors.ts';
import { positiveMs } from '../../options.ts';
import { loadPeer } from '../load-peer.ts';
import { lastResortMb, watchMemory } from './memory-watch.ts';
import { createWaitingLine } from './waiting-line.ts';
import { workerError } from './worker-errors.ts';
import type { WorkerCaller, WorkerFunction } from './worker-function.ts';
import { checkWorkerPoolOptions, type WorkerPoolOptions } from './worker-limits.ts';
import { startTask, type RunningTask } from './worker-task.ts';

/** What can be set for each handler and each task. */
export interface WorkerTaskLimits {
  /** Default: that of the pool. */
  readonly timeoutMs?: number | undefined;
}

/** Options of {@link WorkerPool.run}. */
export interface WorkerRunOptions extends WorkerTaskLimits {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** A module whose default export runs in a worker. */
export interface WorkerModule {
  readonly default: WorkerFunction;
}

/** A tool's handler that runs in a worker. */
export type WorkerHandler<Function> = (
  args: WorkerArgs<Function>,
  call: Call<any>,
) => Promise<WorkerResult<Function>>;

/** What a {@link WorkerFunction} takes. */
export type WorkerArgs<Function> = Function extends (args: infer Args, ...rest: any[]) => unknown
  ? Args
  : never;
/** What a {@link WorkerFunction} gives. */
export type WorkerResult<Function> = Function extends (...args: any[]) => infer Result
  ? Awaited<Result>
  : never;

/**
 * Threads for work that would block the server or could take it down. Close it.
 *
 * Calls fail with `ToolError`s: `WORKER_TIMED_OUT`, `WORKER_OUT_OF_MEMORY`, `WORKER_CRASHED`, `WORKER_BUSY`,
 * `WORKER_RESULT_TOO_LARGE`, `WORKER_RESULT_INVALID`, `WORKER_POOL_CLOSED`, and with what the function throws. The
 * first call rejects with `PEER_MISSING` where the package `piscina` is not installed.
 */
export interface WorkerPool extends AsyncDisposable {
  /**
   * A handler for `defineTool`, typed by the module. Arguments and result are copied, as by `structuredClone`. It takes a
   * module because a function cannot be sent to a thread.
   *
   * @param module - `new URL('./heavy.ts', import.meta.url)`: trusted code. Its function gets the arguments and a
   * {@link WorkerCall}; its state lives on in the thread, for other callers too.
   */
  handler<Module extends WorkerModule>(
    module: URL,
    options?: WorkerTaskLimits,
  ): WorkerHandler<Module['default']>;
  /** The same for another export than the default one. */
  handler<Module, Name extends keyof Module & string>(
    module: URL,
    options: WorkerTaskLimits & { readonly exportName: Name },
  ): WorkerHandler<Module[Name]>;
  /** One task outside of a tool. */
  run<Module extends WorkerModule>(
    module: URL,
    args: WorkerArgs<Module['default']>,
    options?: WorkerRunOptions,
  ): Promise<WorkerResult<Module['default']>>;
  run<Module, Name extends keyof Module & string>(
    module: URL,
    args: WorkerArgs<Module[Name]>,
    options: WorkerRunOptions & { readonly exportName: Name },
  ): Promise<WorkerResult<Module[Name]>>;
  info(): { readonly threads: number; readonly running: number; readonly waiting: number };
  /** Refuses what waits and what comes, ends what still runs after `deadlineMs` (default: 1,000), and all threads. */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

/** For ended threads to be gone. */
const LAST_WAIT_MS = 1_000;

interface Request extends WorkerRunOptions {
  readonly exportName?: string | undefined;
  readonly caller?: WorkerCaller | undefined;
}

/**
 * A pool of worker threads, with limits on time, memory and the queue.
 *
 * The threads keep harm from the event loop and from the process; they are no boundary against hostile code, which can
 * still open files and sockets. They get an empty environment, and what they print is dropped.
 *
 * @throws {InvalidOptionError}
 *
 * @example
 * ```ts
 * import { defineTool } from '@toolyard/core';
 * import { createWorkerPool } from '@toolyard/core/process';
 *
 * const pool = createWorkerPool({ maxThreads: 2, timeoutMs: 5_000 });
 * const primes = defineTool({
 *   name: 'primes',
 *   run: pool.handler(new URL('./primes.ts', import.meta.url)),
 * });
 * ```
 */
export function createWorkerPool(options: WorkerPoolOptions = {}): WorkerPool {
  const limits = checkWorkerPoolOptions(options);
  const { clock, maxThreads } = limits;
  const line = createWaitingLine({ maxQueue: limits.maxQueue, hasRoom });
  const running = new Set<RunningTask>();
  /** Threads that have not exited: one that was ended can be in the middle of something and take its time. */
  const alive = new Set<Worker>();
  const memory = watchMemory({
    clock,
    maxMemoryMb: limits.maxMemoryMb,
    running,
    threads: () => piscina?.threads ?? [],
  });
  let loading: Promise<Piscina> | undefined;
  let piscina: Piscina | undefined;
  let closed = false;
  let closing: Promise<void> | undefined;

  async function open(): Promise<Piscina> {
    const { Piscina } = await loadPeer('piscina', () => import('piscina'));
    const opened = new Piscina({
      filename: threadFile(),
      minThreads: 0,
      maxThreads,
      idleTimeout: limits.idleMs,
      env: {},
      execArgv: [...limits.execArgv],
      resourceLimits: { maxOldGenerationSizeMb: lastResortMb(limits.maxMemoryMb) },
      recordTiming: false,
    });
    opened.on('workerCreate', () => {
      for (const thread of opened.threads) {
        if (alive.has(thread)) continue;
        alive.add(thread);
        thread.once('exit', () => {
          alive.delete(thread);
          line.advance();
        });
      }
    });
    opened.on('error', (error: Error) => {
      for (const task of running) task.failStart(error);
    });
    piscina = opened;
    return opened;
  }

  function hasRoom(): boolean {
    const current = new Set(piscina?.threads);
    const ending = [...alive].filter((thread) => !current.has(thread)).length;
    return line.taken + ending < maxThreads;
  }

  async function runIn(module: URL, args: unknown, request: Request): Promise<unknown> {
    const { signal, onProgress, caller, exportName = 'default', timeoutMs = limits.timeoutMs } = request;
    if (closed) throw workerError.closed();
    await line.enter(signal);
    let task: RunningTask;
    try {
      const threads = piscina ?? (await (loading ??= open()));
      if (closed) throw workerError.closed();
      if (signal?.aborted) throw abortError(signal.reason);
      const { maxResultBytes } = limits;
      task = startTask(threads, {
        ...limits,
        task: { module: module.href, exportName, args, caller, maxResultBytes },
        timeoutMs,
        signal,
        onProgress,
      });
    } catch (error) {
      line.leave();
      throw error;
    }
    running.add(task);
    memory.start();
    void task.released.finally(() => {
      running.delete(task);
      line.leave();
    });
    return task.result;
  }

  async function shutDown(deadlineMs: number): Promise<void> {
    closed = true;
    line.refuseAll(workerError.closed());
    const timer = clock.after(deadlineMs, () => {
      for (const task of running) task.giveUp(workerError.closed(), 0);
    });
    await Promise.allSettled(Array.from(running, ({ released }) => released));
    timer.cancel();
    const opened = await loading?.catch(() => undefined);
    if (!opened) return;
    // A thread in the middle of a long native call ends when that is done, and nothing can make it.
    const { promise: late, resolve } = deferred();
    const lastWait = clock.after(LAST_WAIT_MS, resolve);
    const gone = Array.from(alive, (thread) => once(thread, 'exit'));
    await Promise.race([Promise.all([opened.destroy(), ...gone]), late]);
    lastWait.cancel();
  }

  const handler = (module: URL, request: WorkerTaskLimits & { readonly exportName?: string } = {}) => {
    checkTask(module, request);
    return async (args: unknown, call: Call<any>) =>
      runIn(module, args, {
        ...request,
        signal: call.signal,
        onProgress: (progress) => call.progress(progress),
        caller: callerOf(call),
      });
  };
  const run = async (module: URL, args: unknown, request: Request = {}) => {
    checkTask(module, request);
    return runIn(module, args, request);
  };
  return {
    handler: handler as WorkerPool['handler'],
    run: run as WorkerPool['run'],
    info: () => ({ threads: alive.size, running: running.size, waiting: line.waiting }),
    close: ({ deadlineMs = 1_000 } = {}) => (closing ??= shutDown(deadlineMs)),
    async [Symbol.asyncDispose]() {
      await this.close();
    },
  };
}

function checkTask(module: URL, { timeoutMs }: WorkerTaskLimits): void {
  if (!(module instanceof URL) || module.protocol !== 'file:')
    throw new InvalidOptionError('module', "must be a file URL: new URL('./heavy.ts', import.meta.url)");
  if (timeoutMs !== undefined) positiveMs('timeoutMs', timeoutMs);
}

function callerOf({ id, tool, tenant, principal }: Call<any>): WorkerCaller {
  const { id: principalId, issuer, clientId, scopes, roles } = principal;
  return {
    callId: id,
    tool: tool?.name,
    tenant,
    principal: { id: principalId, issuer, clientId, scopes, roles },
  };
}

/** Built, this file is part of one at the top of `dist`, and the thread's file is one of its own below. */
function threadFile(): string {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? './thread.ts' : './process/workers/thread.js', import.meta.url).href;
}
