import { setImmediate as turn } from 'node:timers/promises';
import * as api from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  ParentBasedSampler,
  AlwaysOnSampler,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { z } from 'zod';
import {
  anonymous,
  createApp,
  definePrompt,
  defineResource,
  defineTool,
  ProtocolError,
  result,
  ToolError,
  type App,
  type Exchange,
  type LogFields,
  type Middleware,
  type Principal,
} from '../../src/index.ts';
import { telemetry, type TelemetryOptions } from '../../src/middleware/telemetry/telemetry.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';
import { startSdk, type TestSdk, type TestSdkOptions } from './otel-sdk.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const REMOTE_SPAN_ID = '00f067aa0ba902b7';
const traceparent = `00-${TRACE_ID}-${REMOTE_SPAN_ID}-01`;
const user: Principal = { id: 'ann', scopes: [] };

let running: TestSdk | undefined;
function sdk(options?: TestSdkOptions): TestSdk {
  running = startSdk(options);
  return running;
}
afterEach(() => {
  running?.[Symbol.dispose]();
  running = undefined;
});

function exchange(more: Partial<Exchange> = {}): Exchange {
  return {
    transport: 'http',
    era: 'modern',
    protocolVersion: '2026-07-28',
    client: { capabilities: { elicitation: { form: {} } } },
    principal: user,
    scope: 'connection',
    signal: new AbortController().signal,
    notify() {},
    ...more,
  };
}

const legacy = { era: 'legacy', protocolVersion: '2025-11-25' } as const;

function demo(options: TelemetryOptions = {}) {
  const clock = fakeClock();
  const lines: LogFields[] = [];
  const write = (fields: LogFields) => void lines.push(fields);
  const logger = { debug: write, info: write, warn: write, error: write };
  const app = createApp({ name: 'demo', version: '1.0.0', clock, logger })
    .use(telemetry(options))
    .add(
      defineTool({
        name: 'echo',
        input: z.object({ text: z.string() }).partial(),
        run: ({ text }) => ({ text: text ?? 'hi' }),
      }),
      defineTool({ name: 'wait', run: () => clock.advance(150) }),
      defineTool({ name: 'logging', run: (_, call) => call.log.info({ step: 1 }, 'at work') }),
      defineTool({
        name: 'failing',
        run: () => Promise.reject(new ToolError('FULL', 'The disk of ann is full.')),
      }),
      defineTool({ name: 'broken', run: () => Promise.reject(new TypeError('x is not a function')) }),
      defineTool({
        name: 'refusing',
        run: () => Promise.reject(new ProtocolError(-31000, 'no such luck', { code: 'NO' })),
      }),
      defineTool({ name: 'wrong', output: z.object({ a: z.string() }), run: () => ({ a: 7 }) as never }),
      defineTool({ name: 'hanging', timeoutMs: 500, run: () => new Promise(() => {}) }),
      defineTool({
        name: 'asking',
        run: (_, call) => call.requireInput('n', { message: '?', schema: z.object({ n: z.string() }) }),
      }),
      definePrompt({ name: 'greet', run: () => 'hello' }),
      defineResource({ uri: 'db://ann:secret@host/t', name: 't', read: () => 'row' }),
    );
  return { app, clock, lines };
}

function send(app: App<any, any>, method: string, params: object, more: Partial<Exchange> = {}) {
  return app.dispatch({ jsonrpc: '2.0', id: 7, method, params }, exchange(more));
}

const callTool = (app: App<any, any>, name: string, more: Partial<Exchange> = {}, params: object = {}) =>
  send(app, 'tools/call', { name, ...params }, more);

const again: Middleware = async function tryTwice(_, next) {
  try {
    return await next();
  } catch {
    return next();
  }
};

const ERROR = api.SpanStatusCode.ERROR;

const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId;

