import { describe, expect, test } from 'vitest';
import { noSandbox } from '../../../src/process/sandbox/no-sandbox.ts';
import type { ProcessSandbox, SandboxNeeds } from '../../../src/process/sandbox/sandbox.ts';
import { OWNER, command, ready, stdoutOf, supervise, uniqueSeconds, processesWith } from './helpers.ts';

const NEEDS: SandboxNeeds = { roots: [], network: false };

/** Wraps with env(1), and clears what a program would otherwise inherit, its mark included. */
const wrapping = (seen: SandboxNeeds[]): ProcessSandbox => ({
  ...noSandbox(),
  name: 'wrapping',
  limits: ['processes'],
  wrap(toWrap, needs) {
    seen.push(needs);
    const inner = Object.entries(toWrap.env).map(([name, value]) => `${name}=${value}`);
    return {
      file: '/usr/bin/env',
      args: ['-i', ...inner, 'INSIDE=yes', toWrap.file, ...toWrap.args],
      cwd: '/',
      env: {},
    };
  },
});

describe('a supervisor with a sandbox', () => {
  test('starts what the sandbox makes of a command, and lists the command', async () => {
    const seen: SandboxNeeds[] = [];
    const { start, supervisor } = supervise({ sandbox: wrapping(seen) });
    const started = await start(command('/bin/sh', '-c', 'echo "$INSIDE"'), {
      sandbox: { ...NEEDS, limits: { processes: 9, openFiles: 20 } },
      limits: { processes: 5 },
    });
    expect(supervisor.list(OWNER)).toMatchObject([{ program: 'sh', args: ['-c', 'echo "$INSIDE"'] }]);
    expect(stdoutOf(await started.exited)).toBe('yes\n');
    expect(seen).toEqual([{ ...NEEDS, limits: { processes: 5, openFiles: 20 } }]);
  });

  test.runIf(process.platform === 'linux')('finds what is left inside by the mark', async () => {
    const seconds = uniqueSeconds();
    const { sh } = supervise({ sandbox: wrapping([]) });
    const script = `setsid sh -c 'sleep ${seconds} &' <&- >&- 2>&-; echo ready; sleep 60`;
    const started = await sh(script, { sandbox: NEEDS });
    await ready(started);
    await started.kill();
    expect(processesWith(seconds)).toEqual([]);
  });

  test('starts nothing that does not say what it needs', async () => {
    const { sh } = supervise({ sandbox: wrapping([]) });
    await expect(sh('true')).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('wrapping'),
    });
  });

  test('hands on what the sandbox refuses, and takes no place for it', async () => {
    const refusing: ProcessSandbox = {
      ...noSandbox(),
      wrap() {
        throw Object.assign(new Error('Not here.'), { code: 'SANDBOX_CWD_OUTSIDE' });
      },
    };
    const { sh, supervisor } = supervise({ sandbox: refusing, maxPerOwner: 1 });
    for (let attempt = 0; attempt < 3; attempt++)
      await expect(sh('true', { sandbox: NEEDS })).rejects.toMatchObject({ code: 'SANDBOX_CWD_OUTSIDE' });
    expect(supervisor.list(OWNER)).toEqual([]);
  });
});

test('a supervisor without a sandbox starts nothing that needs one', async () => {
  const { sh } = supervise();
  for (const wanted of [{ sandbox: NEEDS }, { limits: { processes: 5 } }])
    await expect(sh('true', wanted)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});
