import { ToolError, ToolyardError } from '../../errors.ts';
import type { SerializedError, WorkerReply } from './messages.ts';

/** How tasks fail that no function threw for. */
export const workerError = {
  busy: (waiting: number) =>
    new ToolError('WORKER_BUSY', `All workers are busy and ${waiting} calls are waiting; try again later.`),
  closed: () => new ToolError('WORKER_POOL_CLOSED', 'The server is shutting down.'),
  timedOut: (timeoutMs: number) =>
    new ToolError('WORKER_TIMED_OUT', `This took more than ${timeoutMs} ms and was ended. Ask for less.`, {
      data: { timeoutMs },
    }),
  notStarted: (timeoutMs: number) =>
    new ToolError('WORKER_CRASHED', `The worker did not start within ${timeoutMs} ms.`),
  outOfMemory: (maxMemoryMb: number, cause?: unknown) =>
    new ToolError(
      'WORKER_OUT_OF_MEMORY',
      `This needs more than ${maxMemoryMb} MiB of memory. Ask for less.`,
      {
        cause,
        data: { maxMemoryMb },
      },
    ),
  /** For the error of a thread that died. */
  died: (cause: unknown, maxMemoryMb: number) =>
    isOutOfMemory(cause)
      ? workerError.outOfMemory(maxMemoryMb, cause)
      : new ToolError('WORKER_CRASHED', 'The worker broke down while it worked on this.', { cause }),
  argumentsInvalid: (cause: unknown) =>
    new ToolyardError('WORKER_ARGUMENTS_INVALID', 'The arguments cannot be copied into a worker.', { cause }),
};

/** The error a reply stands for, as if it had been thrown here. */
export function replyError(reply: Exclude<WorkerReply, { type: 'result' }>, maxResultBytes: number): Error {
  switch (reply.type) {
    case 'tooLarge':
      return new ToolError(
        'WORKER_RESULT_TOO_LARGE',
        `The result has ${reply.bytes} bytes; ${maxResultBytes} are allowed. Ask for less.`,
        { data: { bytes: reply.bytes, maxResultBytes } },
      );
    case 'notCloneable':
      return new ToolError(
        'WORKER_RESULT_INVALID',
        `The result cannot be copied out of the worker: ${reply.message}`,
      );
    case 'notLoaded':
      return new ToolyardError(
        'WORKER_MODULE_INVALID',
        `The worker's module failed: ${reply.error.message}`,
        {
          cause: restore(reply.error),
        },
      );
    case 'failure':
      return restore(reply.error);
  }
}

function restore({ name, message, stack, tool }: SerializedError): Error {
  const error = tool
    ? new ToolError(tool.code, message, { data: tool.data })
    : Object.assign(new Error(message), { name });
  // Where it was thrown is in the thread.
  if (stack !== undefined) error.stack = stack;
  return error;
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
