import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import {
  createProcessSupervisor,
  openSandbox,
  type Command,
  type ProcessSandbox,
} from '@toolyard/core/process';

/** One way of running the same program to its end. */
export interface Way extends AsyncDisposable {
  id: string;
  run: () => Promise<{ exitCode: number | null; output: string }>;
}

const directory = realpathSync(tmpdir());
const command: Command = {
  file: '/usr/bin/true',
  args: [],
  cwd: directory,
  env: { PATH: '/usr/bin:/bin', HOME: directory, LANG: 'C.UTF-8' },
};

/** `child_process.spawn` as its documentation shows it: read both pipes, wait for `close`. */
export const bare: Way = {
  id: 'bare spawn',
  async run() {
    const { file, args, cwd, env } = command;
    const child = spawn(file, args, { cwd, env });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode, output };
  },
  async [Symbol.asyncDispose]() {},
};

/** The supervisor with all it does for each run: group, marks, limits of time, capture, a look for what was left. */
export function supervised(id: string, sandbox?: ProcessSandbox): Way {
  const supervisor = createProcessSupervisor(sandbox ? { sandbox } : {});
  const needs = sandbox && { roots: [{ path: directory, writable: false }], network: false };
  return {
    id,
    async run() {
      const started = await supervisor.start(command, {
        owner: 'bench',
        timeoutMs: 60_000,
        ...(needs && { sandbox: needs }),
      });
      const { exitCode, output } = await started.exited;
      return { exitCode, output: output.stdout.head + output.stderr.head };
    },
    [Symbol.asyncDispose]: () => supervisor.close(),
  };
}

/** The supervisor with a sandbox that is a boundary, where this machine has one. */
export async function sandboxed(): Promise<Way | undefined> {
  const sandbox = await openSandbox('auto');
  return sandbox.isBoundary ? supervised(`supervisor, ${sandbox.name}`, sandbox) : undefined;
}
