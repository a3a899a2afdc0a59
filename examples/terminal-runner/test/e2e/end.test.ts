// How the server ends: what becomes of calls that run, of their programs, and of its files.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { processesWith, uniqueSeconds, waitForProcesses } from '../processes.ts';
import { temporaryDirectory } from './at-end.ts';
import { connectHttp } from './clients.ts';
import { startHttp, launch, MAIN, withShell } from './terminal.ts';

/** What a call fails with. */
function messageOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'It did not fail.',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

test.concurrent('SIGTERM lets a running call finish, refuses new ones, and gives 0', async () => {
  const data = temporaryDirectory();
  const server = await startHttp(['--data', data, ...withShell()]);
  const client = await connectHttp(server.url);
  const running = client.callTool({ name: 'run', arguments: { program: 'sleep', args: ['1.137'] } });
  await waitForProcesses('sleep\0--\x001.137', 1);
  const ended = server.stop('SIGTERM');
  // Refused at the door, or told so on a connection that is still open.
  const isReady = () =>
    fetch(server.at('/readyz')).then(
      ({ ok }) => ok,
      () => false,
    );
  await vi.waitUntil(async () => !(await isReady()), { timeout: 5_000 });
  expect(await running).toMatchObject({ structuredContent: { exitCode: 0 } });
  expect(await ended).toBe(0);
  expect(readdirSync(data).filter((name) => name.endsWith('-wal'))).toEqual([]);
});

test.concurrent('a call that does not finish in time is given up, and its programs with it', async () => {
  const server = await startHttp(['--data', temporaryDirectory(), ...withShell()]);
  const client = await connectHttp(server.url);
  const seconds = uniqueSeconds();
  const args = ['-c', `sleep ${seconds} & sleep ${seconds}`];
  const running = client.callTool({ name: 'run', arguments: { program: 'sh', args } });
  const failure = messageOf(running);
  await waitForProcesses(`sleep\0${seconds}`, 2);
  expect(await server.stop('SIGTERM')).toBe(0);
  expect(await failure).toContain('The server is shutting down.');
  expect(processesWith(seconds)).toEqual([]);
});

test.concurrent('a second Ctrl-C, after a while, ends it at once, and still no program is left', async () => {
  const server = await startHttp(['--data', temporaryDirectory(), ...withShell()]);
  const client = await connectHttp(server.url);
  const seconds = uniqueSeconds();
  const running = client.callTool({ name: 'run', arguments: { program: 'sleep', args: [seconds] } });
  const failure = messageOf(running);
  await waitForProcesses(seconds, 1);
  server.child.kill('SIGINT');
  server.child.kill('SIGINT'); // the copy that npm passes on
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(server.child.exitCode).toBe(null);
  expect(server.log().at(-1)).toMatchObject({ msg: 'The server ends.', reason: 'SIGINT' });
  expect(await server.stop('SIGINT')).toBe(1);
  expect(await failure).toBe('fetch failed');
  expect(processesWith(seconds)).toEqual([]);
});

test.concurrent('a signal during the start ends it well', async () => {
  const preload = join(temporaryDirectory(), 'signal.mjs');
  writeFileSync(
    preload,
    `import { Server } from 'node:net';
     const { listen } = Server.prototype;
     Server.prototype.listen = function (...args) {
       process.kill(process.pid, 'SIGTERM');
       return listen.apply(this, args);
     };`,
  );
  const command = [process.execPath, '--import', preload, ...MAIN];
  const server = launch(['--port', '0', '--data', temporaryDirectory()], { command });
  expect(await server.ended).toBe(0);
});