describe('spans', () => {
  test('a server span for the request, and one inside for the handler', async () => {
    const { span } = sdk();
    await callTool(demo().app, 'echo');

    const server = span('tools/call echo');
    expect(server.kind).toBe(api.SpanKind.SERVER);
    expect(server.status.code).toBe(api.SpanStatusCode.UNSET);
    expect(server.instrumentationScope.name).toBe('@toolyard/core');
    expect(server.attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'echo',
      'gen_ai.operation.name': 'execute_tool',
      'mcp.protocol.version': '2026-07-28',
      'network.transport': 'tcp',
      'network.protocol.name': 'http',
      'jsonrpc.request.id': '7',
    });
    expect(parentOf(server)).toBeUndefined();

    const handler = span('mcp.tool.echo');
    expect(handler.kind).toBe(api.SpanKind.INTERNAL);
    expect(handler.attributes).toEqual({ 'gen_ai.tool.name': 'echo' });
    expect(parentOf(handler)).toBe(server.spanContext().spanId);
  });

  test('sessions, transport and peer of a 2025 client', async () => {
    const { span } = sdk();
    const session = {
      id: 's-1',
      record: { protocolVersion: '2025-06-18', client: { capabilities: {} }, subscriptions: [] } as const,
      update() {},
    };
    const peer = { address: '10.1.2.80', port: 6123, protocolVersion: '1.1' };
    await callTool(demo().app, 'echo', { era: 'legacy', protocolVersion: undefined, session, peer });
    expect(span('tools/call echo').attributes).toMatchObject({
      'mcp.protocol.version': '2025-06-18',
      'mcp.session.id': 's-1',
      'client.address': '10.1.2.80',
      'client.port': 6123,
      'network.protocol.version': '1.1',
    });
  });

  test('over stdio the transport is a pipe, in process there is none', async () => {
    const { span, spans } = sdk();
    await callTool(demo().app, 'echo', { transport: 'stdio' });
    expect(span('tools/call echo').attributes).toMatchObject({ 'network.transport': 'pipe' });
    await demo().app.call('echo');
    expect(Object.keys(spans.at(-1)!.attributes)).not.toContain('network.transport');
  });

  test('prompts are named by prompt; resources are not named by URI, whose secrets are masked', async () => {
    const { span } = sdk();
    const { app } = demo();
    await send(app, 'prompts/get', { name: 'greet' });
    await send(app, 'resources/read', { uri: 'db://ann:secret@host/t' });
    expect(span('prompts/get greet').attributes).toMatchObject({ 'gen_ai.prompt.name': 'greet' });
    expect(span('prompts/get greet').attributes).not.toHaveProperty('gen_ai.operation.name');
    expect(span('resources/read').attributes).toMatchObject({
      'mcp.resource.uri': 'db://ann:[redacted]@host/t',
    });
  });

  test('initialize carries the version that was agreed on', async () => {
    const { span } = sdk();
    const params = {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'c', version: '1' },
    };
    await send(demo().app, 'initialize', params, legacy);
    expect(span('initialize').attributes).toMatchObject({ 'mcp.protocol.version': '2025-06-18' });
  });

  test('notifications have spans too', async () => {
    const { span } = sdk();
    await demo().app.dispatch({ jsonrpc: '2.0', method: 'notifications/initialized' }, exchange(legacy));
    expect(span('notifications/initialized').attributes).not.toHaveProperty('jsonrpc.request.id');
  });

  test('a mounted tool goes by the name clients know, and is reported once', async () => {
    const { spans, span, points } = sdk();
    const app = createApp({ name: 'outer', version: '1.0.0' }).use(telemetry()).mount('child', demo().app);
    await callTool(app, 'child_echo');
    expect(spans.map(({ name }) => name)).toEqual(['mcp.tool.child_echo', 'tools/call child_echo']);
    expect(span('tools/call child_echo').attributes).toMatchObject({ 'gen_ai.tool.name': 'child_echo' });
    expect(await points('mcp.server.operation.duration')).toMatchObject([{ value: { count: 1 } }]);
  });

  test('telemetry of the mounted app alone reports calls of its tools', async () => {
    const { spans } = sdk();
    await callTool(createApp({ name: 'outer', version: '1.0.0' }).mount('child', demo().app), 'child_echo');
    expect(spans.map(({ name }) => name)).toEqual(['mcp.tool.child_echo', 'tools/call child_echo']);
  });

  test('names that clients make up stay out', async () => {
    const { spans, points } = sdk();
    const { app } = demo();
    await callTool(app, 'made-up');
    await send(app, 'made/up', {});
    await app.dispatch({ jsonrpc: '2.0', method: 'notifications/made-up' }, exchange());
    expect(spans.map(({ name }) => name)).toEqual(['tools/call', '_OTHER', '_OTHER']);
    expect(spans[0]!.attributes).toMatchObject({ 'gen_ai.tool.name': '_unknown', 'error.type': '-32602' });
    const metrics = JSON.stringify([
      await points('mcp.server.operation.duration'),
      await points('mcp.tool.active'),
    ]);
    expect(metrics).toContain('_unknown');
    expect(metrics).not.toContain('made');
  });

  test('the handler span can be turned off, and needs a parent that records', async () => {
    const first = sdk();
    await callTool(demo({ handlerSpans: false }).app, 'echo');
    expect(first.spans.map(({ name }) => name)).toEqual(['tools/call echo']);
    first[Symbol.dispose]();
    const second = sdk({ sampler: new AlwaysOffSampler() });
    await callTool(demo().app, 'echo');
    expect(second.spans).toEqual([]);
    expect(await second.points('mcp.server.operation.duration')).toHaveLength(1);
  });

  test('without a context manager the handler span still has its parent', async () => {
    const { span } = sdk({ contextManager: false });
    await callTool(demo().app, 'echo');
    expect(parentOf(span('mcp.tool.echo'))).toBe(span('tools/call echo').spanContext().spanId);
  });

  test('concurrent calls keep their own context', async () => {
    const { spans } = sdk();
    const tracer = api.trace.getTracer('test');
    const app = createApp({ name: 'demo', version: '1.0.0' })
      .use(telemetry())
      .add(
        defineTool({
          name: 'work',
          input: z.object({ n: z.number() }),
          run: async ({ n }) => {
            for (let round = 0; round < n % 5; round++) await turn();
            tracer.startSpan(`inner ${n}`).end();
            await turn();
            return api.trace.getActiveSpan()?.spanContext().traceId;
          },
        }),
      );
    const ids = await Promise.all(
      Array.from({ length: 40 }, (_, n) => app.call('work', { n }) as Promise<string>),
    );
    expect(new Set(ids).size).toBe(40);
    ids.forEach((id, n) => {
      const mine = spans.filter((span) => span.spanContext().traceId === id);
      expect(mine.map(({ name }) => name)).toEqual([`inner ${n}`, 'mcp.tool.work', 'tools/call work']);
      expect(parentOf(mine[0]!)).toBe(mine[1]!.spanContext().spanId);
    });
  });

  test('a tool that calls a tool makes one trace', async () => {
    const { span } = sdk();
    const app = createApp({ name: 'demo', version: '1.0.0' }).use(telemetry());
    app.add(
      defineTool({ name: 'inner', run: () => 'x' }),
      defineTool({ name: 'outer', run: async () => app.call('inner') as Promise<string> }),
    );
    await callTool(app, 'outer');
    expect(parentOf(span('tools/call inner'))).toBe(span('mcp.tool.outer').spanContext().spanId);
  });

  test('every attempt of a retry has its handler span', async () => {
    const { spans } = sdk();
    let attempts = 0;
    const app = createApp({ name: 'demo', version: '1.0.0' })
      .use(telemetry(), again)
      .add(
        defineTool({
          name: 'shaky',
          run: () => {
            attempts += 1;
            if (attempts === 1) throw new ToolError('SHAKY', 'once more');
            return 'ok';
          },
        }),
      );
    await callTool(app, 'shaky');
    expect(spans.map(({ name, status }) => [name, status.code])).toEqual([
      ['mcp.tool.shaky', api.SpanStatusCode.ERROR],
      ['mcp.tool.shaky', api.SpanStatusCode.UNSET],
      ['tools/call shaky', api.SpanStatusCode.UNSET],
    ]);
  });
});

