import { createApp, defineTool } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { initialize, json, post, serve, until, type TestSession } from './helpers.ts';
import { readEvents } from './sse-reader.ts';

const ALL = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

const ask = defineTool({
  name: 'ask',
  async run(_args, call) {
    const answer = await call.requireInput('name', {
      message: 'Your name?',
      schema: z.object({ name: z.string() }),
    });
    return answer.action === 'accept' ? `Hello ${answer.content.name}` : answer.action;
  },
});
const visit = defineTool({
  name: 'visit',
  run: async (_args, call) =>
    (await call.requireInput('pay', { message: 'Pay', url: 'https://pay.example/1' })).action,
});
const think = defineTool({
  name: 'think',
  async run(_args, call) {
    const { content } = await call.sample({
      messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }],
      maxTokens: 5,
    });
    return JSON.stringify(content);
  },
});
const roots = defineTool({
  name: 'roots',
  run: async (_args, call) => (await call.listRoots()).map(({ uri }) => uri).join(' '),
});

function createDemo(options = {}) {
  return createApp({ name: 'demo', version: '1.0.0', ...options }).add(ask, visit, think, roots);
}

/** Calls a tool and reads the question that comes of it. */
async function question(session: TestSession, tool: string) {
  const events = readEvents(await session.call(tool));
  return { events, asked: await events.message() };
}

describe('a question of the server comes down the stream of the call and is answered by another POST', () => {
  test('to the person at the client', async () => {
    const { url } = await serve(createDemo());
    const session = await initialize(url, { capabilities: ALL });
    const { events, asked } = await question(session, 'ask');
    expect(asked).toMatchObject({
      jsonrpc: '2.0',
      id: expect.anything(),
      method: 'elicitation/create',
      params: {
        mode: 'form',
        message: 'Your name?',
        requestedSchema: { type: 'object', required: ['name'] },
      },
    });
    const taken = await session.answer(asked.id, { action: 'accept', content: { name: 'Ada' } });
    expect([taken.status, await taken.text()]).toEqual([202, '']);
    expect(await events.rest()).toMatchObject([{ result: { content: [{ text: 'Hello Ada' }] } }]);
  });

  test.each(['decline', 'cancel'])('who may %s', async (action) => {
    const { url } = await serve(createDemo());
    const session = await initialize(url, { capabilities: ALL });
    const { events, asked } = await question(session, 'ask');
    await session.answer(asked.id, { action });
    expect(await events.rest()).toMatchObject([{ result: { content: [{ text: action }] } }]);
  });

  test('with a page to visit', async () => {
    const { url } = await serve(createDemo());
    const session = await initialize(url, { capabilities: ALL });
    const { events, asked } = await question(session, 'visit');
    expect(asked.params).toMatchObject({
      mode: 'url',
      url: 'https://pay.example/1',
      elicitationId: expect.any(String),
    });
    await session.answer(asked.id, { action: 'accept' });
    expect(await events.rest()).toMatchObject([{ result: { content: [{ text: 'accept' }] } }]);
  });

  test('to its model', async () => {
    const { url } = await serve(createDemo());
    const session = await initialize(url, { capabilities: ALL });
    const { events, asked } = await question(session, 'think');
    expect(asked).toMatchObject({ method: 'sampling/createMessage', params: { maxTokens: 5 } });
    await session.answer(asked.id, { role: 'assistant', model: 'm', content: { type: 'text', text: 'Ho' } });
    expect(await events.rest()).toMatchObject([
      { result: { content: [{ text: '{"type":"text","text":"Ho"}' }] } },
    ]);
  });

  test('for its folders', async () => {
    const { url } = await serve(createDemo());
    const session = await initialize(url, { capabilities: ALL });
    const { events, asked } = await question(session, 'roots');
    expect(asked).toMatchObject({ method: 'roots/list' });
    await session.answer(asked.id, { roots: [{ uri: 'file:///a' }, { uri: 'file:///b' }] });
    expect(await events.rest()).toMatchObject([{ result: { content: [{ text: 'file:///a file:///b' }] } }]);
  });
});

