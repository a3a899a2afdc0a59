import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, type Call, type Middleware } from '../../src/index.ts';
import { createTestClient, fakeClock, type FakeClock, type InputHandlers } from '../../src/testing.ts';
import { eras, never, settled, testApp } from '../helpers.ts';

const word = z.object({ word: z.string() });

async function ask(call: Call, key: string): Promise<string> {
  const answer = await call.requireInput(key, { message: `${key}?`, schema: word });
  return answer.action === 'accept' ? answer.content.word : answer.action;
}

/** Answers every question with its message, in upper case. */
const onInput = {
  elicit: ({ message }: { message: string }) => ({
    action: 'accept' as const,
    content: { word: message.toUpperCase() },
  }),
};

describe('a handler that asks three times', () => {
  const runs: string[][] = [];
  const quiz = defineTool({
    name: 'quiz',
    run: async (_args, call) => {
      const run: string[] = [];
      runs.push(run);
      for (const key of ['a', 'b', 'c']) run.push(await ask(call, key));
      return run.join(' ');
    },
  });

  test('runs from the top in each round of a 2026 client, and gets the same answers again', async () => {
    runs.length = 0;
    const client = createTestClient(testApp().add(quiz), { onInput });
    expect(await client.call(quiz)).toMatchObject({ content: [{ text: 'A? B? C?' }] });
    expect(runs).toEqual([[], ['A?'], ['A?', 'B?'], ['A?', 'B?', 'C?']]);
    expect(client.serverRequests).toHaveLength(3);
  });

  test('runs once for a 2025 client', async () => {
    runs.length = 0;
    const client = createTestClient(testApp().add(quiz), { era: 'legacy', onInput });
    expect(await client.call(quiz)).toMatchObject({ content: [{ text: 'A? B? C?' }] });
    expect(runs).toHaveLength(1);
  });

  test('carries the answers in the state: every round can be served by another process with the same secret', async () => {
    const secrets = ['x'.repeat(32)];
    const params = { name: 'quiz', arguments: {} };
    let answers = {};
    for (const key of ['a', 'b', 'c']) {
      const client = createTestClient(testApp({ secrets }).add(quiz), { onInput });
      const asked = await client.request('tools/call', { ...params, ...answers });
      const { inputRequests, requestState } = asked as { inputRequests: object; requestState: string };
      expect(Object.keys(inputRequests)).toEqual([key]);
      answers = { requestState, inputResponses: { [key]: { action: 'accept', content: { word: key } } } };
    }
    const last = createTestClient(testApp({ secrets }).add(quiz), { onInput });
    expect(await last.request('tools/call', { ...params, ...answers })).toMatchObject({
      resultType: 'complete',
      content: [{ text: 'a b c' }],
    });
  });
});

describe.each(eras)('questions at the same time (%s)', (era) => {
  const both = defineTool({
    name: 'both',
    run: async (_args, call) => (await Promise.all([ask(call, 'a'), ask(call, 'b')])).join(' '),
  });

  test('are asked together', async () => {
    const client = createTestClient(testApp().add(both), { era, onInput });
    expect(await client.call(both)).toMatchObject({ content: [{ text: 'A? B?' }] });
    expect(client.serverRequests).toHaveLength(2);
  });

  test('of different kinds too', async () => {
    const mixed = defineTool({
      name: 'mixed',
      run: async (_args, call) => {
        const [name, roots, { model }] = await Promise.all([
          ask(call, 'a'),
          call.listRoots(),
          call.sample({ messages: [], maxTokens: 1 }),
        ]);
        return [name, roots.length, model].join(' ');
      },
    });
    const client = createTestClient(testApp().add(mixed), {
      era,
      onInput: {
        ...onInput,
        roots: [],
        sample: () => ({ role: 'assistant', model: 'm', content: { type: 'text', text: '' } }),
      },
    });
    expect(await client.call(mixed)).toMatchObject({ content: [{ text: 'A? 0 m' }] });
  });

  test('more than 32 are refused', async () => {
    const many = defineTool({
      name: 'many',
      run: async (_args, call) =>
        (await Promise.all(Array.from({ length: 33 }, (_, index) => ask(call, `k${index}`)))).length,
    });
    const client = createTestClient(testApp().add(many), { era: 'modern', onInput });
    expect(await client.call(many)).toMatchObject({ isError: true });
  });
});

test('questions that were answered in part are asked for the rest', async () => {
  const both = defineTool({
    name: 'both',
    run: async (_args, call) => (await Promise.all([ask(call, 'a'), ask(call, 'b')])).join(' '),
  });
  const client = createTestClient(testApp().add(both), { onInput });
  const params = { name: 'both', arguments: {} };
  const first = (await client.request('tools/call', params)) as {
    inputRequests: object;
    requestState: string;
  };
  expect(Object.keys(first.inputRequests)).toEqual(['a', 'b']);
  const a = { action: 'accept', content: { word: 'one' } };
  const second = (await client.request('tools/call', {
    ...params,
    requestState: first.requestState,
    inputResponses: { a },
  })) as typeof first;
  expect(Object.keys(second.inputRequests)).toEqual(['b']);
  const b = { action: 'accept', content: { word: 'two' } };
  expect(
    await client.request('tools/call', {
      ...params,
      requestState: second.requestState,
      inputResponses: { b },
    }),
  ).toMatchObject({ content: [{ text: 'one two' }] });
});

