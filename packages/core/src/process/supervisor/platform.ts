import { execFile } from 'node:child_process';
import { allPids, linksOf } from './proc.ts';

/** What differs between systems when processes are ended. */
export interface ProcessPlatform {
  /** How programs are started. */
  readonly spawnOptions: { readonly detached: boolean; readonly windowsHide: boolean };
  /** Signals a caller may send. */
  readonly signals: readonly ProcessSignal[];
  /** Whether `/proc` shows what has left its process group. */
  readonly hasProc: boolean;
  /** Runs the watchdog, where there can be one. */
  readonly shell: string | undefined;
  /** Whether {@link ProcessPlatform.signalTree} still reaches what a program started once it has ended itself. */
  readonly outlivesProgram: boolean;
  /** Sends a signal to a program and what it started. False when nothing was left to get it. */
  signalTree(pid: number, signal: ProcessSignal): boolean;
  /** Whether anybody lives whom {@link ProcessPlatform.signalTree} would reach. False where the system cannot tell. */
  isTreeAlive(pid: number): boolean;
}

/** The signals of a supervisor. */
export type ProcessSignal = (typeof POSIX_SIGNALS)[number];

const POSIX_SIGNALS = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGPIPE',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGSTOP',
  'SIGCONT',
  'SIGKILL',
] as const;

/** The parts of Node a platform is made of; tests pass their own. */
export interface PlatformParts {
  readonly platform?: NodeJS.Platform;
  readonly kill?: (pid: number, signal: ProcessSignal | 0) => unknown;
  readonly run?: (file: string, args: readonly string[]) => void;
}

/**
 * The system this runs on.
 *
 * | | Linux | macOS and other POSIX | Windows |
 * | --- | --- | --- | --- |
 * | whole tree | process group, then `/proc` | process group | `taskkill /T` |
 * | what left its group | killed | survives | killed while its parent lives |
 * | asked to end first | SIGTERM | SIGTERM | only programs with a window |
 * | signals | all of the list | all of the list | SIGTERM and SIGKILL |
 * | after `kill -9` of the server | all killed | groups killed | survives |
 */
export function processPlatform({
  platform = process.platform,
  kill = process.kill.bind(process),
  run = runQuietly,
}: PlatformParts = {}): ProcessPlatform {
  return platform === 'win32' ? windows(run) : posix(platform === 'linux', kill);
}

function posix(isLinux: boolean, kill: NonNullable<PlatformParts['kill']>): ProcessPlatform {
  const reach = (pid: number, signal: ProcessSignal | 0): boolean => {
    try {
      kill(-pid, signal);
      return true;
    } catch (error) {
      // Somebody is there, but of another user.
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  };
  return {
    spawnOptions: { detached: true, windowsHide: false },
    signals: POSIX_SIGNALS,
    hasProc: isLinux,
    shell: '/bin/sh',
    outlivesProgram: true,
    signalTree: reach,
    // The dead count until somebody collects them, which in a container may be nobody.
    isTreeAlive: (pid) =>
      reach(pid, 0) && (!isLinux || allPids().some((member) => linksOf(member)?.group === pid)),
  };
}

// By its full path: Windows looks into the working directory first.
const TASKKILL = String.raw`C:\Windows\System32\taskkill.exe`;

function windows(run: NonNullable<PlatformParts['run']>): ProcessPlatform {
  return {
    // Detached, each program would open a console window.
    spawnOptions: { detached: false, windowsHide: true },
    signals: ['SIGTERM', 'SIGKILL'],
    hasProc: false,
    shell: undefined,
    outlivesProgram: false,
    signalTree(pid, signal) {
      run(TASKKILL, [...(signal === 'SIGKILL' ? ['/F'] : []), '/T', '/PID', String(pid)]);
      return true;
    },
    isTreeAlive: () => false,
  };
}

function runQuietly(file: string, args: readonly string[]): void {
  // What it says is of no use: a tree that is gone is what was wanted.
  execFile(file, [...args], { windowsHide: true }, () => {});
}
