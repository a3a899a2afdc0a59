import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import {
  createApp,
  defineResource,
  defineTool,
  ToolError,
  type Call,
  type Principal,
} from '../../src/index.ts';
import { fakeClock } from '../../src/testing.ts';
import { modern, pipes, turns, type Message } from './pipes.ts';

function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

const hello = defineTool({
  name: 'hello',
  run: (_args, call) => `${call.era} ${call.protocolVersion} ${call.transport} ${call.principal.id}`,
});

function app(...tools: ReturnType<typeof defineTool>[]) {
  return createApp({ name: 'test', version: '1' }).add(hello, ...tools);
}

function batch(...ids: number[]): Message[] {
  return ids.map((id) => ({ jsonrpc: '2.0', id, method: 'ping' }));
}

function text(response: Message): string {
  return response['result'].content[0].text;
}

describe('eras', () => {
  test('a 2026 request is served without a handshake', async () => {
    const { askModern } = pipes(app());
    expect(await askModern('server/discover')).toMatchObject({
      result: { resultType: 'complete', supportedVersions: ['2026-07-28'] },
    });
    expect(text(await askModern('tools/call', { name: 'hello' }))).toBe('modern 2026-07-28 stdio local');
  });

  test.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    '%s is negotiated with initialize',
    async (version) => {
      const { initialize, ask } = pipes(app());
      expect(await initialize(version)).toMatchObject({
        result: { protocolVersion: version, serverInfo: { name: 'test' } },
      });
      expect(text(await ask('tools/call', { name: 'hello' }))).toBe(`legacy ${version} stdio local`);
    },
  );

  test('both share one connection', async () => {
    const { initialize, ask, askModern } = pipes(app());
    await askModern('server/discover');
    await initialize('2025-06-18');
    expect(text(await askModern('tools/call', { name: 'hello' }))).toMatch('modern 2026-07-28');
    expect(text(await ask('tools/call', { name: 'hello' }))).toMatch('legacy 2025-06-18');
  });

  test('a client that has only spoken 2026 is told when an envelope is missing', async () => {
    const { ask, askModern } = pipes(app());
    await askModern('server/discover');
    expect(await ask('tools/list')).toMatchObject({
      error: { code: -32602, message: expect.stringContaining('_meta') },
    });
  });

  test('an unsupported version is refused by name', async () => {
    const { ask } = pipes(app());
    const params = modern({ _meta: { 'io.modelcontextprotocol/protocolVersion': '2030-01-01' } });
    expect(await ask('tools/list', params)).toMatchObject({
      error: { code: -32022, data: { supported: ['2026-07-28'], requested: '2030-01-01' } },
    });
  });

  test('the principal and tenant are those of the options', async () => {
    const who = defineTool({ name: 'who', run: (_args, call) => `${call.principal.id} of ${call.tenant}` });
    const principal: Principal = { id: 'ann', scopes: [] };
    const { askModern } = pipes(app(who), { principal, tenant: 'acme' });
    expect(text(await askModern('tools/call', { name: 'who' }))).toBe('ann of acme');
  });
});

