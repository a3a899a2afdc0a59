import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../../src/testing/fake-clock.ts';
import {
  command,
  nodeCommand,
  OWNER,
  processesWith,
  ready,
  stdoutOf,
  supervise,
  temporaryDirectory,
  uniqueSeconds,
} from './helpers.ts';

describe('what a program did', () => {
  test('its output, exit code and duration', async () => {
    const exit = await supervise().run('echo out; echo err >&2; exit 3');
    expect(exit).toMatchObject({
      exitCode: 3,
      signal: null,
      reason: 'exited',
      durationMs: expect.any(Number),
      output: { stdout: { head: 'out\n' }, stderr: { head: 'err\n' } },
    });
  });

  test('the signal that ended it', async () => {
    expect(await supervise().run('kill -USR1 $$')).toMatchObject({
      exitCode: null,
      signal: 'SIGUSR1',
      reason: 'exited',
    });
  });

  test('one that ends at once is none that could not be started', async () => {
    const { start } = supervise();
    const runs = Array.from({ length: 8 }, async () => (await start(command('/bin/true'))).exited);
    for (const exit of await Promise.all(runs)) expect(exit).toMatchObject({ exitCode: 0, reason: 'exited' });
  });

  test('its last words, however much they are', async () => {
    const { start } = supervise();
    const started = await start(nodeCommand('process.stdout.write("a".repeat(300_000) + "end")'));
    const { stdout } = (await started.exited).output;
    expect(stdout.totalBytes).toBe(300_003);
    expect(stdout.tail.endsWith('end')).toBe(true);
  });

  test('many at the same time do not mix', async () => {
    const { run } = supervise({ maxPerOwner: 32 });
    const runs = Array.from({ length: 32 }, async (_, index) => {
      expect(stdoutOf(await run(`echo run ${index}`))).toBe(`run ${index}\n`);
    });
    await Promise.all(runs);
  });

  test('storms of starts stay within the limit, and all come to an end', async () => {
    const { run } = supervise({ maxPerOwner: 4 });
    const runs = Array.from({ length: 40 }, () => run('true'));
    const results = await Promise.allSettled(runs);
    const ended = results.filter(({ status }) => status === 'fulfilled');
    expect(ended).toHaveLength(4);
    const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(refusals).toEqual(refusals.map(() => expect.objectContaining({ code: 'TOO_MANY_PROCESSES' })));
    expect(refusals).toHaveLength(36);
    expect(await run('true')).toMatchObject({ exitCode: 0 });
  });
});

describe('what a program gets', () => {
  test('its arguments as they are: no shell looks at them', async () => {
    const { start } = supervise();
    const args = ['$HOME', '*', ';', '`id`', '&&', '|', '"', "'", '\\', 'ü', ''];
    const script = 'printf "%s\\n" "$0" "$@"';
    const started = await start(command('/bin/sh', '-c', script, ...args));
    expect(stdoutOf(await started.exited)).toBe([...args, ''].join('\n'));
  });

  test('the name it is given', async () => {
    const { start } = supervise();
    const named = await start({ ...nodeCommand('console.log(process.argv0)'), name: 'another-name' });
    expect(stdoutOf(await named.exited)).toBe('another-name\n');
  });

  test('its environment and a mark, and nothing of the server', async () => {
    const { start } = supervise();
    const started = await start({ ...command('/usr/bin/env'), env: { A: 'b' } });
    const names = stdoutOf(await started.exited)
      .trim()
      .split('\n');
    expect(new Set(names.map((line) => line.split('=')[0]))).toEqual(new Set(['A', 'TOOLYARD_RUN']));
  });

  test('an empty stdin, a text, or an open pipe', async () => {
    const { run, sh } = supervise();
    expect(stdoutOf(await run('wc -c'))).toMatch(/^\s*0\n$/);
    expect(stdoutOf(await run('cat', { stdin: { text: 'grüß dich' } }))).toBe('grüß dich');
    const open = await sh('read a; read b; echo "$b $a"', { stdin: 'open' });
    await open.write('one\n');
    expect(open.info().hasOpenInput).toBe(true);
    await open.write('two\n');
    expect(stdoutOf(await open.exited)).toBe('two one\n');
    await expect(open.write('three\n')).rejects.toMatchObject({ code: 'STDIN_CLOSED' });
  });

  test('the end of its input, when it is told', async () => {
    const { sh } = supervise();
    const started = await sh('cat; echo end', { stdin: 'open' });
    await started.write('text\n');
    started.endInput();
    expect(stdoutOf(await started.exited)).toBe('text\nend\n');
  });

  test('no input when it was started without', async () => {
    const { sh } = supervise();
    const started = await sh('sleep 60');
    await expect(started.write('text')).rejects.toMatchObject({ code: 'STDIN_CLOSED' });
    started.endInput();
    await started.kill();
  });

  test('one that reads nothing of a large input fails nobody, and does not fill the memory', async () => {
    const { run } = supervise();
    expect(await run('true', { stdin: { text: 'x'.repeat(1_000_000) } })).toMatchObject({ exitCode: 0 });
    const clock = fakeClock();
    const started = await supervise({ clock }).sh('sleep 60', { stdin: 'open' });
    const waiting = started.write('x'.repeat(900_000));
    await expect(started.write('x'.repeat(900_000))).rejects.toMatchObject({ code: 'STDIN_FULL' });
    await clock.advance(1_000);
    await waiting;
  });
});

