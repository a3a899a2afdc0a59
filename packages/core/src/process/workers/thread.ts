// Runs in the threads of a pool: loads the module of each task and calls its function.
import { serialize } from 'node:v8';
import { threadId, type MessagePort } from 'node:worker_threads';
import { CancelledError, isToolError } from '../../errors.ts';
import type { FromWorker, SerializedError, ToWorker, WorkerReply, WorkerTask } from './messages.ts';
import type { WorkerFunction } from './worker-function.ts';

const PROGRESS_INTERVAL_MS = 50;

// Stdout may carry the protocol, and the server would have to hold whatever a thread prints in a loop.
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (_chunk: unknown, ...rest: unknown[]): boolean => {
    const done = rest.at(-1);
    if (typeof done === 'function') queueMicrotask(() => done());
    return true;
  };
}

/** Called by piscina for each task. Never rejects: what fails the thread itself is told apart by that. */
export default async function runTask(task: WorkerTask): Promise<WorkerReply> {
  const { port } = task;
  const controller = new AbortController();
  port.on('message', ({ message }: ToWorker) => controller.abort(new CancelledError(message)));
  try {
    let run: WorkerFunction;
    try {
      run = await load(task);
    } catch (error) {
      return { type: 'notLoaded', error: serializeError(error) };
    }
    tell(port, { type: 'started', threadId });
    const result: unknown = await run(task.args, {
      caller: task.caller,
      signal: controller.signal,
      progress: thinned(port),
    });
    return pack(result, task.maxResultBytes);
  } catch (error) {
    return { type: 'failure', error: serializeError(error) };
  } finally {
    port.close();
  }
}

/** One for each handler of the server: importing again what is there costs more than the rest of a small task. */
const loaded = new Map<string, WorkerFunction>();

async function load({ module, exportName }: WorkerTask): Promise<WorkerFunction> {
  const key = `${exportName} ${module}`;
  const known = loaded.get(key);
  if (known) return known;
  const exports = (await import(module)) as Record<string, unknown>;
  const run = exports[exportName];
  if (typeof run !== 'function') throw new Error(`${module} exports no function "${exportName}".`);
  loaded.set(key, run as WorkerFunction);
  return run as WorkerFunction;
}

/** A loop that reports each step must not fill the memory of the server. */
function thinned(port: MessagePort): (progress: { readonly progress: number }) => void {
  let nextAt = -Infinity;
  return (progress) => {
    const now = performance.now();
    if (now < nextAt) return;
    nextAt = now + PROGRESS_INTERVAL_MS;
    tell(port, { type: 'progress', progress: { ...progress } });
  };
}

function pack(result: unknown, maxBytes: number): WorkerReply {
  let bytes: Uint8Array;
  try {
    bytes = serialize(result);
  } catch (error) {
    return { type: 'notCloneable', message: error instanceof Error ? error.message : String(error) };
  }
  return bytes.length > maxBytes ? { type: 'tooLarge', bytes: bytes.length } : { type: 'result', bytes };
}

function serializeError(error: unknown): SerializedError {
  if (!(error instanceof Error))
    return { name: 'Error', message: String(error), stack: undefined, tool: undefined };
  const { name, message, stack } = error;
  return {
    name,
    message,
    stack,
    tool: isToolError(error) ? { code: error.code, data: plain(error.data) } : undefined,
  };
}

function plain(data: unknown): unknown {
  try {
    return structuredClone(data);
  } catch {
    return undefined;
  }
}

function tell(port: MessagePort, message: FromWorker): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  port.postMessage(message);
}
