// Programs of a supervisor in a real sandbox: whoever keeps them there must not change how they end.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi, type TestContext } from 'vitest';
import { bwrapSandbox } from '../../../src/process/sandbox/bwrap-sandbox.ts';
import type { ProcessSignal } from '../../../src/process/supervisor/platform.ts';
import type { StartOptions } from '../../../src/process/supervisor/supervisor.ts';
import { command, processesWith, ready, stdoutOf, supervise, uniqueSeconds } from './helpers.ts';
import { STUBBORN } from './stubborn.ts';

const { status, stderr, error } = spawnSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true']);
const works = process.platform === 'linux' && status === 0;
if (!works) console.warn(`bwrap tests skipped: ${error?.message ?? stderr.toString().trim()}`);

function superviseInBwrap(context: Pick<TestContext, 'onTestFinished'> = { onTestFinished }) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'supervisor-')));
  context.onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const { start, supervisor } = supervise({ sandbox: bwrapSandbox() }, context);
  const needs = { roots: [{ path: root, writable: true }], network: false };
  const sh = (script: string, more: Partial<StartOptions> = {}) =>
    start({ ...command('/bin/sh', '-c', script), cwd: root }, { sandbox: needs, ...more });
  return { supervisor, sh };
}

/** A script and a child of it that both say when they get the signal, and end, the script with 7. */
const handling = (name: string) =>
  `trap 'echo parent; wait; exit 7' ${name}; (trap 'echo child; exit' ${name}; echo ready; while :; do sleep 0.05; done) & wait`;

describe.skipIf(!works).concurrent('a supervised program in bwrap', () => {
  test.for(['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] satisfies ProcessSignal[])(
    'gets %s with all of its group, and says how it ended',
    async (name, context) => {
      const { sh } = superviseInBwrap(context);
      const started = await sh(handling(name.slice(3)), { killGraceMs: 10_000 });
      await ready(started);
      started.signal(name);
      const exit = await started.exited;
      expect(exit).toMatchObject({ exitCode: 7, signal: null, reason: 'exited' });
      expect(stdoutOf(exit).split('\n').toSorted()).toEqual(['', 'child', 'parent', 'ready']);
    },
  );

  test('can clean up when it is asked to end', async (context) => {
    const { sh } = superviseInBwrap(context);
    const script = `trap 'sleep 0.2; echo cleaned; exit 7' TERM; echo ready; while :; do sleep 0.05; done`;
    const started = await sh(script, { killGraceMs: 10_000 });
    await ready(started);
    const exit = await started.kill();
    expect(exit).toMatchObject({ exitCode: 7, reason: 'killed' });
    expect(stdoutOf(exit)).toBe('ready\ncleaned\n');
  });

  test('that does not handle a signal ends by it, not by force', async (context) => {
    const { sh } = superviseInBwrap(context);
    const started = await sh('echo ready; exec sleep 60', { killGraceMs: 10_000 });
    await ready(started);
    expect(await started.kill()).toMatchObject({
      exitCode: null,
      signal: 'SIGTERM',
      reason: 'killed',
    });
  });

  test('that is ended by a signal somebody sent says so, and one that gives such a code itself keeps it', async (context) => {
    const { sh } = superviseInBwrap(context);
    const started = await sh('echo ready; exec sleep 60');
    await ready(started);
    started.signal('SIGINT');
    expect(await started.exited).toMatchObject({ exitCode: null, signal: 'SIGINT', reason: 'exited' });
    const honest = await sh('exit 130');
    expect(await honest.exited).toMatchObject({ exitCode: 130, signal: null, reason: 'exited' });
  });

  test('stops and goes on', async (context) => {
    const { sh } = superviseInBwrap(context);
    const started = await sh('echo ready; while :; do echo tick; sleep 0.02; done');
    await ready(started);
    started.signal('SIGSTOP');
    expect(await started.wait({ idleMs: 300 }, { timeoutMs: 10_000 })).toMatchObject({ reason: 'idle' });
    const { position } = await started.wait({ idleMs: 1 }, { timeoutMs: 10_000 });
    started.signal('SIGCONT');
    const match = { match: '^tick$', from: position };
    expect(await started.wait(match, { timeoutMs: 10_000 })).toMatchObject({ reason: 'matched' });
    await started.kill();
  });

  test('that is asked to end before it has begun ends by that, not by force', async (context) => {
    const { sh } = superviseInBwrap(context);
    const seconds = uniqueSeconds();
    const runs = Array.from({ length: 8 }, async (_, index) => {
      const started = await sh(`exec sleep ${seconds}`, { killGraceMs: 60_000 });
      await pause(index * 2);
      return started.kill();
    });
    for (const { reason } of await Promise.all(runs)) expect(reason).toBe('killed');
    expect(processesWith(seconds)).toEqual([]);
  });

  test.for(Object.entries(STUBBORN))('leaves nothing when it %s', async ([, script], context) => {
    const { sh } = superviseInBwrap(context);
    const seconds = uniqueSeconds();
    const started = await sh(script(seconds), { killGraceMs: 200 });
    await ready(started);
    await vi.waitFor(() => expect(processesWith(seconds)).not.toEqual([]), { timeout: 10_000 });
    expect(await started.kill()).toMatchObject({ reason: 'killed' });
    expect(processesWith(seconds)).toEqual([]);
  });
});