describe('whose trace it is', () => {
  const meta = { _meta: { traceparent } };
  const serverSpan = async (options: TelemetryOptions, principal: Principal, more: object = meta) => {
    const tracer = api.trace.getTracer('http');
    const ambient = tracer.startSpan('POST /mcp');
    await api.context.with(api.trace.setSpan(api.context.active(), ambient), () =>
      callTool(demo(options).app, 'echo', { principal }, more),
    );
    ambient.end();
    return { server: running!.span('tools/call echo'), ambient: ambient.spanContext() };
  };

  test('the client is the parent, the HTTP request is linked', async () => {
    sdk();
    const { server, ambient } = await serverSpan({}, user);
    expect(server.parentSpanContext).toMatchObject({ traceId: TRACE_ID, spanId: REMOTE_SPAN_ID });
    expect(server.links.map(({ context }) => context)).toEqual([ambient]);
  });

  test.each([
    ['an anonymous client', {}, anonymous],
    ['any client under "never"', { trustRemoteParent: 'never' }, user],
  ] as const)('%s is linked only', async (_, options, principal) => {
    sdk();
    const { server, ambient } = await serverSpan(options, principal);
    expect(server.parentSpanContext).toEqual(ambient);
    expect(server.links).toMatchObject([{ context: { traceId: TRACE_ID, spanId: REMOTE_SPAN_ID } }]);
  });

  test('an anonymous client is the parent under "always"', async () => {
    sdk();
    const { server } = await serverSpan({ trustRemoteParent: 'always' }, anonymous);
    expect(server.parentSpanContext).toMatchObject({ spanId: REMOTE_SPAN_ID });
  });

  test('a client without a trace leaves the HTTP request as the parent', async () => {
    sdk();
    const { server, ambient } = await serverSpan({}, user, {});
    expect(server.parentSpanContext).toEqual(ambient);
    expect(server.links).toEqual([]);
  });

  test.each([
    'nonsense',
    '',
    7,
    ['x'],
    { a: 1 },
    `00-${'0'.repeat(32)}-${REMOTE_SPAN_ID}-01`,
    'x'.repeat(100_000),
  ])('a traceparent that is none starts a trace: %j', async (broken) => {
    const { span } = sdk();
    await callTool(demo().app, 'echo', {}, { _meta: { traceparent: broken } });
    expect(parentOf(span('tools/call echo'))).toBeUndefined();
  });

  test('a stranger cannot force sampling', async () => {
    const { spans } = sdk({
      sampler: new ParentBasedSampler({
        root: new AlwaysOffSampler(),
        remoteParentSampled: new AlwaysOnSampler(),
      }),
    });
    await callTool(demo().app, 'echo', { principal: anonymous }, meta);
    expect(spans).toEqual([]);
    await callTool(demo().app, 'echo', { principal: user }, meta);
    expect(spans).toHaveLength(2);
  });

  const seenBaggage = async (options: TelemetryOptions, principal: Principal, baggage: string) => {
    let seen: unknown;
    const app = createApp({ name: 'demo', version: '1.0.0' })
      .use(telemetry(options))
      .add(
        defineTool({
          name: 'look',
          run: () => void (seen = api.propagation.getActiveBaggage()?.getAllEntries()),
        }),
      );
    await callTool(app, 'look', { principal }, { _meta: { baggage, traceparent } });
    return seen;
  };

  test('baggage comes in by name, short, and from trusted clients', async () => {
    sdk();
    const sent = `tenant=a,evil=b,long=${'x'.repeat(300)}`;
    expect(await seenBaggage({}, user, sent)).toBeUndefined();
    expect(await seenBaggage({ baggage: ['tenant', 'long'] }, user, sent)).toEqual([
      ['tenant', { value: 'a' }],
    ]);
    expect(await seenBaggage({ baggage: ['tenant'] }, anonymous, sent)).toBeUndefined();
    expect(await seenBaggage({ baggage: ['tenant'] }, user, `${sent},${'y'.repeat(9000)}=1`)).toBeUndefined();
  });

  test('ambient baggage survives', async () => {
    sdk();
    const mine = api.propagation.createBaggage({ region: { value: 'eu' } });
    const seen = await api.context.with(api.propagation.setBaggage(api.context.active(), mine), () =>
      seenBaggage({ baggage: ['tenant'] }, user, 'tenant=a'),
    );
    expect(seen).toEqual([
      ['region', { value: 'eu' }],
      ['tenant', { value: 'a' }],
    ]);
  });
});

