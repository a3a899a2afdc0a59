import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { Command } from '../../../src/process/command.ts';
import type { TerminalSession } from '../../../src/process/terminal/session.ts';
import {
  createTerminals,
  type OpenTerminalOptions,
  type Terminals,
  type TerminalsOptions,
} from '../../../src/process/terminal/terminals.ts';

const PATH = '/usr/local/bin:/usr/bin:/bin';

/** A command of a program on the PATH of a plain system. */
export function command(name: string, ...args: string[]): Command {
  const file = PATH.split(':')
    .map((directory) => `${directory}/${name}`)
    .find((path) => existsSync(path));
  if (file === undefined) throw new Error(`This machine has no ${name}.`);
  return { file, args, cwd: '/', env: { PATH, HOME: '/nonexistent', LANG: 'C.UTF-8', PS1: '$ ' } };
}

/** A shell that runs a script. */
export function shell(script: string): Command {
  return command('sh', '-c', script);
}

/** Terminals that end with the test. */
export function terminals(options: TerminalsOptions = {}): Terminals {
  const opened = createTerminals(options);
  onTestFinished(() => opened.close({ deadlineMs: 100 }));
  return opened;
}

/** A terminal that ends with the test. */
export function open(program: Command, options: Partial<OpenTerminalOptions> = {}): Promise<TerminalSession> {
  return terminals().open(program, { owner: 'ann', ...options });
}

export const soon = { timeoutMs: 15_000 };

/** Whether a process with this word in its arguments lives. */
export function lives(word: string): boolean {
  const all = execFileSync('ps', ['-eo', 'stat=,args='], { encoding: 'utf8' });
  return all.split('\n').some((line) => line.includes(word) && !line.startsWith('Z'));
}
