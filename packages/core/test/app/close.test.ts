import { describe, expect, test } from 'vitest';
import { defineTool, ShutdownError, type App } from '../../src/index.ts';
import { createTestClient, fakeClock } from '../../src/testing.ts';
import { eras, never, recordingLogger, settled, testApp } from '../helpers.ts';

const wait = (ms: number) =>
  defineTool({
    name: `wait_${ms}`,
    run: (_args, call) => new Promise((resolve) => call.clock.after(ms, () => resolve('done'))),
  });

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  return (await Promise.race([promise.catch(() => {}), settled().then(() => pending)])) !== pending;
}

describe.each(eras)('closing an app with a %s client', (era) => {
  test('lets running calls finish', async () => {
    const clock = fakeClock();
    const app = testApp({ clock }).add(wait(500));
    const answer = createTestClient(app, { era }).call('wait_500');
    await settled();
    const closed = app.close({ deadlineMs: 1000 });
    expect(await isSettled(closed)).toBe(false);
    await clock.advance(500);
    expect(await answer).toMatchObject({ content: [{ text: 'done' }] });
    await closed;
  });

  test('gives up at the deadline what has not finished, and says that it may be tried again', async () => {
    const clock = fakeClock();
    const reasons: unknown[] = [];
    const app = testApp({ clock }).add(
      defineTool({
        name: 'hang',
        run: (_args, { signal }) => {
          signal.addEventListener('abort', () => reasons.push(signal.reason));
          return never;
        },
      }),
    );
    const answer = createTestClient(app, { era })
      .call('hang')
      .catch((error: unknown) => error);
    await settled();
    const closed = app.close({ deadlineMs: 1000 });
    await clock.advance(999);
    expect(reasons).toEqual([]);
    await clock.advance(1);
    expect(await answer).toMatchObject({
      rpcCode: -32603,
      message: 'The server is shutting down.',
      data: { retryable: true },
    });
    expect(reasons).toEqual([expect.any(ShutdownError)]);
    await closed;
  });

  test('takes no new calls, and says that they may be tried again', async () => {
    const app = testApp().add(wait(1));
    const client = createTestClient(app, { era });
    await client.connect();
    await app.close();
    await expect(client.call('wait_1')).rejects.toMatchObject({ rpcCode: -32603, data: { retryable: true } });
    await expect(client.list('tools')).rejects.toMatchObject({ rpcCode: -32603 });
  });
});

test('streams for changes end with a result at once, while calls go on', async () => {
  const clock = fakeClock();
  const app = testApp({ clock }).add(wait(500));
  const client = createTestClient(app);
  const stream = client.request('subscriptions/listen', { notifications: { toolsListChanged: true } });
  const answer = client.call('wait_500');
  await settled();
  const closed = app.close();
  expect(await stream).toMatchObject({
    resultType: 'complete',
    _meta: { 'io.modelcontextprotocol/subscriptionId': 1 },
  });
  await clock.advance(500);
  await Promise.all([answer, closed]);
});

test('parts are closed after the last call, in reverse order', async () => {
  const clock = fakeClock();
  const trace: string[] = [];
  const app = testApp({ clock })
    .use(async (call, next) => (call.onSettled(() => trace.push('settled')), next()))
    .add(wait(500))
    .onClose(() => void trace.push('first registered'))
    .onClose(async () => void trace.push('last registered'));
  const answer = app.call('wait_500');
  const closed = app.close();
  await clock.advance(500);
  await Promise.all([answer, closed]);
  expect(trace).toEqual(['settled', 'last registered', 'first registered']);
});

test('closing twice is closing once', async () => {
  let times = 0;
  const app = testApp().onClose(() => void (times += 1));
  await Promise.all([app.close(), app.close(), app[Symbol.asyncDispose]()]);
  expect(times).toBe(1);
});

test('`await using` closes', async () => {
  let closed = false;
  const open = (): App => testApp().onClose(() => void (closed = true));
  {
    await using app = open();
    expect(await app.list('tools')).toEqual([]);
  }
  expect(closed).toBe(true);
});

test('middleware that never ends does not keep the app open for ever', async () => {
  const clock = fakeClock();
  const trace: string[] = [];
  const app = testApp({ clock })
    .use(() => never)
    .add(wait(1))
    .onClose(() => void trace.push('closed'));
  void createTestClient(app).call('wait_1');
  await settled();
  const closed = app.close({ deadlineMs: 1000 });
  await clock.advance(1000);
  expect(await isSettled(closed), 'middleware may still clean up').toBe(false);
  await clock.advance(1000);
  await closed;
  expect(trace).toEqual(['closed']);
});

test('a part that does not close in time is left behind, said so, and the others are closed', async () => {
  const clock = fakeClock();
  const logger = recordingLogger();
  const trace: string[] = [];
  const app = testApp({ clock, logger })
    .onClose(() => void trace.push('first registered'))
    .onClose(() => never);
  const closed = app.close();
  await clock.advance(5_000);
  await closed;
  expect(trace).toEqual(['first registered']);
  expect(logger.lines).toMatchObject([{ level: 'error', fields: { err: { code: 'CLOSE_TIMEOUT' } } }]);
});

test('a notification is given up in time, and with its client', async () => {
  const clock = fakeClock();
  const reasons: unknown[] = [];
  const app = testApp({ clock, timeoutMs: 1_000 }).use(async (call) => {
    await new Promise<void>((resolve) => call.signal.addEventListener('abort', () => resolve()));
    reasons.push((call.signal.reason as { code: string }).code);
    return undefined as never;
  });
  const gone = new AbortController();
  const tell = () =>
    app.dispatch(
      { jsonrpc: '2.0', method: 'notifications/roots/list_changed' },
      {
        transport: 'memory',
        era: 'modern',
        principal: { id: 'ada', scopes: [] },
        notify: () => {},
        signal: gone.signal,
      },
    );
  const late = tell();
  await clock.advance(1_000);
  await late;
  const left = tell();
  gone.abort();
  await left;
  expect(reasons).toEqual(['TIMEOUT', 'CANCELLED']);
});