describe('failures', () => {
  test.each([
    [
      'failing',
      {
        'error.type': 'tool_error',
        'rpc.response.status_code': undefined,
        'toolyard.error.code': 'FULL',
        status: { code: ERROR },
      },
    ],
    [
      'broken',
      {
        'error.type': 'tool_error',
        'rpc.response.status_code': undefined,
        'toolyard.error.code': 'INTERNAL',
        status: { code: ERROR },
      },
    ],
    [
      'refusing',
      {
        'error.type': '-31000',
        'rpc.response.status_code': '-31000',
        status: { code: ERROR, message: 'no such luck' },
      },
    ],
    ['wrong', { 'error.type': '-32603', 'rpc.response.status_code': '-32603', status: { code: ERROR } }],
  ])('%s', async (name, expected) => {
    const { span } = sdk();
    await callTool(demo().app, name);
    const { attributes, status } = span(`tools/call ${name}`);
    const found = { 'rpc.response.status_code': undefined, ...attributes, status };
    expect(found).toMatchObject(expected);
    // What a tool tells the model may hold anything.
    expect(JSON.stringify(found)).not.toContain('ann');
  });

  test('the handler span says what the handler threw', async () => {
    const { span } = sdk();
    const { app } = demo();
    await callTool(app, 'broken');
    await callTool(app, 'failing');
    expect(span('mcp.tool.broken')).toMatchObject({
      attributes: { 'error.type': 'TypeError' },
      status: { code: ERROR },
    });
    expect(span('mcp.tool.failing')).toMatchObject({
      attributes: { 'error.type': 'FULL' },
      status: { code: ERROR },
    });
  });

  test('asking for input is no failure', async () => {
    const { span } = sdk();
    await callTool(demo().app, 'asking');
    expect(span('tools/call asking').status.code).toBe(api.SpanStatusCode.UNSET);
    expect(span('mcp.tool.asking').status.code).toBe(api.SpanStatusCode.UNSET);
  });

  test('unexpected exceptions become log records of the span; expected ones do not', async () => {
    const { logs, span, spans } = sdk();
    const { app } = demo();
    await callTool(app, 'broken');
    await callTool(app, 'failing');
    await callTool(app, 'refusing');
    expect(logs).toHaveLength(1);
    expect(logs[0]).toMatchObject({
      eventName: 'mcp.server.operation.exception',
      severityNumber: api.SeverityNumber.ERROR,
      spanContext: span('tools/call broken').spanContext(),
      attributes: {
        'exception.type': 'TypeError',
        'exception.message': 'x is not a function',
        'exception.stacktrace': expect.stringContaining('telemetry.test.ts'),
        'gen_ai.tool.name': 'broken',
        'mcp.method.name': 'tools/call',
      },
    });
    expect(spans.flatMap(({ events }) => events)).toEqual([]);
  });

  test('without a logs SDK they become events of the span', async () => {
    const { span } = sdk({ logs: false });
    await callTool(demo().app, 'broken');
    expect(span('tools/call broken').events).toMatchObject([
      {
        name: 'exception',
        attributes: { 'exception.type': 'TypeError', 'exception.message': 'x is not a function' },
      },
    ]);
  });

  test('with the API of 1.9, which has no logs, too', async () => {
    vi.resetModules();
    vi.doMock('@opentelemetry/api', async (original) => ({ ...(await original<object>()), logs: undefined }));
    try {
      const older = await import('../../src/middleware/telemetry/telemetry.ts');
      const { createApp: create, defineTool: define } = await import('../../src/index.ts');
      const { span } = sdk();
      const app = create({ name: 'demo', version: '1.0.0' }).use(older.telemetry());
      app.add(define({ name: 'broken', run: () => Promise.reject(new Error('x')) }));
      await callTool(app as never, 'broken');
      expect(span('tools/call broken').events).toMatchObject([{ name: 'exception' }]);
    } finally {
      vi.doUnmock('@opentelemetry/api');
      vi.resetModules();
    }
  });

  test('a call its client gave up; the handler that does not stop is no longer waited for', async () => {
    const { span } = sdk();
    const { app } = demo();
    const answered = callTool(app, 'hanging');
    await turn();
    await app.dispatch(
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } },
      exchange(),
    );
    expect(await answered).toBeUndefined();
    expect(span('tools/call hanging')).toMatchObject({
      attributes: { 'error.type': 'cancelled', 'toolyard.error.code': 'CANCELLED' },
      status: { code: ERROR },
    });
    expect(span('mcp.tool.hanging').attributes).toMatchObject({ 'toolyard.handler.abandoned': true });
  });

  test('a call that took too long', async () => {
    const { span } = sdk();
    const { app, clock } = demo();
    const answered = callTool(app, 'hanging');
    await clock.advance(500);
    await answered;
    expect(span('tools/call hanging').attributes).toMatchObject({
      'error.type': 'tool_error',
      'toolyard.error.code': 'TIMEOUT',
    });
  });

  test('leaving a stream of changes is no failure', async () => {
    const { span } = sdk();
    const gone = new AbortController();
    const notifications = { toolsListChanged: true };
    await send(
      demo().app,
      'subscriptions/listen',
      { notifications },
      { signal: gone.signal, notify: () => gone.abort() },
    );
    expect(span('subscriptions/listen').status.code).toBe(api.SpanStatusCode.UNSET);
  });
});

