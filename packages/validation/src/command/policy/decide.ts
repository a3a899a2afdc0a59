import { printable } from '../errors.ts';
import { arranged, isHiding } from './arrange.ts';
import type { CompiledRules } from './compile.ts';
import { denied, type CommandDecision } from './decision.ts';
import { describeAllowed } from './explain.ts';
import { Findings, type EarlierFindings } from './findings.ts';
import { holdsOneOf, readArguments, RefusedArgument, type ReadArgument } from './read-arguments.ts';
import type { Effect } from './schema.ts';

/** Everything a decision needs besides the rules of the program. */
export interface DecideContext {
  readonly cwd: string | undefined;
  /** For programs that start others (`npx vitest`). */
  readonly program: (name: string) => CompiledRules | undefined;
  /** The ids of the document's own rules. */
  readonly ruleIds: ReadonlySet<string>;
  /** The effect of the document's own rules, given what was found; `undefined` when none matches. */
  readonly override: (found: {
    label: string;
    options: ReadonlySet<string>;
  }) => { effect: Effect; ruleId: string; reason: string } | undefined;
}

/** Where the decision stands when a subcommand begins. */
interface Outer extends EarlierFindings {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly checks: readonly string[];
}

const OUTSIDE: Outer = {
  args: [],
  operands: [],
  env: {},
  checks: [],
  directory: undefined,
  options: new Set(),
  asks: [],
};

/** Decides about the arguments of one program. */
export function decideArguments(
  rules: CompiledRules,
  args: readonly string[],
  context: DecideContext,
  outer: Outer = OUTSIDE,
): CommandDecision {
  if (rules.effect === 'deny' && !rules.subcommands && !rules.alternatives)
    return denied(
      rules.id,
      `${rules.label} is not allowed${rules.reason === undefined ? '' : ` because it ${rules.reason}`}.`,
    );
  if (rules.alternatives) return firstOf(rules, args, context, outer);
  try {
    return decideOne(rules, args, context, outer);
  } catch (error) {
    if (error instanceof RefusedArgument)
      return denied(error.ruleId, `${error.message} ${describeAllowed(rules)}`);
    throw error;
  }
}

/** The first alternative that does not refuse; otherwise the refusal that got furthest. */
function firstOf(
  rules: CompiledRules,
  args: readonly string[],
  context: DecideContext,
  outer: Outer,
): CommandDecision {
  const inner = { ...outer, ...added(rules, outer) };
  const refusals: CommandDecision[] = [];
  for (const alternative of rules.alternatives ?? []) {
    const decision = decideArguments(alternative, args, context, inner);
    if (decision.effect !== 'deny' || context.ruleIds.has(decision.ruleId)) return decision;
    refusals.push(decision);
  }
  return (
    refusals.toSorted((a, b) => rank(a) - rank(b))[0] ?? denied(rules.id, `${rules.label} is not allowed.`)
  );
}

// A missing mode says less than an unknown option, and that less than a reason of its own.
function rank({ ruleId }: CommandDecision): number {
  if (ruleId.endsWith('.requires')) return 2;
  return ruleId.endsWith('.option') ? 1 : 0;
}

function added(rules: CompiledRules, outer: Outer): Pick<Outer, 'args' | 'env' | 'checks'> {
  const { insert = [], env = {}, checks = [] } = rules.rules;
  return {
    args: [...outer.args, ...insert, ...(rules.hides?.at === 'front' ? rules.hides.args : [])],
    env: { ...outer.env, ...env },
    checks: [...new Set([...outer.checks, ...checks])],
  };
}

