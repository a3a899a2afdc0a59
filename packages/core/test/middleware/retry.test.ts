import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  CancelledError,
  defineTool,
  isToolError,
  LimitExceededError,
  ProtocolError,
  result,
  TimeoutError,
  ToolError,
  type Tool,
} from '../../src/index.ts';
import { retry, timeout, type RetryOptions } from '../../src/middleware.ts';
import { createTestClient, fakeClock } from '../../src/testing.ts';
import { never, recordingLogger, settled, testApp } from '../helpers.ts';
import { failureOf } from './failure.ts';

const readOnly = { readOnlyHint: true };

/** A tool that fails in the given ways, one after the other, and then succeeds. */
function setup(
  failures: readonly unknown[],
  options?: RetryOptions,
  tool: Partial<Tool> = { annotations: readOnly },
) {
  const clock = fakeClock();
  const logger = recordingLogger();
  const triedAt: number[] = [];
  const start = clock.now();
  const app = testApp({ clock, logger })
    .use('tools/call', retry(options))
    .add(
      defineTool({
        name: 'flaky',
        ...(tool as object),
        run() {
          triedAt.push(clock.now() - start);
          if (triedAt.length <= failures.length) throw failures[triedAt.length - 1];
          return 'fine';
        },
      }),
    );
  const call = async () => {
    const outcome = app.call('flaky').then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    await settled();
    await clock.advance(50_000);
    return outcome;
  };
  return { app, call, triedAt, logger, clock };
}

const lost = new Error('connection lost');

test('a failed call is tried again, after waits that double', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(1);
  const { call, triedAt, logger } = setup([lost, lost, lost], {
    attempts: 4,
    baseDelayMs: 100,
    maxDelayMs: 300,
  });
  expect(await call()).toEqual({ value: 'fine' });
  expect(triedAt).toEqual([0, 100, 300, 600]);
  expect(logger.lines.filter(({ message }) => message === 'A tool failed and is tried again.').length).toBe(
    3,
  );
  vi.restoreAllMocks();
});

test('each wait is half to all of the longest, at random', async () => {
  for (let round = 0; round < 50; round++) {
    const { call, triedAt } = setup([lost]);
    await call();
    expect(triedAt[1]).toBeGreaterThanOrEqual(100);
    expect(triedAt[1]).toBeLessThanOrEqual(200);
  }
});

test('after the last attempt the failure stands', async () => {
  const { call, triedAt } = setup([lost, lost, lost], { attempts: 3 });
  expect(await call()).toMatchObject({ error: { code: 'INTERNAL' } });
  expect(triedAt.length).toBe(3);
});

describe('only what can be repeated', () => {
  test.each([
    [{ readOnlyHint: true }, 2],
    [{ idempotentHint: true }, 2],
    [{ destructiveHint: true }, 1],
    [{ readOnlyHint: false }, 1],
    [undefined, 1],
  ])('with the annotations %o: %i tries', async (annotations, tries) => {
    const { call, triedAt } = setup([lost], {}, { annotations });
    await call();
    expect(triedAt.length).toBe(tries);
  });
});

