import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  createProgramRunner,
  type ProgramRunnerOptions,
  type RunRequest,
} from '../src/commands/run-program.ts';
import { processesWith, uniqueSeconds } from './processes.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const DEFAULTS = ['cat', 'date', 'echo', 'grep', 'head', 'ls', 'pwd', 'sort', 'tail', 'uname', 'wc'];

async function start(options: Partial<ProgramRunnerOptions> = {}) {
  const base = temporaryDirectory();
  const root = join(base, 'root');
  mkdirSync(root);
  const runner = await createProgramRunner({
    programs: [...DEFAULTS, 'node', 'sh', 'env', 'sleep'],
    root,
    home: join(base, 'home'),
    directories: [dirname(process.execPath), '/usr/bin', '/bin'],
    killGraceMs: 200,
    ...options,
  });
  onTestFinished(() => runner.close());
  return {
    base,
    root,
    runner,
    sh: (script: string, more: Partial<RunRequest> = {}) =>
      runner.run({ program: 'sh', args: ['-c', script], ...more }),
  };
}

const uniqueSleep = () => `sleep ${uniqueSeconds()}`;
const asCommandLine = (command: string) => command.replace(' ', '\0');

describe('results', () => {
  test('output, exit code and duration', async () => {
    const { sh } = await start();
    expect(await sh('echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      signal: null,
      timedOut: false,
      cancelled: false,
      durationMs: expect.any(Number),
      stdout: { text: 'out\n', totalBytes: 4, omittedBytes: 0 },
      stderr: { text: 'err\n', totalBytes: 4, omittedBytes: 0 },
    });
  });

  test('a signal that ended the program', async () => {
    const { sh } = await start();
    expect(await sh('kill -9 $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: false });
  });

  test('long output keeps its head and tail', async () => {
    const { runner } = await start({ limits: { headBytes: 10, tailBytes: 10 } });
    const args = ['-e', 'process.stdout.write("ab€".repeat(1e6))'];
    const { stdout } = await runner.run({ program: 'node', args });
    expect(stdout).toMatchObject({ totalBytes: 5_000_000, omittedBytes: 5_000_000 - 20 });
    expect(stdout.text).toBe(
      'ab€ab€\n[… 4999980 bytes omitted …]\nab€ab€'.replace('4999980', String(stdout.omittedBytes)),
    );
  });

  test('output arrives in whole characters while the program runs', async () => {
    const { runner } = await start();
    const chunks: string[] = [];
    const script = `
      const bytes = Buffer.from('a€b');
      process.stdout.write(bytes.subarray(0, 2));
      process.stdin.once('data', () => process.stdout.write(bytes.subarray(2)));`;
    const result = await runner.run({
      program: 'node',
      args: ['-e', script],
      input: 'go on',
      onOutput: ({ stream, text }) => {
        chunks.push(text);
        expect(stream).toBe('stdout');
        throw new Error('A listener that throws harms nobody.');
      },
    });
    expect(result.stdout.text).toBe('a€b');
    expect(chunks.join('')).toBe('a€b');
    expect(chunks.length).toBeGreaterThan(0);
  });

  test('input is given to the program, also to one that does not read it', async () => {
    const { runner } = await start();
    const sorted = await runner.run({ program: 'sort', input: 'b\na\n' });
    expect(sorted.stdout.text).toBe('a\nb\n');
    const unread = await runner.run({ program: 'echo', args: ['x'], input: 'y'.repeat(1_000_000) });
    expect(unread).toMatchObject({ exitCode: 0, stdout: { text: 'x\n' } });
  });
});

describe('what programs get', () => {
  test('arguments as they are: no shell looks at them', async () => {
    const { runner } = await start();
    const args = ['$HOME', '*', ';', '`id`', '&&', '|', '"', "'", '\\', 'ü'];
    expect((await runner.run({ program: 'echo', args })).stdout.text).toBe(`${args.join(' ')}\n`);
  });

  test('an environment of six variables, nothing of the server', async () => {
    vi.stubEnv('TOOLYARD_API_KEY', 'sesame');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { runner, base } = await start({ timeZone: 'Europe/Vienna' });
    const { stdout } = await runner.run({ program: 'env' });
    const names = stdout.text
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(new Set(names)).toEqual(new Set(['HOME', 'LANG', 'PATH', 'TERM', 'TOOLYARD_RUN', 'TZ']));
    expect(stdout.text).toContain(`HOME=${join(base, 'home')}\n`);
    expect(stdout.text).toContain('TZ=Europe/Vienna\n');
  });

  test('a working directory in the root', async () => {
    const { runner, root } = await start();
    mkdirSync(join(root, 'sub'));
    writeFileSync(join(root, 'file'), '');
    expect((await runner.run({ program: 'pwd' })).stdout.text).toBe(`${root}\n`);
    expect((await runner.run({ program: 'pwd', cwd: 'sub' })).stdout.text).toBe(`${root}/sub\n`);
    await expect(runner.run({ program: 'pwd', cwd: '..' })).rejects.toMatchObject({
      code: 'PATH_OUTSIDE_ROOT',
    });
    await expect(runner.run({ program: 'pwd', cwd: 'file' })).rejects.toMatchObject({
      code: 'NOT_A_DIRECTORY',
    });
    await expect(runner.run({ program: 'pwd', cwd: 'none' })).rejects.toMatchObject({
      code: 'NOT_A_DIRECTORY',
    });
  });
});

describe('refused before anything starts', () => {
  test('programs that are not on the list, by any name', async () => {
    const { runner } = await start();
    for (const program of ['rm', '/bin/echo', './echo', '../bin/echo', '', 'echo\0', 'ECHO', '__proto__'])
      await expect(runner.run({ program })).rejects.toMatchObject({ code: 'PROGRAM_NOT_ALLOWED' });
  });

  test('a program of the list that is not installed, also when the working directory has one', async () => {
    const { runner, root } = await start({ programs: ['toolyard-test'] });
    writeFileSync(join(root, 'toolyard-test'), '#!/bin/sh\necho caught\n', { mode: 0o755 });
    await expect(runner.run({ program: 'toolyard-test' })).rejects.toMatchObject({
      code: 'PROGRAM_NOT_FOUND',
    });
  });

  test('a program that any user can replace', async () => {
    const directory = join(temporaryDirectory(), 'bin');
    mkdirSync(directory);
    writeFileSync(join(directory, 'mine'), '#!/bin/sh\necho mine\n', { mode: 0o755 });
    const { runner } = await start({ programs: ['mine'], directories: [directory] });
    expect((await runner.run({ program: 'mine' })).stdout.text).toBe('mine\n');
    chmodSync(join(directory, 'mine'), 0o777);
    await expect(runner.run({ program: 'mine' })).rejects.toMatchObject({ code: 'PROGRAM_NOT_TRUSTED' });
    chmodSync(join(directory, 'mine'), 0o755);
    chmodSync(directory, 0o777);
    await expect(runner.run({ program: 'mine' })).rejects.toMatchObject({ code: 'PROGRAM_NOT_TRUSTED' });
  });

  test('a program that cannot be started', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'mine'), '#!/nowhere/sh\n', { mode: 0o755 });
    const { runner } = await start({ programs: ['mine'], directories: [directory] });
    await expect(runner.run({ program: 'mine' })).rejects.toMatchObject({ code: 'PROGRAM_NOT_STARTED' });
  });

  test('files outside the root, whichever way they are named', async () => {
    const { runner, root, base } = await start();
    writeFileSync(join(base, 'secret'), 'sesame');
    symlinkSync(join(base, 'secret'), join(root, 'link'));
    symlinkSync(base, join(root, 'up'));
    symlinkSync(join(base, 'not yet'), join(root, 'dangling'));
    for (const path of [
      '../secret',
      '/etc/passwd',
      'link',
      'up/secret',
      'up/none',
      'dangling',
      join(base, 'secret'),
    ])
      await expect(runner.run({ program: 'cat', args: [path] })).rejects.toMatchObject({
        code: 'PATH_OUTSIDE_ROOT',
      });
    await expect(runner.run({ program: 'cat', args: ['secret'], cwd: 'up' })).rejects.toMatchObject({
      code: 'PATH_OUTSIDE_ROOT',
    });
    writeFileSync(join(root, '..inside'), 'mine');
    expect(
      (await runner.run({ program: 'cat', args: ['..inside', join(root, '..inside')] })).stdout.text,
    ).toBe('minemine');
    expect(await runner.run({ program: 'cat', args: ['none/x'] })).toMatchObject({ exitCode: 1 });
  });

  test('arguments with NUL, and too many of them', async () => {
    const { runner } = await start();
    await expect(runner.run({ program: 'echo', args: ['a\0b'] })).rejects.toMatchObject({
      code: 'ARGUMENT_NOT_ALLOWED',
    });
    await expect(runner.run({ program: 'echo', args: ['x'.repeat(70_000)] })).rejects.toMatchObject({
      code: 'ARGUMENTS_TOO_LARGE',
    });
    await expect(
      runner.run({ program: 'echo', args: Array.from({ length: 300 }, () => 'x') }),
    ).rejects.toMatchObject({ code: 'ARGUMENTS_TOO_LARGE' });
  });

  test('more runs at once than allowed', async () => {
    const { runner } = await start({ maxRuns: 1 });
    const abort = new AbortController();
    const first = runner.run({ program: 'sleep', args: ['60'], signal: abort.signal });
    await expect(runner.run({ program: 'echo' })).rejects.toMatchObject({ code: 'TOO_MANY_RUNS' });
    abort.abort();
    await first;
    expect(await runner.run({ program: 'echo' })).toMatchObject({ exitCode: 0 });
  });
});

