import { lstatSync, realpathSync } from 'node:fs';
import { release } from 'node:os';
import { posix } from 'node:path';
import { InvalidOptionError, ToolError, ToolyardError } from '../../errors.ts';
import { positiveInteger } from '../../options.ts';
import type { Command } from '../command.ts';
import { hostPlatform, type Platform } from '../platform.ts';
import { pathToStart } from './multi-call.ts';
import { besidesOthers, keptLimits, prlimitOptions } from './resource-limits.ts';
import { isReserved, isWithin, readableMounts, rootMounts } from './root-mounts.ts';
import type { ProcessSandbox, SandboxNeeds } from './sandbox.ts';
import { isInstalled, networkMounts, systemMounts } from './system-mounts.ts';

/** What `bwrapSandbox` needs. */
export interface BwrapSandboxOptions {
  /** Absolute paths of the programs it is made of. Default: those in `/usr/bin`. */
  readonly programs?: Partial<SandboxPrograms>;
  /**
   * Real paths of more directories and files that every program may read: a Node installation outside `/usr`, tools,
   * caches. As with roots, only trusted programs may be able to rename them.
   */
  readonly readable?: readonly string[];
  /**
   * Real paths inside writable roots that stay read-only: `.git/hooks`, `.git/config`. They are held from when the
   * sandbox is made; one that is not there by then cannot be protected and is left out.
   */
  readonly readOnly?: readonly string[];
  /** Size of `/tmp`, `/dev/shm` and the private home, each. They are memory. Default: 256 MiB. */
  readonly temporaryBytes?: number;
  /** For {@link ProcessSandbox.description}. */
  readonly version?: string;
  readonly platform?: Platform;
}

/** The programs a bubblewrap sandbox is made of. */
export interface SandboxPrograms {
  readonly bwrap: string;
  /** prlimit(1) of util-linux; `undefined` leaves limits out. */
  readonly prlimit: string | undefined;
}

/**
 * Runs each program in namespaces of its own, made by bubblewrap 0.8 or later: it sees its roots, the programs of the
 * machine read-only, an empty `/tmp` and HOME, its own processes, and no network unless asked for. It ends with the
 * server. Linux only; `openSandbox('bwrap')` finds the programs and tries them first.
 *
 * @throws {InvalidOptionError} for a path in `readable` or `readOnly` that is not absolute and real.
 */
export function bwrapSandbox(options: BwrapSandboxOptions = {}): ProcessSandbox {
  const { temporaryBytes = 256 * 1024 * 1024, platform = hostPlatform(), version = '' } = options;
  const { bwrap, prlimit }: SandboxPrograms = { ...DEFAULT_PROGRAMS, ...options.programs };
  const readable = realPaths('readable', options.readable ?? []);
  const readOnly = realPaths('readOnly', options.readOnly ?? []);
  const limits = prlimit === undefined ? [] : keptLimits(platform.userId);
  const size = String(positiveInteger('temporaryBytes', temporaryBytes));

  const shared = [
    ISOLATED,
    ['--dev', '/dev', '--size', size, '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    systemMounts(),
    ['--proc', '/proc'],
    // Its files belong to root, and root outside is root inside: without capabilities, but still their owner.
    ['--ro-bind', '/proc/sys', '/proc/sys'],
    ['--perms', '1777', '--size', size, '--tmpfs', '/tmp'],
  ].flat();
  const names = networkMounts();

  function wrap(command: Command, needs: SandboxNeeds): Command {
    const { roots, network, limits: asked = {} } = needs;
    assertInside(command, needs, readable);
    const { inner, outer } = divide(command.env);
    const limited = prlimit === undefined ? [] : prlimitOptions(asked, limits, countProcesses);
    const args = [
      shared,
      network ? ['--share-net', ...names] : [],
      homeMount(command.env['HOME'], needs, size),
      readableMounts(readable, roots),
      rootMounts(roots, readOnly),
      ['--remount-ro', '/', '--chdir', command.cwd],
      Object.entries(inner).flatMap(([name, value]) => ['--setenv', name, value]),
      ['--'],
      limited.length > 0 && prlimit !== undefined ? [prlimit, ...limited, '--'] : [],
      [pathToStart(command), ...command.args],
    ].flat();
    return { file: bwrap, args, cwd: '/', env: outer };
  }

  return {
    name: 'bwrap',
    description: `bubblewrap${version && ` ${version}`}: namespaces of its own for each program`,
    isBoundary: true,
    hasKeeper: true,
    limits,
    wrap,
  };
}

const DEFAULT_PROGRAMS: SandboxPrograms = {
  bwrap: '/usr/bin/bwrap',
  prlimit: '/usr/bin/prlimit',
};

const ISOLATED = [
  '--unshare-all',
  '--unshare-user',
  '--disable-userns',
  '--die-with-parent',
  '--cap-drop',
  'ALL',
];

// Since Linux 5.14 processes are counted for each user namespace: here, what runs inside and the reaper.
function countProcesses(allowed: number): number {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 14) ? allowed + 1 : besidesOthers(allowed);
}

// Would change the programs that build the sandbox, which run outside it.
const LOADER_VARIABLES = /^(?:LD_.*|GLIBC_TUNABLES|GCONV_PATH|LOCPATH|NLSPATH|MALLOC_.*)$/;

type Variables = Record<string, string>;

function divide(env: Readonly<Variables>): { inner: Variables; outer: Variables } {
  const entries = Object.entries(env);
  return {
    inner: Object.fromEntries(entries.filter(([name]) => LOADER_VARIABLES.test(name))),
    outer: Object.fromEntries(entries.filter(([name]) => !LOADER_VARIABLES.test(name))),
  };
}

/** An empty home, unless a root provides it. */
function homeMount(home: string | undefined, { roots }: SandboxNeeds, size: string): string[] {
  if (home === undefined || !/^\/[^/]/.test(home) || posix.normalize(home) !== home) return [];
  const taken = roots.some(({ path }) => isWithin(home, path));
  return taken || home === '/tmp' || isReserved(home) ? [] : ['--size', size, '--tmpfs', home];
}

function assertInside(command: Command, { roots }: SandboxNeeds, readable: readonly string[]): void {
  const { cwd, file } = command;
  if (posix.normalize(cwd) !== cwd || !roots.some(({ path }) => isWithin(cwd, path)))
    throw new ToolError(
      'SANDBOX_CWD_OUTSIDE',
      `The working directory ${cwd} is in none of the roots: ${roots.map(({ path }) => path).join(', ') || 'there are none'}.`,
    );
  const isVisible =
    isInstalled(file) || [...roots.map(({ path }) => path), ...readable].some((path) => isWithin(file, path));
  if (!isVisible)
    throw new ToolyardError(
      'SANDBOX_PROGRAM_HIDDEN',
      `The program ${file} is not visible in the sandbox. Name it, or the directory it is installed in, in the option readable of the sandbox.`,
    );
}

function realPaths(option: string, paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!posix.isAbsolute(path)) throw new InvalidOptionError(option, `names ${path}, which is not absolute`);
    if (!lstatSync(path, { throwIfNoEntry: false })) return [];
    const real = realpathSync(path);
    if (real === path) return [path];
    throw new InvalidOptionError(option, `names ${path}, which is a link to ${real}`);
  });
}
