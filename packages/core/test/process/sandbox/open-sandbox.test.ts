import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linuxPlatform, macosPlatform, windowsPlatform } from '../../../src/process/platform.ts';
import { openSandbox, type SandboxKind } from '../../../src/process/sandbox/open-sandbox.ts';
import { temporaryRoot } from './run-in.ts';

/** A directory with programs of these names, each a shell script, beside the real `sh` and `prlimit`. */
function programs(scripts: Record<string, string>): readonly string[] {
  const root = temporaryRoot();
  for (const [name, script] of Object.entries(scripts))
    writeFileSync(join(root, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return [root];
}

describe('openSandbox', () => {
  test('none is none', async () => {
    expect(await openSandbox('none')).toMatchObject({ name: 'none', isBoundary: false });
  });

  test('another word is refused with those that exist', async () => {
    await expect(openSandbox('docker' as SandboxKind)).rejects.toThrow(/auto, none, bwrap, prlimit/);
  });

  test.each([macosPlatform(501), windowsPlatform()])('needs Linux, and says so on $os', async (platform) => {
    for (const kind of ['bwrap', 'prlimit'] as const)
      await expect(openSandbox(kind, { platform })).rejects.toMatchObject({
        code: 'SANDBOX_UNAVAILABLE',
        message: expect.stringContaining(platform.os),
      });
    const { name, description } = await openSandbox('auto', { platform });
    expect(name).toBe('none');
    expect(description).toContain(`this is ${platform.os}`);
  });

  describe.skipIf(process.platform !== 'linux')('where the trial run fails', () => {
    const failures: [string, string, RegExp][] = [
      [
        'the kernel refuses namespaces',
        'echo "bwrap: setting up uid map: Permission denied" >&2; exit 1',
        /setting up uid map: Permission denied\. The kernel refuses user namespaces: .*sysctl/,
      ],
      [
        'bubblewrap is too old',
        'echo "bwrap: Unknown option --disable-userns" >&2; exit 1',
        /Unknown option --disable-userns\. It needs bubblewrap 0\.8/,
      ],
      ['it does not answer', 'exec sleep 60', /said: nothing within 300 ms/],
      ['it ends without a word', 'exit 1', /said: it ended with 1\. .*by hand/],
      // A sandbox that lets everything through starts programs well, too.
      [
        'it does not hold',
        'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
        /said: it shows \/etc\/shadow/,
      ],
    ];

    test.each(failures)('because %s, bwrap is refused with what came back', async (_, script, message) => {
      const directories = [...programs({ bwrap: script }), '/usr/bin', '/bin'];
      const opening = openSandbox('bwrap', { directories, timeoutMs: 300 });
      await expect(opening).rejects.toThrow(message);
      await expect(opening).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
      const fallback = await openSandbox('auto', { directories, timeoutMs: 300 });
      expect(fallback).toMatchObject({ name: 'none', isBoundary: false });
      expect(fallback.description).toMatch(message);
    });

    test('because it is not installed, bwrap is refused with the package to install', async () => {
      const opening = openSandbox('bwrap', { directories: programs({}) });
      await expect(opening).rejects.toThrow(/"bwrap" is not installed in .*package "bubblewrap"/);
    });

    test('because limits do not hold, prlimit is refused', async () => {
      const directories = [...programs({ prlimit: 'shift 5; exec "$@"' }), '/usr/bin', '/bin'];
      await expect(openSandbox('prlimit', { directories })).rejects.toMatchObject({
        code: 'SANDBOX_UNAVAILABLE',
      });
    });

    test('a wrong option is never taken for a sandbox that does not work', async () => {
      await expect(openSandbox('auto', { readable: ['relative'] })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
    });
  });

  describe.skipIf(process.platform !== 'linux')('which limits are claimed', () => {
    test.each([
      [0, false],
      [1000, true],
    ])('for user %i, processes: %s', async (userId, claimed) => {
      const { limits } = await openSandbox('prlimit', { platform: linuxPlatform(userId) });
      expect(limits.includes('processes')).toBe(claimed);
    });
  });
});
