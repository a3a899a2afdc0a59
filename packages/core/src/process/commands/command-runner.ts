import { InvalidOptionError } from '../../errors.ts';
import type { EnvPolicy } from '../environment.ts';
import type { CaptureOptions } from '../output/output-capture.ts';
import { createProgramFinder, type ProgramFinder } from '../programs.ts';
import type { SafeRoots } from '../roots/safe-roots.ts';
import type { ProcessLimits } from '../sandbox/sandbox.ts';
import type { ManagedProcess, ProcessExit } from '../supervisor/managed-process.ts';
import type { ProcessSupervisor, StartOptions } from '../supervisor/supervisor.ts';
import type { CommandPlan } from './plan.ts';
import type { CommandCheck, CommandPolicy } from './policy.ts';
import { createPreparation, type PreparedCommand, type PreparedPlan } from './prepare.ts';
import { runPlan } from './run-plan.ts';

/** What `createCommandRunner` needs. All of it stays yours to close. */
export interface CommandRunnerOptions {
  readonly policy: CommandPolicy;
  /** Where programs work, and what their operands have to lie in. */
  readonly roots: SafeRoots;
  /** Its sandbox, where it has one, shows programs the roots and nothing else. */
  readonly supervisor: ProcessSupervisor;
  readonly environment: EnvPolicy;
  /** Default: programs of the system's own directories. */
  readonly programs?: ProgramFinder | undefined;
  /**
   * The checks that decisions name, for example `GIT_CHECKS` of `@toolyard/validation/command`. A command with a check
   * that is not here is denied.
   */
  readonly checks?: Readonly<Record<string, CommandCheck>> | undefined;
  /** Of each program, where the sandbox can keep them. */
  readonly limits?: ProcessLimits | undefined;
  /** Whether programs in a sandbox reach the network. Default: false. */
  readonly network?: boolean | undefined;
  /** Whether programs in a sandbox may change the roots that are writable. Default: true. */
  readonly writes?: boolean | undefined;
  /** How output is captured, where a run does not say otherwise. */
  readonly capture?: CaptureOptions | undefined;
  /** Hears of every decision, denials included; for an audit. */
  readonly onDecision?: ((decided: DecidedCommand) => void) | undefined;
}

/** A command as callers write it. */
export interface CommandInput {
  /** The bare name of a program. */
  readonly program: string;
  readonly args?: readonly string[] | undefined;
  /** A directory as `SafeRoots` reads paths: `src`, `name:src`, absolute. Default: the first root. */
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly stdin?: string | undefined;
}

/** A plan as callers write it. */
export interface PlanInput {
  readonly plan: CommandPlan;
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** For the first command. */
  readonly stdin?: string | undefined;
}

