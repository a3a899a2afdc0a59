import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { local, silentLogger } from '@toolyard/core';
import {
  createProcessSupervisor,
  openSandbox,
  type Command,
  type ProcessSandbox,
} from '@toolyard/core/process';
import { loadConfig } from '../../../examples/terminal-runner/src/config/load-config.ts';
import { createTerminal } from '../../../examples/terminal-runner/src/server.ts';
import { terminalProgram } from '../../../examples/terminal-runner/src/terminal-config.ts';

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

/** The tool `run` of the terminal-runner: its whole pipeline, with a policy, checks of paths and an audit. */
export async function fullPipeline(sandbox: 'none' | 'bwrap'): Promise<Way> {
  const data = mkdtempSync(join(directory, 'toolyard-bench-'));
  const args = ['--stdio', '--data', data, '--sandbox', sandbox, '--log-level', 'silent'];
  const loaded = loadConfig(terminalProgram, { args, env: {}, cwd: data });
  if (loaded.action !== 'start') throw new Error(loaded.text);
  const { app } = await createTerminal(loaded.config, silentLogger);
  return {
    id: sandbox === 'none' ? 'full pipeline' : `full pipeline, ${sandbox}`,
    async run() {
      const ran = (await app.call('run', { program: 'true' }, { principal: local })) as RunResult;
      return { exitCode: ran.exitCode, output: ran.stdout.text + ran.stderr.text };
    },
    async [Symbol.asyncDispose]() {
      await app.close();
      rmSync(data, { recursive: true });
    },
  };
}

interface RunResult {
  readonly exitCode: number | null;
  readonly stdout: { readonly text: string };
  readonly stderr: { readonly text: string };
}
