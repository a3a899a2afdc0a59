import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, text as textBlock, TimeoutError, type Call, type Middleware } from '../../src/index.ts';
import { createTestClient, fakeClock } from '../../src/testing.ts';
import { eras, never, recordingLogger, settled, testApp } from '../helpers.ts';

const echo = defineTool({
  name: 'echo',
  input: z.object({ text: z.string().default('none') }),
  run: ({ text }) => text,
});

function tracing(name: string, trace: string[]): Middleware {
  return async function record(_call, next) {
    trace.push(`> ${name}`);
    try {
      return await next();
    } finally {
      trace.push(`< ${name}`);
    }
  };
}

describe('middleware', () => {
  test('the first added is outermost, however it is added', async () => {
    const trace: string[] = [];
    const app = testApp()
      .use(tracing('a', trace), tracing('b', trace))
      .use('tools/call', tracing('c', trace), tracing('d', trace))
      .use(tracing('e', trace))
      .add(echo);
    await app.call(echo);
    expect(trace).toEqual(['> a', '> b', '> c', '> d', '> e', '< e', '< d', '< c', '< b', '< a']);
  });

  test('wraps what was added before it too', async () => {
    const trace: string[] = [];
    await testApp().add(echo).use(tracing('a', trace)).call(echo);
    expect(trace).toHaveLength(2);
  });

  test('for a method runs for that method alone', async () => {
    const trace: string[] = [];
    const app = testApp()
      .use('tools/list', tracing('list', trace))
      .use('tools/call', tracing('call', trace))
      .add(echo);
    await app.call(echo);
    expect(trace).toEqual(['> call', '< call']);
  });

  const methods = {
    legacy: [
      'initialize',
      'ping',
      'logging/setLevel',
      'resources/subscribe',
      'resources/unsubscribe',
      'notifications/initialized',
    ],
    modern: ['server/discover', 'subscriptions/listen'],
    both: [
      'tools/list',
      'tools/call',
      'resources/list',
      'resources/templates/list',
      'resources/read',
      'prompts/list',
      'prompts/get',
      'completion/complete',
      'notifications/cancelled',
    ],
  };
  test.each(eras)('sees every method of the protocol (%s)', async (era) => {
    const seen = new Set<string>();
    const app = testApp().use(async (call, next) => (seen.add(call.method), next()));
    const client = createTestClient(app, { era });
    const expected = [...methods[era], ...methods.both];
    for (const method of expected) {
      if (method.startsWith('notifications/')) await client.notify(method);
      else await client.request(method as 'ping').catch(() => {});
    }
    expect([...seen].toSorted()).toEqual(expected.toSorted());
  });

  test('may answer itself, also for what does not exist', async () => {
    const app = testApp().use('tools/call', async () => ({ content: [textBlock('from the cache')] }));
    expect(await app.call('anything')).toBe('from the cache');
  });

  test('knows the target before anything runs, and cannot change it', async () => {
    const seen: unknown[] = [];
    const app = testApp()
      .use('tools/call', async (call, next) => {
        seen.push([call.target?.name, call.tool?.name]);
        return next({ params: { ...call.params, name: 'other' } });
      })
      .add(echo, defineTool({ name: 'other', run: () => 'other' }));
    expect(await app.call(echo, { text: 'a' })).toBe('a');
    await expect(app.call('nope')).rejects.toThrow('Unknown tool: nope');
    expect(seen).toEqual([
      ['echo', 'echo'],
      [undefined, undefined],
    ]);
  });

  test('may change arguments: they are checked after it, innermost', async () => {
    const app = testApp()
      .use('tools/call', async (call, next) => next({ params: { ...call.params, arguments: { text: 7 } } }))
      .add(echo);
    await expect(app.call(echo, { text: 'a' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
  });

  test('may change the params of lists, completions and reads', async () => {
    const app = testApp({ pageSize: 1 })
      .use('tools/list', async (call, next) => next({ params: { ...call.params, cursor: 'broken' } }))
      .add(echo);
    await expect(app.list('tools')).rejects.toMatchObject({ message: 'Invalid cursor.' });
  });

  test('passes context inwards, each adding to what is there', async () => {
    const app = testApp()
      .use<{ a: number }>(async (_call, next) => next({ context: { a: 1 } }))
      .use<{ b: number }>(async (call, next) => next({ context: { b: call.context.a + 1 } }))
      .add(defineTool({ name: 'sum', run: (_args, call: Call<{ a: number; b: number }>) => call.context }));
    expect(await app.call('sum')).toEqual({ a: 1, b: 2 });
  });

  test('does not share context between calls', async () => {
    const seen: unknown[] = [];
    const app = testApp()
      .use(async (call, next) => (seen.push({ ...call.context }), next()))
      .use<{ n: number }>(async (_call, next) => next({ context: { n: seen.length } }))
      .add(echo);
    await Promise.all([app.call(echo), app.call(echo)]);
    expect(seen).toEqual([{}, {}]);
  });

  test('takes functions only', () => {
    expect(() => testApp().use('tools/call', undefined as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
    expect(() => testApp().use({} as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});

const retry: Middleware = async (_call, next) => {
  for (;;) {
    try {
      return await next();
    } catch {
      // again
    }
  }
};
const inSequence: Middleware = async (_call, next) => {
  await next();
  return next();
};
const inParallel: Middleware = async (_call, next) => {
  const [first] = await Promise.all([next(), next()]);
  return first;
};

describe('a second next()', () => {
  test('after the first has rejected is a retry', async () => {
    let attempts = 0;
    const flaky = defineTool({
      name: 'flaky',
      run: () => {
        attempts += 1;
        if (attempts < 3) throw new Error('not yet');
        return 'done';
      },
    });
    const trace: string[] = [];
    expect(await testApp().use(retry, tracing('inner', trace)).add(flaky).call(flaky)).toBe('done');
    const attempt = ['> inner', '< inner'];
    expect(trace).toEqual([...attempt, ...attempt, ...attempt]);
  });

  test.each<[string, Middleware]>([
    ['one after the other', inSequence],
    ['at the same time', inParallel],
  ])('otherwise is a fault of the middleware, which the log names: %s', async (_, twice) => {
    const logger = recordingLogger();
    let runs = 0;
    const app = testApp({ logger })
      .use(twice)
      .add(defineTool({ name: 'count', run: () => void (runs += 1) }));
    expect(await createTestClient(app).call('count')).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('Incident: ') }],
    });
    expect(runs).toBe(1);
    expect(logger.lines[0]?.fields['err']).toMatchObject({
      code: 'NEXT_CALLED_TWICE',
      message: expect.stringMatching(/"in(Sequence|Parallel)"/),
    });
  });

  test('that was refused does not permit a third', async () => {
    let runs = 0;
    const app = testApp()
      .use(async (_call, next) => {
        await next();
        await next().catch(() => {});
        return next();
      })
      .add(defineTool({ name: 'count', run: () => void (runs += 1) }));
    await expect(app.call('count')).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(runs).toBe(1);
  });

  test('that nobody awaits leaves no unhandled rejection', async () => {
    const app = testApp()
      .use(async (_call, next) => {
        const first = await next();
        void next();
        return first;
      })
      .add(echo);
    expect(await app.call(echo, { text: 'a' })).toBe('a');
    await settled();
  });
});

describe('middleware that forgets', () => {
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'done'],
    ['a list', []],
  ])('its result and gives %s is told by an incident, and the log says what to do', async (_, value) => {
    const logger = recordingLogger();
    const app = testApp({ logger })
      .use(async (_call, next) => {
        await next();
        return value as never;
      })
      .add(echo);
    const client = createTestClient(app);
    await expect(client.list('tools')).rejects.toMatchObject({ rpcCode: -32603, message: 'Internal error' });
    expect(await client.call(echo)).toMatchObject({ isError: true });
    expect(logger.lines[0]?.fields['err']).toMatchObject({
      code: 'NO_RESULT',
      message: 'Middleware ended tools/list without a result: return what next() gives.',
    });
  });

  test('to await next() leaves no unhandled rejection when the handler fails', async () => {
    const app = testApp()
      .use('tools/call', (async (_call: unknown, next: () => Promise<unknown>) => void next()) as never)
      .add(defineTool({ name: 'broken', run: () => Promise.reject(new Error('broken')) }));
    expect(await createTestClient(app).call('broken')).toMatchObject({ isError: true });
    await settled();
  });

  test('that a list of a mounted app is a list', async () => {
    const logger = recordingLogger();
    const child = testApp()
      .use('tools/list', async () => ({}) as never)
      .add(echo);
    await expect(createTestClient(testApp({ logger }).mount('x', child)).list('tools')).rejects.toMatchObject(
      { rpcCode: -32603 },
    );
    expect(logger.lines[0]?.fields['err']).toMatchObject({ code: 'INVALID_RESULT' });
  });

  test.each(eras)('what a result looks like does not end the server (%s)', async (era) => {
    const app = testApp()
      .use('tools/list', async () => ({ tools: 'none' }) as never)
      .use('prompts/get', async () => ({ messages: 7 }) as never);
    const client = createTestClient(app, { era });
    await client.request('tools/list').catch(() => {});
    await client.prompt('p').catch(() => {});
    expect(await client.request('prompts/list')).toMatchObject({ prompts: [] });
  });

  test('that throws is masked like a handler', async () => {
    const app = testApp()
      .use(async () => {
        throw new Error('password hunter2');
      })
      .add(echo);
    const client = createTestClient(app);
    expect(JSON.stringify(await client.call(echo))).not.toContain('hunter2');
    await expect(client.list('tools')).rejects.toMatchObject({ message: 'Internal error' });
  });
});

function within(timeoutMs: number): Middleware {
  return async function applyLimit(call, next) {
    using limit = call.clock.timeout(timeoutMs, new TimeoutError('The limit', timeoutMs));
    return await next({ signal: AbortSignal.any([call.signal, limit.signal]) });
  };
}

describe('a signal that middleware narrows', () => {
  test('is the one the handler has, and ends a handler that ignores it', async () => {
    const clock = fakeClock();
    const reasons: unknown[] = [];
    const hang = defineTool({
      name: 'hang',
      run: (_args, { signal }) => {
        signal.addEventListener('abort', () => reasons.push((signal.reason as Error).message));
        return never;
      },
    });
    const answer = testApp({ clock })
      .use(within(100))
      .add(hang)
      .call(hang)
      .catch((error: unknown) => error);
    await clock.advance(100);
    expect(await answer).toMatchObject({
      code: 'TIMEOUT',
      message: 'The limit did not finish within 100 ms.',
    });
    expect(reasons).toHaveLength(1);
  });

  test('that has aborted already runs no handler', async () => {
    let runs = 0;
    const app = testApp()
      .use(async (_call, next) => next({ signal: AbortSignal.abort(new TimeoutError('It', 0)) }))
      .add(defineTool({ name: 'count', run: () => void (runs += 1) }));
    await expect(app.call('count')).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(runs).toBe(0);
  });

  test('that aborts while the handler starts is not missed', async () => {
    const limit = new AbortController();
    const app = testApp()
      .use(async (_call, next) => next({ signal: limit.signal }))
      .add(defineTool({ name: 'self', run: () => (limit.abort(new TimeoutError('It', 0)), never) }));
    await expect(app.call('self')).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('does not cut the handler off from its client', async () => {
    const app = testApp()
      .use(async (_call, next) => next({ signal: new AbortController().signal }))
      .add(defineTool({ name: 'hang', run: () => never }));
    const client = createTestClient(app);
    const answer = client.call('hang');
    await settled();
    await client.close();
    await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
