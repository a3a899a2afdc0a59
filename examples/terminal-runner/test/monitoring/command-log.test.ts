import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '@toolyard/core';
import { verifyAuditChain } from '@toolyard/core/middleware';
import {
  createTerminals,
  redactor,
  type DecidedCommand,
  type ProcessSupervisor,
} from '@toolyard/core/process';
import { jsonLinesAuditSink } from '@toolyard/core/stores';
import { fakeClock } from '@toolyard/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { openCommandLog, type CommandLogOptions } from '../../src/monitoring/command-log.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { keepErrors, openCommands, runCommand } from './open-commands.ts';

const TOKEN = `ghp_${'a1B2'.repeat(10)}`;
/** Longer than what a reason quotes, and nothing to be recognised without its second part. */
const LONG_TOKEN = `eyJ${'a1B2'.repeat(20)}.eyJ${'a1B2'.repeat(20)}.x`;

type Line = Record<string, unknown> & { readonly event: string };

async function open(options: Partial<CommandLogOptions> = {}) {
  const file = options.file ?? join(temporaryDirectory(), 'commands.jsonl');
  const log = await openCommandLog({ logger: silentLogger, redactor: redactor(), ...options, file });
  onTestFinished(() => log.close());
  return { log, file };
}

function linesOf(file: string): Line[] {
  const text = readFileSync(file, 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

async function verdictOf(file: string, from?: string) {
  const sink = jsonLinesAuditSink({ path: file });
  return verifyAuditChain(sink.records(), { from });
}

function decision(change: Partial<DecidedCommand> = {}): DecidedCommand {
  return {
    owner: 'ann',
    program: 'git',
    args: ['log'],
    cwd: '.',
    ruleId: 'git.log',
    reason: 'git log is allowed.',
    effect: 'allow',
    ...change,
  };
}

test('what was decided, started and ended stands in the log, in order and for its owner alone to read', async () => {
  const { log, file } = await open({ clock: fakeClock() });
  const { commands } = await openCommands({ onDecision: log.decided });
  log.watch(commands.supervisor);
  await runCommand(commands, 'echo', ['hello'], '[null,"ann"]');
  await expect(runCommand(commands, 'curl', ['example.org'])).rejects.toMatchObject({
    code: 'COMMAND_DENIED',
  });
  await log.flush();

  const lines = linesOf(file);
  expect(lines.map(({ event }) => event)).toEqual(['decided', 'started', 'exited', 'decided']);
  const [allowed, started, exited, refused] = lines;
  expect(allowed).toMatchObject({
    time: '2026-01-01T00:00:00.000Z',
    owner: '[null,"ann"]',
    effect: 'allow',
    ruleId: 'echo',
    command: ['echo', 'hello'],
    cwd: '.',
  });
  expect(started).toMatchObject({ owner: '[null,"ann"]', command: ['echo', 'hello'], isBackground: false });
  expect(exited).toMatchObject({
    id: started?.['id'],
    exitCode: 0,
    signal: null,
    reason: 'exited',
    outputBytes: 6,
  });
  expect(exited?.['durationMs']).toEqual(expect.any(Number));
  expect(refused).toMatchObject({ effect: 'deny', command: ['curl', 'example.org'] });
  expect(JSON.stringify(exited)).not.toContain('hello');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('what a person answered stands in the log', async () => {
  const { log, file } = await open();
  const { commands } = await openCommands({
    policy: {
      profile: 'dev',
      rules: [{ id: 'look', program: 'ls', effect: 'ask', reason: 'Somebody has to know.' }],
    },
    onDecision: log.decided,
  });
  await commands.runner.prepare({ program: 'ls' }, { owner: 'ann', approve: async () => true });
  await commands.runner.prepare({ program: 'ls' }, { owner: 'ann' }).catch(() => {});
  await log.flush();
  expect(linesOf(file)).toMatchObject([
    { effect: 'ask', ruleId: 'look', isApproved: true },
    { effect: 'ask', ruleId: 'look', isApproved: false },
  ]);
});

test('secrets in arguments, options and reasons do not reach the file', async () => {
  const { log, file } = await open();
  const { commands } = await openCommands({ onDecision: log.decided });
  log.watch(commands.supervisor);
  await runCommand(commands, 'echo', [TOKEN, '--api-key', 'hunter2-hunter2', '--db-password=hunter3']);
  // Refused with a reason that quotes the beginning of it.
  await runCommand(commands, 'git', [LONG_TOKEN]).catch(() => {});
  await log.flush();
  const text = readFileSync(file, 'utf8');
  expect(linesOf(file).map(({ event }) => event)).toEqual(['decided', 'started', 'exited', 'decided']);
  for (const secret of [TOKEN.slice(0, 12), LONG_TOKEN.slice(0, 12), 'hunter2', 'hunter3'])
    expect(text).not.toContain(secret);
  expect(text).toContain('[redacted]');
});

test('a program in a terminal is logged without its arguments, which may be cut in the middle of a secret', async () => {
  const { log, file } = await open();
  const terminals = createTerminals();
  onTestFinished(() => terminals.close({ deadlineMs: 1_000 }));
  log.watchTerminals(terminals);
  const command = { file: process.execPath, name: 'node', args: ['--version'], cwd: '/', env: {} };
  const session = await terminals.open(command, { owner: 'ann', label: `node ${TOKEN.slice(0, 20)}` });
  await session.exited;
  await expect.poll(() => (log.flush(), linesOf(file).length)).toBe(2);
  expect(linesOf(file)).toMatchObject([
    { event: 'started', kind: 'terminal', owner: 'ann', program: 'node' },
    { event: 'exited', kind: 'terminal', exitCode: 0, reason: 'exited' },
  ]);
  expect(readFileSync(file, 'utf8')).not.toContain('ghp_');
});

test('the lines form a chain that goes on after a restart and shows a line that was changed', async () => {
  const { log, file } = await open();
  log.decided(decision());
  await log.close();
  const again = await open({ file });
  for (let round = 0; round < 300; round += 1) again.log.decided(decision({ cwd: `src/${round}` }));
  await again.log.close();
  expect(await verdictOf(file)).toMatchObject({ ok: true, count: 301, lost: 0 });

  writeFileSync(file, readFileSync(file, 'utf8').replace('src/7"', 'src/8"'));
  expect(await verdictOf(file)).toEqual({ ok: false, index: 8, problem: 'changed' });
});

test('full files are put aside, and the oldest go', async () => {
  const { log, file } = await open({ maxBytes: 4_096 });
  for (let round = 0; round < 200; round += 1) {
    log.decided(decision());
    if (round % 20 === 0) await log.flush();
  }
  await log.close();
  const names = readdirSync(join(file, '..'));
  expect(names).toHaveLength(5);
  for (const name of names) expect(statSync(join(file, '..', name)).size).toBeLessThanOrEqual(4_096);
  expect(await verdictOf(file, 'any')).toMatchObject({ ok: true });
  expect(linesOf(file).at(-1)).toMatchObject({ seq: 200 });
});

test('a disk that fails stops nobody, is reported once, and the next line says how much is missing', async () => {
  const directory = join(temporaryDirectory(), 'log');
  mkdirSync(directory);
  const logger = keepErrors();
  const { log, file } = await open({ file: join(directory, 'commands.jsonl'), logger });
  log.decided(decision());
  await log.flush();

  // Somebody wrote to the file, so it is opened anew, and there is no directory any more to do that in.
  renameSync(directory, `${directory}-away`);
  writeFileSync(join(`${directory}-away`, 'commands.jsonl'), 'x', { flag: 'a' });
  for (let round = 0; round < 3; round += 1) {
    log.decided(decision());
    await log.flush();
  }
  expect(logger.errors).toMatchObject([{ message: 'Lines of a log are lost.' }]);

  mkdirSync(directory);
  log.decided(decision());
  await log.flush();
  expect(linesOf(file)).toMatchObject([{ event: 'decided', lost: 3 }]);
});

test('more lines than can wait are lost, counted and reported', async () => {
  const logger = keepErrors();
  const { log, file } = await open({ logger });
  for (let round = 0; round < 2_500; round += 1) log.decided(decision());
  await log.flush();
  log.decided(decision());
  await log.flush();
  const lines = linesOf(file);
  expect(logger.errors).toMatchObject([{ message: 'Lines of a log are lost.' }]);
  const lost = lines.reduce((sum, line) => sum + Number(line['lost'] ?? 0), 0);
  expect(lost).toBeGreaterThan(0);
  expect(lines.length + lost).toBe(2_501);
  expect(await verdictOf(file)).toMatchObject({ ok: true, lost });
});

test('a file that is something else, or cannot be written, is refused at the start', async () => {
  const file = join(temporaryDirectory(), 'commands.jsonl');
  writeFileSync(file, 'my shopping list\n');
  await expect(open({ file })).rejects.toMatchObject({ code: 'AUDIT_LOG_DAMAGED' });
  expect(readFileSync(file, 'utf8')).toBe('my shopping list\n');
  await expect(open({ file: join(file, 'commands.jsonl') })).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test('a file that others could read is made private', async () => {
  const file = join(temporaryDirectory(), 'commands.jsonl');
  writeFileSync(file, '');
  chmodSync(file, 0o644);
  await open({ file });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('after close it listens no more and takes no more', async () => {
  const { log, file } = await open();
  const { supervisor } = (await openCommands()).commands;
  let listeners = 0;
  const on: ProcessSupervisor['on'] = (event, listener) => {
    const stop = supervisor.on(event, listener);
    listeners += 1;
    return () => {
      listeners -= 1;
      stop();
    };
  };
  log.watch({ on })();
  expect(listeners).toBe(0);
  log.watch({ on });
  expect(listeners).toBeGreaterThan(0);
  await log.close();
  expect(listeners).toBe(0);
  log.decided(decision());
  await log.flush();
  expect(linesOf(file)).toEqual([]);
});