const refused = (why: RegExp) => ({
  name: 'ToolError',
  code: 'PROGRAM_NOT_STARTED',
  message: expect.stringMatching(why),
});

describe('a program that cannot be started', () => {
  test('because it is not there', async () => {
    const { start } = supervise();
    await expect(start(command('/nowhere/program'))).rejects.toMatchObject(
      refused(/"program".*does not exist/),
    );
  });

  test('because its interpreter or its working directory is not there', async () => {
    const { start } = supervise();
    const directory = temporaryDirectory();
    const file = join(directory, 'script');
    writeFileSync(file, '#!/nowhere/sh\n', { mode: 0o755 });
    await expect(start(command(file))).rejects.toMatchObject(refused(/interpreter/));
    await expect(start({ ...command('/bin/true'), cwd: join(directory, 'none') })).rejects.toMatchObject(
      refused(/working directory does not exist/),
    );
  });

  test('because it may not be executed', async () => {
    const { start } = supervise();
    const file = join(temporaryDirectory(), 'script');
    writeFileSync(file, '#!/bin/sh\n');
    chmodSync(file, 0o644);
    await expect(start(command(file))).rejects.toMatchObject(refused(/may not execute/));
  });

  test('because its arguments are too long, or hold a NUL', async () => {
    const { start } = supervise();
    await expect(start(command('/bin/true', 'x'.repeat(4_000_000)))).rejects.toMatchObject(
      refused(/too long/),
    );
    await expect(start(command('/bin/true', 'a\0b'))).rejects.toMatchObject(refused(/NUL/));
  });

  test('takes no place from those that can', async () => {
    const { start } = supervise({ maxPerOwner: 1, maxProcesses: 1 });
    for (let attempt = 0; attempt < 3; attempt++)
      await expect(start(command('/nowhere/program'))).rejects.toMatchObject({ code: 'PROGRAM_NOT_STARTED' });
    expect(await (await start(command('/bin/true'))).exited).toMatchObject({ exitCode: 0 });
  });
});

describe('the result comes', () => {
  const HELD = {
    'a background child': (n: string) => `sleep ${n} & echo done`,
    'a child in a session of its own': (n: string) => `setsid sleep ${n} & sleep 0.02; echo done`,
    'a daemon without an environment': (n: string) => `env -i setsid sh -c 'sleep ${n} &'; echo done`,
  };
  test.skipIf(process.platform === 'win32').each(Object.entries(HELD))(
    'at once when %s holds the pipes, and that child ends',
    async (_, script) => {
      const { sh } = supervise();
      const lateMs: number[] = [];
      for (let round = 0; round < 5; round++) {
        const seconds = uniqueSeconds();
        const started = await sh(script(seconds));
        const before = performance.now();
        const exit = await started.exited;
        lateMs.push(performance.now() - before - exit.durationMs);
        expect(stdoutOf(exit)).toBe('done\n');
        expect(exit).toMatchObject({ exitCode: 0, reason: 'exited' });
        expect(processesWith(seconds)).toEqual([]);
      }
      // The best: the machine may be busy with other tests.
      expect(Math.min(...lateMs)).toBeLessThan(50);
    },
  );

  test('after the time limit of a program that ended by itself has passed, without a word of it', async () => {
    const clock = fakeClock();
    const { sh } = supervise({ clock });
    const started = await sh('echo done', { timeoutMs: 1_000 });
    expect(await started.exited).toMatchObject({ reason: 'exited' });
    await clock.advance(2_000);
    expect(await started.exited).toMatchObject({ reason: 'exited' });
  });
});

