import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { ProcessEvents } from '../../../src/process/supervisor/events.ts';
import { fakeClock } from '../../../src/testing/fake-clock.ts';
import {
  command,
  errorLog,
  nodeCommand,
  OWNER,
  ready,
  stdoutOf,
  supervise,
  temporaryDirectory,
} from './helpers.ts';

const UNTIL_READ = 'echo ready; read line; echo "$line"';

describe('handles', () => {
  test('are found by their owner only; a foreign one is as unknown as none', async () => {
    const { sh, supervisor } = supervise();
    const mine = await sh('sleep 60', { background: true });
    expect(supervisor.get(mine.id, OWNER).id).toBe(mine.id);
    const codeOf = (id: string, owner: string) => {
      try {
        supervisor.get(id, owner);
      } catch (error) {
        return { error, text: String(error).replace(id, '') };
      }
      return undefined;
    };
    const foreign = codeOf(mine.id, 'eve');
    const unknown = codeOf('00000000-0000-4000-8000-000000000000', 'eve');
    expect(foreign?.error).toMatchObject({ name: 'ToolError', code: 'PROCESS_NOT_FOUND' });
    expect(foreign?.text).toBe(unknown?.text);
    expect(supervisor.list('eve')).toEqual([]);
  });

  test('cannot be guessed: neither counted up, nor taken from ids of processes, nor seen by the program', async () => {
    const { run, sh, supervisor } = supervise();
    const [one, two] = [await sh('echo $$; env', { background: true }), await sh('sleep 60')];
    expect(one.id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(two.id.slice(0, 8)).not.toBe(one.id.slice(0, 8));
    const seen = stdoutOf(await one.exited);
    expect(seen).not.toContain(one.id);
    const pid = seen.split('\n')[0]!;
    expect(() => supervisor.get(pid, OWNER)).toThrow(/There is no process/);
    await run('true');
  });
});

describe('the list', () => {
  test('shows what runs, and what ended in the background', async () => {
    const clock = fakeClock({ now: 5_000 });
    const { sh, start, supervisor } = supervise({ clock });
    const server = await sh(UNTIL_READ, { background: true, stdin: 'open', label: 'my server' });
    await ready(server);
    await clock.advance(250);
    const call = await start(command('/bin/sleep', '60'));
    expect(supervisor.list(OWNER)).toEqual([
      {
        id: server.id,
        label: 'my server',
        program: 'sh',
        args: ['-c', UNTIL_READ],
        cwd: expect.any(String),
        isBackground: true,
        hasOpenInput: true,
        status: 'running',
        startedAt: 5_000,
        durationMs: 250,
        outputBytes: 6,
        silentMs: 250,
      },
      expect.objectContaining({ id: call.id, label: 'sleep 60', isBackground: false, hasOpenInput: false }),
    ]);
    await call.kill();
    await server.write('bye\n');
    await server.exited;
    expect(supervisor.list(OWNER)).toEqual([
      expect.objectContaining({
        id: server.id,
        status: 'exited',
        exitCode: 0,
        signal: null,
        reason: 'exited',
        durationMs: 250,
        hasOpenInput: false,
      }),
    ]);
  });

  test('forgets an ended process after a while, or when told to', async () => {
    const clock = fakeClock();
    const { run, sh, supervisor } = supervise({ clock, keepExitedMs: 1_000 });
    await run('true', { background: true });
    await clock.advance(999);
    expect(supervisor.list(OWNER)).toHaveLength(1);
    await clock.advance(1);
    expect(supervisor.list(OWNER)).toEqual([]);

    const started = await sh(UNTIL_READ, { background: true, stdin: 'open' });
    await expect(started.forget()).rejects.toMatchObject({ code: 'PROCESS_RUNNING' });
    await started.kill();
    await started.forget();
    expect(supervisor.list(OWNER)).toEqual([]);
  });

  test('forgets a process whose output file cannot be removed, and the log says so', async () => {
    const clock = fakeClock();
    const spillDirectory = join(temporaryDirectory(), 'spilled');
    const { logger, errors } = errorLog();
    const { run, supervisor } = supervise({
      clock,
      logger,
      keepExitedMs: 1_000,
      capture: { spillDirectory },
    });
    const { output } = await run('head -c 400000 /dev/zero', { background: true });
    expect(output.spilled).toBeDefined();
    rmSync(spillDirectory, { recursive: true });
    writeFileSync(spillDirectory, '');
    await clock.advance(1_000);
    expect(supervisor.list(OWNER)).toEqual([]);
    await vi.waitFor(() =>
      expect(errors).toMatchObject([{ message: 'The output file of a process could not be removed.' }]),
    );
  });

  test('is bounded, and one owner cannot push out what others keep', async () => {
    const { run, supervisor } = supervise({ maxKept: 3 });
    await run('true', { background: true, owner: 'bob', label: 'of bob' });
    for (const label of ['1', '2', '3', '4', '5']) await run('true', { background: true, label });
    expect(supervisor.list(OWNER).map(({ label }) => label)).toEqual(['4', '5']);
    expect(supervisor.list('bob').map(({ label }) => label)).toEqual(['of bob']);
  });
});

describe('quotas', () => {
  test('of an owner name the limit and what is running', async () => {
    const { sh } = supervise({ maxPerOwner: 2 });
    const first = await sh('sleep 60', { label: 'first' });
    await sh('sleep 60', { label: 'second' });
    const third = sh('true');
    await expect(third).rejects.toMatchObject({
      name: 'ToolError',
      code: 'TOO_MANY_PROCESSES',
      message: expect.stringMatching(/You may run 2 processes.*first \([\da-f-]+\), second \(/),
      data: { limit: 2, scope: 'owner', running: [{ id: first.id, label: 'first' }, { label: 'second' }] },
    });
    await sh('true', { owner: 'bob' });
    await first.kill();
    expect(await (await sh('true')).exited).toMatchObject({ exitCode: 0 });
  });

  test('of the server do not tell what others run', async () => {
    const { sh } = supervise({ maxProcesses: 2 });
    await sh('sleep 60', { label: 'a secret of bob', owner: 'bob' });
    await sh('sleep 60', { label: 'of carol', owner: 'carol' });
    const refused = await sh('true').catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'TOO_MANY_PROCESSES',
      data: { limit: 2, scope: 'server', running: [] },
    });
    expect(String(refused)).toContain('This server runs 2 processes');
    expect(String(refused)).not.toMatch(/bob|carol/);
  });

  test('count a process until nothing of its tree is left', async () => {
    const { sh } = supervise({ maxPerOwner: 1 });
    const started = await sh(
      `(trap 'sleep 0.1; exit' TERM; echo ready; while :; do sleep 0.01; done) & wait`,
      {
        killGraceMs: 5_000,
      },
    );
    await ready(started);
    const killed = started.kill();
    await vi.waitFor(() => expect(started.info().status).toBe('ending'));
    await expect(sh('true')).rejects.toMatchObject({ code: 'TOO_MANY_PROCESSES' });
    await killed;
    expect(await (await sh('true')).exited).toMatchObject({ exitCode: 0 });
  });
});

