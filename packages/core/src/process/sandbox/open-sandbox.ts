import { realpath } from 'node:fs/promises';
import { InvalidOptionError } from '../../errors.ts';
import { positiveMs } from '../../options.ts';
import type { Command } from '../command.ts';
import { hostPlatform, type Platform } from '../platform.ts';
import { findProgram } from '../programs.ts';
import { bwrapSandbox, type BwrapSandboxOptions } from './bwrap-sandbox.ts';
import { pathToStart } from './multi-call.ts';
import { noSandbox } from './no-sandbox.ts';
import { prlimitSandbox } from './prlimit-sandbox.ts';
import { failureOf, outputOf } from './probe.ts';
import { SandboxUnavailableError, type ProcessSandbox } from './sandbox.ts';

/** What `openSandbox` can open. */
export type SandboxKind = 'auto' | 'none' | 'bwrap' | 'prlimit';

/** What `openSandbox` needs; the rest goes to the sandbox. */
export interface OpenSandboxOptions extends Omit<BwrapSandboxOptions, 'programs' | 'version'> {
  /** Where the programs of the sandbox are looked for. Default: those of the platform. */
  readonly directories?: readonly string[];
  /** How long a trial run may take. Default: 5,000 ms. */
  readonly timeoutMs?: number;
}

/**
 * Opens a sandbox after a trial run in it.
 *
 * `auto` is `bwrap` where that works, else `none`; `name` and `description` say which and why. A kind that is asked
 * for by name is never replaced by a weaker one.
 *
 * @throws {SandboxUnavailableError} when the trial run fails: what was tried, what came back, what helps.
 */
export async function openSandbox(
  kind: SandboxKind,
  options: OpenSandboxOptions = {},
): Promise<ProcessSandbox> {
  const { timeoutMs = 5_000 } = options;
  positiveMs('timeoutMs', timeoutMs);
  const platform = options.platform ?? hostPlatform();
  const trial: Trial = { ...options, platform, timeoutMs };
  switch (kind) {
    case 'none':
      return noSandbox();
    case 'bwrap':
      return openBwrap(trial);
    case 'prlimit':
      return openPrlimit(trial);
    case 'auto':
      try {
        return await openBwrap(trial);
      } catch (error) {
        if (!(error instanceof SandboxUnavailableError)) throw error;
        return noSandbox(error.message);
      }
    default:
      throw new InvalidOptionError('sandbox', 'must be one of auto, none, bwrap, prlimit');
  }
}

interface Trial extends OpenSandboxOptions {
  readonly platform: Platform;
  readonly timeoutMs: number;
}

async function openBwrap(trial: Trial): Promise<ProcessSandbox> {
  if (trial.platform.os !== 'linux') throw notLinux('bwrap', trial.platform);
  const [bwrap, prlimit, shell] = await Promise.all([
    find('bwrap', trial),
    find('prlimit', trial),
    find('sh', trial),
  ]);
  if (bwrap.path === undefined || shell.path === undefined) {
    const missing = [bwrap, shell].flatMap(({ problem }) => problem ?? []);
    throw new SandboxUnavailableError('bwrap', missing, 'Install the package "bubblewrap" (0.8 or later).');
  }
  const version = /\d+\.\d+[.\d]*/.exec(await outputOf(bwrap.path, ['--version'], trial.timeoutMs))?.[0];
  const { directories: _, timeoutMs, ...options } = trial;
  const sandbox = bwrapSandbox({
    ...options,
    programs: { bwrap: bwrap.path, prlimit: prlimit.path },
    ...(version !== undefined && { version }),
  });
  const failure = await tryOut(sandbox, shell.path, SEALED, timeoutMs);
  if (failure === undefined) return sandbox;
  const attempt = `${bwrap.path}${version === undefined ? '' : ` ${version}`} said: ${failure}.`;
  throw new SandboxUnavailableError('bwrap', [attempt], adviceFor(failure));
}

async function openPrlimit(trial: Trial): Promise<ProcessSandbox> {
  if (trial.platform.os !== 'linux') throw notLinux('prlimit', trial.platform);
  const advice = 'Install the package "util-linux".';
  const [prlimit, shell] = await Promise.all([find('prlimit', trial), find('sh', trial)]);
  if (prlimit.path === undefined || shell.path === undefined) {
    const missing = [prlimit, shell].flatMap(({ problem }) => problem ?? []);
    throw new SandboxUnavailableError('prlimit', missing, advice);
  }
  const sandbox = prlimitSandbox({ prlimit: prlimit.path, platform: trial.platform });
  const failure = await tryOut(sandbox, shell.path, 'ulimit -n', trial.timeoutMs, '64');
  if (failure === undefined) return sandbox;
  throw new SandboxUnavailableError('prlimit', [`${prlimit.path} said: ${failure}.`], advice);
}

interface Found {
  readonly path?: string;
  readonly problem?: string;
}

async function find(name: string, { directories, platform }: Trial): Promise<Found> {
  try {
    const file = await findProgram(name, directories ?? platform.programDirectories, { platform });
    return { path: pathToStart({ file, name }) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

// Proves the walls too, not only that programs start. Of a settings file, root is the owner inside as well.
const SEALED = `
if test -e /etc/shadow; then echo 'it shows /etc/shadow'
elif test -w /proc/sys/kernel/core_pattern; then echo 'it leaves kernel settings writable'
else echo sealed; fi`;

async function tryOut(
  sandbox: ProcessSandbox,
  shell: string,
  script: string,
  timeoutMs: number,
  expected = 'sealed',
): Promise<string | undefined> {
  const path = await realpath('/tmp');
  const env = { PATH: '/usr/bin:/bin' };
  const command: Command = { file: await realpath(shell), name: 'sh', args: ['-c', script], cwd: path, env };
  const limits = { openFiles: 64, fileBytes: 4_096, cpuSeconds: 5, processes: 32, memoryBytes: 2 ** 30 };
  return failureOf(sandbox.wrap(command, { roots: [{ path, writable: false }], network: false, limits }), {
    expected,
    timeoutMs,
  });
}

function notLinux(kind: string, { os }: Platform): SandboxUnavailableError {
  return new SandboxUnavailableError(
    kind,
    [`It needs namespaces of Linux; this is ${os}.`],
    'Run the server in a container or a virtual machine.',
  );
}

function adviceFor(failure: string): string {
  if (/unknown option|unrecogni[sz]ed option|invalid option|applet not found/i.test(failure))
    return 'It needs bubblewrap 0.8 or later (the package "bubblewrap").';
  if (/permission denied|not permitted|namespace|uid map/i.test(failure))
    return 'The kernel refuses user namespaces: allow them with sysctl kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04; better an AppArmor profile for bwrap), kernel.unprivileged_userns_clone=1 (Debian 10) or user.max_user_namespaces above 0; in a container, start it with a seccomp profile that allows them (--security-opt seccomp=…, systempaths=unconfined).';
  return 'Run the command by hand to see more: bwrap --unshare-all --ro-bind / / true.';
}
