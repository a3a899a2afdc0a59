import { deserialize } from 'node:v8';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { abortError } from '../../abort.ts';
import type { Progress } from '../../call.ts';
import type { Clock } from '../../clock.ts';
import type { FromWorker, ToWorker, WorkerReply, WorkerTask } from './messages.ts';
import { replyError, workerError } from './worker-errors.ts';

/** What one task is and may take. */
export interface WorkerTaskOptions {
  readonly task: Omit<WorkerTask, 'port'>;
  readonly timeoutMs: number;
  readonly startTimeoutMs: number;
  readonly killGraceMs: number;
  readonly maxMemoryMb: number;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** A task that has a thread. */
export interface RunningTask {
  readonly result: Promise<unknown>;
  /** Known once the function has begun. */
  readonly threadId: number | undefined;
  /** Resolves when the thread is free again or was given up, which may be later than the result. */
  readonly released: Promise<void>;
  /** Rejects the result at once and ends the thread unless it reacts within the grace. */
  giveUp(error: Error, graceMs?: number): void;
  /** For a thread that broke down before it began: {@link Piscina} does not tell for which task it was. */
  failStart(error: Error): void;
}

/** Hands a task to a free thread. */
export function startTask(piscina: Piscina, options: WorkerTaskOptions): RunningTask {
  const { clock, signal, killGraceMs, startTimeoutMs, timeoutMs } = options;
  const { port1: port, port2 } = new MessageChannel();
  const killing = new AbortController();
  const { promise: result, resolve, reject } = settler();
  let threadId: number | undefined;
  let givenUp = false;
  // The time counts from when the function begins: loading its module is not the caller's fault.
  let timer = clock.after(startTimeoutMs, () => giveUp(workerError.notStarted(startTimeoutMs), 0));

  function giveUp(error: Error, graceMs = killGraceMs): void {
    if (givenUp) return;
    givenUp = true;
    timer.cancel();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    port.postMessage({ type: 'abort', message: error.message } satisfies ToWorker);
    if (graceMs > 0) timer = clock.after(graceMs, () => killing.abort());
    else killing.abort();
    reject(error);
  }

  function receive(message: FromWorker): void {
    if (message.type === 'started') {
      threadId = message.threadId;
      if (givenUp) return;
      timer.cancel();
      timer = clock.after(timeoutMs, () => giveUp(workerError.timedOut(timeoutMs)));
    } else if (!givenUp) options.onProgress?.(message.progress);
  }

  const onAbort = () => giveUp(abortError(signal?.reason));
  port.on('message', receive);
  signal?.addEventListener('abort', onAbort, { once: true });

  async function work(): Promise<void> {
    try {
      const reply = await runInThread();
      // The result can overtake what was said before it.
      for (let last = receiveMessageOnPort(port); last; last = receiveMessageOnPort(port))
        receive(last.message as FromWorker);
      if (reply.type === 'result') resolve(deserialize(reply.bytes));
      else reject(replyError(reply, options.task.maxResultBytes));
    } catch (error) {
      // Whatever a function throws comes as a reply, so here it was the thread that failed.
      reject(
        isCloneError(error)
          ? workerError.argumentsInvalid(error)
          : workerError.died(error, options.maxMemoryMb),
      );
    } finally {
      timer.cancel();
      port.close();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async function runInThread(): Promise<WorkerReply> {
    return (await piscina.run({ ...options.task, port: port2 } satisfies WorkerTask, {
      signal: killing.signal,
      transferList: [port2],
    })) as WorkerReply;
  }

  return {
    result,
    released: work(),
    get threadId() {
      return threadId;
    },
    giveUp,
    failStart(error) {
      if (threadId === undefined) giveUp(workerError.died(error, options.maxMemoryMb), 0);
    },
  };
}

function settler() {
  let resolve!: (value: unknown) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<unknown>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

function isCloneError(error: unknown): boolean {
  return error instanceof Error && error.name === 'DataCloneError';
}