/** Who wants to run a command, and who can be asked. */
export interface PrepareOptions {
  /** `callerKey` makes one. */
  readonly owner: string;
  /**
   * Asks whoever may allow what the policy wants to have confirmed; all commands of a plan at once. Resolves to
   * `undefined` when nobody could be asked, which is a no. Default: nobody can.
   */
  readonly approve?: ((commands: readonly CommandQuestion[]) => Promise<boolean | undefined>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A command that somebody has to allow. */
export interface CommandQuestion {
  readonly program: string;
  readonly args: readonly string[];
  /** As a client would write it. */
  readonly cwd: string;
  readonly ruleId: string;
  /** Why somebody is asked. */
  readonly reason: string;
}

/** What was decided about one command. Arguments may hold secrets: redact them. */
export interface DecidedCommand extends CommandQuestion {
  readonly owner: string;
  readonly effect: 'allow' | 'ask' | 'deny';
  /** The answer, when somebody was asked. */
  readonly isApproved?: boolean | undefined;
}

/** How a prepared command is started. */
export type StartCommandOptions = Pick<
  StartOptions,
  | 'owner'
  | 'id'
  | 'label'
  | 'timeoutMs'
  | 'idleTimeoutMs'
  | 'killGraceMs'
  | 'signal'
  | 'background'
  | 'capture'
> & {
  /** Leaves stdin open for {@link ManagedProcess.write}, after the text of the command. Default: false. */
  readonly openInput?: boolean | undefined;
};

/** How a plan is run. */
export interface RunPlanOptions {
  readonly owner: string;
  /** For all of it. Default: no limit. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly capture?: Partial<CaptureOptions> | undefined;
}

/** How a plan ended: by its last command that ran. */
export interface PlanExit extends ProcessExit {
  /** Every command that ran, in order; those of a pipeline as they stand in it. */
  readonly commands: readonly CommandExit[];
}

/** How one command of a plan ended. */
export interface CommandExit {
  readonly program: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** Runs commands that a policy allows, inside roots. */
export interface CommandRunner {
  /**
   * Decides, asks and checks; starts nothing but the checks. Start what comes back soon: what was checked may change.
   *
   * @throws {ToolError} `COMMAND_DENIED` with the rule in its message and data, `COMMAND_NOT_APPROVED`, or what
   * `SafeRoots`, `environmentOf` and `findProgram` refuse.
   */
  prepare(input: CommandInput, options: PrepareOptions): Promise<PreparedCommand>;
  /** The same for all commands of a plan: either all may run or none does. */
  preparePlan(input: PlanInput, options: PrepareOptions): Promise<PreparedPlan>;
  /** @throws {ToolError} as `ProcessSupervisor.start`. */
  start(command: PreparedCommand, options: StartCommandOptions): Promise<ManagedProcess>;
  /**
   * Runs pipelines one after the other, with the output of all in one capture. Files that output is redirected to are
   * written when their pipeline has ended, whole or not at all. Streams that are joined (`2>&1`) keep the order of
   * each; between them it is that of arrival.
   *
   * @throws {ToolError} as `ProcessSupervisor.start`, where nothing has run yet; later that is the failure of a
   * pipeline, with the reason on stderr.
   */
  runPlan(plan: PreparedPlan, options: RunPlanOptions): Promise<PlanExit>;
}

/**
 * A runner: a policy decides, paths are held against roots, programs come from fixed directories and get a fixed
 * environment, and a supervisor starts them. No shell has a part in it.
 *
 * @throws {InvalidOptionError}
 *
 * @example
 * ```ts
 * import { createCommandRunner, createProcessSupervisor, openSafeRoots } from '@toolyard/core/process';
 * import { commandPolicy, GIT_CHECKS, parseCommandLine } from '@toolyard/validation/command';
 *
 * await using supervisor = createProcessSupervisor();
 * await using roots = await openSafeRoots({ roots: [{ name: 'project', path: '/srv/project' }] });
 * const policy = commandPolicy({ profile: 'readonly' });
 * const environment = { home: '/var/lib/my-server/home' };
 * const runner = createCommandRunner({ policy, roots, supervisor, environment, checks: GIT_CHECKS });
 *
 * const plan = await runner.preparePlan({ plan: parseCommandLine('git log --oneline | head -5') }, { owner: 'ann' });
 * const { exitCode, output } = await runner.runPlan(plan, { owner: 'ann', timeoutMs: 60_000 });
 * ```
 */
export function createCommandRunner(options: CommandRunnerOptions): CommandRunner {
  const { supervisor, roots, capture } = options;
  if (typeof options.policy?.decide !== 'function')
    throw new InvalidOptionError('policy', 'must have decide()');
  const programs = options.programs ?? createProgramFinder();
  const preparation = createPreparation({ ...options, programs });

  return {
    prepare: (input, who) => preparation.command(input, who),
    preparePlan: (input, who) => preparation.plan(input, who),
    start({ command, sandbox, stdin, limits }, { openInput = false, ...how }) {
      return supervisor.start(command, {
        ...how,
        sandbox,
        limits,
        capture: { ...capture, ...how.capture },
        stdin: stdin === undefined ? (openInput ? 'open' : undefined) : { text: stdin, keepOpen: openInput },
      });
    },
    runPlan: (plan, how) =>
      runPlan(plan, { ...how, supervisor, roots, capture: { ...capture, ...how.capture } }),
  };
}
