// A process whose main thread has ended looks like a dead one in /proc, and lives on in its other threads.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { linksOf } from '../../../src/process/supervisor/proc.ts';
import { supervise, temporaryDirectory } from './helpers.ts';

// exit(2) of one thread; no language has a call for it.
const EXIT = { x64: 60, arm64: 93 }[process.arch as string];
const PROGRAM = `use threads; $| = 1; threads->create(sub { sleep 60 }); print "pid $$\\n"; syscall(${EXIT}, 0)`;
const IN_BACKGROUND = `setsid perl -e '${PROGRAM}' & sleep 60`;

const { status, error, stderr } = spawnSync('perl', ['-Mthreads', '-e', '1']);
const works = process.platform === 'linux' && EXIT !== undefined && status === 0;
if (!works) console.warn(`tests of main threads skipped: ${error?.message ?? stderr.toString().trim()}`);

/** Its state and how many threads it has: `Z 1` is dead. Empty when it is gone. */
function stateOf(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return `${fields[0]} ${fields[17]}`;
  } catch {
    return '';
  }
}

async function untilMainThreadEnded(pid: number): Promise<void> {
  await vi.waitFor(() => expect(stateOf(pid)).toBe('Z 2'), { timeout: 10_000, interval: 10 });
}

const DEAD = /^(?:[ZX] 1)?$/;

describe.skipIf(!works)('a program whose main thread has ended', () => {
  test('counts as alive, and its remains do not', async () => {
    const child = spawn('perl', ['-e', PROGRAM], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    await untilMainThreadEnded(child.pid!);
    expect(linksOf(child.pid!)).toMatchObject({ pid: child.pid, parent: process.pid });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(linksOf(child.pid!)).toBeUndefined();
  });

  test('is killed with what started it, out of its session too', async () => {
    const started = await supervise().sh(IN_BACKGROUND);
    const found = await started.wait({ match: '^pid ' }, { timeoutMs: 10_000 });
    const pid = Number('line' in found && found.line.slice(4));
    await untilMainThreadEnded(pid);
    await started.kill();
    expect(stateOf(pid)).toMatch(DEAD);
  });

  test('is killed when the server is', async () => {
    const told = join(temporaryDirectory(), 'pid');
    const script = `${IN_BACKGROUND.replace('&', `> ${told} &`)} & until grep -q pid ${told}; do sleep 0.02; done; echo ready; wait`;
    const file = fileURLToPath(new URL('server.ts', import.meta.url));
    const args = ['--conditions=@toolyard/source', file, JSON.stringify([script])];
    const server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    onTestFinished(() => void server.kill('SIGKILL'));
    await once(server.stdout, 'data');
    const pid = Number(readFileSync(told, 'utf8').slice(4));
    await untilMainThreadEnded(pid);
    server.kill('SIGKILL');
    await vi.waitFor(() => expect(stateOf(pid)).toMatch(DEAD), { timeout: 10_000, interval: 20 });
  });
});
