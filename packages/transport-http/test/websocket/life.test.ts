import { systemClock, type Timer } from '@toolyard/core';
import { fakeClock } from '@toolyard/core/testing';
import { describe, expect, test } from 'vitest';

import { askingApp } from '../connection/asking-app.ts';
import { demoApp, heldTool } from '../demo-app.ts';
import { ENVELOPE, until } from '../helpers.ts';
import { connect, initialize, serveWebSocket, type WebSocketClient } from './helpers.ts';

const call = (id: number, name: string) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } });

/** Waits until this client has answered the server's ping, and the server has seen that. Sends no message. */
async function roundTrip({ socket }: WebSocketClient): Promise<void> {
  // The first brings the server's ping here, the second follows its answer back.
  for (let round = 0; round < 2; round += 1) {
    const answered = new Promise((resolve) => socket.once('pong', resolve));
    socket.ping();
    await answered;
  }
}

describe('a client', () => {
  test('that is gone without a word is noticed by the second ping', async () => {
    const clock = fakeClock();
    const { tool, state } = heldTool();
    const closed: string[] = [];
    const app = askingApp({ clock, timeoutMs: 10_000_000 }).add(tool);
    app.on('sessionClosed', ({ id }) => void closed.push(id));
    const { url, handler } = await serveWebSocket(app, { pingMs: 10_000 });
    const client = await initialize(url, { autoPong: false });
    client.send(call(9, 'held'));
    await until(() => state.started === 1);
    const pinged = new Promise((resolve) => client.socket.once('ping', resolve));
    await clock.advance(10_000);
    await pinged;
    expect(handler.connectionCount).toBe(1);
    await clock.advance(10_000);
    expect(await client.closed).toMatchObject({ code: 1006 });
    await until(() => handler.connectionCount === 0);
    expect([state.aborted, closed.length]).toEqual([1, 1]);
  });

  test('that answers pings, or says anything else, stays', async () => {
    const clock = fakeClock();
    const { url, handler } = await serveWebSocket(demoApp({ clock }), { pingMs: 10_000, idleMs: 1_000_000 });
    const silent = await initialize(url);
    const talking = await initialize(url, { autoPong: false });
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(10_000);
      await roundTrip(silent);
      await talking.ask('ping');
    }
    expect(handler.connectionCount).toBe(2);
  });

  test('with nothing to say for long is closed with 1000, unless a call is being answered', async () => {
    const clock = fakeClock();
    const { tool, state } = heldTool();
    const app = askingApp({ clock, timeoutMs: 10_000_000 }).add(tool);
    const { url, handler } = await serveWebSocket(app, { pingMs: 10_000, idleMs: 30_000 });
    const [idle, busy] = [await initialize(url), await initialize(url)];
    busy.send(call(9, 'held'));
    await until(() => state.started === 1);
    for (let beat = 0; beat < 2; beat += 1) {
      await clock.advance(10_000);
      await Promise.all([roundTrip(idle), roundTrip(busy)]);
    }
    await clock.advance(10_000);
    expect(await idle.closed).toMatchObject({ code: 1000, reason: 'The connection was idle for too long.' });
    await until(() => handler.connectionCount === 1);
    state.release();
    expect(await busy.message()).toMatchObject({ id: 9, result: {} });
  });

  test('that reads too slowly is closed, and others are served on', async () => {
    const { url, handler } = await serveWebSocket(askingApp(), {
      maxBufferedBytes: 1_000_000,
      compressFromBytes: false,
    });
    const slow = await initialize(url);
    slow.socket.pause();
    const big = { name: 'big', arguments: { bytes: 1_000_000 } };
    for (let id = 0; id < 60; id += 1) {
      slow.send({ jsonrpc: '2.0', id, method: 'tools/call', params: big });
    }
    await until(() => handler.connectionCount === 0);
    const quick = await initialize(url);
    expect(await quick.ask('ping')).toMatchObject({ result: {} });
    slow.socket.resume();
    expect(slow.frames.length).toBeLessThan(60);
  });

  test('that closes ends its session and its calls', async () => {
    const { tool, state } = heldTool();
    const app = askingApp().add(tool);
    const closed: string[] = [];
    app.on('sessionClosed', ({ id }) => void closed.push(id));
    const { url, handler } = await serveWebSocket(app);
    const client = await initialize(url);
    client.send(call(9, 'held'));
    await until(() => state.started === 1);
    client.socket.close();
    await until(() => handler.connectionCount === 0);
    expect([state.aborted, closed.length]).toEqual([1, 1]);
  });

  test('that starts over gets a new session in place of the old', async () => {
    const app = askingApp();
    const opened: string[] = [];
    const closed: string[] = [];
    app.on('sessionOpened', ({ id }) => void opened.push(id));
    app.on('sessionClosed', ({ id }) => void closed.push(id));
    const { url } = await serveWebSocket(app);
    const client = await initialize(url, { version: '2025-11-25' });
    const clientInfo = { name: 'again', version: '1.0.0' };
    await client.ask('initialize', { protocolVersion: '2024-11-05', capabilities: {}, clientInfo });
    expect(opened).toHaveLength(2);
    expect(closed).toEqual([opened[0]]);
  });
});