describe('the end that others decide', () => {
  test('a time limit', async () => {
    const clock = fakeClock();
    const started = await supervise({ clock }).sh('echo ready; sleep 60', { timeoutMs: 5_000 });
    await ready(started);
    await clock.advance(4_999);
    expect(started.info().status).toBe('running');
    await clock.advance(1);
    expect(await started.exited).toMatchObject({
      reason: 'timedOut',
      signal: 'SIGTERM',
      exitCode: null,
      durationMs: 5_000,
      output: { stdout: { head: 'ready\n' } },
    });
  });

  test('an idle limit, which every output pushes back', async () => {
    const clock = fakeClock();
    const { sh } = supervise({ clock });
    const started = await sh('echo ready; while read line; do echo "$line"; done; sleep 60', {
      stdin: 'open',
      idleTimeoutMs: 1_000,
    });
    await ready(started);
    for (const word of ['one', 'two', 'three']) {
      await clock.advance(700);
      await started.write(`${word}\n`);
      await started.wait({ match: word }, { timeoutMs: 5_000 });
    }
    expect(started.info()).toMatchObject({ status: 'running', silentMs: 0 });
    await clock.advance(1_000);
    expect(await started.exited).toMatchObject({ reason: 'idle', durationMs: 3_100 });
  });

  test('a cancelled call; one that was cancelled before starts nothing', async () => {
    const { sh } = supervise();
    const call = new AbortController();
    const started = await sh('echo ready; sleep 60', { signal: call.signal });
    await ready(started);
    call.abort();
    expect(await started.exited).toMatchObject({ reason: 'cancelled' });
    await expect(sh('true', { signal: call.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('a cancelled call does not end what has gone to the background', async () => {
    const { sh, supervisor } = supervise();
    const call = new AbortController();
    const started = await sh('read line; echo "$line"', { signal: call.signal, stdin: 'open' });
    started.toBackground();
    call.abort();
    await started.write('still here\n');
    const exit = await started.exited;
    expect(exit.reason).toBe('exited');
    expect(stdoutOf(exit)).toBe('still here\n');
    expect(supervisor.get(started.id, OWNER).info().status).toBe('exited');
  });

  test('kill asks first, and uses force when the grace is over', async () => {
    const clock = fakeClock();
    const { sh } = supervise({ clock });
    const polite = await sh('trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.01; done');
    await ready(polite);
    expect(await polite.kill()).toMatchObject({ reason: 'killed', exitCode: 7 });
    expect(polite.output().stdout.head).toBe('ready\nbye\n');

    const deaf = await sh('trap "" TERM; echo ready; while :; do sleep 0.01; done', { killGraceMs: 3_000 });
    await ready(deaf);
    const killed = deaf.kill();
    await clock.advance(2_999);
    expect(deaf.info().status).toBe('ending');
    await clock.advance(1);
    expect(await killed).toMatchObject({ reason: 'killed', signal: 'SIGKILL' });
    expect(await deaf.kill()).toMatchObject({ reason: 'killed' });
  });

  test('the whole group has its grace, not only the program', async () => {
    const { sh } = supervise();
    const script = `(trap 'sleep 0.15; echo saved; exit' TERM; echo ready; while :; do sleep 0.01; done) & trap 'exit 0' TERM; wait`;
    const started = await sh(script, { killGraceMs: 5_000 });
    await ready(started);
    expect(stdoutOf(await started.kill())).toBe('ready\nsaved\n');
  });

  test('a stopped program is ended too', async () => {
    const { sh } = supervise();
    const started = await sh('echo ready; sleep 60');
    await ready(started);
    started.signal('SIGSTOP');
    expect(await started.kill()).toMatchObject({ reason: 'killed', signal: 'SIGTERM' });
  });

  test('close ends all, and nothing can be started after it', async () => {
    const { sh, supervisor } = supervise();
    const calls = [await sh('sleep 60'), await sh('sleep 60', { background: true })];
    await supervisor.close();
    for (const each of calls) expect(await each.exited).toMatchObject({ reason: 'closed' });
    expect(supervisor.list(OWNER)).toEqual([]);
    await expect(sh('true')).rejects.toMatchObject({ code: 'CANCELLED' });
    await supervisor.close();
  });

  test('close ends also what is just being started', async () => {
    const seconds = uniqueSeconds();
    const { start, supervisor } = supervise();
    const starting = start(command('/bin/sleep', seconds));
    await supervisor.close();
    expect(processesWith(seconds)).toEqual([]);
    expect(await (await starting).exited).toMatchObject({ reason: 'closed' });
  });

  test('a signal that aborts while a program is being started ends it', async () => {
    const cancel = new AbortController();
    const { start } = supervise();
    const starting = start(command('/bin/sleep', '60'), { signal: cancel.signal, timeoutMs: 10_000 });
    cancel.abort();
    expect(await (await starting).exited).toMatchObject({ reason: 'cancelled' });
  });

  test('close gives what does not listen no more than its deadline', async () => {
    const clock = fakeClock();
    const { sh, supervisor } = supervise({ clock });
    const deaf = await sh('trap "" TERM; echo ready; while :; do sleep 0.01; done', { killGraceMs: 60_000 });
    await ready(deaf);
    const closed = supervisor.close({ deadlineMs: 500 });
    await clock.advance(500);
    await closed;
    expect(await deaf.exited).toMatchObject({ reason: 'closed', signal: 'SIGKILL' });
  });
});

test('to kill what has ended changes nothing', async () => {
  const started = await supervise().sh('exit 4');
  await started.exited;
  expect(await started.kill()).toMatchObject({ exitCode: 4, reason: 'exited' });
});
