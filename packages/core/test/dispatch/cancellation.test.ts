import { describe, expect, test } from 'vitest';
import { CancelledError, defineTool, type Exchange } from '../../src/index.ts';
import { createTestClient } from '../../src/testing.ts';
import { envelope, eras, never, recordingLogger, settled, testApp } from '../helpers.ts';

/** A tool that never ends, and what becomes of its signal. */
function hanging() {
  const reasons: unknown[] = [];
  const started = Promise.withResolvers<void>();
  const tool = defineTool({
    name: 'hang',
    run: (_args, { signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason));
      started.resolve();
      return never;
    },
  });
  return { tool, reasons, started: started.promise };
}

describe.each(eras)('notifications/cancelled (%s)', (era) => {
  test('gives up a request: its handler is told, its client gets no answer', async () => {
    const { tool, reasons, started } = hanging();
    const client = createTestClient(testApp().add(tool), { era });
    const answer = client.call(tool);
    await started;
    await client.cancel({ reason: 'Not needed any more.' });
    // The test client throws this when dispatch answers nothing.
    await expect(answer).rejects.toMatchObject({
      code: 'CANCELLED',
      message: 'The server gave up tools/call.',
    });
    expect(reasons).toEqual([
      expect.objectContaining({ code: 'CANCELLED', message: 'Not needed any more.' }),
    ]);
  });

  test('is ignored for unknown, finished and malformed ids', async () => {
    const { tool, started, reasons } = hanging();
    const client = createTestClient(testApp().add(tool, defineTool({ name: 'quick', run: () => 'done' })), {
      era,
    });
    await client.call('quick');
    void client.call(tool).catch(() => {});
    await started;
    const current = era === 'legacy' ? 3 : 2;
    for (const requestId of [99, current - 1, String(current), '', null, {}, undefined, current + 0.5]) {
      await client.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
    }
    await client.send({ jsonrpc: '2.0', method: 'notifications/cancelled' });
    expect(reasons).toEqual([]);
    await client.cancel();
    expect(reasons).toHaveLength(1);
  });

  test('reaches the requests of its own connection only', async () => {
    const { tool, reasons, started } = hanging();
    const app = testApp().add(tool);
    const [mine, foreign] = [createTestClient(app, { era }), createTestClient(app, { era })];
    await Promise.all([mine.connect(), foreign.connect()]);
    void mine.call(tool).catch(() => {});
    await started;
    await foreign.cancel({ requestId: 2 });
    await foreign.cancel({ requestId: 1 });
    expect(reasons).toEqual([]);
    await mine.close();
  });

  test('may find its request inside middleware that has its own answer: none is sent', async () => {
    const { tool, started } = hanging();
    const app = testApp()
      .use('tools/call', async (_call, next) => next().catch(() => ({ content: [] })))
      .add(tool);
    const client = createTestClient(app, { era });
    const answer = client.call(tool);
    await started;
    await client.cancel();
    await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('passes the middleware, which may look at it', async () => {
    const seen: unknown[] = [];
    const app = testApp().use(
      'notifications/cancelled',
      async (call, next) => (seen.push(call.params.requestId), next()),
    );
    await createTestClient(app, { era }).cancel({ requestId: 7 });
    expect(seen).toContain(7);
  });

  test('that fails in middleware is logged and harms nothing', async () => {
    const logger = recordingLogger();
    const app = testApp({ logger }).use('notifications/cancelled', async () => {
      throw new Error('observer');
    });
    await createTestClient(app, { era }).cancel({ requestId: 7 });
    expect(logger.lines).toMatchObject([
      { level: 'warn', fields: { err: new Error('observer'), method: 'notifications/cancelled' } },
    ]);
  });
});

test('initialize cannot be cancelled', async () => {
  const gate = Promise.withResolvers<void>();
  const app = testApp().use('initialize', async (_call, next) => {
    await gate.promise;
    return next();
  });
  const client = createTestClient(app, { era: 'legacy' });
  const connected = client.connect();
  await settled();
  await client.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
  gate.resolve();
  expect(await connected).toMatchObject({ protocolVersion: '2025-11-25' });
});

describe.each(eras)('a client that disconnects (%s)', (era) => {
  test('gives up what it had asked for', async () => {
    const { tool, reasons, started } = hanging();
    const client = createTestClient(testApp().add(tool), { era });
    const answer = client.call(tool);
    await started;
    await client.close();
    await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(reasons).toEqual([expect.objectContaining({ code: 'CANCELLED' })]);
  });

  test('before its request is looked at, runs nothing', async () => {
    let runs = 0;
    const app = testApp().add(defineTool({ name: 'count', run: () => void (runs += 1) }));
    expect(
      await app.dispatch(callOf('count', era), exchange(era, { signal: AbortSignal.abort() })),
    ).toBeUndefined();
    expect(runs).toBe(0);
  });

  test('the reason of the transport is what handlers see, if it is one of ours', async () => {
    const { tool, reasons, started } = hanging();
    const app = testApp().add(tool);
    const gone = new AbortController();
    const answer = app.dispatch(callOf('hang', era), exchange(era, { signal: gone.signal }));
    await started;
    const reason = new CancelledError('The socket closed.');
    gone.abort(reason);
    expect(await answer).toBeUndefined();
    expect(reasons).toEqual([reason]);
  });
});

describe('a session that ends', () => {
  test('gives up its own requests only', async () => {
    const ended = hanging();
    const app = testApp().add(ended.tool);
    const session = { id: 'a', record: undefined, update: () => {} };
    const answer = app.dispatch(callOf('hang', 'legacy'), exchange('legacy', { session }));
    await ended.started;
    app.endSession('b');
    expect(ended.reasons).toEqual([]);
    app.endSession('a');
    expect(await answer).toBeUndefined();
  });
});

describe.each(eras)('an id that is used again while its request is in flight (%s)', (era) => {
  test('is refused, and the first request goes on', async () => {
    const gate = Promise.withResolvers<string>();
    const app = testApp().add(
      defineTool({ name: 'wait', run: () => gate.promise }),
      defineTool({ name: 'other', run: () => 'other' }),
    );
    const first = app.dispatch(callOf('wait', era), exchange(era));
    await settled();
    expect(await app.dispatch(callOf('other', era), exchange(era))).toMatchObject({
      id: 1,
      error: { code: -32600 },
    });
    gate.resolve('done');
    expect(await first).toMatchObject({ id: 1, result: { content: [{ text: 'done' }] } });
    expect(await app.dispatch(callOf('other', era), exchange(era)), 'free again').toMatchObject({
      result: { content: [{ text: 'other' }] },
    });
  });

  test('is fine on another connection, as a string, and where a transport has no connections', async () => {
    const gate = Promise.withResolvers<string>();
    const app = testApp().add(defineTool({ name: 'wait', run: () => gate.promise }));
    const answers = [
      app.dispatch(callOf('wait', era), exchange(era)),
      app.dispatch(callOf('wait', era), exchange(era, { scope: 'b' })),
      app.dispatch(callOf('wait', era, '1'), exchange(era)),
      app.dispatch(callOf('wait', era), exchange(era, { scope: undefined })),
      app.dispatch(callOf('wait', era), exchange(era, { scope: undefined })),
    ];
    gate.resolve('done');
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ result: {} });
  });
});

function callOf(name: string, era: 'legacy' | 'modern', id: string | number = 1): object {
  return {
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name, ...(era === 'modern' && { _meta: envelope }) },
  };
}

function exchange(era: 'legacy' | 'modern', more: Partial<Exchange> = {}): Exchange {
  return {
    transport: 'memory',
    era,
    principal: { id: 'ada', scopes: [] },
    scope: 'a',
    signal: new AbortController().signal,
    notify: () => {},
    ...more,
  };
}
