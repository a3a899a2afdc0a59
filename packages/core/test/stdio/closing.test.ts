import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';

import { createApp, defineTool } from '../../src/index.ts';
import { serveStdio } from '../../src/stdio.ts';
import { guardStdout } from '../../src/stdio/stdout-guard.ts';
import { fakeClock } from '../../src/testing.ts';
import { modern, pipes, turns } from './pipes.ts';

/** A tool that runs until told, or until it is given up. */
function held() {
  let release!: () => void;
  const released = new Promise<void>((resolve) => (release = resolve));
  let start!: () => void;
  const started = new Promise<void>((resolve) => (start = resolve));
  const state: { reason?: unknown } = {};
  const tool = defineTool({
    name: 'hold',
    run: async (_args, { signal }) => {
      signal.addEventListener('abort', () => (state.reason = signal.reason));
      start();
      await released;
      return 'done';
    },
  });
  return { tool, release, started, state };
}

const callHold = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: modern({ name: 'hold' }) };

describe('when the client closes its side', () => {
  test('running calls may finish, are answered, and the connection ends', async () => {
    const { tool, release, started } = held();
    const { send, input, server, received } = pipes(createApp({ name: 'a', version: '1' }).add(tool));
    send(callHold);
    await started;
    input.end();
    await turns();
    release();
    await server.closed;
    expect(received).toMatchObject([{ id: 1, result: { content: [{ text: 'done' }] } }]);
  });

  test('calls that take longer than the deadline are given up', async () => {
    const clock = fakeClock();
    const { tool, started, state } = held();
    const { send, input, server, received } = pipes(createApp({ name: 'a', version: '1', clock }).add(tool), {
      deadlineMs: 3000,
    });
    send(callHold);
    await started;
    input.end();
    await clock.advance(2999);
    await turns();
    expect(state.reason).toBe(undefined);
    await clock.advance(1);
    await server.closed;
    expect(state.reason).toMatchObject({ code: 'CANCELLED' });
    expect(received).toMatchObject([
      { id: 1, error: { message: 'The server is shutting down.', data: { retryable: true } } },
    ]);
  });

  test('the session ends and changes are no longer told', async () => {
    const app = createApp({ name: 'a', version: '1' });
    const closed: string[] = [];
    app.on('sessionClosed', ({ id }) => void closed.push(id));
    const { initialize, input, server, received } = pipes(app);
    await initialize();
    input.end();
    await server.closed;
    expect(closed).toHaveLength(1);
    const before = received.length;
    app.add(defineTool({ name: 'later', run: () => '' }));
    await turns();
    expect(received).toHaveLength(before);
  });

  test('streams of changes do not hold it up, and end with their result', async () => {
    const { send, find, input, server, received } = pipes(
      createApp({ name: 'a', version: '1', clock: fakeClock() }),
    );
    send({
      jsonrpc: '2.0',
      id: 'l',
      method: 'subscriptions/listen',
      params: modern({ notifications: { toolsListChanged: true } }),
    });
    await find(({ method }) => method === 'notifications/subscriptions/acknowledged');
    input.end();
    await server.closed;
    expect(received.at(-1)).toMatchObject({
      id: 'l',
      result: { _meta: { 'io.modelcontextprotocol/subscriptionId': 'l' } },
    });
  });

  test('an input that breaks or was over before counts as closed', async () => {
    const app = createApp({ name: 'a', version: '1' });
    const broken = pipes(app);
    broken.input.destroy(new Error('read EIO'));
    await broken.server.closed;
    const input = new PassThrough();
    input.destroy();
    await turns();
    await serveStdio(app, { input, output: new PassThrough() }).closed;
  });
});