describe('an answer', () => {
  test('that is an error ends the call with a failure the model can read', async () => {
    const { url } = await serve(createDemo());
    const session = await initialize(url, { capabilities: ALL });
    const { events, asked } = await question(session, 'ask');
    const error = { code: -32601, message: 'No such thing' };
    await post(url, { jsonrpc: '2.0', id: asked.id, error }, session.headers);
    const [answer] = await events.rest();
    expect(answer.result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('No such thing') }],
    });
  });

  test.each([{}, { action: 'maybe' }, { action: 'accept', content: { name: 7 } }])(
    'of %j does not fit, and ends the call',
    async (result) => {
      const { url } = await serve(createDemo());
      const session = await initialize(url, { capabilities: ALL });
      const { events, asked } = await question(session, 'ask');
      await session.answer(asked.id, result);
      const [answer] = await events.rest();
      expect(answer.error ?? answer.result.isError).toBeTruthy();
      expect((await session.send('ping')).status).toBe(200);
    },
  );

  test('counts once; others, and those to nothing, are taken and forgotten', async () => {
    const { url } = await serve(createDemo());
    const session = await initialize(url, { capabilities: ALL });
    const { events, asked } = await question(session, 'ask');
    for (const id of ['server-999', 0, '__proto__', 'constructor']) {
      expect((await session.answer(id, { action: 'accept', content: { name: 'Eve' } })).status).toBe(202);
    }
    await session.answer(asked.id, { action: 'accept', content: { name: 'Ada' } });
    await session.answer(asked.id, { action: 'accept', content: { name: 'Eve' } });
    expect(await events.rest()).toMatchObject([{ result: { content: [{ text: 'Hello Ada' }] } }]);
  });

  test('of another session does not count', async () => {
    const { url } = await serve(createDemo());
    const [mine, other] = [
      await initialize(url, { capabilities: ALL }),
      await initialize(url, { capabilities: ALL }),
    ];
    const { events, asked } = await question(mine, 'ask');
    const theirs = await question(other, 'ask');
    await other.answer(asked.id, { action: 'accept', content: { name: 'Eve' } });
    await mine.answer(asked.id, { action: 'accept', content: { name: 'Ada' } });
    expect(await events.rest()).toMatchObject([{ result: { content: [{ text: 'Hello Ada' }] } }]);
    theirs.events.close();
  });
});

describe('a question nobody answers', () => {
  test('is withdrawn after a time, during which the tool is not timed out', async () => {
    const clock = fakeClock();
    const { url } = await serve(createDemo({ clock, timeoutMs: 1000, inputTimeoutMs: 60_000 }));
    const session = await initialize(url, { capabilities: ALL });
    const { events, asked } = await question(session, 'ask');
    await clock.advance(59_000);
    await clock.advance(1000);
    const [cancelled, answer] = await events.rest();
    expect(cancelled).toMatchObject({ method: 'notifications/cancelled', params: { requestId: asked.id } });
    expect(answer.result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('elicitation/create') }],
    });
    const late = await session.answer(asked.id, { action: 'accept', content: { name: 'Ada' } });
    expect(late.status).toBe(202);
  });

  test('is withdrawn when the call is cancelled', async () => {
    const { url } = await serve(createDemo());
    const session = await initialize(url, { capabilities: ALL });
    const events = readEvents(await session.call('ask', {}, 'q'));
    const asked = await events.message();
    await session.notify('notifications/cancelled', { requestId: 'q' });
    expect(await events.rest()).toMatchObject([
      { method: 'notifications/cancelled', params: { requestId: asked.id } },
    ]);
  });

  test('ends with the session', async () => {
    const failed: unknown[] = [];
    const app = createDemo();
    app.on('toolFailed', ({ error }) => void failed.push(error));
    const { url } = await serve(app);
    const session = await initialize(url, { capabilities: ALL });
    const { events } = await question(session, 'ask');
    await session.end();
    expect((await events.rest()).filter(({ result }) => result)).toEqual([]);
  });
});

describe('a client that cannot be asked', () => {
  test.each([
    ['ask', {}],
    ['ask', { elicitation: { url: {} } }],
    ['visit', { elicitation: {} }],
    ['visit', { elicitation: { form: {} } }],
    ['think', { elicitation: {} }],
    ['roots', { sampling: {} }],
  ])('%s with %j fails without asking', async (tool, capabilities) => {
    const { url } = await serve(createDemo());
    const session = await initialize(url, { capabilities });
    expect(await json(session.call(tool))).toMatchObject({ error: { code: -32021 } });
  });

  test('because it takes JSON alone', async () => {
    const { url } = await serve(createDemo());
    const session = await initialize(url, { capabilities: ALL });
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'ask' } };
    const response = await post(url, message, { ...session.headers, accept: 'application/json' });
    expect(await json(response)).toMatchObject({ id: 1, error: { code: -32021 } });
  });
});

test('two calls ask at once and each gets its own answer', async () => {
  const { url } = await serve(createDemo());
  const session = await initialize(url, { capabilities: ALL });
  const asking = await Promise.all(['a', 'b', 'c'].map(async () => question(session, 'ask')));
  expect(new Set(asking.map(({ asked }) => asked.id)).size).toBe(3);
  for (const [index, { asked }] of asking.toReversed().entries()) {
    await session.answer(asked.id, { action: 'accept', content: { name: `n${index}` } });
  }
  const answers = await Promise.all(
    asking.map(async ({ events }) => (await events.rest())[0].result.content[0].text),
  );
  expect(answers).toEqual(['Hello n2', 'Hello n1', 'Hello n0']);
});

test('questions that are open at once have an end', async () => {
  const clock = fakeClock();
  let refused = 0;
  const flood = defineTool({
    name: 'flood',
    async run(_args, call) {
      const asked = Array.from({ length: 150 }, () => call.listRoots().catch(() => (refused += 1)));
      await until(() => refused === 50);
      void Promise.allSettled(asked);
      return 'done';
    },
  });
  const { url } = await serve(createApp({ name: 'demo', version: '1.0.0', clock }).add(flood));
  const session = await initialize(url, { capabilities: ALL });
  const messages = await readEvents(await session.call('flood')).rest();
  expect(messages.filter(({ method }) => method === 'roots/list')).toHaveLength(100);
});
