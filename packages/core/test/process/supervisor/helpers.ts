import { randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, vi, type TestContext } from 'vitest';
import { silentLogger, type Logger } from '../../../src/logger.ts';
import type { Command } from '../../../src/process/command.ts';
import type { ManagedProcess, ProcessExit } from '../../../src/process/supervisor/managed-process.ts';
import {
  createProcessSupervisor,
  type ProcessSupervisor,
  type ProcessSupervisorOptions,
  type StartOptions,
} from '../../../src/process/supervisor/supervisor.ts';

export const OWNER = 'ann';

/**
 * A supervisor that ends with the test, and short ways to start programs with it.
 *
 * @param test - the context of a test that runs concurrently with others.
 */
export function supervise(
  options: ProcessSupervisorOptions = {},
  test: Pick<TestContext, 'onTestFinished'> = { onTestFinished },
): {
  supervisor: ProcessSupervisor;
  readonly start: (toStart: Command, more?: Partial<StartOptions>) => Promise<ManagedProcess>;
  /** Starts a shell script. */
  readonly sh: (script: string, more?: Partial<StartOptions>) => Promise<ManagedProcess>;
  /** Runs a shell script to its end. */
  readonly run: (script: string, more?: Partial<StartOptions>) => Promise<ProcessExit>;
} {
  const supervisor = createProcessSupervisor(options);
  test.onTestFinished(() => supervisor.close({ deadlineMs: 100 }));
  const start = (toStart: Command, more: Partial<StartOptions> = {}) =>
    supervisor.start(toStart, { owner: OWNER, killGraceMs: 200, ...more });
  const sh = (script: string, more?: Partial<StartOptions>) => start(command('/bin/sh', '-c', script), more);
  return { supervisor, start, sh, run: async (script, more) => (await sh(script, more)).exited };
}

export function command(file: string, ...args: string[]): Command {
  return { file, args, cwd: tmpdir(), env: { PATH: '/usr/local/bin:/usr/bin:/bin' } };
}

/** Node as a program, running JavaScript. */
export function nodeCommand(script: string): Command {
  return command(process.execPath, '-e', script);
}

/** Waits until the process has written a line `ready`. */
export async function ready(started: ManagedProcess): Promise<void> {
  expect(await started.wait({ match: '^ready$' }, { timeoutMs: 10_000 })).toMatchObject({
    reason: 'matched',
  });
}

/** Processes whose command line holds the text; those that have ended and wait for their parent do not count. */
export function processesWith(text: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const [state = ''] = /(?<=\) )\w/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return state !== 'Z' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

/** Waits until at least so many processes have the text in their command line. */
export async function waitForProcesses(text: string, count: number): Promise<void> {
  await vi.waitFor(() => expect(processesWith(text).length).toBeGreaterThanOrEqual(count), {
    timeout: 10_000,
    interval: 20,
  });
}

/** The argument of a `sleep` that no other test starts, to recognise it among all processes. */
export function uniqueSeconds(): string {
  return String(randomInt(1_000_000, 1_000_000_000));
}

/** What is written to stdout: head and tail, which hold all of little output. */
export function stdoutOf({ output }: Pick<ProcessExit, 'output'>): string {
  return output.stdout.head + output.stdout.tail;
}

/** A logger, and what it was told as errors. */
export function errorLog(): {
  readonly logger: Logger;
  readonly errors: { event: unknown; message: unknown }[];
} {
  const errors: { event: unknown; message: unknown }[] = [];
  const error: Logger['error'] = (fields, message) => void errors.push({ event: fields['event'], message });
  return { logger: { ...silentLogger, error }, errors };
}

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'supervisor-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