function decideOne(
  rules: CompiledRules,
  args: readonly string[],
  context: DecideContext,
  outer: Outer,
): CommandDecision {
  const { read, count } = readArguments(rules, args);
  const found = new Findings(rules, outer, context.cwd);
  found.take(read);
  const before = added(rules, outer);
  const state: Outer = {
    ...before,
    checks: [...new Set([...before.checks, ...found.checks])],
    operands: found.paths,
    directory: found.directory,
    options: found.options,
    asks: found.asks,
  };
  const name = args[count];
  if (rules.subcommands && name !== undefined) {
    const inner = rules.subcommands.get(name);
    if (!inner)
      throw new RefusedArgument(
        `${rules.id}.subcommand`,
        `${rules.label}: ${printable(name)} is not allowed.`,
      );
    const withName = { ...state, args: [...state.args, ...arranged(rules, read, found.spelling), name] };
    return decideArguments(inner, args.slice(count + 1), context, withName);
  }
  assertRequired(rules, read);
  if (rules.rules.runs) return decideInner(rules, read, context, state);
  found.operandsFit();
  const hides = rules.hides && isHiding(rules.hides, read, found.read) ? rules.hides : undefined;
  return conclude(
    rules,
    context,
    { ...state, args: [...state.args, ...arranged(rules, read, found.spelling, hides)] },
    hides !== undefined,
  );
}

/** `npx vitest run`: the rules of vitest decide about the rest. */
function decideInner(
  rules: CompiledRules,
  read: readonly ReadArgument[],
  context: DecideContext,
  state: Outer,
): CommandDecision {
  const operands = read.filter((argument) => argument.type === 'operand').map(({ value }) => value);
  const [name, ...rest] = operands;
  const options = read.flatMap((argument) => (argument.type === 'option' ? argument.args : []));
  if (name === undefined) return conclude(rules, context, { ...state, args: [...state.args, ...options] });
  const inner = rules.rules.runs?.includes(name) ? context.program(name) : undefined;
  if (!inner)
    throw new RefusedArgument(
      `${rules.id}.program`,
      `${rules.label}: ${printable(name)} is not allowed; it may run ${rules.rules.runs?.join(', ')}.`,
    );
  const own = conclude(rules, context, state);
  const decision = decideArguments(inner, rest, context, { ...state, args: [] });
  if (own.effect === 'deny' || decision.effect === 'deny') return own.effect === 'deny' ? own : decision;
  const worse = own.effect === 'ask' ? own : decision;
  return {
    ...decision,
    effect: worse.effect,
    ruleId: worse.ruleId,
    reason: worse.reason,
    args: [...state.args, ...options, '--', name, ...decision.args],
  };
}

function assertRequired(rules: CompiledRules, read: readonly ReadArgument[]): void {
  if (rules.requires.size === 0) return;
  if (holdsOneOf(rules.requires, read)) return;
  const needed = [...rules.requires].map((name) =>
    name === 'operand' && rules.subcommands ? 'a subcommand' : name,
  );
  throw new RefusedArgument(
    `${rules.id}.requires`,
    `${rules.label} needs ${needed.length > 1 ? 'one of ' : ''}${needed.join(', ')}.`,
  );
}

function conclude(
  rules: CompiledRules,
  context: DecideContext,
  state: Outer,
  hidesNames = false,
): CommandDecision {
  const own =
    rules.effect === 'ask'
      ? [{ ruleId: rules.id, reason: `${rules.label} ${rules.reason ?? 'asks first'}.` }]
      : [];
  const asks = [...own, ...state.asks];
  const [ask] = asks;
  const override = context.override({ label: rules.label, options: state.options });
  if (override?.effect === 'deny')
    return denied(override.ruleId, `${rules.label} is not allowed: ${override.reason}`);
  const { effect, ruleId, reason } =
    override ??
    (ask
      ? { effect: 'ask' as const, ...ask }
      : { effect: 'allow' as const, ruleId: rules.id, reason: allowing(rules.label, hidesNames) });
  return {
    effect,
    ruleId,
    reason,
    args: state.args,
    operands: rules.writesHere
      ? [...state.operands, { value: state.directory ?? '.', access: 'write' as const }]
      : state.operands,
    env: state.env,
    directory: state.directory,
    pure: rules.rules.pure ?? false,
    checks: state.checks,
  };
}

function allowing(label: string, hidesNames: boolean): string {
  return hidesNames
    ? `${label} is allowed; files that may hold secrets (.env, keys, …) are left out.`
    : `${label} is allowed.`;
}
