import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Command } from '../../../src/process/command.ts';
import type { ProcessLimits, ProcessSandbox, SandboxRoot } from '../../../src/process/sandbox/sandbox.ts';
import { processPlatform, type ProcessSignal } from '../../../src/process/supervisor/platform.ts';
import { spareLeader } from '../../../src/process/supervisor/spare-leader.ts';

/** Runs as another user where the tests run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface RunOptions {
  readonly roots?: readonly SandboxRoot[];
  readonly network?: boolean;
  readonly limits?: ProcessLimits;
  readonly env?: Record<string, string>;
  readonly input?: string;
  readonly name?: string;
  readonly account?: Account | undefined;
  /** Kills what the program left in its process group. */
  readonly endGroup?: boolean;
  /** @param signal - sends a signal the way the supervisor does. */
  readonly onOutput?: (text: string, signal: (name: ProcessSignal) => void) => void;
}

export interface Outcome {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const PATH = '/usr/local/bin:/usr/bin:/bin';

/** Starts a program the way the supervisor does: in a session of its own, with pipes. */
export async function runIn(
  sandbox: ProcessSandbox,
  root: string,
  [file = '', ...args]: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const { roots = [{ path: root, writable: true }], network = false, limits, env, name } = options;
  const command: Command = { file: realpathSync(file), args, cwd: root, env: { PATH, ...env }, name };
  const wrapped = sandbox.wrap(command, { roots, network, limits });
  const child = spawn(wrapped.file, [...wrapped.args], {
    argv0: wrapped.name ?? wrapped.file,
    cwd: wrapped.cwd,
    env: { ...wrapped.env },
    detached: true,
    stdio: 'pipe',
    ...options.account,
  });
  const pid = child.pid ?? 0;
  const platform = sandbox.hasKeeper === true ? spareLeader(processPlatform()) : processPlatform();
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    options.onOutput?.(text, (signal) => void platform.signalTree(pid, signal));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      if (options.endGroup === true) killGroup(pid);
      resolve({ exitCode, signal, stdout, stderr });
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing was left.
  }
}

/** A directory of its own, gone after the test. */
export function temporaryRoot(account?: Account): string {
  // In a directory of its own: the one for temporary files may hold what the sandbox shows for other reasons.
  const parent = realpathSync(mkdtempSync(join(tmpdir(), 'toolyard-sandbox-')));
  const path = join(parent, 'root');
  mkdirSync(path);
  for (const each of account ? [parent, path] : []) chownSync(each, account!.uid, account!.gid);
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return path;
}
