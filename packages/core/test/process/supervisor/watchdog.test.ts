import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { fakeClock } from '../../../src/testing/fake-clock.ts';
import { createProcessSupervisor } from '../../../src/process/supervisor/supervisor.ts';
import { createWatchdog } from '../../../src/process/supervisor/watchdog.ts';
import { openWatchList } from '../../../src/process/supervisor/watch-list.ts';
import { command, errorLog, processesWith, supervise, uniqueSeconds } from './helpers.ts';

/** The watchdogs that this process started. */
function watchdogs(): string[] {
  return processesWith('toolyard-watchdog').filter((pid) =>
    new RegExp(String.raw`\) \w ${process.pid} `).test(readFileSync(`/proc/${pid}/stat`, 'latin1')),
  );
}

describe.runIf(process.platform === 'linux')('the watchdog', () => {
  test('starts with the first program, is one for all, and ends with the supervisor', async () => {
    const before = watchdogs();
    const { run, supervisor } = supervise();
    expect(watchdogs()).toEqual(before);
    await Promise.all([run('true'), run('true')]);
    await run('true');
    expect(watchdogs()).toHaveLength(before.length + 1);
    await supervisor.close();
    expect(watchdogs()).toEqual(before);
  });

  test('can be left out', async () => {
    const before = watchdogs();
    await supervise({ watchdog: false }).run('true');
    expect(watchdogs()).toEqual(before);
  });

  test('is replaced when somebody ends it', async () => {
    const before = watchdogs();
    const { run } = supervise();
    await run('true');
    const [first] = watchdogs().filter((pid) => !before.includes(pid));
    process.kill(Number(first), 'SIGKILL');
    await vi.waitFor(() => expect(watchdogs()).not.toContain(first));
    await vi.waitFor(async () => {
      await run('true');
      expect(watchdogs()).toHaveLength(before.length + 1);
    });
  });

  test('holds nothing of the server open, and has nothing of its environment', async () => {
    const before = watchdogs();
    await supervise().run('true');
    const [pid] = watchdogs().filter((each) => !before.includes(each));
    // Higher ones were given to the server itself, and no POSIX shell can close them.
    const descriptors = readdirSync(`/proc/${pid}/fd`).filter((fd) => Number(fd) < 10);
    const open = descriptors.map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    // Its stdin, /dev/null twice, the list.
    expect(open).toEqual([
      expect.stringMatching(/^(socket|pipe):/),
      '/dev/null',
      '/dev/null',
      expect.stringMatching(/toolyard-[\da-f-]+ \(deleted\)$/),
    ]);
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
    const names = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
    expect(names.map((entry) => entry.split('=')[0])).toEqual(['PATH']);
  });

  test('does not keep a server alive that forgot to close', async () => {
    const seconds = uniqueSeconds();
    const supervisor = fileURLToPath(
      new URL('../../../src/process/supervisor/supervisor.ts', import.meta.url),
    );
    const script = `
      import { createProcessSupervisor } from ${JSON.stringify(supervisor)};
      const supervisor = createProcessSupervisor();
      const command = { file: '/bin/sh', args: ['-c', 'setsid sleep ${seconds} & sleep 0.05'], cwd: '/', env: {} };
      await (await supervisor.start(command, { owner: 'ann', background: true })).exited;`;
    const args = ['--conditions=@toolyard/source', '--input-type=module', '-e', script];
    const server = spawn(process.execPath, args, { stdio: 'ignore' });
    onTestFinished(() => void server.kill('SIGKILL'));
    expect(await once(server, 'exit')).toEqual([0, null]);
    await vi.waitFor(() => expect(processesWith(seconds)).toEqual([]));
  });

  test('kills what could not be ended in time, when it is stopped', async () => {
    const watchdog = createWatchdog({ shell: '/bin/sh', variable: 'A=b', logger: errorLog().logger });
    watchdog.start();
    const stuck = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' });
    onTestFinished(() => void stuck.kill('SIGKILL'));
    const exited = once(stuck, 'exit');
    watchdog.watch(stuck.pid!, undefined);
    await watchdog.stop();
    expect(await exited).toEqual([null, 'SIGKILL']);
  });

  test('that cannot be started is reported, and programs run without', async () => {
    const { errors, logger } = errorLog();
    const watchdog = createWatchdog({ shell: '/nowhere/sh', variable: 'A=b', logger });
    watchdog.start();
    watchdog.watch(2 ** 30, undefined);
    await vi.waitFor(() =>
      expect(errors).toMatchObject([{ message: expect.stringContaining('No watchdog') }]),
    );
    watchdog.start();
    watchdog.forget(2 ** 30);
    await watchdog.stop();
    expect(errors).toHaveLength(1);
  });
});

describe('the list of the watchdog', () => {
  test('holds what runs, in lines that are used again', () => {
    const list = openWatchList();
    onTestFinished(() => list.close());
    const lines = () =>
      readFileSync(`/dev/fd/${list.fd}`, 'latin1')
        .split('\n')
        .map((line) => line.trim());
    list.add(101, 501);
    list.add(102, undefined);
    expect(lines()).toEqual(['101 501', '102 -', '']);
    list.remove(101);
    list.remove(999);
    expect(lines()).toEqual(['', '102 -', '']);
    list.add(103, 502);
    list.add(104, 503);
    expect(lines()).toEqual(['103 502', '102 -', '104 503', '']);
  });

  test('holds what is about to start, by its score', () => {
    const list = openWatchList();
    onTestFinished(() => list.close());
    const lines = () => readFileSync(`/dev/fd/${list.fd}`, 'latin1').split(/ *\n/);
    list.expect(501);
    list.expect(502);
    expect(lines()).toEqual(['- 501', '- 502', '']);
    list.add(102, 502);
    list.dismiss(501);
    list.dismiss(undefined);
    list.add(103, 503);
    list.add(104, 504);
    expect(lines()).toEqual(['103 503', '102 502', '104 504', '']);
  });

  test('needs a directory that can be written to', () => {
    expect(() => openWatchList(['/dev/null/one', '/dev/null/two'])).toThrow('/dev/null/one or /dev/null/two');
  });
});

test('supervisors that are made and never used cost nothing', async () => {
  const listeners = process.listenerCount('exit');
  const supervisor = createProcessSupervisor({ clock: fakeClock() });
  expect(process.listenerCount('exit')).toBe(listeners);
  await supervisor.start(command('/bin/true'), { owner: 'ann' });
  expect(process.listenerCount('exit')).toBe(listeners + 1);
  await supervisor.close();
  expect(process.listenerCount('exit')).toBe(listeners);
});