describe('waiting', () => {
  test('for the end', async () => {
    const { sh } = supervise();
    const started = await sh('exit 3', { background: true });
    expect(await started.wait({ exit: true }, { timeoutMs: 5_000 })).toMatchObject({
      reason: 'exited',
      exit: { exitCode: 3 },
    });
    expect(await started.wait({ exit: true }, { timeoutMs: 5_000 })).toMatchObject({ reason: 'exited' });
  });

  test('for a line, also one that was there before, and the next one after it', async () => {
    const { sh } = supervise();
    const started = await sh('echo "port 80"; read line; echo "port 81 $line"; sleep 60', { stdin: 'open' });
    const first = await started.wait({ match: String.raw`^port \d+$` }, { timeoutMs: 5_000 });
    expect(first).toEqual({ reason: 'matched', line: 'port 80', position: 7 });
    const again = await started.wait({ match: String.raw`port \d+` }, { timeoutMs: 5_000 });
    expect(again).toEqual(first);
    const next = started.wait({ match: String.raw`port \d+`, from: first.position }, { timeoutMs: 5_000 });
    await started.write('open\n');
    expect(await next).toMatchObject({ reason: 'matched', line: 'port 81 open' });
  });

  test('for a line that comes in pieces, or has no end', async () => {
    const { sh } = supervise();
    const started = await sh(`printf 'rea'; read line; printf 'dy> '; sleep 60`, { stdin: 'open' });
    const prompt = started.wait({ match: 'ready> $' }, { timeoutMs: 5_000 });
    await started.wait({ match: 'rea' }, { timeoutMs: 5_000 });
    await started.write('go on\n');
    expect(await prompt).toEqual({ reason: 'matched', line: 'ready> ', position: 7 });
  });

  test('for a line among many, of any length, that begins and ends where the pattern says', async () => {
    const { sh } = supervise();
    const script = `yes 'not yet' | head -n 5000; printf '%020000d' 0; printf '%020000d\n' 0; echo found; read line`;
    const started = await sh(script, { stdin: 'open' });
    expect(await started.wait({ match: '^0+$' }, { timeoutMs: 20_000 })).toMatchObject({ position: 80_000 });
    expect(await started.wait({ match: '^found' }, { timeoutMs: 20_000 })).toMatchObject({ line: 'found' });
    for (const match of ['^0{10}$', '^ot', 'yet$.', '^yet'])
      expect((await started.wait({ match }, { timeoutMs: 50 })).reason).toBe('timedOut');
  });

  test('for a line that comes in pieces, and is told whole', async () => {
    const { start } = supervise();
    const script = `process.stdout.write('port 30'); setTimeout(() => console.log('00'), 5); setTimeout(() => {}, 60000)`;
    const started = await start(nodeCommand(script));
    const [exact, loose] = await Promise.all(
      ['^port [0-9]+$', 'port'].map((match) => started.wait({ match }, { timeoutMs: 20_000 })),
    );
    expect(exact).toMatchObject({ line: 'port 3000', position: 9 });
    expect(loose).toMatchObject({ line: 'port 3000', position: 9 });
  });

  test('for a prompt, which never becomes a whole line', async () => {
    const { sh } = supervise();
    const started = await sh(`printf 'name? '; read line`, { stdin: 'open' });
    expect(await started.wait({ match: '[?] $' }, { timeoutMs: 20_000 })).toMatchObject({ line: 'name? ' });
  });

  test('for silence, which every output pushes back', async () => {
    const clock = fakeClock();
    const { sh } = supervise({ clock });
    const started = await sh('while read line; do echo "$line"; done', { stdin: 'open' });
    const silent = started.wait({ idleMs: 100 }, { timeoutMs: 5_000 });
    for (const word of ['one', 'two', 'three']) {
      await clock.advance(90);
      await started.write(`${word}\n`);
      await started.wait({ match: word }, { timeoutMs: 5_000 });
    }
    await clock.advance(99);
    expect(await Promise.race([silent, Promise.resolve('waits')])).toBe('waits');
    await clock.advance(1);
    expect(await silent).toMatchObject({ reason: 'idle', position: 14 });
  });

  test('for something else ends with the process, after its last words', async () => {
    const { sh } = supervise();
    const started = await sh('echo one; exit 2');
    expect(await started.wait({ match: 'two' }, { timeoutMs: 5_000 })).toMatchObject({
      reason: 'exited',
      exit: { exitCode: 2 },
    });
    expect(await started.wait({ idleMs: 1_000 }, { timeoutMs: 5_000 })).toMatchObject({ reason: 'exited' });
    expect(await started.wait({ match: 'one' }, { timeoutMs: 5_000 })).toMatchObject({ reason: 'matched' });
  });

  test('is given up after its time, or when its call is cancelled', async () => {
    const clock = fakeClock();
    const { sh } = supervise({ clock });
    const started = await sh('sleep 60');
    const waiting = started.wait({ match: 'never' }, { timeoutMs: 500 });
    await vi.waitFor(async () => {
      await clock.advance(500);
      expect(await Promise.race([waiting, Promise.resolve('waits')])).toEqual({
        reason: 'timedOut',
        position: 0,
      });
    });
    const call = new AbortController();
    const cancelled = started.wait({ exit: true }, { timeoutMs: 500, signal: call.signal });
    call.abort();
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('takes linear time, whatever the expression, and refuses what it cannot', async () => {
    const { sh } = supervise();
    const started = await sh(`printf '%050000d!\n' 0; sleep 60`);
    await started.wait({ match: '!$' }, { timeoutMs: 5_000 });
    const before = performance.now();
    const slow = await started.wait({ match: '^(0+)+$' }, { timeoutMs: 50 });
    expect(slow.reason).toBe('timedOut');
    expect(performance.now() - before).toBeLessThan(5_000);
    for (const match of [String.raw`(a)\1`, '(', '(?=a)', 'a{500}', 'a'.repeat(1_001)])
      await expect(started.wait({ match }, { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'INVALID_PATTERN',
      });
    await expect(started.wait({ exit: true }, { timeoutMs: 0 })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });
});

describe('signals', () => {
  test.skipIf(process.platform === 'win32')('reach the program', async () => {
    const { sh } = supervise();
    const started = await sh(
      `trap 'echo hup' HUP; trap 'echo usr; exit 5' USR1; echo ready; while :; do sleep 0.01; done`,
    );
    await ready(started);
    started.signal('SIGHUP');
    await started.wait({ match: 'hup' }, { timeoutMs: 5_000 });
    started.signal('SIGUSR1');
    expect(await started.exited).toMatchObject({ exitCode: 5, reason: 'exited' });
    expect(() => started.signal('SIGHUP')).toThrow(expect.objectContaining({ code: 'PROCESS_EXITED' }));
  });

  test('that do not exist are refused', async () => {
    const { sh } = supervise();
    const started = await sh('sleep 60');
    expect(() => started.signal('SIGNONE' as 'SIGTERM')).toThrow(
      expect.objectContaining({ code: 'SIGNAL_NOT_SUPPORTED', message: expect.stringContaining('SIGINT') }),
    );
  });
});

describe('events', () => {
  test('tell of start, output and end, with the owner', async () => {
    const { run, supervisor } = supervise();
    const told: unknown[] = [];
    supervisor.on(
      'processStarted',
      ({ owner, process }) => void told.push(['started', owner, process.status]),
    );
    supervisor.on('processOutput', ({ owner, stream, text }) => void told.push([stream, owner, text]));
    const stop = supervisor.on('processExited', ({ owner, process, exit }) => {
      told.push(['exited', owner, process.status, exit.exitCode]);
    });
    await run('echo hello; exit 1');
    const expected = [
      ['started', OWNER, 'running'],
      ['stdout', OWNER, 'hello\n'],
      ['exited', OWNER, 'exited', 1],
    ];
    expect(told).toEqual(expected);
    stop();
    await run('exit 1');
    expect(told).toHaveLength(4);
  });

  test('a listener that throws or rejects harms nobody', async () => {
    const { errors, logger } = errorLog();
    const { run, supervisor } = supervise({ logger });
    for (const event of ['processStarted', 'processOutput', 'processExited'] as (keyof ProcessEvents)[])
      supervisor.on(event, () => {
        throw new Error('I always throw.');
      });
    supervisor.on('processExited', () => Promise.reject(new Error('I reject.')));
    expect(stdoutOf(await run('echo hello'))).toBe('hello\n');
    await vi.waitFor(() =>
      expect(errors.map(({ event }) => event)).toEqual([
        'processStarted',
        'processOutput',
        'processExited',
        'processExited',
      ]),
    );
  });
});
