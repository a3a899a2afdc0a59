import { createApp, defineTool, type Call } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { createHttpHandler } from '@toolyard/transport-http';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { connect, modernText } from './raw-connection.ts';
import { META, modernClient, post, serve } from './wires.ts';

/** A tool that takes its signal right away, or only once it runs for a while. */
function heldTool(takes: 'at once' | 'late') {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const { promise: aborted, resolve: abort } = Promise.withResolvers<unknown>();
  const listen = ({ signal }: Call) => {
    if (signal.aborted) abort(signal.reason);
    else signal.addEventListener('abort', () => abort(signal.reason));
  };
  const tool = defineTool({
    name: 'held',
    async run(_args, call) {
      if (takes === 'at once') listen(call);
      start();
      await released;
      if (takes === 'late') listen(call);
      return 'done';
    },
  });
  return { tool, started, aborted, release };
}

describe.each(['at once', 'late'] as const)('a handler that takes its signal %s', (takes) => {
  test('learns that the connection of its client has closed', async () => {
    const { tool, started, aborted, release } = heldTool(takes);
    const { port } = await serve(createApp({ name: 'a', version: '1' }).add(tool));
    const connection = await connect(port);
    connection.write(modernText('tools/call', { name: 'held' }));
    await started;
    connection.close();
    // What takes its signal late finds it aborted already.
    if (takes === 'late') {
      await expectGone(port);
      release();
    }
    expect(await aborted).toBeInstanceOf(Error);
    release();
  });

  test('learns that the client of a web-standard request has left', async () => {
    const { tool, started, aborted, release } = heldTool(takes);
    const handler = createHttpHandler(createApp({ name: 'a', version: '1' }).add(tool));
    const leave = new AbortController();
    const headers = {
      'content-type': 'application/json',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'held',
    };
    const params = { name: 'held', _meta: META };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    const { signal } = leave;
    void handler.fetch(new Request('http://localhost/mcp', { method: 'POST', headers, body, signal }));
    await started;
    leave.abort();
    if (takes === 'late') release();
    expect(await aborted).toBeInstanceOf(Error);
    release();
  });
});

/** A closed connection is noticed after a turn or two; another request over a new one comes after it. */
async function expectGone(port: number): Promise<void> {
  const connection = await connect(port);
  connection.write(modernText('tools/list'));
  expect((await connection.answer()).status).toBe(200);
}

test.each([
  ['the long deadline first', [60_000, 1000]],
  ['the short deadline first', [1000, 60_000]],
])('each call ends at its own deadline: %s', async (_name, deadlines) => {
  const clock = fakeClock();
  const { promise: forever, resolve: release } = Promise.withResolvers<void>();
  onTestFinished(() => release());
  const tools = deadlines.map((timeoutMs) =>
    defineTool({ name: `until_${timeoutMs}`, timeoutMs, run: () => forever }),
  );
  const app = createApp({ name: 'a', version: '1', clock }).add(...tools);
  const { url } = await serve(app);
  const ended: number[] = [];
  const starts = vi.fn<() => void>();
  app.use('tools/call', async function countStarts(_call, next) {
    starts();
    return next();
  });
  const calls = deadlines.map(async (timeoutMs) => {
    await modernClient(url).ask('tools/call', { name: `until_${timeoutMs}` });
    ended.push(timeoutMs);
  });
  await vi.waitFor(() => expect(starts).toHaveBeenCalledTimes(2));
  await clock.advance(999);
  expect(ended).toEqual([]);
  await clock.advance(1);
  await vi.waitFor(() => expect(ended).toEqual([1000]));
  await clock.advance(58_999);
  expect(ended).toEqual([1000]);
  await clock.advance(1);
  await Promise.all(calls);
  expect(ended).toEqual([1000, 60_000]);
});

test('a call that has settled is not aborted afterwards', async () => {
  const clock = fakeClock();
  const signals: AbortSignal[] = [];
  const tool = defineTool({
    name: 'tool',
    timeoutMs: 1000,
    run(_args, call) {
      signals.push(call.signal);
    },
  });
  const { port } = await serve(createApp({ name: 'a', version: '1', clock }).add(tool));
  const connection = await connect(port);
  connection.write(modernText('tools/call', { name: 'tool' }));
  await connection.answer();
  connection.close();
  await clock.advance(5000);
  await expectGone(port);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
});

const counting = defineTool({
  name: 'counting',
  run(_args, call) {
    call.progress({ progress: 1 });
    return 'done';
  },
});

const callOf = (meta: object) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'counting', _meta: meta },
});

test('progress turns the answer into a stream, in both eras, and only where it was asked for', async () => {
  const { url } = await serve(createApp({ name: 'a', version: '1' }).add(counting));
  const headers = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'counting',
  };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  const opened = await post(url, { jsonrpc: '2.0', id: 0, method: 'initialize', params });
  const session = { 'mcp-session-id': opened.headers.get('mcp-session-id')! };
  const answers = [];
  for (const [message, own] of [
    [callOf({ ...META, progressToken: 'p' }), headers],
    [callOf(META), headers],
    [callOf({ progressToken: 'p' }), session],
    [callOf({}), session],
  ] as const) {
    const response = await post(url, message, own);
    const text = await response.text();
    answers.push([
      response.headers.get('content-type'),
      text.includes('notifications/progress'),
      text.includes('"result"'),
    ]);
  }
  const stream = ['text/event-stream', true, true];
  const json = ['application/json', false, true];
  expect(answers).toEqual([stream, json, stream, json]);
});

test('in a session an id can be used again once it was answered, and not before', async () => {
  const { tool, started, release } = heldTool('at once');
  const { url } = await serve(createApp({ name: 'a', version: '1' }).add(tool, counting));
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  const opened = await post(url, { jsonrpc: '2.0', id: 0, method: 'initialize', params });
  const session = { 'mcp-session-id': opened.headers.get('mcp-session-id')! };
  const call = async (name: string) => {
    const response = await post(
      url,
      { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name } },
      session,
    );
    const { result, error } = (await response.json()) as { result?: unknown; error?: { code: number } };
    return error?.code ?? result !== undefined;
  };
  const first = call('held');
  await started;
  const meanwhile = await call('counting');
  release();
  expect([await first, meanwhile, await call('counting')]).toEqual([true, -32600, true]);
});

test('clients of 2026-07-28 have ids of their own, also on one connection', async () => {
  const { tool, started, release } = heldTool('at once');
  const { url } = await serve(createApp({ name: 'a', version: '1' }).add(tool, counting));
  const first = modernClient(url).ask('tools/call', { name: 'held' });
  await started;
  const second = await modernClient(url).ask('tools/call', { name: 'counting' });
  release();
  expect([second['id'], second['result'].content, (await first)['id']]).toEqual([
    1,
    [{ type: 'text', text: 'done' }],
    1,
  ]);
});
