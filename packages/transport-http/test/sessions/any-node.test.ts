import { defineTool } from '@toolyard/core';
import { describe, expect, onTestFinished, test } from 'vitest';

import type { Authenticate, SessionStore } from '../../src/index.ts';
import { heldTool } from '../demo-app.ts';
import {
  gate,
  initialize,
  json,
  openStream,
  post,
  sendModern,
  serve,
  until,
  type TestSession,
} from '../helpers.ts';
import { readEvents, type EventReader } from '../sse-reader.ts';
import { hidden, node, nodeApp, redisNodes, STATES, type OpenState } from './nodes.ts';
import { hasRedis } from './redis-clients.ts';

const byScopes: Authenticate = (request) => ({
  id: 'ada',
  scopes: (request.header('x-scopes') ?? '').split(' '),
});
const byUser: Authenticate = (request) => ({
  id: request.header('x-user') ?? 'nobody',
  issuer: 'ring',
  scopes: [],
});

/** The same session, at another node. */
function at(session: TestSession, url: string): TestSession {
  const { headers } = session;
  const send: TestSession['send'] = (method, params = {}, id = crypto.randomUUID(), init = {}) =>
    post(url, { jsonrpc: '2.0', id, method, params }, headers, init);
  return {
    ...session,
    url,
    send,
    call: (name, args = {}, id = crypto.randomUUID()) =>
      send('tools/call', { name, arguments: args, _meta: { progressToken: 'p' } }, id),
    notify: (method, params = {}) => post(url, { jsonrpc: '2.0', method, params }, headers),
    answer: (id, result) => post(url, { jsonrpc: '2.0', id, result }, headers),
    get: (more = {}, init = {}) =>
      fetch(url, { ...init, headers: { accept: 'text/event-stream', ...headers, ...more } }),
    end: () => fetch(url, { method: 'DELETE', headers }),
  };
}

/** Resumes a stream; it is closed when the test ends. */
async function resume(session: TestSession, lastEventId: string): Promise<EventReader> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const response = await session.get({ 'last-event-id': lastEventId }, { signal: controller.signal });
  return readEvents(response, () => controller.abort());
}

const methods = async (events: EventReader, count: number) => {
  const found: string[] = [];
  while (found.length < count) found.push((await events.message())?.method);
  return found.toSorted((one, other) => one.localeCompare(other));
};

