import { assert, asyncProperty, integer, anything, dictionary, string } from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { GENESIS, verifyAuditChain } from '../../src/audit/chain.ts';
import type { AuditRecord, AuditSink } from '../../src/audit/record.ts';
import {
  anonymous,
  createApp,
  definePrompt,
  defineResource,
  defineTool,
  LimitExceededError,
  ToolError,
  type App,
  type Exchange,
  type LogFields,
  type Middleware,
  type Principal,
} from '../../src/index.ts';
import { audit, type AuditOptions } from '../../src/middleware/audit.ts';
import { sqliteAuditSink } from '../../src/stores/audit-sqlite.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';

const ann: Principal = { id: 'ann', issuer: 'https://id.example', clientId: 'desk', scopes: [] };

/** Keeps records in memory; `fail` and `hold` make it a bad one. */
function memorySink() {
  const sink = {
    records: [] as AuditRecord[],
    fail: false,
    hold: undefined as Promise<void> | undefined,
    appending: 0,
    async append(record: AuditRecord) {
      expect((sink.appending += 1)).toBe(1);
      await sink.hold;
      await turn();
      sink.appending -= 1;
      if (sink.fail) throw new Error('disk full');
      sink.records.push(record);
    },
  };
  return sink;
}

function exchange(more: Partial<Exchange> = {}): Exchange {
  return {
    transport: 'http',
    era: 'modern',
    protocolVersion: '2026-07-28',
    client: { info: { name: 'desk', version: '2.1' }, capabilities: { elicitation: { form: {} } } },
    principal: ann,
    tenant: 'acme',
    scope: 'connection',
    signal: new AbortController().signal,
    notify() {},
    ...more,
  };
}

const limiter: Middleware = async function limit(call, next) {
  if (call.target?.name === 'limited') throw new LimitExceededError('too many');
  return next();
};

function setup(options: Partial<AuditOptions> = {}) {
  const sink = memorySink();
  const clock = fakeClock();
  const lines: { fields: LogFields; message: string | undefined }[] = [];
  const write = (fields: LogFields, message?: string) => void lines.push({ fields, message });
  const logger = { debug: write, info: write, warn: write, error: write };
  const trail = audit({ sink, ...options });
  const ran: string[] = [];
  const app = createApp({ name: 'demo', version: '1.0.0', clock, logger })
    .use(trail, limiter)
    .add(
      defineTool({
        name: 'write',
        input: z.object({
          path: z.string(),
          mode: z.object({ append: z.boolean() }).optional(),
          tags: z.record(z.string(), z.string()).optional(),
        }),
        run: async ({ path }) => {
          ran.push(path);
          await clock.advance(20);
          return { written: path.length };
        },
      }),
      defineTool({ name: 'limited', run: () => 'x' }),
      defineTool({ name: 'guarded', access: { scopes: ['admin'] }, run: () => 'x' }),
      defineTool({ name: 'hidden', access: { roles: ['admin'] }, run: () => 'x' }),
      defineTool({ name: 'failing', run: () => Promise.reject(new ToolError('FULL', 'full of secrets')) }),
      defineTool({ name: 'broken', run: () => Promise.reject(new Error('full of secrets')) }),
      defineTool({ name: 'hanging', run: () => new Promise(() => {}) }),
      definePrompt({ name: 'greet', input: z.object({ who: z.string() }), run: () => 'hi' }),
      defineResource({ uri: 'db://ann:secret@host/t', name: 't', read: () => 'row' }),
    );
  return { app, clock, sink, trail, lines, ran };
}

function send(app: App<any, any>, method: string, params: object = {}, more: Partial<Exchange> = {}) {
  return app.dispatch({ jsonrpc: '2.0', id: 7, method, params }, exchange(more));
}
const callTool = (app: App<any, any>, name: string, args?: object, more?: Partial<Exchange>) =>
  send(app, 'tools/call', { name, ...(args && { arguments: args }) }, more);

async function shape(args: object) {
  const { app, sink, trail } = setup();
  await callTool(app, 'write', args);
  await trail.flush();
  return sink.records[0]?.arguments;
}

async function filled() {
  const { app, sink, trail } = setup();
  await Promise.all(
    Array.from({ length: 20 }, (_, n) => callTool(app, 'write', { path: `p${n}` }, { scope: `c${n}` })),
  );
  await trail.flush();
  return sink.records;
}

