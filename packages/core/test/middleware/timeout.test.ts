import { expect, test } from 'vitest';
import { defineResource, defineTool, TimeoutError } from '../../src/index.ts';
import { retry, timeout } from '../../src/middleware.ts';
import { createTestClient, fakeClock } from '../../src/testing.ts';
import { eras, never, settled, testApp } from '../helpers.ts';
import { failureOf } from './failure.ts';
import { heldTool } from './held-tool.ts';

function setup() {
  const clock = fakeClock();
  const { tool, runs } = heldTool();
  const app = testApp({ clock })
    .use(timeout({ timeoutMs: 50 }))
    .add(tool);
  return { clock, app, tool, runs };
}

test.each(eras)('a call that takes longer is given up with a TimeoutError (%s)', async (era) => {
  const { clock, app, tool, runs } = setup();
  await using client = createTestClient(app, { era });
  await client.connect();
  const answer = client.call(tool);
  await settled();
  await clock.advance(49);
  expect(runs[0]!.call.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(await answer).toMatchObject({
    isError: true,
    content: [{ type: 'text', text: 'held did not finish within 50 ms.' }],
    _meta: { 'toolyard/error': { code: 'TIMEOUT', data: { timeoutMs: 50 } } },
  });
  expect(runs[0]!.call.signal.reason).toBeInstanceOf(TimeoutError);
});

test('a call in time is answered, and its signal stays silent afterwards', async () => {
  const { clock, app, tool, runs } = setup();
  const answer = app.call(tool);
  await settled();
  runs[0]!.end('done');
  expect(await answer).toBe('done');
  await clock.advance(1_000);
  expect(runs[0]!.call.signal.aborted).toBe(false);
});

test('it can only tighten: the limit of the tool and the cancellation of the client stay', async () => {
  const clock = fakeClock();
  const { tool, runs } = heldTool({ timeoutMs: 10 });
  const app = testApp({ clock })
    .use(timeout({ timeoutMs: 50 }))
    .add(tool);
  const late = failureOf(app.call(tool));
  await settled();
  await clock.advance(10);
  expect(await late).toMatchObject({ code: 'TIMEOUT', data: { timeoutMs: 10 } });

  const abort = new AbortController();
  const cancelled = app.call(tool, {}, { signal: abort.signal });
  await settled();
  abort.abort(new Error('changed my mind'));
  await expect(cancelled).rejects.toThrow('changed my mind');
  expect(runs[1]!.call.signal.aborted).toBe(true);
});

test('what a failed attempt has left running still learns that the call was cancelled', async () => {
  const signals: AbortSignal[] = [];
  const tool = defineTool({
    name: 'flaky',
    annotations: { readOnlyHint: true },
    run(_args, { signal }) {
      signals.push(signal);
      if (signals.length === 1) throw new Error('lost connection');
      return never;
    },
  });
  const clock = fakeClock();
  const app = testApp({ clock })
    .use('tools/call', retry())
    .use(timeout({ timeoutMs: 50_000 }))
    .add(tool);
  const abort = new AbortController();
  const cancelled = failureOf(app.call(tool, {}, { signal: abort.signal }));
  await settled();
  await clock.advance(1_000);
  abort.abort();
  await cancelled;
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});

test('what notices the signal first and fails in its own way is a TimeoutError all the same', async () => {
  const clock = fakeClock();
  const app = testApp({ clock })
    .use(timeout({ timeoutMs: 50 }))
    .use(async function impatient(call, next) {
      const gone = new Promise<never>((_resolve, reject) => {
        call.signal.addEventListener('abort', () => reject(new Error('socket closed')));
      });
      return Promise.race([gone, next()]);
    })
    .add(defineTool({ name: 'stuck', run: () => never }));
  const answer = failureOf(app.call('stuck'));
  await settled();
  await clock.advance(50);
  expect(await answer).toMatchObject({ code: 'TIMEOUT' });
});

test('other methods are limited too, streams and notifications are not', async () => {
  const clock = fakeClock();
  const app = testApp({ clock })
    .use(timeout({ timeoutMs: 50 }))
    .add(defineResource({ uri: 'test://slow', read: () => never }));
  await using client = createTestClient(app);
  const reading = failureOf(client.read('test://slow'));
  const stream = client.listen({ toolsListChanged: true });
  await settled();
  await clock.advance(60_000);
  expect(await reading).toMatchObject({ message: 'test://slow did not finish within 50 ms.' });
  app.add(heldTool().tool);
  expect((await stream.next()).value).toMatchObject({ method: 'notifications/tools/list_changed' });
});

test.each([0, -1, NaN, Infinity])('timeoutMs %s is refused', (timeoutMs) => {
  expect(() => timeout({ timeoutMs })).toThrow('timeoutMs must be a number of milliseconds above 0.');
});
