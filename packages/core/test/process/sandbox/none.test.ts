import { describe, expect, test } from 'vitest';
import { noSandbox } from '../../../src/process/sandbox/no-sandbox.ts';
import { testEverydayUse } from './everyday-use.ts';

describe.skipIf(process.platform !== 'linux')('noSandbox', () => {
  testEverydayUse(() => noSandbox());

  test('claims nothing and changes nothing', () => {
    const sandbox = noSandbox();
    const command = { file: '/bin/true', args: [], cwd: '/', env: {} };
    expect(sandbox.wrap(command, { roots: [], network: false, limits: { cpuSeconds: 1 } })).toBe(command);
    expect(sandbox).toMatchObject({ isBoundary: false, limits: [] });
  });
});
