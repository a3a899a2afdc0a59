// What happens where there is no room for another process. The limit is that of a user of its own: the kernel counts
// the processes of all users but root.
import { execFileSync, fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { linksOf } from '../../../src/process/supervisor/proc.ts';
import { processesWith } from './helpers.ts';
import type { Answer, Order } from './limited-server.ts';

const isRoot = process.getuid?.() === 0;
const hasPrlimit = process.platform === 'linux' && spawnSync('prlimit', ['--nproc=64', 'true']).status === 0;
const bwrap = spawnSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true']);
const hasBwrap = hasPrlimit && bwrap.status === 0;
if (!hasPrlimit) console.warn('tests of process limits skipped: there is no prlimit');
else if (!hasBwrap)
  console.warn(`fork bomb in bwrap skipped: ${bwrap.error?.message ?? bwrap.stderr.toString().trim()}`);

/** Processes of our user that may come and go meanwhile; a user of the test's own has none. */
const strangers = isRoot ? 0 : 50;
let users = 61_000 + (process.pid % 1_000);

async function startServer(...mode: 'bwrap'[]) {
  const user = isRoot ? users++ : process.getuid!();
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'supervisor-')));
  if (isRoot) chownSync(directory, user, user);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = fileURLToPath(new URL('limited-server.ts', import.meta.url));
  const server = fork(file, [String(user), directory, ...mode], {
    execArgv: ['--conditions=@toolyard/source'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  onTestFinished(async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  });
  await once(server, 'message');
  const run = async (script: string, options?: Order['options']): Promise<Answer> => {
    server.send({ script, ...(options && { options }) } satisfies Order);
    const [answer] = (await once(server, 'message')) as [Answer];
    return answer;
  };
  return { server, user, directory, run };
}

/** How many processes and threads a user may have when a server of it starts another one. */
function allow({ server, user }: { server: ChildProcess; user: number }, processes: number | 'none'): void {
  const account = isRoot ? { uid: user, gid: user } : {};
  const limits = readFileSync(`/proc/${server.pid}/limits`, 'latin1');
  const highest = /^Max processes +\S+ +(\S+)/m.exec(limits)?.[1];
  // Only the soft limit, so that it can be lifted again.
  const limit = `--nproc=${processes === 'none' ? highest : processes}:`;
  execFileSync('prlimit', ['--pid', String(server.pid), limit], account);
}

function processesOf(user: number): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const status = /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/status`, 'latin1') : '';
      return status.includes(`\nUid:\t${user}\t`) && !/^State:\tZ/m.test(status);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

describe.skipIf(!hasPrlimit)('where the table of processes is full', () => {
  test('a start fails with the reason, and leaves nothing behind', async () => {
    const limited = await startServer();
    const { run } = limited;
    const before = await run('echo before');
    expect(before.exit).toMatchObject({ exitCode: 0, stdout: 'before\n' });
    allow(limited, 1);
    for (let attempt = 0; attempt < 20; attempt++) {
      const { error, ...held } = await run('echo never');
      expect(error).toEqual({
        code: 'PROGRAM_NOT_STARTED',
        message: expect.stringContaining('no room for another process'),
        data: { program: 'sh', reason: 'EAGAIN' },
      });
      // More than one place there is not: it was given back each time.
      expect(held).toEqual({ files: before.files, resources: before.resources, listed: 0 });
    }
    allow(limited, 'none');
    expect(await run('echo after')).toEqual({ ...before, exit: { ...before.exit, stdout: 'after\n' } });
  });

  test('for the first program too, and the watchdog starts with the next', async () => {
    const limited = await startServer();
    const { server, run } = limited;
    allow(limited, 1);
    expect((await run('echo never')).error).toMatchObject({ code: 'PROGRAM_NOT_STARTED' });
    allow(limited, 'none');
    expect((await run('echo after')).exit).toMatchObject({ stdout: 'after\n' });
    const watchdogs = processesWith('toolyard-watchdog').filter(
      (pid) => linksOf(Number(pid))?.parent === server.pid,
    );
    expect(watchdogs).toHaveLength(1);
  });
});

describe.skipIf(!hasBwrap)('a fork bomb in bwrap', () => {
  test(
    'stays within its limit, ends with its run, and leaves the server well',
    { timeout: 60_000 },
    async () => {
      const limited = await startServer('bwrap');
      const { run, user } = limited;
      // Should the limit of the run not hold: a test that fails must not bring the machine down.
      if (isRoot) allow(limited, 300);
      const before = await run('echo before', { limits: { processes: 10 } });
      const others = processesOf(user).length;
      let most = 0;
      const watch = setInterval(() => (most = Math.max(most, processesOf(user).length)), 20);
      const { exit } = await run('bomb() { sleep 60 & bomb & bomb & wait; }; bomb & exec sleep 60', {
        limits: { processes: 40 },
        timeoutMs: 1_500,
        killGraceMs: 200,
      });
      clearInterval(watch);
      expect(exit).toMatchObject({ reason: 'timedOut', stderr: expect.stringMatching(/fork/i) });
      expect(most - others).toBeGreaterThan(15);
      // Beside it bwrap and its reaper.
      expect(most - others).toBeLessThanOrEqual(40 + 2 + strangers);
      await vi.waitFor(() => expect(processesOf(user).length).toBeLessThanOrEqual(others + strangers));
      const after = await run('echo after', { limits: { processes: 10 } });
      expect(after).toEqual({ ...before, exit: { ...before.exit, stdout: 'after\n' } });
    },
  );
});
