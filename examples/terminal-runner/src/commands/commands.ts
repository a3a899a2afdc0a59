import { mkdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from '@toolyard/core';
import {
  createCommandRunner,
  createProcessSupervisor,
  createProgramFinder,
  DEFAULT_ALLOWED_VARIABLES,
  fileArtifactStore,
  hostPlatform,
  openSandbox,
  redactor,
  type ArtifactStore,
  type CommandRunner,
  type DecidedCommand,
  type EnvPolicy,
  type ProcessSandbox,
  type ProcessSupervisor,
  type SafeRoots,
} from '@toolyard/core/process';
import { GIT_CHECKS, type CommandPolicy } from '@toolyard/validation/command';

/** What `createCommands` needs. */
export interface CommandsOptions {
  readonly roots: SafeRoots;
  readonly policy: CommandPolicy;
  /** What callers may set besides what is harmless: those that the policy names. */
  readonly variables?: readonly string[] | undefined;
  readonly sandbox: 'auto' | 'none' | 'bwrap';
  /** The server's own directory: home of programs, kept output. */
  readonly data: string;
  readonly logger: Logger;
  /** Hears of every decision. */
  readonly onDecision?: (decided: DecidedCommand) => void;
}

/** All that runs commands, and what comes of them. */
export interface Commands extends AsyncDisposable {
  readonly policy: CommandPolicy;
  readonly roots: SafeRoots;
  readonly runner: CommandRunner;
  /** The same runner under another policy. */
  runnerUnder(this: void, policy: CommandPolicy): CommandRunner;
  readonly supervisor: ProcessSupervisor;
  /** What programs wrote, and results that were too long to be shown. */
  readonly artifacts: ArtifactStore;
  readonly sandbox: ProcessSandbox;
  /** Ends what runs, and gives up what was kept. */
  close(): Promise<void>;
}

/** What one caller may have at the same time. */
export const PER_OWNER = { processes: 8, artifacts: 200, artifactBytes: 256 * 1024 ** 2 };

/** Of each program, where the sandbox can keep them. */
const LIMITS = { processes: 512, openFiles: 1_024, fileBytes: 1024 ** 3 };

/** Opens the sandbox and all that runs in it. */
export async function createCommands(options: CommandsOptions): Promise<Commands> {
  const { roots, policy, variables = [], data, logger, onDecision } = options;
  const home = join(await realpath(data), 'home');
  await mkdir(home, { recursive: true, mode: 0o700 });
  // Node may be installed where no program is looked for otherwise; it is trusted, for it runs this server.
  const node = dirname(await realpath(process.execPath));
  const { programDirectories } = hostPlatform();
  const programs = createProgramFinder({ directories: [...new Set([...programDirectories, node])] });
  const sandbox = await openSandbox(options.sandbox, {
    readable: [node],
    readOnly: roots.roots.flatMap(({ path }) => SETTINGS.map((name) => join(path, name))),
  });
  // Nobody is to believe in a boundary that is not there; whoever chose to have none knows.
  const level = options.sandbox === 'auto' && !sandbox.isBoundary ? 'warn' : 'debug';
  logger[level]({ sandbox: sandbox.name, isBoundary: sandbox.isBoundary }, sandbox.description);

  const supervisor = createProcessSupervisor({ sandbox, logger, maxPerOwner: PER_OWNER.processes });
  const artifacts = fileArtifactStore({
    directory: join(data, 'artifacts'),
    maxArtifactsPerOwner: PER_OWNER.artifacts,
    maxBytesPerOwner: PER_OWNER.artifactBytes,
  });
  const environment = {
    ...environmentIn(home, { directories: programs.directories, roots }),
    allow: [...DEFAULT_ALLOWED_VARIABLES, ...HARMLESS_VARIABLES, ...variables],
  };
  const runnerUnder = (decides: CommandPolicy): CommandRunner =>
    createCommandRunner({
      policy: decides,
      roots,
      supervisor,
      environment,
      programs,
      checks: GIT_CHECKS,
      limits: LIMITS,
      network: policy.annotations.openWorldHint,
      writes: !decides.annotations.readOnlyHint,
      capture: { maxSpillBytes: 0, redactor: redactor() },
      onDecision,
    });
  async function close(): Promise<void> {
    await supervisor.close();
    await artifacts.close();
    await sandbox.close?.();
  }
  return {
    policy,
    roots,
    runner: runnerUnder(policy),
    runnerUnder,
    supervisor,
    artifacts,
    sandbox,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Of tests and builds. */
const HARMLESS_VARIABLES = ['DEBUG', 'SOURCE_DATE_EPOCH', 'TEST', 'VITEST'];

/** Of git: programs would be started by what is written there. */
const SETTINGS = ['.git/hooks', '.git/config'];

function environmentIn(
  home: string,
  { directories, roots }: { directories: readonly string[]; roots: SafeRoots },
): EnvPolicy {
  const set = {
    // Git looks for its repository no further up than the roots.
    GIT_CEILING_DIRECTORIES: roots.roots.map(({ path }) => dirname(path)).join(':'),
    // Commits have somebody, where the repository does not say who.
    EMAIL: 'terminal-runner@localhost',
  };
  return { home, path: directories, set };
}
