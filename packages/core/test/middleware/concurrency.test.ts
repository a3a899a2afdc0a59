import { describe, expect, test } from 'vitest';
import { createApp, type Principal } from '../../src/index.ts';
import { concurrency, timeout, type ConcurrencyOptions } from '../../src/middleware.ts';
import { createTestClient, fakeClock } from '../../src/testing.ts';
import { recordingLogger, settled } from '../helpers.ts';
import { failureOf } from './failure.ts';
import { heldTool } from './held-tool.ts';

const ann: Principal = { id: 'ann', scopes: [] };
const bob: Principal = { id: 'bob', scopes: [] };
const refused = { code: 'LIMIT_EXCEEDED' };

function setup(options: ConcurrencyOptions) {
  const clock = fakeClock();
  const { tool, runs, labels } = heldTool();
  const app = createApp({ name: 'test', version: '1.0.0', clock }).use(concurrency(options)).add(tool);
  const call = (label: string, principal = ann, signal?: AbortSignal) =>
    app.call(tool, { label }, { principal, ...(signal && { signal }) });
  const end = async (label: string) => {
    runs.find((run) => run.label === label)!.end(`${label} done`);
    await settled();
  };
  return { clock, app, tool, runs, labels, call, end };
}

describe('without a queue', () => {
  test('calls above the limit are refused at once, and pass again when a place is free', async () => {
    const { call, end, labels } = setup({ max: 2 });
    const first = call('1');
    const second = call('2', bob);
    await expect(call('3')).rejects.toMatchObject(refused);
    await end('1');
    expect(await first).toBe('1 done');
    const third = call('3');
    await settled();
    expect(labels()).toEqual(['1', '2', '3']);
    await end('2');
    await end('3');
    expect(await Promise.all([second, third])).toEqual(['2 done', '3 done']);
  });

  test('one principal at its limit leaves room for others', async () => {
    const { call, end, labels } = setup({ perPrincipal: 1 });
    const calls = [call('ann'), call('bob', bob)];
    await expect(call('ann again')).rejects.toMatchObject(refused);
    expect(labels()).toEqual(['ann', 'bob']);
    await end('ann');
    await end('bob');
    expect(await Promise.all(calls)).toEqual(['ann done', 'bob done']);
  });

  test('a failed call frees its place', async () => {
    const { call, runs, labels } = setup({ max: 1 });
    const failing = failureOf(call('1'));
    await settled();
    runs[0]!.fail(new Error('oops'));
    expect(await failing).toMatchObject({ code: 'INTERNAL' });
    void call('2');
    await settled();
    expect(labels()).toEqual(['1', '2']);
  });
});

describe('with a queue', () => {
  const queue = { max: 2, timeoutMs: 100 };

  test('calls run in the order they came', async () => {
    const { call, end, labels } = setup({ max: 1, queue });
    const calls = [call('1'), call('2'), call('3')];
    await settled();
    expect(labels()).toEqual(['1']);
    await end('1');
    expect(labels()).toEqual(['1', '2']);
    await end('2');
    await end('3');
    expect(await Promise.all(calls)).toEqual(['1 done', '2 done', '3 done']);
  });

  test('a full queue refuses', async () => {
    const { call, end, labels } = setup({ max: 1, queue });
    const calls = [call('1'), call('2'), call('3')];
    await expect(call('4')).rejects.toMatchObject(refused);
    for (const label of ['1', '2', '3']) await end(label);
    expect((await Promise.all(calls)).length).toBe(3);
    expect(labels()).toEqual(['1', '2', '3']);
  });

  test('a call that waits too long is refused, and leaves the queue', async () => {
    const { call, clock, end, labels } = setup({ max: 1, queue });
    const first = call('1');
    const late = failureOf(call('2'));
    await clock.advance(50);
    const third = call('3');
    await clock.advance(50);
    expect(await late).toMatchObject({ message: 'Too many calls are running; none ended within 100 ms.' });
    await end('1');
    await end('3');
    expect(await Promise.all([first, third])).toEqual(['1 done', '3 done']);
    expect(labels()).toEqual(['1', '3']);
  });

  test('a call that is given up leaves the queue at once', async () => {
    const { call, end, labels } = setup({ max: 1, queue });
    const abort = new AbortController();
    const first = call('1');
    const givenUp = failureOf(call('2', ann, abort.signal));
    await settled();
    abort.abort(new Error('never mind'));
    expect(await givenUp).toMatchObject({ message: 'never mind' });
    const others = [call('3'), call('4')];
    for (const label of ['1', '3', '4']) await end(label);
    expect(await Promise.all([first, ...others])).toEqual(['1 done', '3 done', '4 done']);
    expect(labels()).toEqual(['1', '3', '4']);
  });

  test('a call that is given up in the moment of its turn passes the place on', async () => {
    // The moment lies some promises after the end of the call before it: try them all.
    for (let promises = 0; promises < 40; promises++) {
      const { runs, labels, call, end } = setup({ max: 1, queue });
      const abort = new AbortController();
      const first = call('1');
      const givenUp = call('2', ann, abort.signal).catch(() => 'given up');
      const third = call('3');
      await settled();
      runs[0]!.end();
      for (let passed = 0; passed < promises; passed++) await Promise.resolve();
      abort.abort();
      expect(await givenUp).toBe('given up');
      await first;
      await settled();
      expect(labels().at(-1), `after ${promises} promises`).toBe('3');
      await end('3');
      expect(await third).toBe('3 done');
    }
  });

  test('a principal at its limit does not hold up those behind it', async () => {
    const { call, end, labels } = setup({ max: 2, perPrincipal: 1, queue });
    const calls = [call('ann 1'), call('ann 2'), call('bob', bob)];
    await settled();
    expect(labels()).toEqual(['ann 1', 'bob']);
    for (const label of ['bob', 'ann 1', 'ann 2']) await end(label);
    expect((await Promise.all(calls)).length).toBe(3);
  });

  test('the time in the queue counts against the call', async () => {
    const clock = fakeClock();
    const { tool, labels } = heldTool();
    const app = createApp({ name: 'test', version: '1.0.0', clock, logger: recordingLogger() })
      .use(timeout({ timeoutMs: 20 }), concurrency({ max: 1, queue }))
      .add(tool);
    const call = (label: string) => failureOf(app.call(tool, { label }));
    const first = call('1');
    await clock.advance(10);
    const second = call('2');
    await clock.advance(10);
    expect(await first).toMatchObject({ code: 'TIMEOUT' });
    expect(labels()).toEqual(['1', '2']);
    await clock.advance(10);
    expect(await second).toMatchObject({ code: 'TIMEOUT' });
  });
});

test('streams take no place', async () => {
  const { app, call } = setup({ max: 1 });
  await using client = createTestClient(app);
  const stream = client.listen({ toolsListChanged: true });
  await stream.acknowledged;
  void call('1');
  await settled();
  await expect(client.list('tools')).rejects.toMatchObject(refused);
});

test.each([
  [{}, 'max or perPrincipal has to be there.'],
  [{ max: 0 }, 'max must be a whole number above 0.'],
  [{ perPrincipal: 1.5 }, 'perPrincipal must be a whole number above 0.'],
  [{ max: 1, queue: { max: 0, timeoutMs: 1 } }, 'queue.max must be a whole number above 0.'],
  [{ max: 1, queue: { max: 1, timeoutMs: 0 } }, 'queue.timeoutMs must be a number of milliseconds above 0.'],
])('options %o are refused', (options, message) => {
  expect(() => concurrency(options)).toThrow(message);
});