describe('a handler that does not let the question pass', () => {
  test.each<[string, (call: Call) => Promise<unknown>]>([
    ['catches everything', async (call) => ask(call, 'a').catch(() => 'nobody there')],
    [
      'wraps every error',
      async (call) =>
        ask(call, 'a').catch((cause: unknown) => Promise.reject(new Error('wrapped', { cause }))),
    ],
    [
      'cleans up with an error of its own',
      async (call) => ask(call, 'a').finally(() => Promise.reject(new Error('cleanup'))),
    ],
  ])('and %s still asks', async (_, run) => {
    const tool = defineTool({ name: 'stubborn', run: (_args, call) => run(call) });
    const client = createTestClient(testApp().add(tool), { onInput });
    expect(await client.request('tools/call', { name: 'stubborn' })).toMatchObject({
      resultType: 'input_required',
      inputRequests: { a: {} },
    });
  });
});

const again: Middleware = async (_call, next) => {
  try {
    return await next();
  } catch {
    return next();
  }
};

describe('middleware', () => {
  const askOnce = defineTool({ name: 'ask', run: (_args, call) => ask(call, 'a') });

  test('sees an open question as a result, never as an error', async () => {
    const seen: unknown[] = [];
    const app = testApp()
      .use('tools/call', async (_call, next) => {
        const result = await next();
        seen.push('resultType' in result ? result.resultType : 'complete');
        return result;
      })
      .add(askOnce);
    await createTestClient(app, { onInput }).call(askOnce);
    expect(seen).toEqual(['input_required', 'complete']);
  });

  test('that tries again does not confuse questions without a key', async () => {
    let failures = 1;
    const flaky = defineTool({
      name: 'flaky',
      run: async (_args, call) => {
        const roots = await call.listRoots();
        if (failures-- > 0) throw new Error('once');
        return roots.length;
      },
    });
    const client = createTestClient(testApp().use(again).add(flaky), { onInput: { roots: [] } });
    expect((await client.call(flaky)).structuredContent).toBe(0);
    expect(client.serverRequests).toHaveLength(1);
  });
});

/** Answers after a while; the question "b?" after twice as long. */
function slow(delayMs: number, clock: FakeClock): InputHandlers {
  return {
    elicit: ({ message }) =>
      new Promise((resolve) => {
        clock.after(message === 'b?' ? delayMs * 2 : delayMs, () =>
          resolve({ action: 'accept', content: { word: message } }),
        );
      }),
  };
}

describe('waiting for a person', () => {
  test('does not count as time of the call', async () => {
    const clock = fakeClock();
    const tool = defineTool({ name: 'ask', timeoutMs: 1000, run: (_args, call) => ask(call, 'a') });
    const answer = createTestClient(testApp({ clock }).add(tool), {
      era: 'legacy',
      onInput: slow(60_000, clock),
    }).call(tool);
    await clock.advance(60_000);
    expect(await answer).toMatchObject({ content: [{ text: 'a?' }] });
  });

  test('does not count while any of several questions is open', async () => {
    const clock = fakeClock();
    const tool = defineTool({
      name: 'ask',
      timeoutMs: 1000,
      run: async (_args, call) => (await Promise.all([ask(call, 'a'), ask(call, 'b')])).join(' '),
    });
    const answer = createTestClient(testApp({ clock }).add(tool), {
      era: 'legacy',
      onInput: slow(60_000, clock),
    }).call(tool);
    await clock.advance(120_000);
    expect(await answer).toMatchObject({ content: [{ text: 'a? b?' }] });
  });

  test('leaves what was left of the time, before and after', async () => {
    const clock = fakeClock();
    const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
    const tool = defineTool({
      name: 'ask',
      timeoutMs: 1000,
      run: async (_args, call) => {
        await pause(600);
        const answer = await ask(call, 'a');
        await pause(600);
        return answer;
      },
    });
    const answer = createTestClient(testApp({ clock }).add(tool), {
      era: 'legacy',
      onInput: slow(60_000, clock),
    }).call(tool);
    await clock.advance(61_200);
    expect(await answer).toMatchObject({
      isError: true,
      content: [{ text: 'ask did not finish within 1000 ms.' }],
    });
  });

  test('ends after inputTimeoutMs', async () => {
    const clock = fakeClock();
    const tool = defineTool({ name: 'ask', run: (_args, call) => ask(call, 'a') });
    const client = createTestClient(testApp({ clock, inputTimeoutMs: 5000 }).add(tool), {
      era: 'legacy',
      onInput: { elicit: () => never },
    });
    const answer = client.call(tool);
    await clock.advance(5000);
    expect(await answer).toMatchObject({ isError: true, _meta: { 'toolyard/error': { code: 'TIMEOUT' } } });
  });

  test('ends when the client gives up, and it is told which question is void', async () => {
    const tool = defineTool({ name: 'ask', run: (_args, call) => ask(call, 'a') });
    const client = createTestClient(testApp().add(tool), { era: 'legacy', onInput: { elicit: () => never } });
    const answer = client.call(tool);
    await settled();
    await client.cancel({ reason: 'Enough.' });
    await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(client.notifications).toMatchObject([
      { method: 'notifications/cancelled', params: { requestId: 1, reason: 'Enough.' } },
    ]);
  });
});