describe('close()', () => {
  test('takes no new calls, and lets running ones be answered', async () => {
    const { tool, release, started } = held();
    const { send, find, server, received } = pipes(createApp({ name: 'a', version: '1' }).add(tool));
    send(callHold);
    await started;
    const closing = server.close({ deadlineMs: 60_000 });
    send({ jsonrpc: '2.0', id: 2, method: 'tools/list', params: modern() });
    expect(await find(({ id }) => id === 2)).toMatchObject({
      error: { message: 'The server is shutting down.' },
    });
    release();
    await closing;
    expect(received.at(-1)).toMatchObject({ id: 1, result: { content: [{ text: 'done' }] } });
    await server.closed;
  });

  test('leaves both streams open, without listeners', async () => {
    const { server, input, output } = pipes(createApp({ name: 'a', version: '1' }), { read: false });
    const added = { data: 1, end: 1, close: 1, error: 1 };
    for (const [event, count] of Object.entries(added))
      expect(input.listenerCount(event)).toBeGreaterThanOrEqual(count);
    await server.close();
    expect(input.listenerCount('data') + input.listenerCount('error')).toBe(0);
    expect(output.listenerCount('drain') + output.listenerCount('error')).toBe(0);
    expect([input.destroyed, output.writableEnded]).toEqual([false, false]);
  });

  test('a second call can bring the end nearer', async () => {
    const clock = fakeClock();
    const { tool, started, state } = held();
    const { send, server } = pipes(createApp({ name: 'a', version: '1', clock }).add(tool));
    send(callHold);
    await started;
    const slow = server.close({ deadlineMs: 60_000 });
    void server.close({ deadlineMs: 10 });
    await clock.advance(10);
    await slow;
    expect(state.reason).toMatchObject({ message: 'The server is shutting down.' });
  });

  test('runs when the signal aborts and at the end of an await using block', async () => {
    const app = createApp({ name: 'a', version: '1' });
    const controller = new AbortController();
    const { server } = pipes(app, { signal: controller.signal });
    controller.abort();
    await server.closed;
    await pipes(app, { signal: AbortSignal.abort() }).server.closed;
    let closed!: Promise<void>;
    {
      await using scoped = pipes(app).server;
      closed = scoped.closed;
    }
    await closed;
  });

  test('middleware that ignores its call cannot keep it from ending', async () => {
    const app = createApp({ name: 'a', version: '1' }).use(async () => new Promise<never>(() => {}));
    const { send, server } = pipes(app);
    send({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: modern() });
    await turns();
    await server.close({ deadlineMs: 1 });
  });
});

describe('options', () => {
  const app = createApp({ name: 'a', version: '1' });
  test.each([
    { maxMessageBytes: 0 },
    { maxMessageBytes: 2 ** 40 },
    { maxInFlight: -1 },
    { maxQueuedBytes: Number.NaN },
    { deadlineMs: -1 },
  ])('%o cannot work', (options) => {
    expect(() =>
      serveStdio(app, { input: new PassThrough(), output: new PassThrough(), ...options }),
    ).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option: Object.keys(options)[0] }));
  });
});

describe('the guard of stdout', () => {
  function fakeProcess() {
    const stdout = new PassThrough() as unknown as NodeJS.WriteStream & { fd: 1 };
    const stderr = new PassThrough() as unknown as NodeJS.WriteStream & { fd: 2 };
    return { stdout, stderr };
  }

  test('sends what others write to stderr, until it is disposed', () => {
    const { stdout, stderr } = fakeProcess();
    const before = stdout.write;
    const guard = guardStdout({ stdout, stderr });
    stdout.write('stray\n');
    guard.write('protocol\n');
    guard[Symbol.dispose]();
    stdout.write('after\n');
    expect(String(stdout.read())).toBe('protocol\nafter\n');
    expect(String(stderr.read())).toBe('stray\n');
    expect(stdout.write).toBe(before);
    expect(Object.hasOwn(stdout, 'write')).toBe(false);
  });

  test('keeps callbacks and tells writers to go on', async () => {
    const { stdout, stderr } = fakeProcess();
    using _guard = guardStdout({ stdout, stderr });
    await new Promise<void>((resolve) => expect(stdout.write('x', () => resolve())).toBe(true));
  });

  test('leaves a later patch of somebody else alone', () => {
    const { stdout, stderr } = fakeProcess();
    const guard = guardStdout({ stdout, stderr });
    const patch = () => true;
    stdout.write = patch as typeof stdout.write;
    guard[Symbol.dispose]();
    expect(stdout.write).toBe(patch);
  });

  test('is off when the output is another stream', async () => {
    const before = process.stdout.write;
    const { server } = pipes(createApp({ name: 'a', version: '1' }));
    expect(process.stdout.write).toBe(before);
    await server.close();
  });
});
