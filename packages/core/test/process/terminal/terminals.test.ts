import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { redactor } from '../../../src/redaction/redactor.ts';
import { createTerminals } from '../../../src/process/terminal/terminals.ts';
import { fakeClock } from '../../../src/testing.ts';
import { command, lives, open, shell, soon, terminals } from './programs.ts';

test('a shell in a terminal: typed, waited for, read', async () => {
  const sh = await open(command('sh', '-i'));
  await sh.wait({ text: '$ ' }, soon);
  sh.sendKeys([{ text: 'echo $((6 * 7))' }, { key: 'Enter' }]);
  expect(await sh.wait({ pattern: '^42$' }, soon)).toEqual({ reason: 'matched' });
  expect(sh.screen().lines).toEqual(['$ echo $((6 * 7))', '42', '$']);
  sh.sendKeys([{ key: 'Ctrl+D' }]);
  expect(await sh.exited).toMatchObject({ exitCode: 0, signal: null, reason: 'exited' });
});

test('the program has the size it was opened with, and hears when it changes', async () => {
  const sh = await open(command('sh', '-i'), { columns: 100, rows: 30 });
  await sh.wait({ text: '$ ' }, soon);
  sh.sendKeys([{ text: 'stty size\n' }]);
  expect(await sh.wait({ pattern: '^30 100$' }, soon)).toEqual({ reason: 'matched' });
  sh.resize({ columns: 60, rows: 10 });
  sh.sendKeys([{ text: 'clear; stty size\n' }]);
  expect(await sh.wait({ pattern: '^10 60$' }, soon)).toEqual({ reason: 'matched' });
  expect(sh.screen()).toMatchObject({ columns: 60, rows: 10 });
  expect(sh.info()).toMatchObject({ columns: 60, rows: 10 });
  expect(() => sh.resize({ columns: 501, rows: 10 })).toThrow('1 to 500 columns');
});

test('Ctrl+C interrupts the program in the foreground', async () => {
  const sh = await open(command('sh', '-i'));
  await sh.wait({ text: '$ ' }, soon);
  sh.sendKeys([{ text: 'sleep 1000; echo "ended: $?"\n' }]);
  await sh.wait({ text: 'sleep 1000' }, soon);
  await sh.wait({ idleMs: 100 }, soon);
  sh.sendKeys([{ key: 'Ctrl+C' }, { text: 'echo code $?\n' }]);
  expect(await sh.wait({ text: 'code 130' }, soon)).toEqual({ reason: 'matched' });
});

test('nothing of the server is inherited', async () => {
  const script = 'env | grep -v TOOLYARD; ls /proc/self/fd | tr "\\n" " "';
  const sh = await open(shell(script), { columns: 200 });
  await sh.exited;
  const plain = execFileSync('/bin/sh', ['-c', script], { env: {}, encoding: 'utf8' });
  const { lines } = sh.screen();
  expect(lines).toContain('TERM=xterm-256color');
  expect(lines.join('\n')).not.toMatch(/npm_|NODE_|VITEST/);
  expect(lines.at(-1)).toBe(plain.split('\n').at(-1)?.trim());
});

test('the end is told, by code or by signal, and the screen stays readable', async () => {
  const failed = await open(shell('echo bye; exit 3'));
  expect(await failed.exited).toMatchObject({ exitCode: 3, signal: null, reason: 'exited' });
  expect(failed.screen().lines).toEqual(['bye']);
  expect(failed.info()).toMatchObject({ status: 'exited', exitCode: 3 });
  expect(() => failed.sendKeys([{ key: 'Enter' }])).toThrow('has ended');
  expect(() => failed.resize({ columns: 10, rows: 10 })).toThrow('has ended');
  const killed = await open(shell('kill -KILL $$'));
  expect(await killed.exited).toMatchObject({ exitCode: null, signal: 'SIGKILL', reason: 'exited' });
});

test('a file that is many programs is told which one it is', async () => {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'toolyard-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'multi');
  writeFileSync(file, '#!/bin/sh\necho "I am ${0##*/}"\n', { mode: 0o755 });
  symlinkSync('multi', join(directory, 'one'));
  const session = await open({ ...shell(''), file, args: [], name: 'one' });
  await session.exited;
  expect(session.screen().lines).toEqual(['I am one']);
});

test('a program that is not there is not started', async () => {
  await expect(open({ ...shell('true'), file: '/nonexistent' })).rejects.toMatchObject({
    code: 'PROGRAM_NOT_STARTED',
  });
  await expect(open({ ...shell('true'), cwd: '/nonexistent' })).rejects.toThrow(
    'working directory does not exist',
  );
});

