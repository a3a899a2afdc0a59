import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  definePrompt,
  defineResource,
  defineTool,
  jsonSchema,
  ProtocolError,
  TimeoutError,
  ToolError,
  type App,
  type Call,
} from '../../src/index.ts';
import { createTestClient, fakeClock } from '../../src/testing.ts';
import { eras, never, recordingLogger, settled, testApp } from '../helpers.ts';

const scan = defineTool({
  name: 'scan',
  input: z.object({
    host: z.string(),
    ports: z.array(z.number().int().max(65_535)),
    options: z.object({ deep: z.boolean() }),
  }),
  run: () => 'scanned',
});

describe.each(eras)('arguments that do not fit (%s)', (era) => {
  test('are a tool result that says which field, and why', async () => {
    const result = await createTestClient(testApp().add(scan), { era }).call('scan', {
      ports: [80, 70_000],
      options: { deep: 'yes' },
    });
    expect(result).toMatchObject({ isError: true, content: [{ type: 'text' }] });
    const { text } = result.content[0] as { text: string };
    expect(text).toMatch(/^Invalid arguments for scan: /);
    for (const field of ['host: ', 'ports.1: ', 'options.deep: ']) expect(text).toContain(field);
    const { _meta } = result;
    expect(_meta?.['toolyard/error']).toEqual({
      code: 'INVALID_ARGUMENTS',
      data: {
        issues: ['host', 'ports.1', 'options.deep'].map((path) => ({ path, message: expect.any(String) })),
      },
    });
  });

  test('missing altogether are an empty object', async () => {
    const client = createTestClient(testApp().add(scan, defineTool({ name: 'free', run: () => 'ran' })), {
      era,
    });
    expect(await client.call('scan')).toMatchObject({ isError: true });
    expect(await client.call('free')).toMatchObject({ content: [{ text: 'ran' }] });
  });

  test('that a tool without an input does not take are dropped', async () => {
    const free = defineTool({ name: 'free', run: (args) => Object.keys(args).length });
    expect(await testApp().add(free).call('free', { a: 1 })).toBe(0);
  });

  test('never reach the handler', async () => {
    let runs = 0;
    const counted = defineTool({
      name: 'counted',
      input: z.object({ a: z.string() }),
      run: () => void (runs += 1),
    });
    await createTestClient(testApp().add(counted), { era }).call('counted', { a: 1 });
    expect(runs).toBe(0);
  });
});

describe.each(eras)('output that does not fit (%s)', (era) => {
  test('is a fault of the server: the client learns an incident number, the log everything', async () => {
    const logger = recordingLogger();
    const leak = defineTool({
      name: 'leak',
      output: z.object({ size: z.number() }),
      run: () => ({ size: 'password hunter2' }) as never,
    });
    const error = await createTestClient(testApp({ logger }).add(leak), { era })
      .call(leak)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      rpcCode: -32603,
      message: 'Internal error',
      data: { incident: expect.stringMatching(/^[\da-f-]{13}$/) },
    });
    const { incident } = (error as { data: { incident: string } }).data;
    expect(logger.lines).toMatchObject([
      {
        level: 'error',
        fields: { incident, err: { code: 'INVALID_OUTPUT', message: expect.stringContaining('size: ') } },
      },
    ]);
  });
});

function throwing(thrown: unknown): App {
  const run = () => {
    throw thrown;
  };
  return testApp({ logger: recordingLogger() }).add(defineTool({ name: 'broken', run }));
}