describe('metrics', () => {
  test('one duration per call, in seconds, with the buckets of the conventions', async () => {
    const { points } = sdk();
    const { app } = demo();
    await callTool(app, 'wait');
    await callTool(app, 'wait');
    const [point, ...others] = await points('mcp.server.operation.duration');
    expect(others).toEqual([]);
    expect(point).toMatchObject({
      attributes: {
        'mcp.method.name': 'tools/call',
        'gen_ai.tool.name': 'wait',
        'gen_ai.operation.name': 'execute_tool',
        'mcp.protocol.version': '2026-07-28',
        'network.transport': 'tcp',
        'network.protocol.name': 'http',
      },
      value: {
        count: 2,
        sum: 0.3,
        buckets: { boundaries: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] },
      },
    });
  });

  test('failures have series of their own, and are counted by code', async () => {
    const { points } = sdk();
    const { app } = demo();
    for (const name of ['echo', 'failing', 'failing', 'refusing']) await callTool(app, name);
    const durations = await points('mcp.server.operation.duration');
    expect(
      durations.map(({ attributes }) => [
        attributes['gen_ai.tool.name'],
        attributes['error.type'],
        attributes['rpc.response.status_code'],
      ]),
    ).toEqual([
      ['echo', undefined, undefined],
      ['failing', 'tool_error', undefined],
      ['refusing', '-31000', '-31000'],
    ]);
    expect(await points('mcp.tool.errors')).toMatchObject([
      {
        value: 2,
        attributes: {
          'gen_ai.tool.name': 'failing',
          'error.type': 'tool_error',
          'toolyard.error.code': 'FULL',
        },
      },
      {
        value: 1,
        attributes: { 'gen_ai.tool.name': 'refusing', 'error.type': '-31000', 'toolyard.error.code': 'NO' },
      },
    ]);
  });

  test('codes that a tool makes up do not become series without end', async () => {
    const { points } = sdk();
    let calls = 0;
    const fail = () => {
      calls += 1;
      throw new ToolError(`E${calls}`, 'x');
    };
    const app = createApp({ name: 'demo', version: '1.0.0' })
      .use(telemetry())
      .add(defineTool({ name: 'wild', run: fail }));
    for (let n = 0; n < 100; n++) await callTool(app, 'wild');
    const errors = await points('mcp.tool.errors');
    expect(errors).toHaveLength(65);
    expect(errors.at(-1)).toMatchObject({ value: 36, attributes: { 'toolyard.error.code': '_OTHER' } });
  });

  test('calls under way, down to 0 whatever comes of them', async () => {
    const { points } = sdk();
    const { app, clock } = demo();
    const calls = [callTool(app, 'hanging'), callTool(app, 'hanging', { scope: 'other' })];
    await turn();
    expect(await points('mcp.tool.active')).toMatchObject([
      { value: 2, attributes: { 'gen_ai.tool.name': 'hanging' } },
    ]);
    await clock.advance(500);
    await Promise.all(calls);
    expect(await points('mcp.tool.active')).toMatchObject([{ value: 0 }]);
  });

  test('two apps of one process share their metrics', async () => {
    const { points } = sdk();
    const [one, two] = [demo(), demo()];
    const calls = [callTool(one.app, 'hanging'), callTool(two.app, 'hanging')];
    await turn();
    expect(await points('mcp.tool.active')).toMatchObject([{ value: 2 }]);
    await Promise.all([one.clock.advance(500), two.clock.advance(500), ...calls]);
  });

  test('the size of results', async () => {
    const { points } = sdk();
    await callTool(demo().app, 'echo', {}, { arguments: { text: 'ä'.repeat(1000) } });
    const [point] = await points('mcp.tool.result.size');
    const size = Buffer.byteLength(JSON.stringify({ text: 'ä'.repeat(1000) })) * 2;
    expect(point).toMatchObject({ attributes: { 'gen_ai.tool.name': 'echo' }, value: { count: 1 } });
    expect((point!.value as { sum: number }).sum).toBeGreaterThan(size * 0.95);
    expect((point!.value as { sum: number }).sum).toBeLessThan(size * 1.05);
  });

  test('open sessions, and how long they were', async () => {
    const { points } = sdk();
    const { app, clock } = demo();
    const params = {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'c', version: '1' },
    };
    for (const id of ['s-1', 's-2']) {
      await send(app, 'initialize', params, { ...legacy, session: { id, record: undefined, update() {} } });
    }
    expect(await points('mcp.sessions.active')).toMatchObject([{ value: 2 }]);
    await clock.advance(2_500);
    app.endSession('s-1');
    app.endSession('s-1');
    app.endSession('unknown');
    expect(await points('mcp.sessions.active')).toMatchObject([{ value: 1 }]);
    expect(await points('mcp.server.session.duration')).toMatchObject([
      {
        value: { count: 1, sum: 2.5 },
        attributes: {
          'mcp.protocol.version': '2025-06-18',
          'network.transport': 'tcp',
          'network.protocol.name': 'http',
        },
      },
    ]);
  });

  test('names of ours take another prefix; those of OpenTelemetry stay', async () => {
    const { metricNames } = sdk();
    await callTool(demo({ metricPrefix: 'acme', toolMetrics: true }).app, 'failing');
    await callTool(demo({ metricPrefix: 'acme' }).app, 'echo');
    expect((await metricNames()).toSorted()).toEqual([
      'acme.sessions.active',
      'acme.tool.active',
      'acme.tool.calls',
      'acme.tool.duration',
      'acme.tool.errors',
      'acme.tool.result.size',
      'mcp.server.operation.duration',
    ]);
  });

  test('metrics alone work as well', async () => {
    const { points, spans } = sdk({ traces: false });
    await callTool(
      createApp({ name: 'outer', version: '1.0.0' }).use(telemetry()).mount('child', demo().app),
      'child_echo',
    );
    expect(spans).toEqual([]);
    expect(await points('mcp.server.operation.duration')).toMatchObject([{ value: { count: 1 } }]);
  });
});

