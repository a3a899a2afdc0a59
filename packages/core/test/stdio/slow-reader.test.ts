import { Writable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';

import { createApp, defineTool, silentLogger } from '../../src/index.ts';
import { serveStdio } from '../../src/stdio.ts';
import { modern, pipes, turns, type Message } from './pipes.ts';

/** An output whose reader takes a write only when told. */
class SlowOutput extends Writable {
  readonly chunks: string[] = [];
  #waiting: (() => void) | undefined = undefined;
  open = false;

  constructor() {
    super({ highWaterMark: 1024 });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk.toString('utf8'));
    if (this.open) done();
    else this.#waiting = done;
  }

  /** Takes what is there and all that follows. */
  take(): void {
    this.open = true;
    this.#waiting?.();
    this.#waiting = undefined;
  }

  get messages(): Message[] {
    return this.chunks
      .join('')
      .split('\n')
      .filter(Boolean)
      .map((written) => JSON.parse(written) as Message);
  }
}

const big = defineTool({ name: 'big', run: () => 'x'.repeat(10_000) });

function line(id: number, method = 'tools/call', params: Message = { name: 'big' }): string {
  return `${JSON.stringify({ jsonrpc: '2.0', id, method, params: modern(params) })}\n`;
}

describe('a slow reader', () => {
  test('stops the reading of requests until it has caught up', async () => {
    let calls = 0;
    const app = createApp({ name: 'a', version: '1' }).add(big);
    app.on('toolCalled', () => void (calls += 1));
    const input = new PassThrough({ highWaterMark: 1024 });
    const output = new SlowOutput();
    const server = serveStdio(app, { input, output, maxQueuedBytes: 100_000 });
    for (let id = 0; id < 500; id += 1) input.write(line(id));
    input.end();
    await turns(50);
    // 100 000 queued, and one turn of messages more.
    expect(calls).toBeLessThan(100);
    expect(input.isPaused()).toBe(true);
    const stalledAt = calls;
    await turns(50);
    expect(calls).toBe(stalledAt);
    output.take();
    await server.closed;
    expect(output.messages.map(({ id }) => id)).toEqual(Array.from({ length: 500 }, (_, id) => id));
  });

  test('misses progress and repeated changes, and no answer', async () => {
    const chatty = defineTool({
      name: 'chatty',
      run: async (_args, call) => {
        for (let step = 1; step <= 10_000; step += 1)
          call.progress({ progress: step, message: 'x'.repeat(50) });
        return 'done';
      },
    });
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_fields: object, message = '') => void warnings.push(message) };
    const app = createApp({ name: 'a', version: '1', logger }).add(chatty);
    const input = new PassThrough();
    const output = new SlowOutput();
    const server = serveStdio(app, { input, output, maxQueuedBytes: 50_000 });
    input.write(
      line(0, 'subscriptions/listen', {
        notifications: { toolsListChanged: true, promptsListChanged: true },
      }),
    );
    input.write(line(1, 'tools/call', { name: 'chatty', _meta: { progressToken: 1 } }));
    await turns();
    for (let round = 0; round < 100; round += 1) {
      app.disable(chatty).enable(chatty);
      await turns(1);
    }
    output.take();
    input.end();
    await server.closed;
    const methods = output.messages.map(({ method, id }) => method ?? id);
    const progress = methods.filter((method) => method === 'notifications/progress').length;
    expect(progress).toBeGreaterThan(100);
    expect(progress).toBeLessThan(2000);
    expect(methods.filter((method) => method === 'notifications/tools/list_changed')).toHaveLength(1);
    expect(methods).toContain(1);
    expect(output.messages.find(({ id }) => id === 1)).toMatchObject({
      result: { content: [{ text: 'done' }] },
    });
    expect(warnings).toEqual(['The client reads slowly; notifications are left out.']);
  });

  test('gets what is answered for a second after the deadline, no longer', async () => {
    const app = createApp({ name: 'a', version: '1' }).add(big);
    const input = new PassThrough();
    const output = new SlowOutput();
    const server = serveStdio(app, { input, output });
    input.end(line(1));
    await server.closed;
    expect(output.chunks).toHaveLength(1);
    // Its late failure is nobody's concern.
    output.destroy(new Error('write EPIPE'));
    await turns();
  });
});

describe('a reader that is gone', () => {
  test('ends the connection and aborts what is running', async () => {
    let reason: unknown;
    let start!: () => void;
    const started = new Promise<void>((resolve) => (start = resolve));
    const hang = defineTool({
      name: 'hang',
      run: (_args, { signal }) => {
        start();
        return new Promise<string>(() => signal.addEventListener('abort', () => (reason = signal.reason)));
      },
    });
    const { send, output, server } = pipes(createApp({ name: 'a', version: '1' }).add(hang, big), {
      deadlineMs: 60_000,
    });
    send(line(1, 'tools/call', { name: 'hang' }));
    await started;
    output.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    await server.closed;
    expect(reason).toMatchObject({ code: 'CANCELLED', message: 'The client is gone.' });
  });

  test('also one that fails during a write', async () => {
    const output = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    const input = new PassThrough();
    const server = serveStdio(createApp({ name: 'a', version: '1' }).add(big), { input, output });
    input.write(line(1));
    input.write(line(2));
    await expect(server.closed).resolves.toBe(undefined);
  });

  test('also one that was gone before', async () => {
    const output = new PassThrough();
    output.destroy();
    const server = serveStdio(createApp({ name: 'a', version: '1' }), { input: new PassThrough(), output });
    await expect(server.closed).resolves.toBe(undefined);
  });
});

test('answers of one turn of the event loop leave in few writes', async () => {
  const output = new SlowOutput();
  output.open = true;
  const input = new PassThrough();
  const server = serveStdio(
    createApp({ name: 'a', version: '1' }).add(defineTool({ name: 'big', run: () => 'small' })),
    { input, output },
  );
  input.end(Array.from({ length: 50 }, (_, id) => line(id)).join(''));
  await server.closed;
  expect(output.messages).toHaveLength(50);
  expect(output.chunks.length).toBeLessThanOrEqual(3);
});
