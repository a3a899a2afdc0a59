import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  createCommandRunner,
  type CommandRunner,
  type CommandRunnerOptions,
} from '../../../src/process/commands/command-runner.ts';
import type { PlannedCommand, PlannedRedirect, PlannedStep } from '../../../src/process/commands/plan.ts';
import type { CommandDecision, CommandPolicy } from '../../../src/process/commands/policy.ts';
import { createProgramFinder } from '../../../src/process/programs.ts';
import { openSafeRoots, type SafeRoots } from '../../../src/process/roots/safe-roots.ts';
import type { SafeRootsLimits } from '../../../src/process/roots/tree.ts';
import {
  createProcessSupervisor,
  type ProcessSupervisor,
  type ProcessSupervisorOptions,
} from '../../../src/process/supervisor/supervisor.ts';

export const OWNER = 'ann';

const ALLOWED: CommandDecision = {
  effect: 'allow',
  ruleId: 'test.allowed',
  reason: 'It is allowed.',
  args: [],
  operands: [],
  env: {},
  directory: undefined,
  pure: false,
  checks: [],
};

/** Allows everything but what a test says about a program. */
export function policyOf(special: Readonly<Record<string, Partial<CommandDecision>>> = {}): CommandPolicy {
  return { decide: ({ program, args = [] }) => ({ ...ALLOWED, args, ...special[program] }) };
}

interface Setup {
  readonly runner: CommandRunner;
  readonly supervisor: ProcessSupervisor;
  readonly roots: SafeRoots;
  /** The first root, `work`; `other` is the second. */
  readonly work: string;
  readonly other: string;
}

type SetupOptions = Partial<CommandRunnerOptions> & {
  readonly supervise?: ProcessSupervisorOptions;
  readonly rootLimits?: SafeRootsLimits;
};

/** A runner over two writable roots, all of it gone with the test. */
export async function setUp({ supervise = {}, rootLimits, ...options }: SetupOptions = {}): Promise<Setup> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'toolyard-commands-')));
  const [work, other, home] = ['work', 'other', 'home'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [work, other, home]) await mkdir(path);
  const roots = await openSafeRoots({
    roots: [
      { name: 'work', path: work, writable: true },
      { name: 'other', path: other, writable: true },
    ],
    limits: rootLimits,
  });
  const supervisor = createProcessSupervisor(supervise);
  onTestFinished(async () => {
    await supervisor.close({ deadlineMs: 100 });
    await roots.close();
    await rm(directory, { recursive: true, force: true });
  });
  const { directories } = createProgramFinder();
  const runner = createCommandRunner({
    policy: policyOf(),
    roots,
    supervisor,
    environment: { home, path: directories },
    ...options,
  });
  return { runner, supervisor, roots, work, other };
}

/** `cat('a', '>b')`: a program, its arguments, and redirects as the shell writes them. */
export function part(program: string, ...words: readonly string[]): PlannedCommand {
  const redirects = words.flatMap((word) => redirectOf(word) ?? []);
  return { program, args: words.filter((word) => !redirectOf(word)), redirects };
}

/** A shell script as a program of a plan. */
export function sh(script: string, ...redirects: readonly string[]): PlannedCommand {
  const { redirects: planned } = part('sh', ...redirects);
  return { program: 'sh', args: ['-c', script], redirects: planned };
}

function redirectOf(word: string): PlannedRedirect | undefined {
  const [, fd, operator, target = ''] = /^([012]?)(<|>>|>&|>)(.+)$/.exec(word) ?? [];
  if (operator === undefined) return undefined;
  const stream = Number(fd || (operator === '<' ? 0 : 1)) as 0 | 1 | 2;
  if (operator === '>&') return { fd: stream, mode: 'duplicate', target: Number(target) as 1 | 2 };
  const mode = operator === '<' ? 'read' : operator === '>' ? 'write' : 'append';
  return { fd: stream, mode, target };
}

/** One pipeline, whatever came before. */
export function pipe(...commands: readonly PlannedCommand[]): PlannedStep {
  return { when: 'always', commands };
}
