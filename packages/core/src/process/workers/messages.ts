import type { MessagePort } from 'node:worker_threads';
import type { Progress } from '../../call.ts';
import type { WorkerCaller } from './worker-function.ts';

/** What a thread is asked to do. */
export interface WorkerTask {
  readonly module: string;
  readonly exportName: string;
  readonly args: unknown;
  readonly caller: WorkerCaller | undefined;
  readonly maxResultBytes: number;
  readonly port: MessagePort;
}

/** What a thread says while it works. */
export type FromWorker =
  | { readonly type: 'started'; readonly threadId: number }
  | { readonly type: 'progress'; readonly progress: Progress };

/** What a thread is told while it works. */
export interface ToWorker {
  readonly type: 'abort';
  readonly message: string;
}

/** How a task ended. A thread that dies sends none. */
export type WorkerReply =
  | { readonly type: 'result'; readonly bytes: Uint8Array }
  | { readonly type: 'tooLarge'; readonly bytes: number }
  | { readonly type: 'notCloneable'; readonly message: string }
  | { readonly type: 'notLoaded'; readonly error: SerializedError }
  | { readonly type: 'failure'; readonly error: SerializedError };

/** An error on its way between threads. */
export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a `ToolError`, which stays one. */
  readonly tool: { readonly code: string; readonly data: unknown } | undefined;
}