describe('records', () => {
  test('who asked for what, when, from where, and how it ended', async () => {
    const { app, sink, trail } = setup();
    const peer = { address: '10.0.0.7' };
    const session = { id: 's-1', record: undefined, update() {} };
    await callTool(app, 'write', { path: '/etc/passwd' }, { peer, session });
    await trail.flush();
    expect(sink.records).toEqual([
      {
        seq: 1,
        time: '2026-01-01T00:00:00.000Z',
        callId: expect.any(String),
        principal: { id: 'ann', issuer: 'https://id.example', clientId: 'desk' },
        tenant: 'acme',
        session: 's-1',
        transport: 'http',
        protocolVersion: '2026-07-28',
        client: { name: 'desk', version: '2.1' },
        address: '10.0.0.7',
        method: 'tools/call',
        target: { kind: 'tool', name: 'write', known: true },
        outcome: 'ok',
        durationMs: 20,
        paramsBytes: expect.any(Number),
        resultBytes: expect.any(Number),
        arguments: { path: 'string' },
        prevHash: GENESIS,
        hash: expect.stringMatching(/^[\da-f]{64}$/),
      },
    ]);
  });

  test.each([
    ['guarded', { outcome: 'denied', code: 'ACCESS_DENIED', rpcCode: -31403 }],
    [
      'hidden',
      { outcome: 'denied', code: 'TOOL_NOT_FOUND', target: { kind: 'tool', name: 'hidden', known: true } },
    ],
    ['limited', { outcome: 'denied', code: 'LIMIT_EXCEEDED' }],
    [
      'absent',
      { outcome: 'error', code: 'TOOL_NOT_FOUND', target: { kind: 'tool', name: 'absent', known: false } },
    ],
    ['failing', { outcome: 'tool_error', code: 'FULL' }],
    ['broken', { outcome: 'tool_error', code: 'INTERNAL' }],
    ['write', { outcome: 'tool_error', code: 'INVALID_ARGUMENTS' }],
  ])('%s', async (name, expected) => {
    const { app, sink, trail } = setup();
    await callTool(app, name, undefined, { principal: anonymous });
    await trail.flush();
    expect(sink.records).toMatchObject([{ ...expected, resultBytes: 0 }]);
    expect(JSON.stringify(sink.records)).not.toContain('secrets');
  });

  test('a call its client gave up', async () => {
    const { app, sink, trail } = setup();
    const answered = callTool(app, 'hanging');
    await turn();
    await app.dispatch(
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } },
      exchange(),
    );
    await answered;
    await trail.flush();
    expect(sink.records).toMatchObject([{ outcome: 'cancelled', code: 'CANCELLED' }]);
  });

  test('every other method too; the secrets of a URI are masked', async () => {
    const { app, sink, trail } = setup();
    await send(app, 'resources/read', { uri: 'db://ann:secret@host/t' });
    await send(app, 'prompts/get', { name: 'greet', arguments: { who: 'bob' } });
    await send(app, 'tools/list');
    await send(app, 'made/up');
    await trail.flush();
    expect(sink.records).toMatchObject([
      {
        method: 'resources/read',
        target: { kind: 'resource', name: 'db://ann:[redacted]@host/t', known: true },
      },
      { method: 'prompts/get', target: { kind: 'prompt', name: 'greet' }, arguments: { who: 'string' } },
      { method: 'tools/list', outcome: 'ok' },
      { method: 'made/up', outcome: 'error', code: 'METHOD_NOT_FOUND' },
    ]);
  });

  test('only the methods asked for, and no notifications', async () => {
    const { app, sink, trail } = setup({ except: ['tools/list'] });
    await send(app, 'tools/list');
    await app.dispatch({ jsonrpc: '2.0', method: 'notifications/initialized' }, exchange());
    await trail.flush();
    expect(sink.records).toEqual([]);
  });

  test('what a client makes up is cut', async () => {
    const { app, sink, trail } = setup();
    await callTool(app, 'x'.repeat(10_000));
    await send(app, 'y'.repeat(10_000));
    await trail.flush();
    expect(JSON.stringify(sink.records).length).toBeLessThan(2500);
  });
});

