import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { ShutdownError } from '../../../src/errors.ts';
import type { SafeRoots } from '../../../src/process/roots/safe-roots.ts';
import { createVirtualExecutor } from '../../../src/process/virtual/virtual-executor.ts';
import { fakeClock } from '../../../src/testing.ts';
import { open } from './virtual.ts';

test('an aborted signal ends the run, before it starts and while it works', async () => {
  const { sh } = await open();
  expect(await sh('echo x', { signal: AbortSignal.abort() })).toMatchObject({
    reason: 'cancelled',
    exitCode: null,
  });
  const controller = new AbortController();
  const running = sh("awk 'BEGIN { while (1) { } }'", { signal: controller.signal });
  setTimeout(() => controller.abort(), 150);
  expect(await running).toMatchObject({ reason: 'cancelled', exitCode: null, stdout: '', changes: [] });
});

test('closing ends what runs, wherever it is, and refuses what comes', async () => {
  const { executor, sh, roots } = await open();
  const starting = sh('sleep 1000');
  await executor.close();
  expect(await starting).toMatchObject({ reason: 'closed', exitCode: null });
  await expect(sh('echo x')).rejects.toThrow(ShutdownError);

  const { begun, observed } = observe(roots);
  const busy = createVirtualExecutor({ roots: observed, writes: 'discard' });
  const looping = busy.run({ line: "ls; awk 'BEGIN { while (1) { } }'" }, { owner: 'local' });
  await begun;
  await busy.close();
  expect(await looping).toMatchObject({ reason: 'closed', exitCode: null });
});

test('no thread is left, however a run ended', async () => {
  const { sh, executor } = await open({}, { limits: { timeoutMs: 300, maxMemoryMb: 64 } });
  await sh('echo warm');
  const before = threads();
  await sh('echo x');
  await sh('sleep 100');
  await sh('while :; do :; done');
  await sh('sleep 100', { signal: AbortSignal.timeout(150) });
  await executor.close();
  expect(threads()).toBeLessThanOrEqual(before);
});

test('an owner has a number of runs at the same time, and others are not held up by that', async () => {
  const { sh } = await open({}, { limits: { maxRuns: 3, maxRunsPerOwner: 2 } });
  const controller = new AbortController();
  const { signal } = controller;
  const sleeping = [1, 2].map(() => sh('sleep 1000', { owner: 'ann', signal }));
  await expect(sh('echo x', { owner: 'ann' })).rejects.toMatchObject({
    code: 'TOO_MANY_PROCESSES',
    message: expect.stringMatching(/^You may run 2 processes .*sleep 1000/),
  });
  expect((await sh('echo x', { owner: 'bob' })).stdout).toBe('x\n');
  const last = sh('sleep 1000', { owner: 'bob', signal });
  await expect(sh('echo x', { owner: 'cid' })).rejects.toMatchObject({
    message: expect.not.stringContaining('sleep'),
  });
  controller.abort();
  await Promise.all([...sleeping, last]);
  expect((await sh('echo x', { owner: 'ann' })).stdout).toBe('x\n');
});

test('the time of a run counts by the clock, and nobody gets more than the executor gives', async () => {
  const { roots } = await open();
  const clock = fakeClock();
  const { begun, observed } = observe(roots);
  const limits = { timeoutMs: 60_000 };
  const executor = createVirtualExecutor({ roots: observed, writes: 'discard', clock, limits });
  onTestFinished(() => executor.close());
  const running = executor.run({ line: 'ls; sleep 100000' }, { owner: 'local', timeoutMs: 3_600_000 });
  await begun;
  await clock.advance(60_000);
  expect(await running).toMatchObject({ reason: 'timedOut', exitCode: null, durationMs: 60_000 });
});

test('options are checked at once', async () => {
  const { roots, sh } = await open();
  expect(() => createVirtualExecutor({ roots, writes: 'maybe' as 'discard' })).toThrow(/writes/);
  expect(() => createVirtualExecutor({ roots, writes: 'discard', limits: { maxRuns: 0 } })).toThrow(
    /limits\.maxRuns/,
  );
  await expect(sh('echo x', { timeoutMs: -1 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});

test('without the package just-bash a run fails and says what to install', async () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'toolyard-virtual-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const repository = fileURLToPath(new URL('../../../../..', import.meta.url));
  cpSync(fileURLToPath(new URL('../../../src', import.meta.url)), join(directory, 'src'), {
    recursive: true,
  });
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  mkdirSync(join(directory, 'node_modules'));
  for (const name of readdirSync(join(repository, 'node_modules')))
    if (name !== 'just-bash' && !name.startsWith('.'))
      symlinkSync(join(repository, 'node_modules', name), join(directory, 'node_modules', name));
  writeFileSync(
    join(directory, 'main.ts'),
    `import { createVirtualExecutor } from './src/process/virtual/virtual-executor.ts';
     import { openSafeRoots } from './src/process/roots/safe-roots.ts';
     const roots = await openSafeRoots({ roots: [{ name: 'ws', path: '.' }] });
     await using executor = createVirtualExecutor({ roots, writes: 'discard' });
     try {
       await executor.run({ line: 'echo ran' }, { owner: 'local' });
     } catch (error) {
       console.log(error.code, error.message);
     }`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, ['main.ts'], {
    cwd: directory,
    timeout: 15_000,
  });
  expect(stdout).toBe('PEER_MISSING This needs the package just-bash: npm install just-bash\n');
});

/** The roots, and when a run first looked into them: by then its time counts. */
function observe(roots: SafeRoots) {
  let hasBegun!: () => void;
  const begun = new Promise<void>((resolve) => (hasBegun = resolve));
  const observed: SafeRoots = {
    ...roots,
    async list(path, how) {
      hasBegun();
      return roots.list(path, how);
    },
  };
  return { begun, observed };
}

function threads(): number {
  return readdirSync('/proc/self/task').length;
}
