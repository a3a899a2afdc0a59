// What the tests run in a worker.
import { availableParallelism } from 'node:os';
import { isMainThread, threadId } from 'node:worker_threads';
import { ToolError } from '../../../src/index.ts';
import type { WorkerCall } from '../../../src/process/workers/worker-function.ts';

export default function double({ value }: { value: number }): { doubled: number } {
  return { doubled: value * 2 };
}

export const where = () => ({ isMainThread, threadId, env: { ...process.env } });

export const caller = (_args: unknown, call: WorkerCall) => call.caller;

export const fail = ({ how }: { how: 'tool' | 'plain' | 'text' }): never => {
  if (how === 'tool') throw new ToolError('TOO_BIG', 'Too big by half.', { data: { by: 0.5 } });
  // oxlint-disable-next-line typescript/only-throw-error -- some code does
  if (how === 'text') throw 'just text';
  throw new RangeError('a secret detail');
};

export const spin = (): never => {
  for (;;) availableParallelism();
};

/** Reacts to its signal. */
export const polite = async (_args: unknown, { signal, progress }: WorkerCall): Promise<string> => {
  progress({ progress: 1, message: 'waiting' });
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  return 'stopped';
};

/** Never settles, whatever its signal says. */
export const stubborn = (_args: unknown, { progress }: WorkerCall): Promise<never> => {
  progress({ progress: 1 });
  setInterval(() => {}, 1_000);
  return new Promise(() => {});
};

export const steps = (_args: unknown, { progress }: WorkerCall): number => {
  for (let step = 1; step <= 100_000; step++) progress({ progress: step, total: 100_000 });
  return 100_000;
};

export const eatHeap = (): number => {
  const eaten: unknown[] = [];
  for (;;) eaten.push(Array.from({ length: 1_000 }, (_, index) => ({ index })));
};

/** One allocation that V8's own limit would answer by ending the process. */
export const growArray = (): never => {
  const numbers: number[] = [];
  for (;;) {
    for (let times = 0; times < 100_000; times++) numbers.push(0.5);
    // Not faster than a busy machine can see it.
    const until = performance.now() + 5;
    while (performance.now() < until);
  }
};

export const eatBuffers = async (): Promise<never> => {
  const eaten: Uint8Array[] = [];
  for (;;) {
    eaten.push(new Uint8Array(1024 ** 2).fill(1));
    await new Promise((resolve) => setImmediate(resolve));
  }
};

export const exit = (): never => process.exit(0);

export const throwLater = async (): Promise<never> => {
  setTimeout(() => {
    throw new Error('nobody catches this');
  });
  return new Promise(() => {});
};

export const print = () => {
  console.log('to stdout');
  console.error('to stderr');
  process.stdout.write('to stdout');
  return 'printed';
};

export const uncloneable = () => ({ run: () => 1 });

export const big = ({ bytes }: { bytes: number }) => 'x'.repeat(bytes);

export const rich = () => ({
  at: new Date(0),
  map: new Map([['a', 1]]),
  bytes: new Uint8Array([1, 2]),
  none: undefined,
});

let calls = 0;
export const count = () => ++calls;

export const notAFunction = 1;
