// However the server dies, nothing of what it started is left. Linux, where all of it can be found.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { processesWith, uniqueSeconds, waitForProcesses } from './helpers.ts';
import { STUBBORN } from './stubborn.ts';

const proof = process.env['TOOLYARD_PROOF'] === '1';

/** A server that runs every stubborn script there is. */
async function startServer(seconds: string, mode?: 'storm'): Promise<ChildProcess> {
  const scripts = Object.values(STUBBORN).map((script) => script(seconds));
  const file = fileURLToPath(new URL('server.ts', import.meta.url));
  const args = ['--conditions=@toolyard/source', file, JSON.stringify(scripts), ...(mode ? [mode] : [])];
  const server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  onTestFinished(() => void server.kill('SIGKILL'));
  await once(server.stdout, 'data');
  return server;
}

async function expectNothingLeft(
  server: ChildProcess,
  seconds: string,
  watchdogs: readonly string[],
): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  await vi.waitFor(
    () => {
      expect(processesWith(seconds)).toEqual([]);
      expect(processesWith('toolyard-watchdog')).not.toContain(watchdogs[0]);
    },
    { timeout: 10_000, interval: 50 },
  );
}

function watchdogsOf(server: ChildProcess): string[] {
  return processesWith('toolyard-watchdog').filter((pid) =>
    new RegExp(String.raw`\) \w ${server.pid} `).test(readFileSync(`/proc/${pid}/stat`, 'latin1')),
  );
}

const DEATHS: Readonly<Record<string, (server: ChildProcess) => unknown>> = {
  'kill -9': (server) => server.kill('SIGKILL'),
  'kill -9 of its whole group': (server) => process.kill(-server.pid!, 'SIGKILL'),
  'a SIGTERM nobody handles': (server) => server.kill('SIGTERM'),
  'Ctrl-C in its terminal': (server) => process.kill(-server.pid!, 'SIGINT'),
  'an error nobody caught': (server) => server.stdin?.write('throw'),
  'process.exit()': (server) => server.stdin?.write('exit'),
  close: (server) => server.stdin?.write('close'),
};

describe.runIf(process.platform === 'linux')('nothing is left after', () => {
  test.each(Object.entries(DEATHS))('%s', async (_, die) => {
    const seconds = uniqueSeconds();
    const server = await startServer(seconds);
    await waitForProcesses(seconds, Object.keys(STUBBORN).length);
    const watchdogs = watchdogsOf(server);
    expect(watchdogs).toHaveLength(1);
    die(server);
    await expectNothingLeft(server, seconds, watchdogs);
  });

  test('kill -9 at any moment, while programs start and end', { timeout: 300_000 }, async () => {
    for (let round = 0; round < (proof ? 100 : 4); round++) {
      const seconds = uniqueSeconds();
      const server = await startServer(seconds, 'storm');
      await pause((round * 37) % 200);
      const watchdogs = watchdogsOf(server);
      server.kill('SIGKILL');
      await expectNothingLeft(server, seconds, watchdogs);
      expect(server.signalCode).toBe('SIGKILL');
    }
  });
});