describe.each(eras)('a handler that throws (%s)', (era) => {
  const secret = 'connect postgres://admin:hunter2@db failed';
  test.each<[string, unknown]>([
    ['an error', new Error(secret)],
    ['an error with a cause', new Error('outer', { cause: new Error(secret) })],
    [
      'an error with properties',
      Object.assign(new Error(secret), { code: 'ECONNREFUSED', data: { secret }, rpcCode: -1 }),
    ],
    ['a string', secret],
    ['nothing', undefined],
    ['null', null],
    ['an object', { message: secret, code: secret }],
    [
      'an object that fails when it is looked at',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error(secret);
          },
        },
      ),
    ],
  ])('%s is masked: nothing of it reaches the client', async (_, thrown) => {
    const client = createTestClient(throwing(thrown), { era });
    const result = await client.call('broken');
    expect(result).toMatchObject({
      isError: true,
      content: [
        {
          text: expect.stringMatching(
            /^broken failed because of an internal error\. Incident: [\da-f-]{13}$/,
          ),
        },
      ],
    });
    expect(JSON.stringify([result, client.notifications])).not.toContain('hunter2');
  });

  test('the incident in the answer is the one in the log, beside the error itself', async () => {
    const logger = recordingLogger();
    const error = new Error(secret);
    const app = testApp({ logger }).add(defineTool({ name: 'broken', run: () => Promise.reject(error) }));
    const result = await createTestClient(app, { era }).call('broken');
    const { _meta } = result;
    const details = _meta?.['toolyard/error'] as { code: string; data: { incident: string } };
    expect(details.code).toBe('INTERNAL');
    expect(logger.lines).toHaveLength(1);
    expect(logger.lines[0]).toMatchObject({
      level: 'error',
      fields: { err: error, incident: details.data.incident, tool: 'broken', method: 'tools/call' },
    });
    expect((result.content[0] as { text: string }).text).toContain(details.data.incident);
  });

  test('a ToolError reaches the client word for word, and is nothing to log', async () => {
    const logger = recordingLogger();
    const app = testApp({ logger }).add(
      defineTool({
        name: 'full',
        run: () => Promise.reject(new ToolError('DISK_FULL', 'The disk is full.')),
      }),
    );
    expect(await createTestClient(app, { era }).call('full')).toMatchObject({
      isError: true,
      content: [{ text: 'The disk is full.' }],
      _meta: { 'toolyard/error': { code: 'DISK_FULL' } },
    });
    expect(logger.lines).toEqual([]);
  });

  test('a ProtocolError is a JSON-RPC error, word for word', async () => {
    const app = throwing(new ProtocolError(-31_001, 'Come back on Monday.', { data: { day: 1 } }));
    await expect(createTestClient(app, { era }).call('broken')).rejects.toMatchObject({
      rpcCode: -31_001,
      message: 'Come back on Monday.',
      data: { day: 1 },
    });
  });

  test('errors of another copy of the package are recognised', async () => {
    const kind = Symbol.for('toolyard.error');
    const foreign = Object.assign(new Error('From elsewhere.'), {
      [kind]: 'tool',
      code: 'ELSEWHERE',
      data: undefined,
    });
    expect(await createTestClient(throwing(foreign), { era }).call('broken')).toMatchObject({
      content: [{ text: 'From elsewhere.' }],
    });
  });

  test('a shutdown of another copy of the package is told as one, and its code alone is not enough', async () => {
    const fields = { code: 'CANCELLED', [Symbol.for('toolyard.error')]: 'shutdown' };
    const foreign = Object.assign(new Error('Going away.'), fields);
    await expect(createTestClient(throwing(foreign), { era }).call('broken')).rejects.toMatchObject({
      message: 'Going away.',
      data: { retryable: true },
    });
    const named = Object.assign(new Error(secret), { code: 'CANCELLED' });
    const result = await createTestClient(throwing(named), { era }).call('broken');
    expect(JSON.stringify(result)).not.toContain(secret);
  });

  test('prompts and resources are masked as well, and open errors are not', async () => {
    const app = testApp().add(
      definePrompt({ name: 'broken', run: () => Promise.reject(new Error(secret)) }),
      definePrompt({
        name: 'full',
        run: () => Promise.reject(new ToolError('DISK_FULL', 'The disk is full.', { data: { free: 0 } })),
      }),
      defineResource({
        template: 'note://{id}',
        read: () => Promise.reject(new Error(secret)),
        list: () => Promise.reject(new Error(secret)),
      }),
    );
    const client = createTestClient(app, { era });
    const masked = { rpcCode: -32603, message: 'Internal error', data: { incident: expect.any(String) } };
    await expect(client.prompt('broken')).rejects.toMatchObject(masked);
    await expect(client.read('note://1')).rejects.toMatchObject(masked);
    await expect(client.list('resources')).rejects.toMatchObject(masked);
    await expect(client.prompt('full')).rejects.toMatchObject({
      rpcCode: -32603,
      message: 'The disk is full.',
      data: { code: 'DISK_FULL', data: { free: 0 } },
    });
  });

  test('a schema or predicate that throws is masked too', async () => {
    const input = z.object({
      a: z.string().refine(() => {
        throw new Error(secret);
      }),
    });
    const client = createTestClient(testApp().add(defineTool({ name: 'broken', input, run: () => 1 })), {
      era,
    });
    const result = await client.call('broken', { a: 'x' });
    expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });
});