test('a wait ends with its timeout, its signal, silence, or the program', async () => {
  const cat = await open(command('cat'));
  expect(await cat.wait({ text: 'never' }, { timeoutMs: 50 })).toEqual({ reason: 'timedOut' });
  expect(await cat.wait({ idleMs: 20 }, soon)).toEqual({ reason: 'idle' });
  await expect(cat.wait({ exit: true }, { ...soon, signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  });
  await expect(cat.wait({ pattern: '(' }, soon)).rejects.toMatchObject({ code: 'INVALID_PATTERN' });
  const waits = [cat.wait({ exit: true }, soon), cat.wait({ text: 'never' }, soon)];
  cat.sendKeys([{ key: 'Ctrl+D' }]);
  expect(await Promise.all(waits)).toEqual([{ reason: 'exited' }, { reason: 'exited' }]);
});

test('the last words of a program count for who waits for them', async () => {
  const sh = await open(shell('echo last words'));
  expect(await sh.wait({ text: 'last words' }, soon)).toEqual({ reason: 'matched' });
  await sh.exited;
  expect(await sh.wait({ text: 'last words' }, soon)).toEqual({ reason: 'matched' });
});

test('only the owner finds it, and is told the same about what is not there', async () => {
  const all = terminals();
  const { id } = await all.open(command('cat'), { owner: 'ann' });
  expect(all.get(id, 'ann').id).toBe(id);
  expect(all.list('ann')).toMatchObject([{ id, label: 'cat', status: 'running' }]);
  expect(all.list('bob')).toEqual([]);
  const errors = [id, randomUUID()].map((each) => {
    try {
      return all.get(each, 'bob');
    } catch (error) {
      return String(error);
    }
  });
  expect(errors[0]).toBe(errors[1]);
  expect(errors[0]).toContain('no such terminal');
});

test('nobody opens more than allowed, and an ended one makes room', async () => {
  const all = terminals({ maxTerminals: 3, maxPerOwner: 2 });
  const [first] = await Promise.all([1, 2].map(() => all.open(command('cat'), { owner: 'ann' })));
  await expect(all.open(command('cat'), { owner: 'ann' })).rejects.toThrow('You may have 2 terminals');
  await all.open(command('cat'), { owner: 'bob' });
  await expect(all.open(command('cat'), { owner: 'eve' })).rejects.toMatchObject({
    code: 'TOO_MANY_TERMINALS',
  });
  await first!.kill();
  await all.open(command('cat'), { owner: 'eve' });
});

test('idle and wall time end it', async () => {
  const idle = await open(command('cat'), { idleTimeoutMs: 50 });
  expect(await idle.exited).toMatchObject({ reason: 'idle' });
  const busy = await open(shell('while :; do echo x; sleep 0.01; done'), {
    idleTimeoutMs: 5_000,
    timeoutMs: 200,
  });
  expect(await busy.exited).toMatchObject({ reason: 'timedOut' });
});

test('a program that ignores hang-up is killed after the grace, with all it started', async () => {
  const word = `60${process.pid}.1`;
  const sh = await open(
    shell(
      `trap '' HUP TERM INT; (setsid sleep ${word} &) ; sleep ${word} & echo ready; while :; do sleep ${word}; done`,
    ),
    { killGraceMs: 50 },
  );
  await sh.wait({ text: 'ready' }, soon);
  await expect.poll(() => lives(word)).toBe(true);
  expect(await sh.kill()).toMatchObject({ reason: 'killed', signal: 'SIGKILL' });
  expect(lives(word)).toBe(false);
});

test('jobs of a shell end with it, also those in the background of a shell that exits by itself', async () => {
  const word = `61${process.pid}.1`;
  const sh = await open(command('bash', '--norc', '-i'));
  await sh.wait({ text: '$ ' }, soon);
  sh.sendKeys([{ text: `sleep ${word} & nohup setsid sleep ${word} >/dev/null 2>&1 &\nexit\n` }]);
  await sh.exited;
  expect(lives(word)).toBe(false);
});

test('close ends all, and then none is opened', async () => {
  const all = createTerminals();
  const word = `62${process.pid}.1`;
  const sh = await all.open(shell(`trap '' HUP TERM; sleep ${word}; sleep ${word}`), { owner: 'ann' });
  await all.close({ deadlineMs: 50 });
  expect(await sh.exited).toMatchObject({ reason: 'closed' });
  expect(lives(word)).toBe(false);
  await expect(all.open(command('cat'), { owner: 'ann' })).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(all.list('ann')).toEqual([]);
});

test.each(['SIGKILL', 'SIGTERM'] as const)('nothing outlives a server that dies of %s', async (signal) => {
  const word = `63${process.pid}.${signal.length}`;
  const server = spawn(
    process.execPath,
    [fileURLToPath(new URL('./server-process.ts', import.meta.url)), word],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await once(server.stdout, 'data');
  expect(lives(word)).toBe(true);
  server.kill(signal);
  await once(server, 'exit');
  await expect.poll(() => lives(word), { timeout: 10_000 }).toBe(false);
});

test('events tell what happens; a listener that throws harms nobody', async () => {
  const all = terminals();
  const seen: string[] = [];
  const stop = all.on('terminalStarted', () => {
    throw new Error('mine');
  });
  all.on('terminalStarted', ({ owner }) => void seen.push(`started ${owner}`));
  all.on('terminalExited', ({ exit }) => void seen.push(`exited ${exit.exitCode}`));
  const changed = new Promise<string>((resolve) => all.on('terminalChanged', ({ id }) => resolve(id)));
  const sh = await all.open(shell('echo hello; sleep 0.5'), { owner: 'ann' });
  stop();
  expect(await changed).toBe(sh.id);
  await sh.exited;
  await expect.poll(() => seen).toEqual(['started ann', 'exited 0']);
});

test('ended ones are forgotten, the oldest first', async () => {
  const all = terminals({ maxKept: 1 });
  const first = await all.open(shell('true'), { owner: 'ann' });
  await first.exited;
  const second = await all.open(shell('true'), { owner: 'ann' });
  await second.exited;
  await expect.poll(() => all.list('ann').map(({ id }) => id)).toEqual([second.id]);
});

test('ended ones are forgotten after their time', async () => {
  const clock = fakeClock();
  const all = terminals({ clock, keepExitedMs: 1_000 });
  const { id, exited } = await all.open(shell('true'), { owner: 'ann' });
  await exited;
  await clock.advance(999);
  expect(all.get(id, 'ann').info().status).toBe('exited');
  await clock.advance(1);
  expect(() => all.get(id, 'ann')).toThrow('no such terminal');
});

test('options are checked', async () => {
  expect(() => createTerminals({ maxPerOwner: 0 })).toThrow('maxPerOwner');
  expect(() => createTerminals({ scrollbackLines: -1 })).toThrow('scrollbackLines');
  await expect(open(command('cat'), { timeoutMs: 0 })).rejects.toThrow('timeoutMs');
  await expect(open(command('cat'), { rows: 201 })).rejects.toMatchObject({ code: 'INVALID_SIZE' });
  const cat = await open(command('cat'));
  await expect(cat.wait({ text: '' }, soon)).rejects.toThrow('must not be empty');
  await expect(cat.wait({ idleMs: -1 }, soon)).rejects.toThrow('idleMs');
});

test('secrets are masked on the screen, also where they are broken over two rows', async () => {
  const all = terminals({ redactor: redactor({ secrets: ['hunter2hunter2'] }) });
  const sh = await all.open(shell('echo "password hunter2hunter2 is"; echo end'), {
    owner: 'ann',
    columns: 16,
  });
  await sh.exited;
  expect(sh.screen().lines).toEqual(['password [redact', 'ed] is', 'end']);
});

test('text with control characters, unknown keys and endless text are not typed', async () => {
  const cat = await open(command('cat'));
  expect(() => cat.sendKeys([{ text: 'x' }, { text: '\x03' }])).toThrow('control characters');
  expect(() => cat.sendKeys([{ key: 'Ctrl+Alt+Nothing' }])).toThrow('There is no key');
  expect(() => cat.sendKeys([{ text: 'x'.repeat(70_000) }])).toThrow('At most 65536');
  cat.sendKeys([{ text: 'typed\n' }]);
  await cat.wait({ pattern: 'typed\ntyped' }, soon);
  expect(cat.screen().lines).toEqual(['typed', 'typed']);
});

test('a program that does not read does not make input pile up', async () => {
  const sh = await open(shell('stty raw; echo ready; sleep 1000'));
  await sh.wait({ text: 'ready' }, soon);
  const type = () => {
    for (let times = 0; times < 10; times++) sh.sendKeys([{ text: 'x'.repeat(60_000) }]);
  };
  expect(type).toThrow('does not read');
  await sh.kill();
});