describe('log lines', () => {
  test('carry the ids of the span', async () => {
    const { span } = sdk();
    const { app, lines } = demo();
    await callTool(app, 'logging');
    const { traceId, spanId } = span('tools/call logging').spanContext();
    expect(lines).toMatchObject([{ step: 1, tool: 'logging', trace_id: traceId, span_id: spanId }]);
  });

  test('carry the trace id of the client where nothing is traced', async () => {
    const { app, lines } = demo();
    await callTool(app, 'logging', {}, { _meta: { traceparent } });
    expect(lines).toMatchObject([{ step: 1, trace_id: TRACE_ID }]);
    expect(lines[0]).not.toHaveProperty('span_id');
  });
});

describe('arguments and results', () => {
  test('are on the span when asked for: masked, and cut', async () => {
    const { span } = sdk();
    const token = `ghp_${'a1B2'.repeat(9)}`;
    const options = { captureArguments: true, captureResults: true, maxCaptureLength: 40 };
    await callTool(demo(options).app, 'echo', {}, { arguments: { text: `${token} and more and more` } });
    expect(span('tools/call echo').attributes).toMatchObject({
      'gen_ai.tool.call.arguments': '{"text":"[redacted] and more and more"}',
      'gen_ai.tool.call.result': '{"text":"[redacted] and more and more"}',
    });
    await callTool(
      demo({ captureArguments: true, maxCaptureLength: 5 }).app,
      'wait',
      {},
      { arguments: { password: 'x' } },
    );
    expect(span('tools/call wait').attributes['gen_ai.tool.call.arguments']).toBe('{"pas…');
  });

  test('a result that cannot be written down is still a result', async () => {
    const { span } = sdk();
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const app = createApp({ name: 'demo', version: '1.0.0' })
      .use(telemetry({ captureResults: true }))
      .add(defineTool({ name: 'odd', run: () => result({ content: [], structuredContent: cyclic }) }));
    expect(await callTool(app, 'odd')).toMatchObject({ result: { structuredContent: cyclic } });
    expect(span('tools/call odd').status.code).toBe(api.SpanStatusCode.UNSET);
  });
});