const hang = (name: string, timeoutMs?: number) =>
  defineTool({ name, ...(timeoutMs !== undefined && { timeoutMs }), run: () => never });

describe.each(eras)('a handler that never ends (%s)', (era) => {
  test('is given up after its timeoutMs, which the model is told', async () => {
    const clock = fakeClock();
    const app = testApp({ clock }).add(hang('hang', 1500));
    const client = createTestClient(app, { era });
    await client.connect();
    const answer = client.call('hang');
    await clock.advance(1499);
    expect(await Promise.race([answer, settled().then(() => 'pending')])).toBe('pending');
    await clock.advance(1);
    expect(await answer).toMatchObject({
      isError: true,
      content: [{ text: 'hang did not finish within 1500 ms.' }],
      _meta: { 'toolyard/error': { code: 'TIMEOUT', data: { timeoutMs: 1500 } } },
    });
  });

  test("is given up after the app's timeoutMs where it has none, by default a minute", async () => {
    for (const [options, timeoutMs] of [
      [{ timeoutMs: 200 }, 200],
      [{}, 60_000],
    ] as const) {
      const clock = fakeClock();
      const answer = createTestClient(testApp({ clock, ...options }).add(hang('hang')), { era }).call('hang');
      await clock.advance(timeoutMs);
      expect(await answer).toMatchObject({
        content: [{ text: `hang did not finish within ${timeoutMs} ms.` }],
      });
    }
  });

  test('hears of it by its signal, and what it brings later is dropped', async () => {
    const clock = fakeClock();
    const trace: string[] = [];
    const late = Promise.withResolvers<string>();
    const app = testApp({ clock }).add(
      defineTool({
        name: 'late',
        timeoutMs: 1000,
        run: (_args, { signal }) => {
          signal.addEventListener('abort', () => trace.push((signal.reason as Error).name));
          return late.promise;
        },
      }),
    );
    app.on('toolCalled', () => void trace.push('called'));
    const client = createTestClient(app, { era });
    const answer = client.call('late');
    await clock.advance(1000);
    expect(await answer).toMatchObject({ isError: true });
    late.resolve('too late');
    await settled();
    expect(trace).toEqual([TimeoutError.name]);
  });

  test('that fails late leaves no unhandled rejection', async () => {
    const clock = fakeClock();
    const late = Promise.withResolvers<string>();
    const app = testApp({ clock }).add(
      defineTool({ name: 'late', timeoutMs: 1000, run: () => late.promise }),
    );
    const answer = createTestClient(app, { era }).call('late');
    await clock.advance(1000);
    expect(await answer).toMatchObject({ isError: true });
    late.reject(new Error('too late'));
    await settled();
  });

  test('prompts, resources, lists, completions and schemas are given up as well', async () => {
    const clock = fakeClock();
    const app = testApp({ clock }).add(
      definePrompt({ name: 'p', timeoutMs: 10, run: () => never, complete: { a: () => never } }),
      defineResource({ template: 'note://{id}', timeoutMs: 20, read: () => never, list: () => never }),
      defineTool({
        name: 'schema',
        timeoutMs: 30,
        input: z.object({ a: z.string().refine(() => never) }),
        run: () => 1,
      }),
      defineTool({ name: 'output', timeoutMs: 30, output: z.string().refine(() => never), run: () => 'x' }),
    );
    const client = createTestClient(app, { era });
    await client.connect();
    const attempts = [
      client.prompt('p'),
      client.read('note://1'),
      client.list('resources'),
      client.complete({ type: 'ref/prompt', name: 'p' }, { name: 'a', value: '' }),
      client.call('schema', { a: 'x' }),
      client.call('output'),
    ];
    const outcomes = Promise.all(
      attempts.map((attempt) => (attempt as Promise<unknown>).catch((error: unknown) => error)),
    );
    await clock.advance(60_000);
    expect(await outcomes).toMatchObject([
      { rpcCode: -32603, message: 'p did not finish within 10 ms.' },
      { rpcCode: -32603, message: 'note://1 did not finish within 20 ms.' },
      { rpcCode: -32603, message: 'resources/list did not finish within 60000 ms.' },
      { rpcCode: -32603, message: 'p did not finish within 60000 ms.' },
      { isError: true, content: [{ text: 'schema did not finish within 30 ms.' }] },
      { isError: true, content: [{ text: 'output did not finish within 30 ms.' }] },
    ]);
  });

  test('that hands out a promise of its own kind is given up as well', async () => {
    const clock = fakeClock();
    const query = {};
    Reflect.set(query, 'then', () => {});
    const app = testApp({ clock }).add(defineTool({ name: 'query', timeoutMs: 1000, run: () => query }));
    const answer = createTestClient(app, { era }).call('query');
    await clock.advance(1000);
    expect(await answer).toMatchObject({ content: [{ text: 'query did not finish within 1000 ms.' }] });
  });
});