function testAnyNode(open: () => OpenState): void {
  test('a session opened on one node is served by the others', async () => {
    const state = open();
    const [a, b] = [await node(state), await node(state)];
    const session = await initialize(a.url);
    expect(await json(at(session, b.url).call('echo', { text: 'hi' }))).toMatchObject({
      result: { content: [{ text: 'hi' }] },
    });
    expect((await session.send('ping')).status).toBe(200);
  });

  test('behind a balancer without affinity every call finds its session', async () => {
    const state = open();
    const nodes = [await node(state), await node(state), await node(state)];
    const session = await initialize(nodes[0]!.url);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        json(at(session, nodes[index % 3]!.url).call('echo', { text: `call ${index}` }, index)),
      ),
    );
    for (const [index, answer] of answers.entries())
      expect(answer).toMatchObject({ id: index, result: { content: [{ text: `call ${index}` }] } });
  });

  test('a session outlives the restart of every node', async () => {
    const state = open();
    const keeper = await state();
    const stop = await keeper.bus.subscribe('unused', { message() {}, gap() {} });
    const a = await node(state);
    const session = await initialize(a.url);
    await session.send('logging/setLevel', { level: 'error' });
    await a.close({ deadlineMs: 0 });
    const b = await node(state);
    expect(b.handler.sessionCount).toBe(0);
    expect((await at(session, b.url).send('tools/list')).status).toBe(200);
    stop();
  });

  test('ended on one node it is over on all, with its calls and streams', async () => {
    const state = open();
    const { tool, state: held } = heldTool({ steps: 1 });
    const [a, b] = [await node(state, nodeApp().add(tool)), await node(state)];
    const session = await initialize(a.url);
    const call = readEvents(await session.call('held'));
    await call.message();
    const stream = await openStream(session);
    expect((await at(session, b.url).end()).status).toBe(200);
    await until(() => held.aborted === 1);
    expect(await stream.rest()).toEqual([]);
    expect((await session.send('ping')).status).toBe(404);
    expect((await at(session, b.url).send('ping')).status).toBe(404);
  });

  test('a question asked by one node is answered through another', async () => {
    const state = open();
    const [a, b] = [await node(state), await node(state)];
    const session = await initialize(a.url, { capabilities: { elicitation: {} } });
    const events = readEvents(await session.call('ask'));
    await events.message();
    const question = await events.message();
    expect(question).toMatchObject({ method: 'elicitation/create' });
    const answer = { action: 'accept', content: { name: 'Ada' } };
    expect((await at(session, b.url).answer(question.id, answer)).status).toBe(202);
    expect(await events.message()).toMatchObject({ result: { content: [{ text: 'hello Ada' }] } });
  });

  test('questions of two nodes at once keep their answers apart', async () => {
    const state = open();
    const [a, b] = [await node(state), await node(state)];
    const session = await initialize(a.url, { capabilities: { elicitation: {} } });
    const there = at(session, b.url);
    const streams = [readEvents(await session.call('ask')), readEvents(await there.call('ask'))];
    const questions = [];
    for (const events of streams) {
      await events.message();
      questions.push(await events.message());
    }
    expect(questions[0].id).not.toBe(questions[1].id);
    // Each answer goes to the node that did not ask.
    await there.answer(questions[0].id, { action: 'accept', content: { name: 'one' } });
    await session.answer(questions[1].id, { action: 'accept', content: { name: 'two' } });
    expect(await streams[0]!.message()).toMatchObject({ result: { content: [{ text: 'hello one' }] } });
    expect(await streams[1]!.message()).toMatchObject({ result: { content: [{ text: 'hello two' }] } });
  });

  test('a request is cancelled through another node', async () => {
    const state = open();
    const { tool, state: held } = heldTool({ steps: 1 });
    const [a, b] = [await node(state, nodeApp().add(tool)), await node(state)];
    const session = await initialize(a.url);
    const events = readEvents(await session.call('held', {}, 'mine'));
    await events.message();
    await at(session, b.url).notify('notifications/cancelled', { requestId: 'other' });
    await at(session, b.url).notify('notifications/cancelled', { requestId: 'mine', reason: 'enough' });
    await until(() => held.aborted === 1);
    expect(await events.rest()).toEqual([]);
  });

  test('what is set on one node holds on the others, also when set at the same time', async () => {
    const state = open();
    const [a, b] = [await node(state), await node(state)];
    const session = await initialize(a.url);
    const there = at(session, b.url);
    const uris = ['note://1', 'note://2'];
    const results = await Promise.all([
      session.send('resources/subscribe', { uri: uris[0] }),
      there.send('resources/subscribe', { uri: uris[1] }),
      there.send('logging/setLevel', { level: 'error' }),
    ]);
    for (const result of results) expect(await json(result)).toMatchObject({ result: {} });
    const stream = await openStream(session);
    for (const uri of uris) b.app.resourceUpdated(uri);
    const updates = [await stream.message(), await stream.message()];
    expect(
      updates.map(({ params }) => params.uri as string).toSorted((one, other) => one.localeCompare(other)),
    ).toEqual(uris);
  });

  test('a stream on one node hears what changes on another', async () => {
    const state = open();
    const [a, b] = [await node(state), await node(state)];
    const session = await initialize(a.url);
    const stream = await openStream(at(session, b.url));
    a.app.add(defineTool({ name: 'one', run: () => 1 }), defineTool({ name: 'two', run: () => 2 }));
    expect(await stream.message()).toEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    // Both were told as one: the next thing heard is what comes after.
    a.app.remove({ kind: 'resource', name: 'note://2' });
    expect(await stream.message()).toMatchObject({ method: 'notifications/resources/list_changed' });
  });

  test('a subscription of 2026 hears what changes on another node, as far as its principal may know', async () => {
    const state = open();
    const auth = byScopes;
    const [a, b] = [
      await node(state, nodeApp().add(hidden), { auth }),
      await node(state, nodeApp().add(hidden), { auth }),
    ];
    const listen = async (scopes: string) => {
      const controller = new AbortController();
      onTestFinished(() => controller.abort());
      const filter = { resourceSubscriptions: ['secret://1', 'note://1'] };
      const events = readEvents(
        await sendModern(
          b.url,
          'subscriptions/listen',
          { notifications: filter },
          { 'x-scopes': scopes },
          { signal: controller.signal },
        ),
      );
      await events.message();
      return events;
    };
    const [admin, other] = [await listen('admin'), await listen('none')];
    a.app.resourceUpdated('secret://1');
    a.app.resourceUpdated('note://1');
    expect((await admin.message()).params.uri).toBe('secret://1');
    expect((await admin.message()).params.uri).toBe('note://1');
    expect((await other.message()).params.uri).toBe('note://1');
  });

  test('the newest standing stream wins, wherever it is', async () => {
    const state = open();
    const [a, b] = [await node(state), await node(state)];
    const session = await initialize(a.url);
    const first = await openStream(session);
    const second = await openStream(at(session, b.url));
    expect(await first.rest()).toEqual([]);
    a.app.add(defineTool({ name: 'one', run: () => 1 }));
    expect(await second.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
  });

  test('a standing stream goes on at another node without losing anything', async () => {
    const state = open();
    const [a, b] = [await node(state), await node(state)];
    const session = await initialize(a.url);
    await session.send('resources/subscribe', { uri: 'note://1' });
    const first = await openStream(session);
    a.app.resourceUpdated('note://1');
    await first.message();
    first.close();
    b.app.add(defineTool({ name: 'one', run: () => 1 }));
    // Kept by the node the client was last connected to.
    await new Promise((resolve) => setTimeout(resolve, 150));
    const second = await resume(at(session, b.url), first.lastId);
    expect(await second.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    a.app.resourceUpdated('note://1');
    expect(await second.message()).toMatchObject({ method: 'notifications/resources/updated' });
  });

  test('who comes back after its node has gone is told to look at everything again', async () => {
    const state = open();
    const keeper = await node(state);
    const a = await node(state);
    const session = await initialize(a.url);
    await session.send('resources/subscribe', { uri: 'note://1' });
    const first = await openStream(session);
    a.app.resourceUpdated('note://1');
    await first.message();
    await a.close({ deadlineMs: 0 });
    const second = await resume(at(session, keeper.url), first.lastId);
    expect(await methods(second, 4)).toEqual([
      'notifications/prompts/list_changed',
      'notifications/resources/list_changed',
      'notifications/resources/updated',
      'notifications/tools/list_changed',
    ]);
  });

  test('the answer of a call is resumed at another node while the call runs', async () => {
    const state = open();
    const { tool, state: held } = heldTool({ steps: 2 });
    const [a, b] = [await node(state, nodeApp().add(tool)), await node(state)];
    const session = await initialize(a.url);
    const first = readEvents(await session.call('held', {}, 'mine'));
    await first.message();
    const seen = first.lastId;
    first.close();
    const second = await resume(at(session, b.url), seen);
    expect(await second.message()).toMatchObject({ params: { progress: 2 } });
    held.tell(3);
    expect(await second.message()).toMatchObject({ params: { progress: 3 } });
    held.release();
    expect(await second.rest()).toMatchObject([{ id: 'mine', result: { content: [{ text: 'released' }] } }]);
    expect(held.aborted).toBe(0);
  });

  test('a call that is followed elsewhere outlives the time it waits for its client', async () => {
    const state = open();
    const { tool, state: held } = heldTool({ steps: 1 });
    const sessions = { resumeWindowMs: 150 };
    const [a, b] = [
      await node(state, nodeApp().add(tool), { sessions }),
      await node(state, nodeApp(), { sessions }),
    ];
    const session = await initialize(a.url);
    const first = readEvents(await session.call('held', {}, 'mine'));
    await first.message();
    first.close();
    const second = await resume(at(session, b.url), first.lastId);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(held.aborted).toBe(0);
    held.release();
    expect(await second.message()).toMatchObject({ id: 'mine', result: {} });
  });

  test('the answer of a call that is over is resumed at another node', async () => {
    const state = open();
    const [a, b] = [await node(state), await node(state)];
    const session = await initialize(a.url);
    const first = readEvents(await session.call('count', { to: 3 }, 'mine'));
    await first.message();
    const seen = first.lastId;
    await first.rest();
    for (const url of [b.url, a.url]) {
      const again = await resume(at(session, url), seen);
      expect(await again.rest()).toMatchObject([
        { params: { progress: 2 } },
        { params: { progress: 3 } },
        { id: 'mine', result: {} },
      ]);
      // With everything seen there is nothing to wait for.
      expect(await (await resume(at(session, url), first.lastId)).rest()).toEqual([]);
    }
  });

  test('who follows a call whose node has gone learns so', async () => {
    const state = open();
    const { tool, state: held } = heldTool({ steps: 2 });
    const own = await state();
    let isSilent = false;
    const sessions: SessionStore = {
      ...own.sessions,
      beat: (id, ttlMs) => own.sessions.beat(id, isSilent ? 0 : ttlMs),
    };
    const a = await serve(nodeApp().add(tool), { state: { ...own, sessions } });
    const b = await node(state);
    const session = await initialize(a.url);
    const first = readEvents(await session.call('held', {}, 'mine'));
    await first.message();
    const seen = first.lastId;
    first.close();
    const second = await resume(at(session, b.url), seen);
    expect(await second.message()).toMatchObject({ params: { progress: 2 } });
    held.tell(3);
    expect(await second.message()).toMatchObject({ params: { progress: 3 } });
    isSilent = true;
    await own.sessions.beat(seen.split('-')[1]!.split('x')[0]!, 0);
    // So that the follower looks now, and not when its time has come.
    const bounds = { maxEvents: 100, maxBytes: 10_000, maxAgeMs: 60_000 };
    await own.events.append(session.id, { stream: 'other', text: '{}' }, bounds);
    expect(await second.rest()).toMatchObject([{ id: 'mine', error: { data: { code: 'NODE_LOST' } } }]);
    held.release();
  });

  test('a question goes along to the node where the call is resumed', async () => {
    const state = open();
    const [a, b, c] = [await node(state), await node(state), await node(state)];
    const session = await initialize(a.url, { capabilities: { elicitation: {} } });
    const first = readEvents(await session.call('ask', {}, 'mine'));
    await first.message();
    const seen = first.lastId;
    await first.message();
    first.close();
    const second = await resume(at(session, b.url), seen);
    const question = await second.message();
    expect(question).toMatchObject({ method: 'elicitation/create' });
    await at(session, c.url).answer(question.id, { action: 'decline' });
    expect(await second.rest()).toMatchObject([{ id: 'mine', result: { content: [{ text: 'decline' }] } }]);
  });

  test('a session is its principal’s alone, on every node', async () => {
    const state = open();
    const auth = byUser;
    const [a, b] = [await node(state, nodeApp(), { auth }), await node(state, nodeApp(), { auth })];
    const session = await initialize(a.url, { headers: { 'x-user': 'ada' } });
    const events = readEvents(await session.call('count', { to: 2 }));
    await events.rest();
    for (const { url } of [a, b]) {
      const bob = { ...session.headers, 'x-user': 'bob' };
      const accept = { accept: 'text/event-stream' };
      const ways = [
        await post(url, { jsonrpc: '2.0', id: 1, method: 'ping' }, bob),
        await post(url, { jsonrpc: '2.0', id: 1, result: {} }, bob),
        await post(url, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }, bob),
        await fetch(url, { headers: { ...bob, ...accept } }),
        await fetch(url, { headers: { ...bob, ...accept, 'last-event-id': events.lastId } }),
        await fetch(url, { method: 'DELETE', headers: bob }),
      ];
      expect(ways.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
    }
    expect((await at(session, b.url).send('ping')).status).toBe(200);
  });

  test('event ids of one session replay nothing of it to another', async () => {
    const state = open();
    const [a, b] = [await node(state), await node(state)];
    const [one, other] = [await initialize(a.url), await initialize(a.url)];
    const events = readEvents(await one.call('count', { to: 2 }, 'theirs'));
    await events.message();
    const response = await at(other, b.url).get({ 'last-event-id': events.lastId });
    expect(response.status).toBe(400);
    // Nor when the part in front is its own.
    const own = readEvents(await other.call('count', { to: 1 }, 'own'));
    await own.rest();
    const forged = own.lastId.slice(0, 8) + events.lastId.slice(8);
    const replayed = JSON.stringify(await (await resume(at(other, b.url), forged)).rest());
    expect(replayed).not.toContain('theirs');
  });

  test('an answer for another session settles nothing', async () => {
    const state = open();
    const [a, b] = [await node(state), await node(state)];
    const options = { capabilities: { elicitation: {} } };
    const [one, other] = [await initialize(a.url, options), await initialize(a.url, options)];
    const events = readEvents(await one.call('ask'));
    await events.message();
    const { id } = await events.message();
    for (const { url } of [a, b])
      await at(other, url).answer(id, { action: 'accept', content: { name: 'Eve' } });
    await at(one, b.url).answer(id, { action: 'accept', content: { name: 'Ada' } });
    expect(await events.message()).toMatchObject({ result: { content: [{ text: 'hello Ada' }] } });
  });

  test('ids that were never given out are not found', async () => {
    const { url } = await node(open());
    for (const id of ['__proto__', 'constructor', crypto.randomUUID(), 'x'.repeat(5000), '*', '../session']) {
      const response = await post(url, { jsonrpc: '2.0', id: 1, method: 'ping' }, { 'mcp-session-id': id });
      expect(response.status).toBe(404);
    }
  });

  test('there is room for maxSessions on all nodes together', async () => {
    const state = open();
    const sessions = { maxSessions: 2 };
    const [a, b] = [await node(state, nodeApp(), { sessions }), await node(state, nodeApp(), { sessions })];
    await initialize(a.url);
    const second = await initialize(b.url);
    await expect(initialize(a.url)).rejects.toThrow('503');
    await second.end();
    await initialize(a.url);
  });

  test('a session with an open stream is in use, however short its idle time', async () => {
    const state = open();
    const sessions = { idleMs: 300 };
    const [a, b] = [await node(state, nodeApp(), { sessions }), await node(state, nodeApp(), { sessions })];
    const [used, unused] = [await initialize(a.url), await initialize(a.url)];
    await openStream(at(used, b.url));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect((await used.send('ping')).status).toBe(200);
    expect((await unused.send('ping')).status).toBe(404);
  });

  test('nonsense on the bus harms nobody', async () => {
    const state = open();
    const a = await node(state);
    const session = await initialize(a.url, { capabilities: { elicitation: {} } });
    const stream = await openStream(session);
    const events = readEvents(await session.call('ask'));
    await events.message();
    const { id } = await events.message();
    const { bus } = await state();
    const kinds = [
      'answered',
      'cancelled',
      'ended',
      'claimed',
      'yielded',
      'overtaken',
      'following',
      'over',
      'x',
    ];
    const nonsense = [null, 7, 'text', [], {}, ...kinds.map((kind) => ({ kind, from: 'x' }))];
    const aimed = ['answered', 'cancelled', 'claimed', 'following', 'over'].map((kind) => ({
      kind,
      from: 'x',
      session: session.id,
    }));
    for (const topic of ['nodes', `node:${String(id).split('-')[0]}`, 'changes'])
      for (const message of [...nonsense, ...aimed]) await bus.publish(topic, message);
    await bus.publish('changes', {
      from: 'x',
      changes: [null, { kind: 'x' }, { kind: 'resource' }, { kind: 'tools' }],
    });
    expect(await stream.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    await session.answer(id, { action: 'accept', content: { name: 'Ada' } });
    expect(await events.message()).toMatchObject({ result: { content: [{ text: 'hello Ada' }] } });
  });

  test('a call given up on one node ends there', async () => {
    const state = open();
    const { opened, open: release } = gate();
    const tool = defineTool({ name: 'slow', run: () => opened });
    const a = await node(state, nodeApp().add(tool));
    const session = await initialize(a.url);
    const call = session.send('tools/call', { name: 'slow' }, 'mine');
    await at(session, a.url).notify('notifications/cancelled', { requestId: 'mine' });
    expect((await call).status).toBe(202);
    release();
  });
}

describe('any node serves any session, with memory', () => {
  testAnyNode(() => STATES.memory());
});

describe.runIf(process.env['TOOLYARD_PROOF'] === '1')('any node serves any session, with sqlite', () => {
  testAnyNode(() => STATES.sqlite());
});

describe.runIf(hasRedis)('any node serves any session, with Redis', () => {
  testAnyNode(redisNodes);
});