describe('sessions', () => {
  test('what is sent behind initialize without waiting for it belongs to the session', async () => {
    const slow = createApp({ name: 'test', version: '1' })
      .use('initialize', async (_call, next) => {
        await turns();
        return next();
      })
      .add(hello);
    const { send, received, find } = pipes(slow);
    send(
      {
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'c', version: '1' } },
      },
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'hello' } },
    );
    expect(text(await find(({ id }) => id === 2))).toMatch('legacy 2025-06-18');
    expect(received.map(({ id }) => id)).toEqual([1, 2]);
  });

  test('a client that starts over gets a new session in place of the old', async () => {
    const events: string[] = [];
    const server = app();
    server.on(
      'sessionOpened',
      ({ protocolVersion, client }) => void events.push(`opened ${protocolVersion} ${client.info?.name}`),
    );
    server.on('sessionClosed', () => void events.push('closed'));
    const { initialize, ask, input, server: handle } = pipes(server);
    await initialize('2025-06-18');
    await initialize('2025-11-25');
    expect(text(await ask('tools/call', { name: 'hello' }))).toMatch('2025-11-25');
    input.end();
    await handle.closed;
    expect(events).toEqual(['opened 2025-06-18 test', 'opened 2025-11-25 test', 'closed', 'closed']);
  });

  test('an initialize that fails opens none', async () => {
    const { ask, initialize } = pipes(app());
    expect(await ask('initialize', { protocolVersion: 7 })).toMatchObject({ error: { code: -32602 } });
    expect(await initialize()).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
  });

  test('list changes and updates of subscribed resources reach the client after initialize', async () => {
    const note = defineResource({ uri: 'note://a', name: 'a', read: () => 'a' });
    const server = app().add(note);
    const { initialize, ask, find, received } = pipes(server);
    server.remove(hello);
    await initialize();
    await ask('resources/subscribe', { uri: 'note://a' });
    server.add(hello);
    server.resourceUpdated('note://a');
    server.resourceUpdated('note://b');
    await find(({ method }) => method === 'notifications/resources/updated');
    const notifications = received.filter(({ id }) => id === undefined);
    expect(notifications).toEqual([
      { jsonrpc: '2.0', method: 'notifications/tools/list_changed' },
      { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'note://a' } },
    ]);
  });

  test('a 2026 client hears of changes through subscriptions/listen, and ends it with a cancellation', async () => {
    const server = app();
    const { send, find, received, askModern } = pipes(server);
    send({
      jsonrpc: '2.0',
      id: 'l',
      method: 'subscriptions/listen',
      params: modern({ notifications: { toolsListChanged: true } }),
    });
    await find(({ method }) => method === 'notifications/subscriptions/acknowledged');
    server.remove(hello);
    expect(await find(({ method }) => method === 'notifications/tools/list_changed')).toMatchObject({
      params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 'l' } },
    });
    send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'l' } });
    await askModern('tools/list');
    server.add(hello);
    await askModern('tools/list');
    expect(received.filter(({ method }) => method === 'notifications/tools/list_changed')).toHaveLength(1);
    expect(received.some(({ id }) => id === 'l')).toBe(false);
  });
});

describe('cancellation', () => {
  test.each(['legacy', 'modern'])('aborts a %s call, which then has no answer', async (era) => {
    const { open, opened } = gate();
    let reason: unknown;
    const hang = defineTool({
      name: 'hang',
      run: (_args, { signal }) => {
        open();
        return new Promise<string>(() => signal.addEventListener('abort', () => (reason = signal.reason)));
      },
    });
    const { initialize, send, ask, received } = pipes(app(hang));
    if (era === 'legacy') await initialize();
    const params = { name: 'hang' };
    send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: era === 'legacy' ? params : modern(params) });
    await opened;
    send({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 1, reason: 'changed my mind' },
    });
    await ask('ping');
    expect(reason).toMatchObject({ code: 'CANCELLED', message: 'changed my mind' });
    expect(received.some(({ id }) => id === 1)).toBe(false);
  });

  test('an id that is unknown, or answered already, is ignored', async () => {
    const { askModern, send } = pipes(app());
    const { id } = await askModern('tools/list');
    send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
    send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'never' } });
    send({ jsonrpc: '2.0', method: 'notifications/cancelled' });
    expect(await askModern('tools/list')).toMatchObject({ result: {} });
  });
});

