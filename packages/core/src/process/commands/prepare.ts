import { isToolError, ToolError } from '../../errors.ts';
import { isRecord } from '../../protocol/json-rpc.ts';
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
import { checkOperands, type CheckedOperand } from './operands.ts';
import type { PlannedRedirect } from './plan.ts';
import type { CommandDecision, PathOperand } from './policy.ts';
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

/** A pipeline that may run. */
export interface PreparedStep {
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

  /** All or none; whoever is asked is asked once, and only about what could run. */
  async function prepareAll(
    inputs: readonly PartInput[],
    place: Place,
    who: PrepareOptions,
  ): Promise<PreparedPart[]> {
    const decided = inputs.map((input) => ({
      input,
      decision: policy.decide({ ...input, cwd: place.path }),
    }));
    const tell = ({ input, decision }: Decided, facts: Partial<DecidedCommand> = {}): void =>
      onDecision?.({
        owner: who.owner,
        ...questionOf(input, decision, place),
        effect: decision.effect,
        ...facts,
      });
    const checkAll = async (): Promise<PreparedPart[]> => {
      const parts: PreparedPart[] = [];
      for (const each of decided) {
        try {
          parts.push(await check(each, place, who));
        } catch (error) {
          if (isToolError(error)) tell(each, refusalOf(error));
          throw error;
        }
      }
      return parts;
    };

    const refused = decided.find(({ decision }) => decision.effect === 'deny');
    if (refused) {
      tell(refused);
      throw denied(refused.decision);
    }
    const parts = await checkAll();
    const asked = decided.filter(({ decision }) => decision.effect === 'ask');
    const questions = asked.map(({ input, decision }) => questionOf(input, decision, place));
    const answer = asked.length > 0 ? await who.approve?.(questions) : true;
    for (const each of decided) tell(each, asked.includes(each) ? { isApproved: answer ?? false } : {});
    if (answer !== true) throw notApproved(questions, answer !== undefined);
    // People take their time, and what was checked may have changed meanwhile.
    return asked.length > 0 ? checkAll() : parts;
  }

  async function check(
    { input, decision }: Decided,
    place: Place,
    { owner, signal }: PrepareOptions,
  ): Promise<PreparedPart> {
    const { program, stdin, redirects } = input;
    const file = await programs.find(program);
    const env = { ...environmentOf(environment, input.env), ...decision.env };
    const command: Command = { file, name: program, args: decision.args, cwd: place.path, env };
    const operands = await checkOperands(
      roots,
      [...redirects.flatMap(operandOf), ...decision.operands],
      place.path,
    );
    await runChecks(decision, { ...options, owner, command, sandbox, signal });
    const { ruleId, pure } = decision;
    return { command, stdin, sandbox, limits, ruleId, pure, operands, redirects };
  }

  return {
    async command(input: CommandInput, who: PrepareOptions): Promise<PreparedCommand> {
      const place = await locateDirectory(input.cwd);
      const [part] = await prepareAll([{ ...input, redirects: [] }], place, who);
      return part!;
    },
    async plan({ plan, cwd, env, stdin }: PlanInput, who: PrepareOptions): Promise<PreparedPlan> {
      const place = await locateDirectory(cwd);
      const planned = plan.steps.flatMap(({ commands }) => commands);
      const parts = await prepareAll(
        planned.map((part) => ({ ...part, env })),
        place,
        who,
      );
      let next = 0;
      const steps = plan.steps.map(({ when, commands }) => ({
        when,
        commands: commands.map(() => parts[next++]!),
      }));
      return { steps, stdin };
    },
  };
}

/** A command and where its streams lead. */
interface PartInput extends CommandInput {
  readonly redirects: readonly PlannedRedirect[];
}

interface Decided {
  readonly input: PartInput;
  readonly decision: CommandDecision;
}

/** A working directory, as a client would write it and as it is. */
interface Place {
  readonly shown: string;
  readonly path: string;
}

function questionOf(
  { program, args = [] }: CommandInput,
  { ruleId, reason }: CommandDecision,
  { shown }: Place,
): CommandQuestion {
  return { program, args, cwd: shown, ruleId, reason };
}

/** What the rules allow and a look at the machine does not. */
function refusalOf({ code, message, data }: ToolError): Partial<DecidedCommand> {
  const ruleId = isRecord(data) && typeof data['ruleId'] === 'string' ? data['ruleId'] : code;
  return { effect: 'deny', ruleId, reason: message };
}

function operandOf({ mode, target }: PlannedRedirect): PathOperand[] {
  if (typeof target !== 'string') return [];
  return [{ value: target, access: mode === 'read' ? 'read' : 'write' }];
}

function denied({ ruleId, reason }: CommandDecision): ToolError {
  return new ToolError('COMMAND_DENIED', `${reason} (rule: ${ruleId})`, { data: { ruleId } });
}

function notApproved(questions: readonly CommandQuestion[], wasAsked: boolean): ToolError {
  const [{ ruleId, reason }] = questions as [CommandQuestion];
  const why = wasAsked
    ? 'Nobody allowed it.'
    : 'This client cannot ask anybody, so it is not run; a user can allow it in the policy of the server.';
  return new ToolError('COMMAND_NOT_APPROVED', `${reason} ${why} (rule: ${ruleId})`, { data: { ruleId } });
}
