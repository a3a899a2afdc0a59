import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { linuxPlatform } from '../../../src/process/platform.ts';
import { openSandbox } from '../../../src/process/sandbox/open-sandbox.ts';
import { prlimitSandbox } from '../../../src/process/sandbox/prlimit-sandbox.ts';
import { testEverydayUse } from './everyday-use.ts';
import { testLimits } from './limits.ts';

const { status, stderr, error } = spawnSync('prlimit', ['--nofile=64', 'true']);
const works = process.platform === 'linux' && status === 0;
if (!works) console.warn(`prlimit tests skipped: ${error?.message ?? stderr.toString().trim()}`);

describe.skipIf(!works)('prlimitSandbox', () => {
  test('is what openSandbox finds', async () => {
    expect(await openSandbox('prlimit')).toMatchObject({ name: 'prlimit', isBoundary: false });
  });

  testEverydayUse(() => prlimitSandbox());
  testLimits(prlimitSandbox());

  describe.skipIf(process.getuid?.() !== 0)('as another user', () => {
    const account = { uid: 65_534, gid: 65_534 };
    testLimits(prlimitSandbox({ platform: linuxPlatform(account.uid) }), account, ['openFiles', 'processes']);
  });

  test('a run without limits is left as it is', () => {
    const command = { file: '/bin/true', args: [], cwd: '/', env: {} };
    expect(prlimitSandbox().wrap(command, { roots: [], network: false })).toBe(command);
  });
});