describe('requests of the server', () => {
  const schema = z.object({ name: z.string() });
  const ask = defineTool({
    name: 'ask',
    run: async (_args, call: Call) => {
      const answer = await call.requireInput('who', { message: 'Who?', schema });
      return answer.action === 'accept' ? `Hello ${answer.content.name}` : answer.action;
    },
  });

  async function start(
    options: { clock?: ReturnType<typeof fakeClock>; tool?: ReturnType<typeof defineTool> } = {},
  ) {
    const server = createApp({
      name: 'test',
      version: '1',
      inputTimeoutMs: 5000,
      ...(options.clock && { clock: options.clock }),
    });
    server.add(options.tool ?? ask, hello);
    const connection = pipes(server);
    await connection.initialize('2025-11-25', { elicitation: {} });
    connection.send({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: (options.tool ?? ask).name },
    });
    const question = await connection.find(({ method }) => method === 'elicitation/create');
    return { ...connection, question };
  }

  test('a question goes out under an id of its own and takes its answer', async () => {
    const { question, send, find } = await start();
    expect(question).toMatchObject({
      jsonrpc: '2.0',
      id: 1,
      params: { message: 'Who?', requestedSchema: { type: 'object' } },
    });
    send({ jsonrpc: '2.0', id: question['id'], result: { action: 'accept', content: { name: 'Ann' } } });
    expect(text(await find(({ id, result }) => id === 1 && result))).toBe('Hello Ann');
  });

  test('calls go on meanwhile', async () => {
    const { ask: request } = await start();
    expect(text(await request('tools/call', { name: 'hello' }))).toMatch('legacy');
  });

  test('an error of the client reaches the handler, which can act on its code', async () => {
    const handling = defineTool({
      name: 'handling',
      run: async (_args, call: Call) => {
        try {
          await call.requireInput('who', { message: 'Who?', schema });
          return 'answered';
        } catch (error) {
          return `${(error as ToolError).code} ${JSON.stringify((error as ToolError).data)}`;
        }
      },
    });
    const { question, send, find } = await start({ tool: handling });
    send({ jsonrpc: '2.0', id: question['id'], error: { code: -1, message: 'no person here' } });
    expect(text(await find(({ id, result }) => id === 1 && result))).toBe('CLIENT_ERROR {"rpcCode":-1}');
  });

  test('an error of the client that nobody handles is a tool result', async () => {
    const { question, send, find } = await start();
    send({ jsonrpc: '2.0', id: question['id'], error: { code: -32601, message: 'Method not found' } });
    expect(await find(({ id, result }) => id === 1 && result)).toMatchObject({
      result: {
        isError: true,
        content: [{ text: 'The client answered elicitation/create with an error: Method not found' }],
      },
    });
  });

  test('a broken answer ends the wait and is not answered itself', async () => {
    const { question, send, find, received, ask: request } = await start();
    send({ jsonrpc: '2.0', id: question['id'], result: 'yes' });
    expect(await find(({ id, result }) => id === 1 && result)).toMatchObject({ result: { isError: true } });
    await request('ping');
    expect(received.filter(({ error }) => error)).toEqual([]);
  });

  test('unknown and late answers are ignored', async () => {
    const { question, send, find, received } = await start();
    send(
      { jsonrpc: '2.0', id: 999, result: { action: 'decline' } },
      { jsonrpc: '2.0', id: 'x', error: { code: 1, message: '' } },
    );
    send({ jsonrpc: '2.0', id: question['id'], result: { action: 'decline' } });
    send({ jsonrpc: '2.0', id: question['id'], result: { action: 'accept', content: { name: 'late' } } });
    expect(text(await find(({ id, result }) => id === 1 && result))).toBe('decline');
    expect(received.filter(({ error }) => error)).toEqual([]);
  });

  test('without an answer it times out, and the client is told', async () => {
    const clock = fakeClock();
    const { find, question } = await start({ clock });
    await clock.advance(5000);
    const cancelled = await find(({ method }) => method === 'notifications/cancelled');
    expect(cancelled).toMatchObject({
      params: { requestId: question['id'], reason: expect.stringContaining('5000 ms') },
    });
    expect(await find(({ id, result }) => id === 1 && result)).toMatchObject({
      result: { isError: true, _meta: { 'toolyard/error': { code: 'TIMEOUT' } } },
    });
  });

  test('when the call is cancelled, so is the question', async () => {
    const { send, find, question, received } = await start();
    send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    expect(await find(({ method }) => method === 'notifications/cancelled')).toMatchObject({
      params: { requestId: question['id'] },
    });
    expect(received.some(({ id, result }) => id === 1 && result)).toBe(false);
  });

  test('when the client is gone, the question fails at once', async () => {
    let failure: unknown;
    const patient = defineTool({
      name: 'patient',
      run: (_args, call: Call) =>
        call
          .requireInput('who', { message: 'Who?', schema })
          .catch((error: unknown) => void (failure = error)),
    });
    const { server, output } = await start({ tool: patient });
    output.destroy();
    await server.closed;
    expect(failure).toMatchObject({ code: 'CANCELLED', message: 'The client is gone.' });
  });

  test('an answer that is too large ends the wait', async () => {
    const server = createApp({ name: 'test', version: '1' }).add(ask);
    const { initialize, send, find } = pipes(server, { maxMessageBytes: 1000 });
    await initialize('2025-11-25', { elicitation: {} });
    send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'ask' } });
    const { id } = await find(({ method }) => method === 'elicitation/create');
    send({ jsonrpc: '2.0', id, result: { action: 'accept', content: { name: 'x'.repeat(2000) } } });
    expect(await find((message) => message['result']?.isError)).toMatchObject({
      id: 1,
      result: { content: [{ text: expect.stringContaining('too large') }] },
    });
  });

  test('a 2026 client gets the question as a result', async () => {
    const server = createApp({ name: 'test', version: '1' }).add(ask);
    const { askModern } = pipes(server);
    const meta = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };
    const { result } = await askModern('tools/call', { name: 'ask', _meta: meta });
    expect(result).toMatchObject({
      resultType: 'input_required',
      inputRequests: { who: { method: 'elicitation/create' } },
    });
    const inputResponses = { who: { action: 'accept', content: { name: 'Bo' } } };
    expect(
      text(
        await askModern('tools/call', {
          name: 'ask',
          _meta: meta,
          inputResponses,
          requestState: result.requestState,
        }),
      ),
    ).toBe('Hello Bo');
  });
});