test('nothing is done while no SDK is registered, and everything once one is', async () => {
  const { app, lines } = demo();
  await callTool(app, 'logging');
  expect(lines[0]).not.toHaveProperty('trace_id');
  const first = sdk();
  await callTool(app, 'echo');
  expect(first.spans).toHaveLength(2);
  expect(await first.points('mcp.server.operation.duration')).toHaveLength(1);
  first[Symbol.dispose]();
  const second = sdk();
  await callTool(app, 'echo');
  expect(second.spans).toHaveLength(2);
  expect(await second.points('mcp.server.operation.duration')).toHaveLength(1);
});

test('only the methods asked for', async () => {
  const { spans } = sdk();
  const { app } = demo({ except: ['ping'] });
  await send(app, 'ping', {}, legacy);
  expect(spans).toEqual([]);
});

test('options that cannot work are refused', () => {
  expect(() => telemetry({ trustRemoteParent: 'sometimes' as never })).toThrow('trustRemoteParent');
  expect(() => telemetry({ maxCaptureLength: 0 })).toThrow('maxCaptureLength');
  expect(() => telemetry({ metricPrefix: '1 x' })).toThrow('metricPrefix');
  expect(() => telemetry({ redaction: { secrets: ['x'] } })).toThrow('secrets');
});

test('is a named middleware', () => {
  expect(telemetry().name).toBe('observeCall');
  expectTypeOf(telemetry()).toEqualTypeOf<Middleware>();
});