describe('only after failures that may pass', () => {
  test.each<[string, unknown, number]>([
    ['an error of the handler', lost, 2],
    ['something thrown that is no error', 'oops', 2],
    ['a ToolError', new ToolError('NOT_THERE', 'No such file.'), 1],
    ['a ToolError the tool calls retryable', new ToolError('BUSY', 'Busy.'), 2],
    ['a ToolError the tool calls final', new ToolError('GONE', 'Gone.'), 1],
    ['a protocol error', new ProtocolError(-1, 'no'), 1],
    ['a limit', new LimitExceededError('slow down'), 2],
    ['a limit that ends soon', new LimitExceededError('slow down', 5_000), 2],
    ['a limit that ends too late', new LimitExceededError('slow down', 5_001), 1],
    ['a timeout', new TimeoutError('it', 5), 1],
    ['a cancellation', new CancelledError(), 1],
  ])('%s', async (_what, failure, tries) => {
    const errors = [
      { code: 'BUSY', description: '', retryable: true },
      { code: 'GONE', description: '', retryable: false },
    ];
    const { call, triedAt } = setup([failure], {}, { annotations: readOnly, errors });
    await call();
    expect(triedAt.length).toBe(tries);
  });

  test('arguments and output that do not fit are not tried again', async () => {
    let runs = 0;
    const app = testApp()
      .use('tools/call', retry())
      .add(
        defineTool({
          name: 'strict',
          annotations: readOnly,
          input: z.object({ a: z.number() }),
          output: z.object({ b: z.number() }),
          run: () => ({ b: `${++runs}` }) as never,
        }),
      );
    await expect(app.call('strict', { a: 'x' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
    await expect(app.call('strict', { a: 1 })).rejects.toMatchObject({ rpcCode: -32603 });
    expect(runs).toBe(1);
  });

  test('a limit that says when it ends is waited for', async () => {
    const { call, triedAt } = setup([new LimitExceededError('slow down', 3_000)]);
    await call();
    expect(triedAt).toEqual([0, 3_000]);
  });

  test('on decides instead', async () => {
    const told = setup([new TimeoutError('it', 5)], { on: isToolError });
    await told.call();
    expect(told.triedAt.length).toBe(2);
    const other = setup([lost], { on: isToolError });
    await other.call();
    expect(other.triedAt.length).toBe(1);
  });
});

test('a result with isError is an answer, not a failure', async () => {
  let runs = 0;
  const run = () => result({ content: [], isError: ++runs > 0 });
  const app = testApp()
    .use('tools/call', retry())
    .add(defineTool({ name: 'no', annotations: readOnly, run }));
  await expect(app.call('no')).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  expect(runs).toBe(1);
});

test('a call that is given up while it waits ends at once', async () => {
  const { app, triedAt } = setup([lost], { baseDelayMs: 1_000 });
  const abort = new AbortController();
  const answer = failureOf(app.call('flaky', {}, { signal: abort.signal }));
  await settled();
  abort.abort(new Error('changed my mind'));
  expect(await answer).toMatchObject({ message: 'changed my mind' });
  expect(triedAt).toEqual([0]);
});

test('all tries share the time limit of the call', async () => {
  const { app, clock, triedAt } = setup(
    Array.from({ length: 100 }, () => lost),
    { attempts: 100 },
    { annotations: readOnly, timeoutMs: 2_000 },
  );
  const answer = failureOf(app.call('flaky'));
  await settled();
  await clock.advance(2_000);
  expect(await answer).toMatchObject({ code: 'TIMEOUT' });
  expect(triedAt.length).toBeLessThan(10);
});

test('a limit inside it is per try', async () => {
  const clock = fakeClock();
  let runs = 0;
  const app = testApp({ clock })
    .use('tools/call', retry({ on: ({ code }: any) => code === 'TIMEOUT' }), timeout({ timeoutMs: 10 }))
    .add(defineTool({ name: 'slow', annotations: readOnly, run: () => (++runs < 3 ? never : 'fine') }));
  const answer = app.call('slow');
  await settled();
  await clock.advance(1_000);
  expect(await answer).toBe('fine');
});

test('nobody is asked twice: a call that has asked for input is not tried again', async () => {
  let runs = 0;
  const asking = defineTool({
    name: 'asking',
    annotations: readOnly,
    async run(_args, call) {
      runs += 1;
      await call.requireInput('name', { message: 'Who?', schema: z.object({ name: z.string() }) });
      throw lost;
    },
  });
  const app = testApp().use('tools/call', retry()).add(asking);
  await using client = createTestClient(app, {
    era: 'legacy',
    onInput: { elicit: () => ({ action: 'accept', content: { name: 'Ann' } }) },
  });
  expect((await client.call('asking')).isError).toBe(true);
  expect(runs).toBe(1);
  expect(client.serverRequests.length).toBe(1);
});

test.each([
  [{ attempts: 0 }, 'attempts must be a whole number above 0.'],
  [{ baseDelayMs: 0 }, 'baseDelayMs must be a number of milliseconds above 0.'],
  [{ baseDelayMs: 10, maxDelayMs: 5 }, 'maxDelayMs must not be below baseDelayMs.'],
])('options %o are refused', (options, message) => {
  expect(() => retry(options)).toThrow(message);
});
