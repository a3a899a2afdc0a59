import { ToolError } from '../../errors.ts';
import type { Command } from '../command.ts';
import { environmentOf } from '../environment.ts';
import type { ProgramFinder } from '../programs.ts';
import type { ProcessLimits, SandboxNeeds } from '../sandbox/sandbox.ts';
import type {
  CommandInput,
  CommandQuestion,
  CommandRunnerOptions,
  DecidedCommand,
  PlanInput,
  PrepareOptions,
} from './command-runner.ts';
import { checkOperands, isStream, type CheckedOperand } from './operands.ts';
import type { PlannedRedirect } from './plan.ts';
import type { CommandDecision } from './policy.ts';
import { runChecks } from './run-checks.ts';

/** A command that may run: decided, allowed, its paths checked. */
export interface PreparedCommand {
  readonly command: Command;
  readonly stdin: string | undefined;
  /** What it needs from the sandbox of the supervisor, if that has one. */
  readonly sandbox: SandboxNeeds | undefined;
  readonly limits: ProcessLimits | undefined;
  readonly ruleId: string;
  /** Same arguments, same files: same output. */
  readonly pure: boolean;
  /** Absolute real paths of what it names. */
  readonly operands: readonly CheckedOperand[];
}

/** A plan that may run. */
export interface PreparedPlan {
  readonly steps: readonly PreparedStep[];
  readonly stdin: string | undefined;
}

interface PreparedStep {
  readonly when: 'always' | 'onSuccess' | 'onFailure';
  readonly commands: readonly PreparedPart[];
}

/** A command in a pipeline. */
export interface PreparedPart extends PreparedCommand {
  readonly redirects: readonly PlannedRedirect[];
}

type PreparationOptions = CommandRunnerOptions & { readonly programs: ProgramFinder };

/** Everything that comes before a start. */
export function createPreparation(options: PreparationOptions) {
  const { policy, roots, supervisor, environment, programs, limits, onDecision } = options;
  const { network = false, writes = true } = options;
  const sandbox = supervisor.sandbox && {
    roots: roots.roots.map(({ path, writable }) => ({ path, writable: writable && writes })),
    network,
  };

  async function locateDirectory(cwd: string | undefined): Promise<Place> {
    const { path, absolutePath, type } = await roots.locate(cwd ?? '.');
    if (type === 'directory') return { shown: path, path: absolutePath };
    const why = type === 'missing' ? 'does not exist' : 'is not a directory';
    throw new ToolError('NOT_A_DIRECTORY', `The working directory ${JSON.stringify(cwd)} ${why}.`);
  }

  /** All or none; whoever is asked is asked once. */
  async function decideAll(
    inputs: readonly CommandInput[],
    place: Place,
    who: PrepareOptions,
  ): Promise<CommandDecision[]> {
    const { owner, approve } = who;
    const decisions = inputs.map((input) => policy.decide({ ...input, cwd: place.path }));
    const tell = (index: number, isApproved?: boolean) => {
      const { effect } = decisions[index]!;
      const decided: DecidedCommand = { owner, ...questionOf(index), effect };
      onDecision?.(isApproved === undefined ? decided : { ...decided, isApproved });
    };
    const questionOf = (index: number): CommandQuestion => {
      const { program, args = [] } = inputs[index]!;
      const { ruleId, reason } = decisions[index]!;
      return { program, args, cwd: place.shown, ruleId, reason };
    };
    const deniedAt = decisions.findIndex(({ effect }) => effect === 'deny');
    if (deniedAt !== -1) {
      tell(deniedAt);
      const { ruleId, reason } = decisions[deniedAt]!;
      throw denied(ruleId, reason);
    }
    const asked = decisions.flatMap(({ effect }, index) => (effect === 'ask' ? [index] : []));
    const answer = asked.length > 0 ? await approve?.(asked.map(questionOf)) : true;
    const isApproved = answer ?? false;
    for (const index of decisions.keys()) tell(index, asked.includes(index) ? isApproved : undefined);
    if (!isApproved) throw notApproved(asked.map(questionOf), answer !== undefined);
    return decisions;
  }

  async function finish(
    input: CommandInput,
    decision: CommandDecision,
    place: Place,
    { owner, signal }: PrepareOptions,
  ): Promise<PreparedCommand> {
    const { program, stdin } = input;
    const file = await programs.find(program);
    const env = { ...environmentOf(environment, input.env), ...decision.env };
    const toStart: Command = { file, name: program, args: decision.args, cwd: place.path, env };
    const operands = await checkOperands(roots, decision.operands, place.path);
    await runChecks(decision, { ...options, owner, command: toStart, sandbox, signal });
    const { ruleId, pure } = decision;
    return { command: toStart, stdin, sandbox, limits, ruleId, pure, operands };
  }

  async function command(input: CommandInput, who: PrepareOptions): Promise<PreparedCommand> {
    const place = await locateDirectory(input.cwd);
    const [decision] = await decideAll([input], place, who);
    return finish(input, decision!, place, who);
  }

  async function plan(
    { plan: { steps }, cwd, env, stdin }: PlanInput,
    who: PrepareOptions,
  ): Promise<PreparedPlan> {
    const place = await locateDirectory(cwd);
    const planned = steps.flatMap(({ commands }) => commands);
    const inputs = planned.map(({ program, args }) => ({ program, args, env }));
    const decisions = await decideAll(inputs, place, who);
    const parts: PreparedPart[] = [];
    for (const [index, { redirects }] of planned.entries()) {
      const paths = redirects.flatMap(({ mode, target }) =>
        typeof target === 'string' && !isStream(target)
          ? [{ value: target, access: mode === 'read' ? ('read' as const) : ('write' as const) }]
          : [],
      );
      await checkOperands(roots, paths, place.path);
      const prepared = await finish(inputs[index]!, decisions[index]!, place, who);
      parts.push({ ...prepared, redirects });
    }
    let next = 0;
    return {
      stdin,
      steps: steps.map(({ when, commands }) => ({ when, commands: commands.map(() => parts[next++]!) })),
    };
  }

  return { command, plan };
}

/** A working directory, as a client would write it and as it is. */
interface Place {
  readonly shown: string;
  readonly path: string;
}

function denied(ruleId: string, reason: string): ToolError {
  return new ToolError('COMMAND_DENIED', `${reason} (rule: ${ruleId})`, { data: { ruleId } });
}

function notApproved(questions: readonly CommandQuestion[], wasAsked: boolean): ToolError {
  const [{ ruleId, reason }] = questions as [CommandQuestion];
  const why = wasAsked
    ? 'Nobody allowed it.'
    : 'This client cannot ask anybody, so it is not run; a user can allow it in the policy of the server.';
  return new ToolError('COMMAND_NOT_APPROVED', `${reason} ${why} (rule: ${ruleId})`, { data: { ruleId } });
}
