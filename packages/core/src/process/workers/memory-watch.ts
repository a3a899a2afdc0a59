import type { Worker } from 'node:worker_threads';
import type { Clock } from '../../clock.ts';
import { workerError } from './worker-errors.ts';
import type { RunningTask } from './worker-task.ts';

const INTERVAL_MS = 50;
const PATIENCE = 5;
const MIB = 1024 ** 2;

/**
 * The heap limit for V8, far above ours: at its own limit V8 ends the whole process, unless what it cannot allocate is
 * small.
 */
export function lastResortMb(maxMemoryMb: number): number {
  return Math.max(4 * maxMemoryMb, 1_024);
}

/** Ends tasks whose threads hold too much. Looks while there are tasks. */
export function watchMemory({
  clock,
  maxMemoryMb,
  running,
  threads,
}: {
  readonly clock: Clock;
  readonly maxMemoryMb: number;
  readonly running: ReadonlySet<RunningTask>;
  readonly threads: () => readonly Worker[];
}): { start(): void } {
  const timesAbove = new WeakMap<RunningTask, number>();
  let watching = false;

  async function check(task: RunningTask, thread: Worker): Promise<void> {
    const heap = await thread.getHeapStatistics();
    const usedMb = (heap.used_heap_size + heap.external_memory) / MIB;
    const times = usedMb > maxMemoryMb ? (timesAbove.get(task) ?? 0) + 1 : 0;
    timesAbove.set(task, times);
    if (times >= PATIENCE || usedMb > 2 * maxMemoryMb) task.giveUp(workerError.outOfMemory(maxMemoryMb), 0);
  }

  function look(): void {
    watching = false;
    if (running.size === 0) return;
    const byId = new Map(threads().map((thread) => [thread.threadId, thread]));
    for (const task of running) {
      const thread = task.threadId === undefined ? undefined : byId.get(task.threadId);
      // It rejects when the thread has ended, which whoever waits for the task hears of.
      if (thread) void check(task, thread).catch(() => undefined);
    }
    start();
  }

  function start(): void {
    if (watching) return;
    watching = true;
    clock.after(INTERVAL_MS, look);
  }

  return { start };
}
