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

function fakeProcess() {
  const stdout = new PassThrough() as unknown as NodeJS.WriteStream & { fd: 1 };
  const stderr = new PassThrough() as unknown as NodeJS.WriteStream & { fd: 2 };
  return { stdout, stderr };
}

function patch(): boolean {
  return true;
}

/** What is there now instead of the stream's own method. */
function ownWrite(stream: object): unknown {
  return Object.getOwnPropertyDescriptor(stream, 'write')?.value;
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
    await expect(broken.server.closed).resolves.toBe(undefined);
    const input = new PassThrough();
    input.destroy();
    await turns();
    const late = serveStdio(app, { input, output: new PassThrough() });
    await expect(late.closed).resolves.toBe(undefined);
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
    await expect(server.closed).resolves.toBe(undefined);
    await expect(pipes(app, { signal: AbortSignal.abort() }).server.closed).resolves.toBe(undefined);
    let closed!: Promise<void>;
    {
      await using scoped = pipes(app).server;
      closed = scoped.closed;
    }
    await expect(closed).resolves.toBe(undefined);
  });

  test('middleware that ignores its call cannot keep it from ending', async () => {
    const app = createApp({ name: 'a', version: '1' }).use(async () => new Promise<never>(() => {}));
    const { send, server } = pipes(app);
    send({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: modern() });
    await turns();
    await expect(server.close({ deadlineMs: 1 })).resolves.toBe(undefined);
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
  test('sends what others write to stderr, until it is disposed', () => {
    const { stdout, stderr } = fakeProcess();
    const guard = guardStdout({ stdout, stderr });
    stdout.write('stray\n');
    guard.write('protocol\n');
    guard[Symbol.dispose]();
    stdout.write('after\n');
    expect(String(stdout.read())).toBe('protocol\nafter\n');
    expect(String(stderr.read())).toBe('stray\n');
    expect(ownWrite(stdout)).toBe(undefined);
  });

  test('keeps callbacks and tells writers to go on', async () => {
    const { stdout, stderr } = fakeProcess();
    const guard = guardStdout({ stdout, stderr });
    await new Promise<void>((resolve) => expect(stdout.write('x', () => resolve())).toBe(true));
    guard[Symbol.dispose]();
  });

  test('leaves a later patch of somebody else alone', () => {
    const { stdout, stderr } = fakeProcess();
    const guard = guardStdout({ stdout, stderr });
    stdout.write = patch;
    guard[Symbol.dispose]();
    expect(ownWrite(stdout)).toBe(patch);
  });

  test('is off when the output is another stream', async () => {
    const before = ownWrite(process.stdout);
    const { server } = pipes(createApp({ name: 'a', version: '1' }));
    expect(ownWrite(process.stdout)).toBe(before);
    await server.close();
  });
});
