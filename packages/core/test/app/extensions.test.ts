import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineMethod, definePlugin, type Call, type Extension, type Middleware } from '../../src/index.ts';
import { createTestClient, fakeClock } from '../../src/testing.ts';
import { eras, never, testApp } from '../helpers.ts';

const clockwork: Extension = {
  id: 'com.example/clock',
  settings: { zones: ['UTC'] },
  methods: [
    defineMethod({
      name: 'clock/now',
      params: z.object({ zone: z.string().default('UTC') }),
      run: ({ zone }) => ({ zone }),
    }),
    defineMethod({ name: 'clock/new', era: 'modern', run: () => ({ era: 'modern' }) }),
    defineMethod({ name: 'clock/old', era: 'legacy', run: () => ({ era: 'legacy' }) }),
    defineMethod({
      name: 'clock/broken',
      run: () => {
        throw new Error('password is hunter2');
      },
    }),
  ],
};
const knowing = { capabilities: { extensions: { 'com.example/clock': { zone: 'CET' } } } };

describe.each(eras)('the methods of an extension (%s)', (era) => {
  test('answer clients that know it', async () => {
    const client = createTestClient(testApp().extend(clockwork), { era, ...knowing });
    expect(await client.request('clock/now', { zone: 'CET' })).toMatchObject({ zone: 'CET' });
    expect(await client.request('clock/now')).toMatchObject({ zone: 'UTC' });
  });

  test('check their params', async () => {
    const client = createTestClient(testApp().extend(clockwork), { era, ...knowing });
    await expect(client.request('clock/now', { zone: 7 })).rejects.toMatchObject({
      rpcCode: -32602,
      message: expect.stringContaining('zone: '),
    });
  });

  test('are masked when they fail', async () => {
    const client = createTestClient(testApp().extend(clockwork), { era, ...knowing });
    await expect(client.request('clock/broken')).rejects.toMatchObject({
      rpcCode: -32603,
      message: 'Internal error',
    });
  });

  test('exist in their era only', async () => {
    const client = createTestClient(testApp().extend(clockwork), { era, ...knowing });
    const [own, other] = era === 'modern' ? ['clock/new', 'clock/old'] : ['clock/old', 'clock/new'];
    expect(await client.request(own)).toMatchObject({ era });
    await expect(client.request(other)).rejects.toMatchObject({ rpcCode: -32601 });
  });

  test('are announced', async () => {
    const { capabilities } = await createTestClient(testApp().extend(clockwork), { era }).connect();
    expect(capabilities.extensions).toEqual({ 'com.example/clock': { zones: ['UTC'] } });
    expect((await createTestClient(testApp(), { era }).connect()).capabilities).not.toHaveProperty(
      'extensions',
    );
  });

  test('pass the middleware, by their name too', async () => {
    const trace: string[] = [];
    const app = testApp()
      .use(async (call, next) => (trace.push(call.method), next()))
      .use('clock/now', async (_call, next) => ({ ...(await next()), checked: true }))
      .extend(clockwork);
    const client = createTestClient(app, { era, ...knowing });
    expect(await client.request('clock/now')).toMatchObject({ zone: 'UTC', checked: true });
    expect(trace).toContain('clock/now');
  });

  test('see the settings of the client', async () => {
    const app = testApp().extend({
      id: 'com.example/clock',
      methods: [
        {
          name: 'clock/zone',
          run: (_params, call: Call) => ({
            zone: call.extension('com.example/clock')?.['zone'],
            other: call.extension('toString') ?? null,
          }),
        },
      ],
    });
    const client = createTestClient(app, { era, ...knowing });
    expect(await client.request('clock/zone')).toMatchObject({ zone: 'CET', other: null });
  });

  test('are given up when they take longer than the app allows', async () => {
    const clock = fakeClock();
    const app = testApp({ clock, timeoutMs: 1000 }).extend({
      id: 'com.example/slow',
      negotiated: false,
      methods: [{ name: 'slow/wait', run: () => never }],
    });
    const answer = createTestClient(app, { era })
      .request('slow/wait')
      .catch((error: unknown) => error);
    await clock.advance(1000);
    expect(await answer).toMatchObject({
      rpcCode: -32603,
      message: 'slow/wait did not finish within 1000 ms.',
    });
  });
});

describe('a 2026 client that did not declare an extension', () => {
  test('is told what it lacks', async () => {
    const client = createTestClient(testApp().extend(clockwork));
    await expect(client.request('clock/now')).rejects.toMatchObject({
      rpcCode: -32021,
      data: { requiredCapabilities: { extensions: { 'com.example/clock': {} } } },
    });
  });

  test('is served where the extension does not insist', async () => {
    const client = createTestClient(testApp().extend({ ...clockwork, negotiated: false }));
    expect(await client.request('clock/now')).toMatchObject({ zone: 'UTC' });
  });
});

describe('an extension that cannot be', () => {
  const taken = expect.objectContaining({ code: 'NAME_TAKEN' });

  test('one that is there already', () => {
    expect(() => testApp().extend(clockwork).extend(clockwork)).toThrow(taken);
  });

  test('one that redefines a method of the protocol', () => {
    expect(() => testApp().extend({ id: 'x', methods: [{ name: 'tools/call', run: () => ({}) }] })).toThrow(
      taken,
    );
  });

  test('one that redefines a method of another', () => {
    const app = testApp().extend(clockwork);
    expect(() =>
      app.extend({ id: 'com.example/other', methods: [{ name: 'clock/now', run: () => ({}) }] }),
    ).toThrow(taken);
  });
});

test('the params of a method are checked by any schema: clients never see it, so it needs no JSON Schema', async () => {
  const params = z.object({ at: z.iso.datetime().transform((text) => new Date(text)) });
  const app = testApp().extend({
    id: 'com.example/date',
    negotiated: false,
    methods: [defineMethod({ name: 'date/year', params, run: ({ at }) => ({ year: at.getUTCFullYear() }) })],
  });
  expect(await createTestClient(app).request('date/year', { at: '2026-07-28T00:00:00Z' })).toMatchObject({
    year: 2026,
  });
});

test('a mounted app brings its extensions, behind the middleware of both', async () => {
  const trace: string[] = [];
  const tracing = (name: string): Middleware =>
    async function record(_call, next) {
      trace.push(name);
      return next();
    };
  const child = testApp().use(tracing('child')).extend(clockwork);
  const app = testApp().use(tracing('parent')).mount('x', testApp().mount('deep', child));
  const client = createTestClient(app, knowing);
  expect((await client.connect()).capabilities.extensions).toEqual({
    'com.example/clock': { zones: ['UTC'] },
  });
  trace.length = 0;
  expect(await client.request('clock/now')).toMatchObject({ zone: 'UTC' });
  expect(trace).toEqual(['parent', 'child']);
});

test('a plugin can bring an extension', async () => {
  const plugin = definePlugin({
    name: 'clock',
    install: (app) => void app.extend({ ...clockwork, negotiated: false }),
  });
  expect(await createTestClient(testApp().install(plugin)).request('clock/now')).toMatchObject({
    zone: 'UTC',
  });
});
