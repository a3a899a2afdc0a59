import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  AccessDeniedError,
  anonymous,
  createApp,
  defineResource,
  defineTool,
  LimitExceededError,
  local,
  ProtocolError,
  ToolError,
  type Exchange,
  type LogFields,
  type Middleware,
} from '../../src/index.ts';
import { log, type LogOptions } from '../../src/middleware/log.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';

type Line = LogFields & { level: string; message: string | undefined };

function collect() {
  const lines: Line[] = [];
  const at = (level: string) => (fields: LogFields, message?: string) =>
    void lines.push({ level, message, ...fields });
  return { lines, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

const schema = z.object({ name: z.string().optional() });

function setup(options: LogOptions = {}) {
  const { lines, logger } = collect();
  const clock = fakeClock();
  const app = createApp({ name: 'demo', version: '1.0.0', clock, logger })
    .use(log(options))
    .add(
      defineTool({ name: 'fine', run: () => 'ok' }),
      defineTool({ name: 'slow', run: () => clock.advance(250) }),
      defineTool({ name: 'secret', access: { scopes: ['admin'] }, run: () => 'ok' }),
      defineTool({ name: 'hidden', access: { roles: ['admin'] }, run: () => 'ok' }),
      defineTool({ name: 'broken', run: () => Promise.reject(new Error('disk 7 on fire')) }),
      defineTool({ name: 'wrong', output: schema, run: () => ({ name: 7 }) as never }),
      defineTool({ name: 'typed', input: schema, run: () => 'ok' }),
      defineTool({ name: 'failing', run: () => Promise.reject(new ToolError('FULL', 'The disk is full.')) }),
      defineTool({
        name: 'refusing',
        run: () => Promise.reject(new ProtocolError(-31000, 'no', { code: 'NO' })),
      }),
      defineTool({ name: 'limited', run: () => Promise.reject(new LimitExceededError('slow down')) }),
      defineTool({ name: 'denied', run: () => Promise.reject(new AccessDeniedError('it', ['x'])) }),
      defineTool({ name: 'hanging', timeoutMs: 40, run: () => new Promise(() => {}) }),
      defineTool({
        name: 'asking',
        run: async (_, call) => (await call.requireInput('name', { message: 'Who?', schema })).action,
      }),
      defineResource({ uri: 'file:///a', name: 'a', read: () => 'a' }),
    );
  const call = async (
    name: string,
    more: Partial<Exchange> = {},
    method = 'tools/call',
    params: object = { name },
  ) => {
    const response = await app.dispatch({ jsonrpc: '2.0', id: 1, method, params }, exchange(more));
    return { line: lines.find(({ outcome }) => outcome !== undefined), response, lines };
  };
  return { app, call, clock, lines };
}

function exchange(more: Partial<Exchange> = {}): Exchange {
  return {
    transport: 'memory',
    era: 'modern',
    protocolVersion: '2026-07-28',
    client: { capabilities: { elicitation: { form: {} } } },
    principal: local,
    scope: 'connection',
    signal: new AbortController().signal,
    notify() {},
    ...more,
  };
}

function errorOf(result: any) {
  return { code: result['_meta']['toolyard/error']?.code };
}

test('one line per request, with the ids of the call and how it ended', async () => {
  const { call } = setup();
  const { lines } = await call('fine');
  expect(lines).toEqual([
    {
      level: 'info',
      message: 'tools/call ok',
      callId: expect.any(String),
      requestId: 1,
      method: 'tools/call',
      tool: 'fine',
      transport: 'memory',
      principal: 'local',
      outcome: 'ok',
      durationMs: 0,
    },
  ]);
});

describe('outcomes', () => {
  const stranger = { principal: anonymous };
  test.each([
    ['fine', {}, { level: 'info', outcome: 'ok' }],
    ['asking', {}, { level: 'info', outcome: 'input_required' }],
    ['failing', {}, { level: 'warn', outcome: 'tool_error', code: 'FULL', masked: false }],
    ['broken', {}, { level: 'error', outcome: 'tool_error', code: 'INTERNAL', masked: true }],
    ['wrong', {}, { level: 'error', outcome: 'error', code: 'INVALID_OUTPUT', rpcCode: -32603 }],
    ['refusing', {}, { level: 'warn', outcome: 'error', code: 'NO', rpcCode: -31000 }],
    ['limited', {}, { level: 'warn', outcome: 'denied', code: 'LIMIT_EXCEEDED', rpcCode: -31429 }],
    ['denied', {}, { level: 'warn', outcome: 'denied', code: 'ACCESS_DENIED', rpcCode: -31403 }],
    ['secret', stranger, { level: 'warn', outcome: 'denied', code: 'ACCESS_DENIED', rpcCode: -31403 }],
    ['hidden', stranger, { level: 'warn', outcome: 'denied', code: 'TOOL_NOT_FOUND', rpcCode: -32602 }],
    ['absent', {}, { level: 'warn', outcome: 'error', code: 'TOOL_NOT_FOUND', rpcCode: -32602 }],
  ])('%s', async (name, more, expected) => {
    const { line, response } = await setup().call(name, more);
    expect(line).toMatchObject(expected);
    // What the line says is what the client got.
    const { outcome, code, rpcCode } = line!;
    const told =
      response && 'error' in response ? { rpcCode: response.error.code } : errorOf(response?.result);
    expect(told).toEqual(
      rpcCode === undefined ? { code: outcome === 'tool_error' ? code : undefined } : { rpcCode },
    );
  });

  test('arguments that do not fit', async () => {
    const { line } = await setup().call('', {}, 'tools/call', { name: 'typed', arguments: { name: 7 } });
    expect(line).toMatchObject({
      level: 'warn',
      outcome: 'tool_error',
      code: 'INVALID_ARGUMENTS',
      masked: false,
    });
  });

  test('a resource that is not there, in both eras', async () => {
    const params = { uri: 'file:///none' };
    const modern = await setup().call('', {}, 'resources/read', params);
    expect(modern.line).toMatchObject({ code: 'RESOURCE_NOT_FOUND', rpcCode: -32602 });
    const legacy = await setup().call(
      '',
      { era: 'legacy', protocolVersion: '2025-11-25' },
      'resources/read',
      params,
    );
    expect(legacy.line).toMatchObject({ code: 'RESOURCE_NOT_FOUND', rpcCode: -32002 });
    expect(legacy.response).toMatchObject({ error: { code: -32002 } });
  });

  test('a method nobody serves', async () => {
    const { line } = await setup().call('', {}, 'tools/dance', {});
    expect(line).toMatchObject({
      level: 'warn',
      outcome: 'error',
      code: 'METHOD_NOT_FOUND',
      rpcCode: -32601,
    });
  });

  test('a call that took too long', async () => {
    const { call, clock } = setup();
    const answered = call('hanging');
    await clock.advance(40);
    expect((await answered).line).toMatchObject({
      level: 'warn',
      outcome: 'tool_error',
      code: 'TIMEOUT',
      durationMs: 40,
    });
  });

  test('a call its client gave up', async () => {
    const { app, call, clock, lines } = setup();
    const answered = call('hanging');
    await clock.advance(15);
    await app.dispatch(
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
      exchange(),
    );
    expect((await answered).response).toBeUndefined();
    expect(lines).toMatchObject([{ level: 'info', outcome: 'cancelled', code: 'CANCELLED', durationMs: 15 }]);
  });

  test('a stream of changes that its client leaves has ended well', async () => {
    const gone = new AbortController();
    const { call, lines } = setup({ slowMs: 1 });
    const params = { notifications: { toolsListChanged: true } };
    const answered = call(
      '',
      { signal: gone.signal, notify: () => gone.abort() },
      'subscriptions/listen',
      params,
    );
    await answered;
    expect(lines).toMatchObject([{ level: 'info', outcome: 'ok' }]);
  });
});

test('slow calls are louder and say so', async () => {
  const { line } = await setup({ slowMs: 200 }).call('slow');
  expect(line).toMatchObject({ level: 'warn', outcome: 'ok', durationMs: 250, slow: true });
});

test('levels can be chosen per outcome', async () => {
  const { line } = await setup({ levels: { ok: 'debug' } }).call('fine');
  expect(line).toMatchObject({ level: 'debug' });
});

test('only the methods asked for', async () => {
  expect((await setup({ methods: ['tools/list'] }).call('fine')).lines).toEqual([]);
  expect((await setup({ except: ['tools/call'] }).call('fine')).lines).toEqual([]);
  expect((await setup({ methods: ['tools/call'] }).call('fine')).lines).toHaveLength(1);
});

test('notifications have no line', async () => {
  const { app, lines } = setup();
  await app.dispatch({ jsonrpc: '2.0', method: 'notifications/initialized' }, exchange());
  expect(lines).toEqual([]);
});

test('options that cannot work are refused', () => {
  expect(() => log({ slowMs: 0 })).toThrow('slowMs must be above 0');
  expect(() => log({ methods: [], except: [] })).toThrow('exclude each other');
});

test('is a named middleware', () => {
  expect(log().name).toBe('logCall');
  expectTypeOf(log()).toEqualTypeOf<Middleware>();
});