describe('the end of a run', () => {
  test('the time limit ends the whole group', async () => {
    const { sh } = await start();
    const sleep = uniqueSleep();
    const result = await sh(`${sleep} & ${sleep}`, { timeoutMs: 100 });
    expect(result).toMatchObject({ timedOut: true, cancelled: false, signal: 'SIGTERM' });
    expect(processesWith(asCommandLine(sleep))).toEqual([]);
  });

  test('a request cannot have more time than the runner gives', async () => {
    const { runner } = await start({ timeoutMs: 100 });
    expect(await runner.run({ program: 'sleep', args: ['60'], timeoutMs: 60_000 })).toMatchObject({
      timedOut: true,
    });
  });

  test('an abort ends the whole group, also when it ignores SIGTERM', async () => {
    const { sh } = await start();
    const sleep = uniqueSleep();
    const abort = new AbortController();
    const result = await sh(`trap '' TERM; (trap '' TERM; ${sleep}) & echo ready; wait; wait`, {
      signal: abort.signal,
      onOutput: () => abort.abort(),
    });
    expect(result).toMatchObject({
      cancelled: true,
      timedOut: false,
      signal: 'SIGKILL',
      stdout: { text: 'ready\n' },
    });
    expect(processesWith(asCommandLine(sleep))).toEqual([]);
  });

  test('an abort before the start starts nothing', async () => {
    const { root, sh } = await start();
    const result = await sh('touch started', { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ cancelled: true, exitCode: null });
    expect(existsSync(join(root, 'started'))).toBe(false);
  });

  test('what a program leaves in the background ends with it and does not hold up the result', async () => {
    const { sh } = await start();
    const sleep = uniqueSleep();
    const result = await sh(`${sleep} & echo done`);
    expect(result).toMatchObject({ exitCode: 0, stdout: { text: 'done\n' } });
    expect(result.durationMs).toBeLessThan(5_000);
    expect(processesWith(asCommandLine(sleep))).toEqual([]);
  });

  test('so does what has left the process group', async () => {
    const { sh } = await start();
    const sleep = uniqueSleep();
    const result = await sh(`setsid ${sleep} & setsid sh -c '${sleep} & ${sleep}' & sleep 0.2; echo done`);
    expect(result).toMatchObject({ exitCode: 0, stdout: { text: 'done\n' } });
    expect(processesWith(asCommandLine(sleep))).toEqual([]);
  });

  test('close ends what runs and refuses what comes', async () => {
    const { runner } = await start();
    const sleep = uniqueSleep();
    const run = runner.run({ program: 'sleep', args: sleep.split(' ').slice(1) });
    await vi.waitUntil(() => processesWith(asCommandLine(sleep)).length > 0);
    await runner.close();
    expect(await run).toMatchObject({ cancelled: true });
    expect(processesWith(asCommandLine(sleep))).toEqual([]);
    await expect(runner.run({ program: 'echo' })).rejects.toMatchObject({ code: 'RUNNER_CLOSED' });
  });
});

test('many runs side by side do not mix their output', async () => {
  const { runner } = await start();
  const runs = Array.from({ length: 16 }, async (_, index) => {
    const { stdout } = await runner.run({ program: 'echo', args: [`run ${index}`] });
    expect(stdout.text).toBe(`run ${index}\n`);
  });
  await Promise.all(runs);
});
