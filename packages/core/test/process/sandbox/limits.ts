import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProcessLimits, ProcessSandbox } from '../../../src/process/sandbox/sandbox.ts';
import { runIn, temporaryRoot, type Account, type RunOptions } from './run-in.ts';

const NODE = realpathSync(process.execPath);
const MIB = 1024 * 1024;
const take = (mib: number) =>
  `const kept = []; for (let i = 0; i < ${mib / 32}; i++) kept.push(Buffer.alloc(${32 * MIB}, 1)); console.log('took');`;

/**
 * Every limit that a sandbox claims: it holds, and leaves alone what stays under it.
 *
 * @param names - those to test, of the claimed ones.
 */
export function testLimits(
  sandbox: ProcessSandbox,
  account?: Account,
  names: readonly (keyof ProcessLimits)[] = sandbox.limits,
): void {
  const sh = (root: string, script: string, options: RunOptions = {}) =>
    runIn(sandbox, root, ['/bin/sh', '-c', script], { account, ...options });
  const node = (script: string, memoryBytes: number) =>
    runIn(sandbox, temporaryRoot(account), [NODE, '-e', script], { limits: { memoryBytes }, account });
  const claims = (name: keyof ProcessLimits) => sandbox.limits.includes(name) && names.includes(name);

  describe.skipIf(!claims('fileBytes'))('limit on the size of files', () => {
    test('a bigger file is cut off', async () => {
      const root = temporaryRoot(account);
      const options = { limits: { fileBytes: 10_000 } };
      const { exitCode } = await sh(root, 'head -c 20000 /dev/zero > big', options);
      expect(exitCode).not.toBe(0);
      expect(statSync(join(root, 'big')).size).toBe(10_000);
    });

    test('more files under it, and more output than it, are fine', async () => {
      const script = 'for i in 1 2 3; do head -c 9000 /dev/zero > $i; done; head -c 50000 /dev/zero';
      const { exitCode, stdout } = await sh(temporaryRoot(account), script, {
        limits: { fileBytes: 10_000 },
      });
      expect([exitCode, stdout.length]).toEqual([0, 50_000]);
    });
  });

  describe.skipIf(!claims('cpuSeconds'))('limit on CPU time', () => {
    // A second of CPU time takes long on a busy machine.
    const timeout = 60_000;
    test('a busy loop ends, one that ignores the warning a second later', { timeout }, async () => {
      const limits = { cpuSeconds: 1 };
      const [warned, stubborn] = await Promise.all(
        ['', 'trap "" XCPU; '].map((first) =>
          sh(temporaryRoot(account), `${first}while :; do :; done`, { limits }),
        ),
      );
      expect(warned?.signal ?? warned?.exitCode).toSatisfy((end) => end === 'SIGXCPU' || end === 152);
      expect(stubborn?.signal ?? stubborn?.exitCode).toSatisfy((end) => end === 'SIGKILL' || end === 137);
    });
  });

  describe.skipIf(!claims('openFiles'))('limit on open files', () => {
    test('holds in children too', async () => {
      const { stdout } = await sh(temporaryRoot(account), 'sh -c "ulimit -Hn"', {
        limits: { openFiles: 77 },
      });
      expect(stdout).toBe('77\n');
    });

    // Root may raise its own limits; inside a boundary it is not that root.
    test.skipIf(!sandbox.isBoundary && (account?.uid ?? process.getuid?.()) === 0)(
      'cannot be raised',
      async () => {
        const { stdout } = await sh(temporaryRoot(account), 'sh -c "ulimit -n 999 || echo kept"', {
          limits: { openFiles: 77 },
        });
        expect(stdout).toBe('kept\n');
      },
    );
  });

  describe.skipIf(!claims('memoryBytes'))('limit on memory', () => {
    test('a program that takes more fails', async () => {
      const { exitCode, stdout } = await node(take(1024), 1024 * MIB);
      expect(stdout).toBe('');
      expect(exitCode).not.toBe(0);
    });

    test('node with a hundred megabytes is fine, and with a worker in twice as much', async () => {
      expect((await node(take(96), 1024 * MIB)).stdout).toBe('took\n');
      const worker = `new (require('node:worker_threads').Worker)('console.log("worker")', { eval: true })`;
      expect((await node(take(96) + worker, 2048 * MIB)).stdout).toBe('took\nworker\n');
    });
  });

  describe.skipIf(!claims('processes'))('limit on processes', () => {
    test('a fork bomb stays small and ends with its run', async () => {
      const root = temporaryRoot(account);
      // A sandbox without boundary cannot tell its processes from others, and lets as many more through.
      const others = Number(/\/(\d+)/.exec(readFileSync('/proc/loadavg', 'utf8'))?.[1]);
      // Every process leaves a file and stays for a while, so that all of them are there at the same time.
      const bomb = `mkdir seen; i=0; while [ $i -lt ${others + 500} ]; do i=$((i+1)); (echo > seen/$i; exec sleep 30 >/dev/null 2>&1) & done`;
      await sh(root, bomb, { limits: { processes: 40 }, endGroup: true });
      const made = readdirSync(join(root, 'seen')).length;
      expect(made).toBeGreaterThan(20);
      expect(made).toBeLessThan(sandbox.isBoundary ? 41 : others + 300);
    });

    test('as many as were asked for can run', async () => {
      const script = 'for i in 1 2 3 4 5 6 7 8; do sleep 0.2 & done; wait; echo done';
      const { stdout, stderr } = await sh(temporaryRoot(account), script, { limits: { processes: 10 } });
      expect({ stdout, stderr }).toEqual({ stdout: 'done\n', stderr: '' });
    });
  });

  test.each([0, -1, 1.5, Number.NaN])('a limit of %d is refused', async (cpuSeconds) => {
    await expect(sh('/tmp', 'true', { limits: { cpuSeconds } })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'limits.cpuSeconds',
    });
  });
}
