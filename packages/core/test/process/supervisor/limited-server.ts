// A server for tests that can be told how many processes there may be: not root, whose processes no kernel counts, but
// a user of its own. It runs what it is sent, and answers with how that went.
import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { bwrapSandbox } from '../../../src/process/sandbox/bwrap-sandbox.ts';
import { linuxPlatform } from '../../../src/process/platform.ts';
import { createProcessSupervisor, type StartOptions } from '../../../src/process/supervisor/supervisor.ts';

export interface Order {
  readonly script: string;
  readonly options?: Partial<StartOptions>;
}

export interface Answer {
  readonly exit?: { exitCode: number | null; reason: string; stdout: string; stderr: string };
  readonly error?: { code: string; message: string; data: unknown };
  /** What the server holds once nothing runs. */
  readonly files: number;
  readonly resources: string[];
  readonly listed: number;
}

const user = Number(process.argv[2]);
// Here and not where it is started: another user may not be able to read these sources.
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(user);
  process.setuid?.(user);
}
const cwd = process.argv[3] ?? '/';
const sandbox = process.argv[4] === 'bwrap' ? bwrapSandbox({ platform: linuxPlatform(user) }) : undefined;
const supervisor = createProcessSupervisor({ maxPerOwner: 1, ...(sandbox && { sandbox }) });
const needs = sandbox && { roots: [{ path: cwd, writable: true }], network: false };

async function run({ script, options }: Order): Promise<Pick<Answer, 'exit' | 'error'>> {
  const command = { file: '/bin/sh', args: ['-c', script], cwd, env: { PATH: '/usr/bin:/bin' } };
  try {
    const started = await supervisor.start(command, { owner: 'ann', sandbox: needs, ...options });
    const { exitCode, reason, output } = await started.exited;
    return { exit: { exitCode, reason, stdout: output.stdout.head, stderr: output.stderr.head } };
  } catch (error) {
    const { code, message, data } = error as { code: string; message: string; data: unknown };
    return { error: { code, message, data } };
  }
}

process.on('message', (order: Order) => {
  void run(order).then(async (result) => {
    // What is closed is gone some turns of the event loop later.
    for (let turn = 0; turn < 10; turn++) await nextTurn();
    const files = readdirSync('/proc/self/fd').length;
    const resources = process.getActiveResourcesInfo().toSorted();
    process.send?.({ ...result, files, resources, listed: supervisor.list('ann').length } satisfies Answer);
  });
});
process.once('disconnect', () => void supervisor.close());
process.send?.('ready');
