import { Agent, request } from 'node:http';

import { fakeClock } from '@toolyard/core/testing';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';

import { demoApp } from './demo-app.ts';
import { bytesUsed } from './heap.ts';
import { initializeMessage, modern, serve } from './helpers.ts';

const PROOF = Boolean(process.env['TOOLYARD_PROOF']);
const SESSIONS = PROOF ? 10_000 : 1000;
const CALLS = PROOF ? 100_000 : 5000;
const LIMIT_MS = 300_000;

const figures: string[] = [];
afterAll(() => {
  if (PROOF) process.stderr.write(`${figures.join('\n')}\n`);
});

/** A client that costs little itself. */
function leanClient(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  onTestFinished(() => agent.destroy());
  return (method: string, headers: Record<string, string>, body?: object) =>
    new Promise<{ status: number; session: string | undefined; text: string }>((resolve, reject) => {
      const outgoing = request(url, {
        agent,
        method,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
        },
      });
      outgoing.on('error', reject).on('response', (response) => {
        const session = response.headers['mcp-session-id'];
        let text = '';
        response.on('data', (chunk) => {
          text += String(chunk);
          // A standing stream is let go as soon as it is there.
          if (method === 'GET') response.destroy();
        });
        response.on('close', () =>
          resolve({ status: response.statusCode ?? 0, session: session as string | undefined, text }),
        );
      });
      outgoing.end(body && JSON.stringify(body));
    });
}

type Send = ReturnType<typeof leanClient>;

async function times(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work((next += 1));
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

const called = (index: number, name: string, args: object) => ({
  jsonrpc: '2.0',
  id: index,
  method: 'tools/call',
  params: { name, arguments: args, _meta: { progressToken: index } },
});

const abandoned = {
  'after initialize': async (send: Send) => {
    await send('POST', {}, initializeMessage());
  },
  'after a stream of progress and a lost standing stream': async (send: Send) => {
    const { session } = await send('POST', {}, initializeMessage());
    const headers = { 'mcp-session-id': session! };
    await send('POST', headers, called(1, 'count', { to: 10 }));
    await send('GET', { ...headers, accept: 'text/event-stream' });
  },
};

describe.each(Object.entries(abandoned))(`${SESSIONS} sessions abandoned %s`, (what, abandon) => {
  test(
    'cost at most 20 KB each, and nothing once their time is over',
    async () => {
      const clock = fakeClock();
      const { url, handler } = await serve(demoApp({ clock }), {
        sessions: { maxSessions: SESSIONS, idleMs: 1_800_000, resumeWindowMs: 60_000 },
      });
      const send = leanClient(url);
      await times(200, () => abandon(send));
      await clock.advance(3_600_000);
      expect(handler.sessionCount).toBe(0);

      const before = await bytesUsed();
      await times(SESSIONS, () => abandon(send));
      expect(handler.sessionCount).toBe(SESSIONS);
      const each = ((await bytesUsed()) - before) / SESSIONS;
      figures.push(`${(each / 1024).toFixed(2)} KB per session abandoned ${what}`);
      expect(each).toBeLessThan(20 * 1024);

      await clock.advance(1_800_000 + 30_000);
      expect(handler.sessionCount).toBe(0);
      const left = ((await bytesUsed()) - before) / SESSIONS;
      figures.push(`${(left / 1024).toFixed(2)} KB left of each`);
      expect(left).toBeLessThan(1024);
    },
    LIMIT_MS,
  );

  test(
    'never are more than the maximum',
    async () => {
      const clock = fakeClock();
      const { url, handler } = await serve(demoApp({ clock }), { sessions: { maxSessions: 100 } });
      const send = leanClient(url);
      let peak = 0;
      await times(SESSIONS, async () => {
        await abandon(send);
        peak = Math.max(peak, handler.sessionCount);
      });
      expect(peak).toBe(100);
    },
    LIMIT_MS,
  );
});

test(
  `${CALLS} calls in both eras leave nothing behind`,
  async () => {
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
        return { cancel: () => (timers.delete(timer), timer.cancel()) };
      },
    };
    const app = demoApp({ clock: watched });
    const { url, handler } = await serve(app);
    const send = leanClient(url);
    const { session } = await send('POST', {}, initializeMessage());
    const kinds: ((index: number) => Promise<{ status: number }>)[] = [
      (index) => sendModern(send, index, 'echo', { text: 'hi' }),
      (index) => sendModern(send, index, 'count', { to: 3 }),
      (index) => sendModern(send, index, 'fail', {}),
      (index) => sendModern(send, index, 'nothing', {}),
      (index) => send('POST', { 'mcp-session-id': session! }, called(index, 'echo', { text: 'hi' })),
      (index) => send('POST', { 'mcp-session-id': session! }, called(index, 'count', { to: 3 })),
      (index) => send('POST', { 'mcp-session-id': session! }, called(index, 'fail', {})),
      () => send('POST', { 'mcp-session-id': 'unknown' }, { jsonrpc: '2.0', id: 1, method: 'ping' }),
    ];
    const work = async (index: number) => {
      const { status } = await kinds[index % kinds.length]!(index);
      if (status !== 200 && status !== 404) throw new Error(`${index}: ${status}`);
      // Events of the session grow old meanwhile.
      if (index % 500 === 0) await clock.advance(60_000);
    };
    await times(2000, work);
    await clock.advance(600_000);
    const before = await bytesUsed();
    await times(CALLS, work);
    await clock.advance(600_000);
    const grown = (await bytesUsed()) - before;
    figures.push(`${(grown / 1024).toFixed(0)} KB more after ${CALLS} calls`);
    expect(grown).toBeLessThan(512 * 1024);

    await send('DELETE', { 'mcp-session-id': session! });
    await clock.advance(600_000);
    expect(handler.sessionCount).toBe(0);
    expect(timers.size).toBe(0);
  },
  LIMIT_MS,
);

function sendModern(send: Send, index: number, name: string, args: object) {
  const { body, headers } = modern(
    'tools/call',
    { name, arguments: args, _meta: { progressToken: index } },
    index,
  );
  return send('POST', headers, body);
}
