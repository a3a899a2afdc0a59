import { expect, expectTypeOf, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { defineTool, type Call } from '../../../src/index.ts';
import { conditionsOf } from '../../../src/process/workers/worker-limits.ts';
import {
  createWorkerPool,
  type WorkerPool,
  type WorkerRunOptions,
} from '../../../src/process/workers/worker-pool.ts';
import type { WorkerPoolOptions } from '../../../src/process/workers/worker-limits.ts';
import { fakeClock } from '../../../src/testing.ts';
import { testApp } from '../../helpers.ts';

type Tasks = typeof import('./tasks.ts');
const tasks = new URL('./tasks.ts', import.meta.url);

function start(options: WorkerPoolOptions = {}): WorkerPool {
  const pool = createWorkerPool({ maxThreads: 1, ...options });
  onTestFinished(() => pool.close({ deadlineMs: 1 }));
  return pool;
}

function run(
  pool: WorkerPool,
  exportName: keyof Tasks,
  args?: unknown,
  options?: WorkerRunOptions,
): Promise<any> {
  return pool.run<Tasks, typeof exportName>(tasks, args as never, { ...options, exportName });
}

/** Resolves with the first progress, so that a test knows that the function has begun. */
function begun() {
  let onProgress!: () => void;
  const promise = new Promise<void>((resolve) => (onProgress = resolve));
  return { promise, onProgress };
}

test('a tool runs in a worker: three lines', async () => {
  const pool = start();
  const double = defineTool({
    name: 'double',
    input: z.object({ value: z.number() }),
    run: pool.handler<Tasks>(tasks),
  });
  expect(await testApp().add(double).call(double, { value: 21 })).toEqual({ doubled: 42 });
});

test('types come from the module', () => {
  const pool = start();
  expectTypeOf(pool.handler<Tasks>(tasks)).toEqualTypeOf<
    (args: { value: number }, call: Call<any>) => Promise<{ doubled: number }>
  >();
  expectTypeOf(
    pool.handler<Tasks, 'big'>(tasks, { exportName: 'big' }),
  ).returns.resolves.toEqualTypeOf<string>();
  // @ts-expect-error value is a number
  void (() => pool.run<Tasks>(tasks, { value: 'x' }));
  // @ts-expect-error no such export
  void (() => pool.handler<Tasks, 'nothing'>(tasks, { exportName: 'nothing' }));
});

test('the function runs outside of the main thread, without environment, with what was copied of the call', async () => {
  const pool = start();
  const { isMainThread, threadId, env } = await run(pool, 'where');
  expect({ isMainThread, env }).toEqual({ isMainThread: false, env: {} });
  expect(threadId).toBeGreaterThan(0);
  const tool = defineTool({
    name: 'who',
    run: pool.handler<Tasks, 'caller'>(tasks, { exportName: 'caller' }),
  });
  const principal = {
    id: 'ann',
    issuer: 'https://id.example',
    scopes: ['a'],
    claims: { cannot: () => 'be copied' },
  };
  expect(await testApp().add(tool).call(tool, {}, { principal })).toMatchObject({
    tool: 'who',
    callId: expect.any(String),
    principal: { id: 'ann', issuer: 'https://id.example', scopes: ['a'] },
  });
});

test('progress reaches the client, thinned out and up to the last step before the result', async () => {
  const pool = start();
  const seen: number[] = [];
  const tool = defineTool({
    name: 'steps',
    run: pool.handler<Tasks, 'steps'>(tasks, { exportName: 'steps' }),
  });
  await testApp()
    .add(tool)
    .call(tool, {}, { onProgress: ({ progress }) => void seen.push(progress) });
  expect(seen[0]).toBe(1);
  expect(seen.length).toBeLessThan(1_000);
});

test('results keep what structuredClone keeps', async () => {
  expect(await run(start(), 'rich')).toEqual({
    at: new Date(0),
    map: new Map([['a', 1]]),
    bytes: new Uint8Array([1, 2]),
    none: undefined,
  });
});

test('what the function throws arrives as it was: tool errors for the model, others masked', async () => {
  const pool = start();
  await expect(run(pool, 'fail', { how: 'tool' })).rejects.toMatchObject({
    name: 'ToolError',
    code: 'TOO_BIG',
    message: 'Too big by half.',
    data: { by: 0.5 },
  });
  await expect(run(pool, 'fail', { how: 'plain' })).rejects.toMatchObject({
    name: 'RangeError',
    message: 'a secret detail',
    stack: expect.stringContaining('tasks.ts'),
  });
  await expect(run(pool, 'fail', { how: 'text' })).rejects.toThrow('just text');
  const tool = defineTool({ name: 'fail', run: () => run(pool, 'fail', { how: 'plain' }) });
  const failed = testApp().add(tool).call(tool, {});
  await expect(failed).rejects.not.toThrow('a secret detail');
});

test('what it prints is dropped', async () => {
  const written = vi.spyOn(process.stdout, 'write');
  onTestFinished(() => written.mockRestore());
  expect(await run(start(), 'print')).toBe('printed');
  expect(written).not.toHaveBeenCalledWith(expect.stringContaining('to std'));
});

test('a function that takes too long is ended, and the pool goes on', async () => {
  const pool = start({ killGraceMs: 0 });
  await expect(run(pool, 'spin', {}, { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'WORKER_TIMED_OUT',
    data: { timeoutMs: 50 },
  });
  expect(await pool.run<Tasks>(tasks, { value: 1 })).toEqual({ doubled: 2 });
});

test('the main thread goes on while a worker spins', async () => {
  const pool = start({ killGraceMs: 0 });
  const spinning = run(pool, 'spin', {}, { timeoutMs: 300 });
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  await expect(spinning).rejects.toThrow('more than 300 ms');
  clearInterval(timer);
  expect(turns).toBeGreaterThan(10);
});

test('the time starts when the function begins, not while it waits for others', async () => {
  const clock = fakeClock();
  const pool = start({ clock, timeoutMs: 1_000, killGraceMs: 500 });
  const first = begun();
  const slow = run(pool, 'polite', {}, { ...first, timeoutMs: 5_000 });
  const waiting = pool.run<Tasks>(tasks, { value: 1 });
  await first.promise;
  await Promise.all([expect(slow).rejects.toMatchObject({ code: 'WORKER_TIMED_OUT' }), clock.advance(5_000)]);
  expect(await waiting).toEqual({ doubled: 2 });
});

test('a function that reacts to its signal keeps its thread', async () => {
  const clock = fakeClock();
  const pool = start({ clock });
  const { threadId } = await run(pool, 'where');
  const started = begun();
  const cancel = new AbortController();
  const polite = run(pool, 'polite', {}, { ...started, signal: cancel.signal });
  await started.promise;
  cancel.abort();
  await expect(polite).rejects.toMatchObject({ name: 'AbortError' });
  expect((await run(pool, 'where')).threadId).toBe(threadId);
});

test('a function that does not react loses its thread after the grace', async () => {
  const clock = fakeClock();
  const pool = start({ clock, killGraceMs: 400 });
  const { threadId } = await run(pool, 'where');
  const started = begun();
  const cancel = new AbortController();
  const stubborn = run(pool, 'stubborn', {}, { ...started, signal: cancel.signal });
  await started.promise;
  cancel.abort(new Error('enough'));
  await expect(stubborn).rejects.toThrow('enough');
  const next = run(pool, 'where');
  await clock.advance(399);
  expect(pool.info()).toEqual({ threads: 1, running: 1, waiting: 1 });
  await clock.advance(1);
  expect((await next).threadId).not.toBe(threadId);
});

test.each(['eatHeap', 'growArray', 'eatBuffers'] as const)(
  'too much memory ends the thread: %s',
  async (name) => {
    const pool = start({ maxMemoryMb: 32 });
    await expect(run(pool, name)).rejects.toMatchObject({
      code: 'WORKER_OUT_OF_MEMORY',
      data: { maxMemoryMb: 32 },
    });
    expect(await pool.run<Tasks>(tasks, { value: 1 })).toEqual({ doubled: 2 });
  },
);

test('an exit and an uncaught error cost a thread and nothing else', async () => {
  const pool = start();
  await expect(run(pool, 'exit')).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
  await expect(run(pool, 'throwLater')).rejects.toMatchObject({
    code: 'WORKER_CRASHED',
    cause: expect.objectContaining({ message: 'nobody catches this' }),
  });
  expect(await pool.run<Tasks>(tasks, { value: 1 })).toEqual({ doubled: 2 });
});

test('those who wait behind a broken thread get a new one', async () => {
  const pool = start();
  const outcomes = await Promise.allSettled([
    run(pool, 'exit'),
    pool.run<Tasks>(tasks, { value: 1 }),
    run(pool, 'exit'),
    pool.run<Tasks>(tasks, { value: 2 }),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
});

test('results and arguments that cannot be copied, and results that are too large, are refused', async () => {
  const pool = start({ maxResultBytes: 1_000 });
  await expect(run(pool, 'uncloneable')).rejects.toMatchObject({ code: 'WORKER_RESULT_INVALID' });
  await expect(run(pool, 'big', { bytes: 2_000 })).rejects.toMatchObject({
    code: 'WORKER_RESULT_TOO_LARGE',
    data: { maxResultBytes: 1_000 },
  });
  await expect(run(pool, 'caller', { callback: () => 1 })).rejects.toMatchObject({
    code: 'WORKER_ARGUMENTS_INVALID',
  });
  expect(await run(pool, 'big', { bytes: 900 })).toHaveLength(900);
});

test('a module that is not there or exports no such function is a fault of the server', async () => {
  const pool = start();
  await expect(pool.run(new URL('./nothing.ts', import.meta.url), {})).rejects.toMatchObject({
    code: 'WORKER_MODULE_INVALID',
  });
  await expect(
    pool.run<any, 'notAFunction'>(tasks, {} as never, { exportName: 'notAFunction' }),
  ).rejects.toThrow('exports no function "notAFunction"');
});

test('more than the queue holds is refused, and a cancel takes a waiting call out of it', async () => {
  const clock = fakeClock();
  const pool = start({ clock, maxQueue: 1 });
  const started = begun();
  const cancelFirst = new AbortController();
  const first = run(pool, 'polite', {}, { ...started, signal: cancelFirst.signal });
  await started.promise;
  const cancelSecond = new AbortController();
  const second = run(pool, 'count', {}, { signal: cancelSecond.signal });
  await expect(run(pool, 'count')).rejects.toMatchObject({ code: 'WORKER_BUSY' });
  cancelSecond.abort();
  await expect(second).rejects.toMatchObject({ name: 'AbortError' });
  const third = run(pool, 'count');
  cancelFirst.abort();
  await expect(first).rejects.toMatchObject({ name: 'AbortError' });
  expect(await third).toBe(1);
});

test('as many run at the same time as there are threads', async () => {
  const pool = start({ maxThreads: 2, clock: fakeClock() });
  const started = [begun(), begun()];
  const cancel = new AbortController();
  const running = started.map(({ onProgress }) =>
    run(pool, 'polite', {}, { onProgress, signal: cancel.signal }),
  );
  await Promise.all(started.map(({ promise }) => promise));
  expect(pool.info()).toEqual({ threads: 2, running: 2, waiting: 0 });
  cancel.abort();
  await Promise.allSettled(running);
});

test('idle threads end', async () => {
  const pool = start({ idleMs: 1 });
  await pool.run<Tasks>(tasks, { value: 1 });
  await expect.poll(() => pool.info().threads).toBe(0);
  expect(await pool.run<Tasks>(tasks, { value: 1 })).toEqual({ doubled: 2 });
});

test('close lets what runs end, up to its deadline, and refuses the rest', async () => {
  const clock = fakeClock();
  const pool = start({ clock });
  const started = begun();
  const running = run(pool, 'stubborn', {}, started);
  const waiting = run(pool, 'count');
  await started.promise;
  const closing = pool.close({ deadlineMs: 2_000 });
  await expect(waiting).rejects.toMatchObject({ code: 'WORKER_POOL_CLOSED' });
  await expect(run(pool, 'count')).rejects.toMatchObject({ code: 'WORKER_POOL_CLOSED' });
  await clock.advance(1_999);
  expect(pool.info().running).toBe(1);
  await Promise.all([
    expect(running).rejects.toMatchObject({ code: 'WORKER_POOL_CLOSED' }),
    clock.advance(1),
  ]);
  await closing;
  expect(pool.info()).toEqual({ threads: 0, running: 0, waiting: 0 });
});

test('a pool that was never used starts and ends no thread', async () => {
  const pool = start();
  await pool.close();
  expect(pool.info().threads).toBe(0);
});

test('options are checked', () => {
  expect(() => createWorkerPool({ maxThreads: 0 })).toThrow('maxThreads');
  expect(() => createWorkerPool({ maxQueue: -1 })).toThrow('maxQueue');
  expect(() => createWorkerPool({ killGraceMs: -1 })).toThrow('killGraceMs');
  expect(() => start().handler<Tasks>(new URL('https://example.com/heavy.js'))).toThrow('must be a file URL');
  expect(() => start().handler<Tasks>(tasks, { timeoutMs: 0 })).toThrow('timeoutMs');
});

test('threads inherit how modules are found, and no other flag', () => {
  const flags = [
    '--inspect=9229',
    '--conditions=a',
    '-C',
    'b',
    '--conditions',
    'c',
    '--import',
    './otel.ts',
    '-Cd',
  ];
  expect(conditionsOf(flags)).toEqual(['--conditions=a', '--conditions=b', '--conditions=c', '-Cd']);
});