describe('arguments', () => {
  test('are names and types', async () => {
    expect(await shape({ path: 'a', mode: { append: true } })).toEqual({
      path: 'string',
      mode: { append: 'boolean' },
    });
    expect(await shape({ path: [1, 2, 'a', null, {}, 3] })).toEqual({ path: ['number', 'string', 'null'] });
  });

  test('names that the schema does not declare are data', async () => {
    expect(await shape({ path: 'a', tags: { 'ann@example.org': 'x' }, extra: 1 })).toEqual({
      path: 'string',
      tags: { '*': 'string' },
      '*': 'number',
    });
  });

  test('never hold a value, and are small, whatever comes', async () => {
    const { app, sink, trail } = setup();
    const value = string({ minLength: 8, maxLength: 8 }).map((text) => `<${text}>`);
    await assert(
      asyncProperty(
        dictionary(value, anything({ key: value, values: [value, integer({ min: 1e9 })], maxDepth: 8 })),
        async (args) => {
          await callTool(app, 'write', JSON.parse(JSON.stringify(args)) as object);
          await trail.flush();
          const written = JSON.stringify(sink.records.splice(0)[0]?.arguments);
          expect(written).not.toMatch(/<|\d{9}/);
          expect(written.length).toBeLessThan(100_000);
        },
      ),
      { numRuns: 50 },
    );
    const deep = JSON.parse(`${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`) as object;
    await callTool(app, 'write', deep);
    await callTool(app, 'write', Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`k${n}`, n])));
    await trail.flush();
    expect(JSON.stringify(sink.records).length).toBeLessThan(3000);
  });
});

describe('the chain', () => {
  test('holds, in the order of the answers', async () => {
    const records = await filled();
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, n) => n + 1));
    expect(await verifyAuditChain(records)).toEqual({
      ok: true,
      count: 20,
      hash: records[19]!.hash,
      lost: 0,
    });
    expect(await verifyAuditChain(JSON.parse(JSON.stringify(records)) as AuditRecord[])).toMatchObject({
      ok: true,
    });
    expect(await verifyAuditChain([])).toEqual({ ok: true, count: 0, hash: GENESIS, lost: 0 });
  });

  test.each<[string, (records: AuditRecord[]) => AuditRecord[], object]>([
    [
      'a changed value',
      (all) => all.with(7, { ...all[7]!, outcome: 'denied' }),
      { index: 7, problem: 'changed' },
    ],
    ['an added field', (all) => all.with(7, { ...all[7]!, lost: 1 }), { index: 7, problem: 'changed' }],
    [
      'a removed field',
      (all) => all.with(7, { ...all[7]!, tenant: undefined }),
      { index: 7, problem: 'changed' },
    ],
    ['a record that was taken away', (all) => all.toSpliced(7, 1), { index: 7, problem: 'missing' }],
    ['a beginning that was taken away', (all) => all.slice(3), { index: 0, problem: 'missing' }],
    [
      'two that changed places',
      (all) => all.with(7, all[8]!).with(8, all[7]!),
      { index: 7, problem: 'missing' },
    ],
    ['one that is there twice', (all) => all.toSpliced(7, 0, all[7]!), { index: 8, problem: 'missing' }],
  ])('%s is found', async (_, change, expected) => {
    expect(await verifyAuditChain(change(await filled()))).toEqual({ ok: false, ...expected });
  });

  test('a part can be checked with the hash before it', async () => {
    const records = await filled();
    const part = records.slice(5);
    expect(await verifyAuditChain(part, { from: records[4]!.hash })).toMatchObject({ ok: true, count: 15 });
    expect(await verifyAuditChain(part, { from: records[3]!.hash })).toMatchObject({ ok: false, index: 0 });
    expect(await verifyAuditChain(part, { from: 'any' })).toMatchObject({ ok: true });
  });

  test('goes on after a restart of the process', async () => {
    const kept = memorySink();
    const sink: AuditSink = {
      append: (record) => kept.append(record),
      last: async () => kept.records.at(-1),
    };
    for (const round of [1, 2, 3]) {
      const { app, trail } = setup({ sink });
      await callTool(app, 'write', { path: `${round}` });
      await trail.close();
    }
    expect(await verifyAuditChain(kept.records)).toMatchObject({ ok: true, count: 3 });
  });

  test('works on the driver', async () => {
    const sink = sqliteAuditSink({ path: ':memory:' });
    const { app, trail } = setup({ sink });
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => callTool(app, 'write', { path: `p${n}` }, { scope: `c${n}` })),
    );
    await trail.flush();
    expect(await verifyAuditChain(sink.records())).toMatchObject({ ok: true, count: 20 });
    await trail.close();
  });
});

