import { createApp, defineTool } from '@toolyard/core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { serveHttp } from '../../src/index.ts';
import { demoApp } from '../demo-app.ts';
import { gate, serve, until } from '../helpers.ts';
import { faultProxy } from './fault-proxy.ts';
import { ERAS, managed, statuses } from './managed.ts';

/** An app whose tools tell how often they ran, and can be held. */
function heldApp() {
  const runs = { look: 0, write: 0 };
  const held = gate();
  const tool = (name: 'look' | 'write', annotations: { readOnlyHint?: boolean }) =>
    defineTool({
      name,
      annotations,
      input: z.object({ hold: z.boolean().default(false) }),
      async run({ hold }, call) {
        runs[name] += 1;
        call.progress({ progress: 1 });
        if (hold && runs[name] === 1) await held.opened;
        return `${name} ${runs[name]}`;
      },
    });
  const app = createApp({ name: 'held', version: '1.0.0' }).add(
    tool('look', { readOnlyHint: true }),
    tool('write', {}),
  );
  return { app, runs, release: held.open };
}

describe.each(ERAS)('era %s', (era) => {
  test('calls wait while the server restarts, and are answered by the new one', async () => {
    const first = await serveHttp(demoApp(), { port: 0 });
    const client = managed({ url: first.url, era });
    await client.call('echo', { text: 'before' });
    const seen = statuses(client);
    await first.close({ deadlineMs: 0 });
    await until(() => client.state.status !== 'online');
    const calls = ['a', 'b', 'c'].map((text) => client.call('echo', { text }));
    await until(() => client.state.status === 'offline');
    await serve(demoApp(), { port: first.port });
    const results = await Promise.all(calls);
    expect(results.map(({ content }) => content[0])).toEqual(
      ['a', 'b', 'c'].map((text) => ({ type: 'text', text })),
    );
    expect(seen).toContain('offline');
    expect(client.state.status).toBe('online');
  });

  test('a call may say that it does not want to wait for the server', async () => {
    const server = await serveHttp(demoApp(), { port: 0 });
    await server.close();
    const client = managed({ url: server.url, era });
    const first = client.call('echo', { text: 'x' }, { whenOffline: 'fail' });
    const waiting = client.call('echo', { text: 'x' }, { timeoutMs: 400 });
    await expect(first).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE', mayHaveRun: false });
    // Also while another attempt is under way.
    await expect(client.call('echo', { text: 'x' }, { whenOffline: 'fail' })).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      mayHaveRun: false,
    });
    await expect(waiting).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });

  test('a read-only call whose connection is cut is made again', async () => {
    const { app, runs } = heldApp();
    const proxy = await faultProxy((await serve(app)).port);
    const client = managed({ url: proxy.url, era });
    await client.connect();
    const call = client.call('look', { hold: true });
    await until(() => runs.look === 1);
    proxy.cut();
    expect((await call).content[0]).toEqual({ type: 'text', text: 'look 2' });
    expect(client.statistics().calls.replayed).toBe(1);
  });

  test('a call that may do harm twice is not made again', async () => {
    const { app, runs } = heldApp();
    const proxy = await faultProxy((await serve(app)).port);
    const client = managed({ url: proxy.url, era });
    await client.connect();
    const call = client.call('write', { hold: true });
    await until(() => runs.write === 1);
    proxy.cut();
    await expect(call).rejects.toMatchObject({ code: 'CONNECTION_LOST', mayHaveRun: true });
    expect(runs.write).toBe(1);
  });

  test('what certainly did not reach the server is sent again, harmful or not', async () => {
    const { app, runs } = heldApp();
    const server = await serve(app);
    const client = managed({ url: server.url, era });
    await client.connect();
    await server.close({ deadlineMs: 0 });
    await until(() => client.state.status !== 'online');
    const call = client.call('write', {});
    await until(() => client.state.status === 'offline');
    await serve(app, { port: server.port });
    expect((await call).content[0]).toEqual({ type: 'text', text: 'write 1' });
    expect(runs.write).toBe(1);
  });

  test('a half-open path is noticed by its silence, and calls go on over another', async () => {
    const { port } = await serve(demoApp(), { keepAliveMs: 40 });
    const proxy = await faultProxy(port);
    const client = managed({
      url: proxy.url,
      era,
      keepAliveMs: 40,
      probeTimeoutMs: 150,
      connectTimeoutMs: 300,
    });
    await client.call('echo', { text: 'x' });
    const seen = statuses(client);
    await until(() => client.state.status === 'online');
    proxy.weather = 'silent';
    await until(() => client.state.status === 'offline');
    const call = client.call('echo', { text: 'y' });
    proxy.weather = 'fine';
    expect((await call).content[0]).toEqual({ type: 'text', text: 'y' });
    await until(() => client.state.status === 'online');
    expect(client.statistics().connection.silentStreams).toBeGreaterThan(0);
    expect(seen).toContain('degraded');
  });
});