describe('closing', () => {
  test('answers what runs, refuses what is new, and says 1001', async () => {
    const { tool, state } = heldTool();
    const { url, handler } = await serveWebSocket(askingApp().add(tool));
    const client = await initialize(url);
    const listener = await connect(url);
    listener.send({
      jsonrpc: '2.0',
      id: 'sub',
      method: 'subscriptions/listen',
      params: { notifications: { toolsListChanged: true }, _meta: ENVELOPE },
    });
    await listener.message();
    client.send(call(10, 'held'));
    await until(() => state.started === 1);
    const closed = handler.close();
    expect(await listener.message()).toMatchObject({ id: 'sub', result: { resultType: 'complete' } });
    client.send(call(11, 'who'));
    expect(await client.message()).toMatchObject({
      id: 11,
      error: { code: -32603, data: { retryable: true } },
    });
    await expect(connect(url)).rejects.toThrow('503');
    state.release();
    expect(await client.message()).toMatchObject({ id: 10, result: { content: [{ text: 'released' }] } });
    for (const each of [client, listener]) {
      expect(await each.closed).toEqual({ code: 1001, reason: 'The server is shutting down.' });
    }
    await closed;
    expect(handler.connectionCount).toBe(0);
  });

  test('answers what is not done by the deadline, as something to try again', async () => {
    const { tool, state } = heldTool();
    const { url, handler } = await serveWebSocket(askingApp().add(tool));
    const client = await initialize(url);
    client.send(call(10, 'held'));
    await until(() => state.started === 1);
    const closed = handler.close({ deadlineMs: 20 });
    expect(await client.message()).toMatchObject({ id: 10, error: { code: -32603 } });
    expect(await client.closed).toMatchObject({ code: 1001 });
    await closed;
  });

  test('cuts clients that do not answer it, and leaves no timer behind', async () => {
    const timers = new Set<Timer>();
    const clock = {
      ...systemClock,
      after(delayMs: number, action: () => void) {
        const timer = systemClock.after(delayMs, () => (timers.delete(timer), action()));
        timers.add(timer);
        return { cancel: () => (timers.delete(timer), timer.cancel()) };
      },
    };
    const app = demoApp({ clock });
    const { url, handler } = await serveWebSocket(app);
    const [deaf, well] = [await initialize(url), await initialize(url)];
    deaf.socket.pause();
    await handler.close();
    await app.close();
    expect(await well.closed).toMatchObject({ code: 1001 });
    await until(() => handler.connectionCount === 0);
    expect(timers.size).toBe(0);
  });
});
