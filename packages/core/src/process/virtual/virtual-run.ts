import { Worker } from 'node:worker_threads';
import { deferred } from '../../abort.ts';
import type { Clock, Timer } from '../../clock.ts';
import { ToolError, ToolyardError } from '../../errors.ts';
import type { SafeRoots } from '../roots/safe-roots.ts';
import { lastResortMb } from '../workers/memory-watch.ts';
import { conditionsOf } from '../workers/worker-limits.ts';
import type { FromThread, Question, ThreadResult, ThreadTask, ToThread } from './messages.ts';
import { answer, refusalOf, type RootUse, type VirtualRefusal } from './root-files.ts';

/** What ended a run. */
export type VirtualEnd =
  | { readonly reason: 'exited'; readonly result: ThreadResult }
  | { readonly reason: 'timedOut' | 'outOfMemory' | 'cancelled' | 'closed' };

/** A run that has a thread. */
export interface VirtualRun {
  /** Rejects when the interpreter is missing or broke. By then the thread is gone. */
  readonly ended: Promise<VirtualEnd>;
  readonly refusals: readonly VirtualRefusal[];
  end(reason: 'cancelled' | 'closed'): void;
}

/** What a run needs beside its task. */
export interface RunSurroundings {
  readonly roots: SafeRoots;
  readonly use: Omit<RootUse, 'signal'>;
  readonly maxMemoryMb: number;
  readonly clock: Clock;
}

const START_TIMEOUT_MS = 30_000;
const MEMORY_INTERVAL_MS = 50;
/** Part of it may be waiting for the garbage collector. */
const MEMORY_PATIENCE = 5;
const MAX_REFUSALS = 32;
const MIB = 1024 ** 2;

/** Starts a thread for one run. Its time counts from when the interpreter is loaded. */
export function startRun(task: ThreadTask, { roots, use, maxMemoryMb, clock }: RunSurroundings): VirtualRun {
  const worker = new Worker(threadFile(), {
    workerData: task,
    env: {},
    execArgv: conditionsOf(process.execArgv),
    resourceLimits: { maxOldGenerationSizeMb: lastResortMb(maxMemoryMb) },
    stdin: false,
    stdout: true,
    stderr: true,
  });
  // Nobody reads them: stdout may carry the protocol.
  worker.stdout.resume();
  worker.stderr.resume();
  const asking = new AbortController();
  const refusals: VirtualRefusal[] = [];
  const { promise: outcome, resolve: settle } = deferred<VirtualEnd | Error>();
  let memoryTimer: Timer | undefined;
  let timesAbove = 0;
  let isSettled = false;
  let timer = clock.after(START_TIMEOUT_MS, () =>
    finish(new ToolError('VIRTUAL_NOT_STARTED', `The interpreter did not start in ${START_TIMEOUT_MS} ms.`)),
  );

  function finish(how: VirtualEnd | Error): void {
    if (isSettled) return;
    isSettled = true;
    timer.cancel();
    memoryTimer?.cancel();
    asking.abort();
    settle(how);
  }

  function tellOf(refusal: VirtualRefusal): void {
    const isKnown = refusals.some(({ path, code }) => path === refusal.path && code === refusal.code);
    if (!isKnown && refusals.length < MAX_REFUSALS) refusals.push(refusal);
  }

  async function reply({
    id,
    question,
  }: {
    readonly id: number;
    readonly question: Question;
  }): Promise<void> {
    let message: ToThread;
    try {
      message = {
        type: 'answer',
        id,
        value: await answer(roots, question, { ...use, signal: asking.signal }),
      };
    } catch (error) {
      if (isSettled) return;
      const refusal = refusalOf(error, question.path);
      if (refusal) tellOf(refusal);
      if (!(error instanceof ToolyardError)) return finish(error as Error);
      message = { type: 'refusal', id, code: error.code, message: error.message };
    }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    if (!isSettled) worker.postMessage(message);
  }

  function receive(message: FromThread): void {
    if (isSettled) return;
    if (message.type === 'question') void reply(message);
    else if (message.type === 'done') finish({ reason: 'exited', result: message.result });
    else if (message.type === 'failed') finish(failureOf(message));
    else {
      timer.cancel();
      timer = clock.after(task.timeoutMs, () => finish({ reason: 'timedOut' }));
    }
  }

  async function watchMemory(): Promise<void> {
    const heap = await worker.getHeapStatistics().catch(() => undefined);
    if (isSettled) return;
    const usedMb = heap ? (heap.used_heap_size + heap.external_memory) / MIB : 0;
    timesAbove = usedMb > maxMemoryMb ? timesAbove + 1 : 0;
    if (timesAbove >= MEMORY_PATIENCE || usedMb > 2 * maxMemoryMb) finish({ reason: 'outOfMemory' });
    else memoryTimer = clock.after(MEMORY_INTERVAL_MS, () => void watchMemory());
  }

  worker.on('message', receive);
  worker.on('error', (error: NodeJS.ErrnoException) =>
    finish(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? { reason: 'outOfMemory' } : broken(error)),
  );
  worker.on('exit', () => finish(broken(new Error('The thread ended.'))));
  memoryTimer = clock.after(MEMORY_INTERVAL_MS, () => void watchMemory());

  return {
    refusals,
    end: (reason) => finish({ reason }),
    ended: outcome.then(async (how) => {
      await worker.terminate();
      if (how instanceof Error) throw how;
      return how;
    }),
  };
}

function failureOf({
  code,
  message,
}: {
  readonly code: string | undefined;
  readonly message: string;
}): Error {
  if (code === 'PEER_MISSING') return new ToolyardError(code, message);
  return broken(new Error(message));
}

function broken(cause: Error): ToolError {
  return new ToolError('VIRTUAL_RUN_FAILED', 'The interpreter broke down, and nothing was kept of the run.', {
    cause,
  });
}

/** Built, this file is part of one at the top of `dist`, and the thread's file is one of its own below. */
function threadFile(): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? './thread.ts' : './process/virtual/thread.js', import.meta.url);
}
