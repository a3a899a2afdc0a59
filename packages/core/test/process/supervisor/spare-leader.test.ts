import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { processPlatform } from '../../../src/process/supervisor/platform.ts';
import { spareLeader } from '../../../src/process/supervisor/spare-leader.ts';
import { processesWith, uniqueSeconds } from './helpers.ts';

const platform = spareLeader(processPlatform());

/** A shell script as the leader of a group, once it has said that it is ready. */
async function leader(script: string) {
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  onTestFinished(() => void processPlatform().signalTree(child.pid!, 'SIGKILL'));
  await once(child.stdout, 'data');
  return { pid: child.pid!, exited };
}

describe.runIf(process.platform === 'linux')('a platform that spares the leader', () => {
  test('signals the rest of the group', async () => {
    const n = uniqueSeconds();
    const { pid, exited } = await leader(`sleep ${n} & sleep ${n} & echo ready; wait; wait; exit 3`);
    expect(platform.signalTree(pid, 'SIGTERM')).toBe(true);
    expect(await exited).toEqual([3, null]);
    expect(processesWith(n)).toEqual([]);
  });

  test('signals a leader that is alone', async () => {
    const { pid, exited } = await leader('echo ready; exec sleep 60');
    expect(platform.signalTree(pid, 'SIGTERM')).toBe(true);
    expect(await exited).toEqual([null, 'SIGTERM']);
    expect(platform.signalTree(pid, 'SIGTERM')).toBe(false);
  });

  test('ends all of the group by force', async () => {
    const n = uniqueSeconds();
    const { pid, exited } = await leader(`sleep ${n} & echo ready; wait`);
    platform.signalTree(pid, 'SIGKILL');
    expect(await exited).toEqual([null, 'SIGKILL']);
    await vi.waitFor(() => expect(processesWith(n)).toEqual([]));
  });
});