describe('batches', () => {
  test('2025-03-26 sessions get their answers in one array', async () => {
    const { initialize, send, find, received } = pipes(app());
    await initialize('2025-03-26');
    send([
      ...batch(1, 2),
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { nonsense: true },
      { jsonrpc: '2.0', id: 3, method: 'initialize' },
    ]);
    const answers = await find((message) => Array.isArray(message));
    expect(answers).toMatchObject([
      { id: 1, result: {} },
      { id: 2, result: {} },
      { id: null, error: { code: -32600 } },
      { id: 3, error: { code: -32600 } },
    ]);
    send([{ jsonrpc: '2.0', method: 'notifications/initialized' }], []);
    expect(await find(({ error }) => error)).toMatchObject({
      id: null,
      error: { code: -32600, message: 'Invalid Request: the batch is empty.' },
    });
    expect(received).toHaveLength(3);
  });

  test('other sessions, and connections without one, are refused', async () => {
    const { initialize, send, find, received } = pipes(app());
    send(batch(1, 2));
    expect(await find(() => true)).toMatchObject({ id: null, error: { code: -32600 } });
    await initialize('2025-11-25');
    send(batch(1, 2));
    await find(() => received.length === 3);
    expect(received[2]).toMatchObject({
      id: null,
      error: { code: -32600, message: expect.stringContaining('2025-03-26') },
    });
  });

  test('have a bounded size', async () => {
    const { initialize, send, find } = pipes(app(), { maxInFlight: 3 });
    await initialize('2025-03-26');
    send(batch(1, 2, 3, 4));
    expect(await find(({ error }) => error)).toMatchObject({
      id: null,
      error: { message: 'Invalid Request: a batch can have 3 messages.' },
    });
  });
});

describe('many calls', () => {
  test('run side by side and are answered as they finish', async () => {
    const first = gate();
    const wait = defineTool({ name: 'wait', run: async () => first.opened.then(() => 'done') });
    const { askModern, send, received, find } = pipes(app(wait));
    send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: modern({ name: 'wait' }) });
    await askModern('tools/call', { name: 'hello' });
    first.open();
    await find(({ id }) => id === 1);
    expect(received.at(-1)).toMatchObject({ id: 1 });
  });

  test('progress comes before the result, in order', async () => {
    const steps = defineTool({
      name: 'steps',
      run: async (_args, call) => {
        for (let step = 1; step <= 100; step += 1) call.progress({ progress: step });
        await turns(1);
        call.progress({ progress: 101 });
        return 'done';
      },
    });
    const { send, find, received } = pipes(app(steps));
    send({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: modern({ name: 'steps', _meta: { progressToken: 'p' } }),
    });
    await find(({ id }) => id === 1);
    expect(received.map(({ params }) => params?.progress)).toEqual([
      ...Array.from({ length: 101 }, (_, index) => index + 1),
      undefined,
    ]);
  });

  test('above the limit, requests get an error and cancellations still work', async () => {
    const hang = defineTool({ name: 'hang', run: () => new Promise<string>(() => {}) });
    const { send, find, askModern } = pipes(app(hang), { maxInFlight: 2 });
    for (const id of [1, 2, 3])
      send({ jsonrpc: '2.0', id, method: 'tools/call', params: modern({ name: 'hang' }) });
    expect(await find(({ id }) => id === 3)).toMatchObject({
      error: { code: -31429, data: { code: 'LIMIT_EXCEEDED' } },
    });
    send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await turns();
    expect(text(await askModern('tools/call', { name: 'hello' }))).toMatch('modern');
  });

  test('a burst of quick requests is no overload', async () => {
    const { send, find, received } = pipes(app());
    const lines = Array.from({ length: 5000 }, (_, id) =>
      JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' }),
    );
    send(`${lines.join('\n')}\n`);
    await find(({ id }) => id === 4999);
    expect(received).toHaveLength(5000);
    expect(received.every(({ result }) => result)).toBe(true);
  });

  test('a result that is no JSON is answered with an internal error', async () => {
    const server = createApp({ name: 'test', version: '1' }).use('tools/call', async (call, next) => {
      const answer = await next();
      return call.tool?.name === 'hello' ? answer : ({ content: [{ type: 'text', text: 1n }] } as never);
    });
    server.add(hello, defineTool({ name: 'huge', run: () => 'x' }));
    const { askModern } = pipes(server);
    expect(await askModern('tools/call', { name: 'huge' })).toMatchObject({ error: { code: -32603 } });
    expect(await askModern('tools/call', { name: 'hello' })).toMatchObject({ result: {} });
  });
});
