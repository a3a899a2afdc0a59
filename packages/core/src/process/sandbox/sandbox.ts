import { ToolyardError } from '../../errors.ts';
import type { Command } from '../command.ts';

/** What one program may use up. What is left out is not limited; which of them a sandbox can keep, it says itself. */
export interface ProcessLimits {
  /** CPU time of each process. */
  readonly cpuSeconds?: number | undefined;
  /** Size of each file a process writes. */
  readonly fileBytes?: number | undefined;
  /** Processes and threads at the same time. */
  readonly processes?: number | undefined;
  /**
   * Writable memory that each process may reserve, used or not. Node 24 reserves 575 MB for itself and 540 MB for
   * every worker thread: give it 1 GiB, and 2 GiB or more for test runners.
   */
  readonly memoryBytes?: number | undefined;
  /** Open files of each process. */
  readonly openFiles?: number | undefined;
}

/** A directory that a program may use. */
export interface SandboxRoot {
  /** Absolute real path of a directory. Only trusted programs may be able to rename it or what it lies in. */
  readonly path: string;
  readonly writable: boolean;
}

/** What one run needs from its sandbox. */
export interface SandboxNeeds {
  readonly roots: readonly SandboxRoot[];
  readonly network: boolean;
  readonly limits?: ProcessLimits | undefined;
}

/**
 * Puts a program into bounds that the operating system keeps.
 *
 * Whoever starts the wrapped command starts it in a session of its own (`detached: true`), which leaves it no terminal
 * to type into, and signals its process group: that reaches the program inside. See also `hasKeeper`.
 */
export interface ProcessSandbox {
  readonly name: string;
  /** One line for a log: what was found, and if there is no boundary, why. */
  readonly description: string;
  /** Whether a hostile program is held: it sees its roots and nothing else of this machine. */
  readonly isBoundary: boolean;
  /**
   * Whether what is started is no part of the program but keeps it: a signal that ends the keeper ends the program by
   * SIGKILL. So signals are for all of the process group but its leader; only SIGKILL, SIGSTOP and SIGCONT are for it
   * too. Default: false.
   */
  readonly hasKeeper?: boolean;
  /** The limits it keeps. Others in `needs.limits` have no effect. */
  readonly limits: readonly (keyof ProcessLimits)[];
  /**
   * The command that runs `command` inside. Its exit code is the program's; where a signal ended the program it may
   * be 128 + the number of the signal.
   *
   * @throws {ToolyardError} when it cannot be run there: `SANDBOX_CWD_OUTSIDE`, `SANDBOX_PROGRAM_HIDDEN`,
   * `SANDBOX_ROOT_REFUSED`, or `INVALID_OPTION` for a limit that is none.
   */
  wrap(command: Command, needs: SandboxNeeds): Command;
  close?(): Promise<void>;
}

/** No sandbox of the kind that was asked for works here. `attempts` says what was tried and what came back. */
export class SandboxUnavailableError extends ToolyardError {
  override readonly name: string = 'SandboxUnavailableError';
  readonly attempts: readonly string[];

  constructor(kind: string, attempts: readonly string[], advice: string, options?: ErrorOptions) {
    const tried = attempts.join(' ');
    super('SANDBOX_UNAVAILABLE', `The sandbox "${kind}" does not work here. ${tried} ${advice}`, options);
    this.attempts = attempts;
  }
}