test('many calls that find the session gone open one other together', async () => {
  const app = demoApp();
  let initialized = 0;
  app.use('initialize', function count(_call, next) {
    initialized += 1;
    return next();
  });
  const { url } = await serve(app);
  let session: string | null = null;
  const client = managed({
    url,
    era: 'legacy',
    fetch: (input, init) => {
      session = new Headers(init?.headers).get('mcp-session-id') ?? session;
      return fetch(input, init);
    },
  });
  await client.call('echo', { text: 'before' });
  await fetch(url, { method: 'DELETE', headers: { 'mcp-session-id': String(session) } });
  const texts = Array.from({ length: 20 }, (_, index) => `call ${index}`);
  const results = await client.callMany(
    texts.map((text) => ({ tool: 'echo', args: { text } })),
    { concurrency: 20 },
  );
  expect(results.map((result) => result.ok && result.value.content[0])).toEqual(
    texts.map((text) => ({ type: 'text', text })),
  );
  expect(initialized).toBe(2);
  expect(client.statistics().connection.reinitialized).toBe(1);
});

test('a call whose stream is cut goes on where it was, and runs once', async () => {
  const { app, runs, release } = heldApp();
  const proxy = await faultProxy((await serve(app)).port);
  const client = managed({ url: proxy.url, era: 'legacy' });
  await client.connect();
  let told = 0;
  const call = client.call('write', { hold: true }, { onProgress: () => (told += 1) });
  await until(() => told === 1);
  proxy.cut();
  await until(() => client.state.status === 'degraded');
  release();
  expect((await call).content[0]).toEqual({ type: 'text', text: 'write 1' });
  expect(runs.write).toBe(1);
  // The stream of the call is over; the one of changes is back.
  await until(() => client.state.status === 'online');
  expect(client.statistics()).toMatchObject({ calls: { replayed: 0 }, connection: { opened: 1 } });
});

test('a call that the server hung up on purpose is waited for', async () => {
  const held = gate();
  const patient = defineTool({
    name: 'patient',
    async run(_args, call) {
      call.detach();
      await held.opened;
      return 'done';
    },
  });
  const { url } = await serve(createApp({ name: 'patient', version: '1.0.0' }).add(patient));
  const client = managed({ url, era: 'legacy' });
  await client.connect();
  const streams = client.statistics().messages.sent;
  const call = client.call('patient', {}, { onProgress: () => {} });
  await until(() => client.statistics().messages.sent > streams);
  held.open();
  expect((await call).content[0]).toEqual({ type: 'text', text: 'done' });
  await until(() => client.state.status === 'online');
});

test('a call that was given up is not resumed', async () => {
  const { app } = heldApp();
  const proxy = await faultProxy((await serve(app)).port);
  const client = managed({ url: proxy.url, era: 'legacy' });
  await client.connect();
  await until(() => client.statistics().connection.streams === 1);
  let told = 0;
  const options = { timeoutMs: 100, onProgress: () => (told += 1) };
  const call = client.call('write', { hold: true }, options);
  await until(() => told === 1);
  await expect(call).rejects.toMatchObject({ code: 'CALL_TIMEOUT' });
  const accepted = proxy.accepted;
  proxy.cut();
  await until(() => client.statistics().connection.streams === 2 && client.state.status === 'online');
  // The stream of changes and the probe, and nothing again and again for the call.
  expect(proxy.accepted - accepted).toBeLessThanOrEqual(4);
});

test('closing while it connects to a silent server lets go of the connection', async () => {
  const proxy = await faultProxy((await serve(demoApp())).port);
  proxy.weather = 'silent';
  const client = managed({ url: proxy.url });
  const call = client.call('echo', { text: 'x' });
  await until(() => proxy.open === 1);
  const refused = expect.objectContaining({ code: 'CLIENT_CLOSED', mayHaveRun: false });
  const outcome = call.catch((error: unknown) => error);
  await client.close();
  expect(await outcome).toEqual(refused);
  await until(() => proxy.open === 0);
});
