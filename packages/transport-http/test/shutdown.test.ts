import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { createApp, defineTool } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

import { createHttpHandler, serveHttp, type HttpOptions } from '../src/index.ts';
import { demoApp, heldTool } from './demo-app.ts';
import {
  callModern,
  connect,
  initialize,
  initializeMessage,
  json,
  modern,
  openStream,
  post,
  sendModern,
  serve,
  until,
} from './helpers.ts';
import { readEvents } from './sse-reader.ts';

async function setUp(options: HttpOptions = {}) {
  const clock = fakeClock();
  const { tool, state } = heldTool();
  const app = demoApp({ clock, timeoutMs: 1e9 }).add(tool);
  const server = await serve(app, options);
  return { clock, state, server, app, at: (path: string) => `http://127.0.0.1:${server.port}${path}` };
}

describe('close', () => {
  test('lets a running call finish', async () => {
    const { state, server } = await setUp();
    const call = callModern(server.url, 'held');
    await until(() => state.started === 1);
    let closed = false;
    const closing = server.close({ deadlineMs: 10_000 }).then(() => (closed = true));
    await until(() => state.started === 1);
    expect(closed).toBe(false);
    state.release();
    expect(await json(call)).toMatchObject({ result: { content: [{ text: 'released' }] } });
    await closing;
  });

  test('refuses what comes meanwhile with 503, and says so at /readyz', async () => {
    const { state, server, at } = await setUp();
    const session = await initialize(server.url);
    const call = callModern(server.url, 'held');
    await until(() => state.started === 1);
    const closing = server.close();
    for (const refused of [
      await callModern(server.url, 'echo', { text: 'hi' }),
      await post(server.url, initializeMessage()),
      await session.send('ping'),
      await session.get(),
    ]) {
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
      expect(refused.headers.get('connection')).toBe('close');
      expect(await json(refused)).toMatchObject({ jsonrpc: '2.0', error: { code: -32000 } });
    }
    expect((await fetch(at('/readyz'))).status).toBe(503);
    expect((await fetch(at('/healthz'))).status).toBe(200);
    state.release();
    await closing;
    expect((await call).status).toBe(200);
    await expect(fetch(at('/healthz'))).rejects.toThrow('fetch failed');
  });

  test('ends streams at once, the modern ones with a result', async () => {
    const { state, server } = await setUp();
    const session = await initialize(server.url);
    const standing = await openStream(session);
    const listening = readEvents(
      await sendModern(server.url, 'subscriptions/listen', { notifications: { toolsListChanged: true } }),
    );
    await listening.message();
    const call = callModern(server.url, 'held');
    await until(() => state.started === 1);
    const closing = server.close();
    expect(await standing.rest()).toEqual([]);
    expect(await listening.rest()).toMatchObject([{ id: 1, result: { resultType: 'complete' } }]);
    state.release();
    await closing;
    expect((await call).status).toBe(200);
  });

  test('gives up at the deadline what does not end, with an answer that may be retried', async () => {
    const { clock, state, server } = await setUp();
    const session = await initialize(server.url);
    const calls = [callModern(server.url, 'held'), session.send('tools/call', { name: 'held' }, 2)];
    await until(() => state.started === 2);
    const closing = server.close({ deadlineMs: 5000 });
    await clock.advance(4999);
    expect(state.aborted).toBe(0);
    await clock.advance(1);
    for (const call of calls) {
      expect(await json(call)).toMatchObject({ error: { code: -32603, data: { retryable: true } } });
    }
    await closing;
    expect(state.aborted).toBe(2);
  });

  test('gives up streams of calls the same way', async () => {
    const { clock, server, app } = await setUp();
    const { tool, state } = heldTool({ steps: 1, name: 'talking' });
    app.add(tool);
    const session = await initialize(server.url);
    const events = readEvents(await session.call('talking', {}, 'call'));
    await events.message();
    const closing = server.close({ deadlineMs: 5000 });
    await clock.advance(5000);
    expect(await events.rest()).toMatchObject([
      { id: 'call', error: { code: -32603, data: { retryable: true } } },
    ]);
    await closing;
    expect(state.aborted).toBe(1);
  });

  test('does not wait beyond the deadline for what cannot be given up', async () => {
    const clock = fakeClock();
    let asked = 0;
    const server = await serve(demoApp({ clock }), {
      auth: () => {
        asked += 1;
        return new Promise(() => {});
      },
    });
    const call = callModern(server.url, 'echo', { text: 'hi' });
    call.catch(() => {});
    await until(() => asked === 1);
    let closed = false;
    const closing = server.close({ deadlineMs: 5000 }).then(() => (closed = true));
    await clock.advance(5000);
    await clock.advance(1000);
    await closing;
    expect(closed).toBe(true);
    await expect(call).rejects.toThrow('fetch failed');
  });

  test('asked for twice happens once', async () => {
    const { state, server } = await setUp();
    const call = callModern(server.url, 'held');
    await until(() => state.started === 1);
    const first = server.close();
    const second = server.close({ deadlineMs: 0 });
    state.release();
    await Promise.all([first, second]);
    expect((await call).status).toBe(200);
    await server.close();
  });

  test('sends large answers to the end', async () => {
    const size = 30 * 1_048_576;
    const large = defineTool({ name: 'large', run: () => 'x'.repeat(size) });
    const server = await serve(createApp({ name: 'demo', version: '1.0.0' }).add(large));
    let done = false;
    const socket = await connect(server.port);
    socket.pause();
    const { body, headers } = modern('tools/call', { name: 'large' });
    const text = JSON.stringify(body);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${lines.join('')}Content-Length: ${text.length}\r\n\r\n${text}`,
    );
    await new Promise<void>((resolve) => socket.once('readable', () => resolve()));
    const closing = server.close().then(() => (done = true));
    expect(done).toBe(false);
    socket.resume();
    await closing;
    await until(() => socket.received().length > size);
  });

  test('frees sessions, timers and listeners', async () => {
    const timers = new Set<object>();
    const clock = fakeClock();
    const watched = {
      ...clock,
      after(delayMs: number, action: () => void) {
        const timer = clock.after(delayMs, () => {
          timers.delete(timer);
          action();
        });
        timers.add(timer);
        return {
          cancel() {
            timers.delete(timer);
            timer.cancel();
          },
        };
      },
    };
    const closed: string[] = [];
    const app = demoApp({ clock: watched });
    app.on('sessionClosed', ({ id }) => void closed.push(id));
    const server = await serve(app);
    const sessions = await Promise.all(Array.from({ length: 5 }, () => initialize(server.url)));
    for (const session of sessions) await openStream(session);
    await readEvents(await sessions[0]!.call('count', { to: 3 })).rest();
    expect(timers.size).toBeGreaterThan(0);
    await server.close();
    await app.close();
    expect(closed.toSorted()).toEqual(sessions.map(({ id }) => id).toSorted());
    expect(timers.size).toBe(0);
    expect(server.handler.sessionCount).toBe(0);
  });

  test('leaves the app open', async () => {
    const app = demoApp();
    await (await serve(app)).close();
    const { url } = await serve(app);
    expect((await callModern(url, 'echo', { text: 'hi' })).status).toBe(200);
  });
});

test('`await using` closes the server', async () => {
  let url = '';
  {
    await using server = await serveHttp(demoApp(), { port: 0 });
    ({ url } = server);
    expect((await callModern(url, 'echo', { text: 'hi' })).status).toBe(200);
  }
  await expect(callModern(url, 'echo', { text: 'hi' })).rejects.toThrow('fetch failed');
});

describe('a handler in a server of somebody else', () => {
  test('answers 503 when it is closed, and the server goes on', async () => {
    const handler = createHttpHandler(demoApp());
    const server = createServer((request, response) => {
      if (request.url === '/own') response.end('own');
      else void handler.node(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await callModern(`${base}/mcp`, 'echo', { text: 'hi' })).status).toBe(200);
    await handler.close();
    expect((await callModern(`${base}/mcp`, 'echo', { text: 'hi' })).status).toBe(503);
    expect(await (await fetch(`${base}/own`)).text()).toBe('own');
  });

  test('ends the streams of fetch with their last message too', async () => {
    const handler = createHttpHandler(demoApp());
    const { body, headers } = modern(
      'subscriptions/listen',
      { notifications: { toolsListChanged: true } },
      'sub',
    );
    const response = await handler.fetch(
      new Request('http://localhost/mcp', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    );
    const events = readEvents(response);
    await events.message();
    await handler.close();
    expect(await events.rest()).toMatchObject([{ id: 'sub', result: { resultType: 'complete' } }]);
  });
});

test('a process whose server has closed ends by itself', async () => {
  const script = fileURLToPath(new URL('close-process.ts', import.meta.url));
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--no-warnings', '--conditions=@toolyard/source', script], {
    timeout: 15_000,
  });
  const [, ms] = /^ended after (\d+) ms$/m.exec(stdout) ?? [];
  expect(Number(ms)).toBeLessThan(1000);
});
