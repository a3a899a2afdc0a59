import { createApp, defineTool, result, ToolError, type LogFields } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { demoApp, echo, heldTool } from './demo-app.ts';
import { callModern, initialize, json, serve, until, type TestSession } from './helpers.ts';
import { readEvents } from './sse-reader.ts';

// An unhandled rejection or exception anywhere fails the run.

/** Calls a tool as a client of either era. */
const eras: [string, (url: string, name: string, args?: object) => Promise<any>][] = [
  ['2026', (url, name, args = {}) => json(callModern(url, name, { ...args }))],
  ['2025', async (url, name, args = {}) => answerOf(await initialize(url), name, args)],
];

async function answerOf(session: TestSession, name: string, args: object) {
  const response = await session.call(name, { ...args });
  return response.headers.get('content-type') === 'application/json'
    ? json(response)
    : (await readEvents(response).rest()).at(-1);
}

function recording() {
  const lines: [LogFields, string | undefined][] = [];
  const error = (fields: LogFields, message?: string) => void lines.push([fields, message]);
  return { lines, logger: { debug() {}, info() {}, warn() {}, error } };
}

describe.each(eras)('a client of %s gets an answer, and the next one too,', (_era, call) => {
  const andThen = async (url: string) => {
    const after = await call(url, 'echo', { text: 'still here' });
    expect(after.result.content).toEqual([{ type: 'text', text: 'still here' }]);
  };

  test.each<[string, unknown]>([
    ['an error', new Error('the password is hunter2')],
    ['a text', 'the password is hunter2'],
    ['nothing', undefined],
    ['null', null],
    ['an object', { password: 'hunter2' }],
    [
      'an error that cannot be read',
      Object.defineProperty(new Error('hunter2'), 'message', {
        get() {
          throw new Error('hunter2');
        },
      }),
    ],
  ])('when a handler throws %s', async (_what, thrown) => {
    const { lines, logger } = recording();
    const bad = defineTool({
      name: 'bad',
      run() {
        throw thrown;
      },
    });
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0', logger }).add(bad, echo));
    const answer = await call(url, 'bad');
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(answer.result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/Incident: [\da-f-]{13}/) }],
    });
    expect(lines).toHaveLength(1);
    await andThen(url);
  });

  test('when a handler fails in a way it wants to be known', async () => {
    const bad = defineTool({
      name: 'bad',
      run() {
        throw new ToolError('FULL', 'The disk is full.');
      },
    });
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(bad, echo));
    expect((await call(url, 'bad')).result).toMatchObject({
      isError: true,
      content: [{ text: 'The disk is full.' }],
    });
    await andThen(url);
  });

  test('when a handler never ends', async () => {
    const clock = fakeClock();
    const { tool, state } = heldTool();
    const { url } = await serve(
      createApp({ name: 'demo', version: '1.0.0', clock, timeoutMs: 5000 }).add(tool, echo),
    );
    const answer = call(url, 'held');
    await until(() => state.started === 1);
    await clock.advance(5000);
    expect((await answer).result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('5000') }],
    });
    expect(state.aborted).toBe(1);
    await andThen(url);
  });

  test('when a handler goes on after it was given up', async () => {
    const clock = fakeClock();
    let started = 0;
    let rejectLate: ((error: Error) => void) | undefined;
    let tellLate: (() => void) | undefined;
    const stubborn = defineTool({
      name: 'stubborn',
      run: (_args, call_) =>
        new Promise((_, reject) => {
          started += 1;
          rejectLate = reject;
          tellLate = () => call_.progress({ progress: 1 });
        }),
    });
    const { url } = await serve(
      createApp({ name: 'demo', version: '1.0.0', clock, timeoutMs: 5000 }).add(stubborn, echo),
    );
    const answer = call(url, 'stubborn');
    await until(() => started === 1);
    await clock.advance(5000);
    expect((await answer).result.isError).toBe(true);
    tellLate?.();
    rejectLate?.(new Error('too late'));
    await andThen(url);
  });

  test.each<[string, () => unknown]>([
    ['a number too large for JSON', () => result({ content: [], structuredContent: { n: 1n } })],
    [
      'a circle',
      () => {
        const circle: Record<string, unknown> = {};
        circle['self'] = circle;
        return result({ content: [], structuredContent: circle });
      },
    ],
    [
      'a circle it does not wrap',
      () => {
        const circle: Record<string, unknown> = {};
        circle['self'] = circle;
        return circle;
      },
    ],
    [
      'something whose toJSON throws',
      () =>
        result({
          content: [],
          structuredContent: {
            toJSON() {
              throw new Error('hunter2');
            },
          },
        }),
    ],
    ['a function', () => () => {}],
    ['a symbol', () => Symbol('x')],
  ])('when a handler returns %s', async (_what, make) => {
    const { lines, logger } = recording();
    const odd = defineTool({ name: 'odd', run: (): unknown => make() });
    const talking = defineTool({
      name: 'talking',
      run: (_args, call_): unknown => {
        call_.sendLog('error', 'hi');
        return make();
      },
    });
    const { url } = await serve(
      createApp({ name: 'demo', version: '1.0.0', logger }).add(odd, talking, echo),
    );
    for (const name of ['odd', 'talking']) {
      const answer = await call(url, name);
      expect(answer.id).toBeDefined();
      expect(answer.error ?? answer.result.isError).toBeTruthy();
      expect(JSON.stringify(answer)).not.toContain('hunter2');
    }
    expect(lines).toHaveLength(2);
    await andThen(url);
  });

  test('when a result does not fit its schema', async () => {
    const odd = defineTool({
      name: 'odd',
      output: z.object({ n: z.number() }),
      run: () => ({ n: 'seven' }) as never,
    });
    const { url } = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(odd, echo));
    expect((await call(url, 'odd')).error).toMatchObject({ code: -32603 });
    await andThen(url);
  });

  test('when listeners throw and reject', async () => {
    const { lines, logger } = recording();
    const app = demoApp({ logger });
    for (const event of ['toolCalled', 'toolFailed', 'sessionOpened', 'sessionClosed'] as const) {
      app.on(event, () => {
        throw new Error('a bad listener');
      });
      app.on(event, async () => Promise.reject(new Error('a bad listener')));
    }
    const { url } = await serve(app);
    expect((await call(url, 'echo', { text: 'hi' })).result.content).toEqual([{ type: 'text', text: 'hi' }]);
    expect((await call(url, 'fail')).result.isError).toBe(true);
    await until(() => lines.filter(([, message]) => message === 'A listener failed.').length >= 4);
  });

  test('when middleware continues twice', async () => {
    const { lines, logger } = recording();
    let calls = 0;
    const counted = defineTool({ name: 'counted', run: () => void (calls += 1) });
    const app = createApp({ name: 'demo', version: '1.0.0', logger }).add(counted, echo);
    app.use('tools/call', async function continueTwice(each, next) {
      if (each.tool !== counted) return next();
      await next();
      return next();
    });
    const { url } = await serve(app);
    expect((await call(url, 'counted')).result.isError).toBe(true);
    expect(calls).toBe(1);
    expect((lines[0]![0]['err'] as Error).message).toContain('continueTwice');
    await andThen(url);
  });

  test.each<[string, (call: any, next: any) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('hunter2');
      },
    ],
    ['returns nothing', () => undefined],
    ['returns a text', async () => 'hunter2'],
  ])('when middleware %s', async (_what, layer) => {
    const app = createApp({ name: 'demo', version: '1.0.0' }).add(
      echo,
      defineTool({ name: 'other', run: () => '' }),
    );
    app.use(
      'tools/call',
      (each, next) => (each.tool?.name === 'other' ? layer(each, next) : next()) as never,
    );
    const { url } = await serve(app);
    const answer = await call(url, 'other');
    expect(answer.error ?? answer.result.isError).toBeTruthy();
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    await andThen(url);
  });
});