describe('a sink that fails', () => {
  test('does not fail the call; the record goes to the log, and the chain says what is missing', async () => {
    const { app, sink, trail, lines } = setup();
    await callTool(app, 'write', { path: 'a' });
    await trail.flush();
    sink.fail = true;
    expect(await callTool(app, 'write', { path: 'b' })).toHaveProperty('result');
    await callTool(app, 'write', { path: 'c' });
    await trail.flush();
    sink.fail = false;
    await callTool(app, 'write', { path: 'd' });
    await callTool(app, 'write', { path: 'e' });
    await trail.flush();
    expect(sink.records.map(({ seq, lost }) => [seq, lost])).toEqual([
      [1, undefined],
      [2, 2],
      [3, undefined],
    ]);
    expect(await verifyAuditChain(sink.records)).toMatchObject({ ok: true, lost: 2 });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      message: 'An audit record is lost.',
      fields: {
        err: { code: 'AUDIT_SINK_FAILED', cause: { message: 'disk full' } },
        auditEntry: { method: 'tools/call', outcome: 'ok', principal: { id: 'ann' } },
      },
    });
  });

  test('under "fail-call" an answer without a record is an error', async () => {
    const { app, sink, ran } = setup({ onSinkError: 'fail-call' });
    expect(await callTool(app, 'write', { path: 'a' })).toMatchObject({
      result: { structuredContent: { written: 1 } },
    });
    expect(sink.records).toHaveLength(1);
    sink.fail = true;
    const response = await callTool(app, 'write', { path: 'b' });
    expect(response).toMatchObject({
      result: { isError: true, _meta: { 'toolyard/error': { code: 'INTERNAL' } } },
    });
    expect(JSON.stringify(response)).not.toContain('disk');
    expect(ran).toEqual(['a', 'b']);
  });

  test('under "fail-call" a failure stays the failure it was', async () => {
    const { app, sink, lines } = setup({ onSinkError: 'fail-call' });
    sink.fail = true;
    expect(await callTool(app, 'failing')).toMatchObject({
      result: { _meta: { 'toolyard/error': { code: 'FULL' } } },
    });
    expect(lines.map(({ message }) => message)).toEqual(['An audit record is lost.']);
  });

  test('one that hangs: calls go on, the queue is bounded, what does not fit is logged', async () => {
    const { app, sink, trail, lines } = setup({ maxQueue: 3 });
    const held = Promise.withResolvers<void>();
    sink.hold = held.promise;
    for (const path of ['a', 'b', 'c', 'd', 'e']) await callTool(app, 'write', { path });
    expect(lines.map(({ fields }) => fields['err'])).toMatchObject([
      { code: 'AUDIT_QUEUE_FULL' },
      { code: 'AUDIT_QUEUE_FULL' },
    ]);
    held.resolve();
    await trail.flush();
    await callTool(app, 'write', { path: 'f' });
    await trail.flush();
    expect(await verifyAuditChain(sink.records)).toMatchObject({ ok: true, count: 4, lost: 2 });
  });

  test('one that hangs, under "fail-call": answers do not wait for ever, and further calls do not begin', async () => {
    const { app, clock, sink, ran } = setup({ onSinkError: 'fail-call', maxQueue: 1, appendTimeoutMs: 200 });
    sink.hold = new Promise(() => {});
    const first = callTool(app, 'write', { path: 'a' });
    for (let passed = 0; passed < 500; passed += 50) await clock.advance(50);
    expect(await first).toMatchObject({ result: { isError: true } });
    expect(await callTool(app, 'write', { path: 'b' })).toMatchObject({ result: { isError: true } });
    expect(ran).toEqual(['a']);
  });
});

test('closing the app keeps what is on its way, and closes the sink', async () => {
  let closed = false;
  const kept = memorySink();
  const sink: AuditSink = {
    append: (record) => kept.append(record),
    close: async () => void (closed = true),
  };
  const { app, trail } = setup({ sink });
  app.onClose(() => trail.close());
  await Promise.all(
    Array.from({ length: 10 }, (_, n) => callTool(app, 'write', { path: 'x' }, { scope: `c${n}` })),
  );
  await app.close();
  expect(kept.records).toHaveLength(10);
  expect(closed).toBe(true);
});

test('options that cannot work are refused', () => {
  const sink = memorySink();
  expect(() => audit({} as never)).toThrow('sink must have append()');
  expect(() => audit({ sink, maxQueue: 0 })).toThrow('maxQueue must be above 0');
  expect(() => audit({ sink, onSinkError: 'shrug' as never })).toThrow('onSinkError must be');
});

test('is a named middleware', () => {
  expect(audit({ sink: memorySink() }).name).toBe('recordCall');
  expectTypeOf(audit).returns.toExtend<Middleware>();
});
