import { describe, expect, test } from 'vitest';
import { processPlatform } from '../../../src/process/supervisor/platform.ts';

/** A POSIX system whose signals fail in a way, and those that were sent. */
function parts(fail?: string) {
  const sent: unknown[] = [];
  const kill = (pid: number, signal: unknown) => {
    sent.push([pid, signal]);
    if (fail !== undefined) throw Object.assign(new Error(fail), { code: fail });
  };
  return { sent, platform: processPlatform({ platform: 'darwin', kill }) };
}

describe('a POSIX system', () => {
  test('starts programs in a group of their own and signals the group', () => {
    const { platform, sent } = parts();
    expect(platform.spawnOptions).toEqual({ detached: true, windowsHide: false });
    expect(platform.signalTree(42, 'SIGTERM')).toBe(true);
    expect(platform.isTreeAlive(42)).toBe(true);
    expect(sent).toEqual([
      [-42, 'SIGTERM'],
      [-42, 0],
    ]);
  });

  test('knows when nobody is left, and when somebody is who belongs to another user', () => {
    expect(parts('ESRCH').platform.signalTree(42, 'SIGKILL')).toBe(false);
    expect(parts('ESRCH').platform.isTreeAlive(42)).toBe(false);
    expect(parts('EPERM').platform.isTreeAlive(42)).toBe(true);
  });

  test('has a shell for the watchdog, and /proc only on Linux', () => {
    expect(parts().platform).toMatchObject({ shell: '/bin/sh', hasProc: false, outlivesProgram: true });
    expect(processPlatform({ platform: 'linux' })).toMatchObject({ shell: '/bin/sh', hasProc: true });
  });

  test('does not take the dead for the living', () => {
    // Somebody answers to the group, but no living process is in it.
    const platform = processPlatform({ platform: 'linux', kill: () => true });
    expect(platform.isTreeAlive(2 ** 30)).toBe(false);
  });
});

describe('Windows', () => {
  const runs: string[][] = [];
  const platform = processPlatform({
    platform: 'win32',
    run: (file, args) => void runs.push([file, ...args]),
  });

  test('starts programs without a console window, and has no groups', () => {
    expect(platform.spawnOptions).toEqual({ detached: false, windowsHide: true });
    expect(platform).toMatchObject({ shell: undefined, hasProc: false, outlivesProgram: false });
    expect(platform.isTreeAlive(42)).toBe(false);
  });

  test('ends a tree by taskkill, with force for SIGKILL only', () => {
    platform.signalTree(42, 'SIGTERM');
    platform.signalTree(42, 'SIGKILL');
    const taskkill = String.raw`C:\Windows\System32\taskkill.exe`;
    expect(runs).toEqual([
      [taskkill, '/T', '/PID', '42'],
      [taskkill, '/F', '/T', '/PID', '42'],
    ]);
  });

  test('has no other signals', () => {
    expect(platform.signals).toEqual(['SIGTERM', 'SIGKILL']);
  });
});
