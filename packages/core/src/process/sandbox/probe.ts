import { execFile, type ExecFileException } from 'node:child_process';
import type { Command } from '../command.ts';

/** Runs a command once. `undefined` when it printed what was expected, else what came back instead. */
export async function failureOf(
  { file, args, cwd, env }: Command,
  { expected, timeoutMs }: { expected: string; timeoutMs: number },
): Promise<string | undefined> {
  const { error, stdout, stderr } = await execute(file, args, { cwd, env, timeoutMs });
  if (!error && stdout.trim() === expected) return undefined;
  if (error?.killed === true) return `nothing within ${timeoutMs} ms`;
  const said = [stderr, stdout].map((text) => text.trim()).find((text) => text !== '');
  return (said ?? `it ended with ${error?.code ?? 'nothing'}`)
    .slice(0, 400)
    .replaceAll(/\s+/g, ' ')
    .replace(/\.$/, '');
}

/** What a program prints; empty when it fails. */
export async function outputOf(file: string, args: readonly string[], timeoutMs: number): Promise<string> {
  const { stdout } = await execute(file, args, { cwd: '/', env: {}, timeoutMs });
  return stdout;
}

interface Execution {
  readonly error: ExecFileException | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function execute(
  file: string,
  args: readonly string[],
  { timeoutMs, ...options }: { cwd: string; env: Readonly<Record<string, string>>; timeoutMs: number },
): Promise<Execution> {
  return new Promise((resolve) => {
    const bounds = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16_384 } as const;
    execFile(file, args, { ...options, ...bounds }, (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    );
  });
}