describe('the signal of a call', () => {
  test('never aborts once the call has settled', async () => {
    const clock = fakeClock();
    const signals: AbortSignal[] = [];
    const app = testApp({ clock }).add(
      defineTool({
        name: 'done',
        timeoutMs: 1000,
        run: (_args, call: Call) => void signals.push(call.signal),
      }),
      defineTool({
        name: 'failed',
        timeoutMs: 1000,
        run: (_args, call: Call) => (signals.push(call.signal), Promise.reject(new Error('x'))),
      }),
    );
    const client = createTestClient(app, { era: 'legacy' });
    await client.call('done');
    await client.call('failed');
    await client.cancel({ requestId: 2 });
    await clock.advance(10_000);
    await client.close();
    await app.close();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  });

  test('asked for late, after the call was given up, is aborted already', async () => {
    const clock = fakeClock();
    let late: Call | undefined;
    const app = testApp({ clock }).add(
      defineTool({ name: 'hang', timeoutMs: 10, run: (_args, call) => ((late = call), never) }),
    );
    const answer = app.call('hang').catch(() => {});
    await clock.advance(10);
    await answer;
    expect(late?.signal.aborted).toBe(true);
  });
});

describe('onSettled', () => {
  test('runs once, in order, however the call ends; one that throws harms nobody', async () => {
    const logger = recordingLogger();
    const trace: string[] = [];
    const watched = defineTool({
      name: 'watched',
      input: jsonSchema<{ fail: boolean }>({ type: 'object' }),
      run: ({ fail }, call) => {
        call.onSettled(() => void trace.push('first'));
        call.onSettled(() => {
          throw new Error('listener');
        });
        call.onSettled(() => void trace.push('last'));
        if (fail) throw new ToolError('NO', 'No.');
      },
    });
    const app = testApp({ logger }).add(watched);
    await app.call(watched, { fail: false });
    await app.call(watched, { fail: true }).catch(() => {});
    expect(trace).toEqual(['first', 'last', 'first', 'last']);
    expect(logger.lines).toHaveLength(2);
  });

  test('runs at once where the call has settled', async () => {
    let late: Call | undefined;
    const app = testApp().add(defineTool({ name: 'keep', run: (_args, call) => void (late = call) }));
    await app.call('keep');
    let ran = false;
    late?.onSettled(() => (ran = true));
    expect(ran).toBe(true);
  });
});

describe('log lines of a call', () => {
  test('name call, method, target, principal, tenant, session, request and trace', async () => {
    const logger = recordingLogger();
    const app = testApp({ logger }).add(
      defineTool({
        name: 'talk',
        run: (_args, call) => {
          call.log.info({ step: 1 }, 'Talking.');
          call.annotate({ order: 7 });
          call.log.warn({}, 'Again.');
        },
      }),
    );
    const client = createTestClient(app, { era: 'legacy', as: { id: 'ada', scopes: [] }, tenant: 'acme' });
    await client.call(
      'talk',
      {},
      { meta: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } },
    );
    const ids = {
      callId: expect.any(String),
      method: 'tools/call',
      transport: 'memory',
      principal: 'ada',
      tenant: 'acme',
      session: client.sessionId,
      requestId: 2,
      tool: 'talk',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
    };
    expect(logger.lines).toEqual([
      { level: 'info', fields: { ...ids, step: 1 }, message: 'Talking.' },
      { level: 'warn', fields: { ...ids, order: 7 }, message: 'Again.' },
    ]);
  });

  test('work with a logger that has no children', async () => {
    const logger = recordingLogger();
    delete logger.child;
    const app = testApp({ logger }).add(
      defineTool({ name: 'talk', run: (_args, call) => call.log.info({ a: 1 }, 'Hi.') }),
    );
    await app.call('talk');
    expect(logger.lines).toMatchObject([{ fields: { a: 1, tool: 'talk' } }]);
  });
});
