import { PROFILES } from '../packs/profiles.ts';
import { NEVER } from '../packs/never.ts';
import { checkVariable } from '../environment.ts';
import { CommandPolicyError, printable } from '../errors.ts';
import { compileRules, type CompiledRules } from './compile.ts';
import { decideArguments, type DecideContext } from './decide.ts';
import { denied, type CommandDecision, type CommandRequest } from './decision.ts';
import { explainRules } from './explain.ts';
import { protectedNames, type CommandPolicyOptions } from './protected-names.ts';
import { policySchema, type PolicyDocument, type PolicyRule } from './schema.ts';
import { pathAccess } from './values.ts';

/** What the tools that run commands under this policy should say about themselves. */
export interface PolicyAnnotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly openWorldHint: boolean;
}

/** A policy, ready to decide. It keeps no state and never touches the machine. */
export interface CommandPolicy {
  readonly annotations: PolicyAnnotations;
  /** Programs that may run in some form, sorted. */
  readonly programs: readonly string[];
  /** Decides about one command. Never throws: what cannot be understood is denied. */
  decide(request: CommandRequest): CommandDecision;
  /** What a program may be started with, one line for each subcommand. */
  explain(program: string): string;
}

const MAX_ARGUMENTS = 1_024;
const MAX_ARGUMENT_LENGTH = 131_072;

/**
 * Makes a policy from its document. What no rule names is denied.
 *
 * Commands that read or unpack more than their operands say get arguments that keep them from protected names
 * (`grep -r` never shows a `.env`). Where a program knows no such arguments, someone is asked, or it is refused.
 *
 * What is committed to git is not hidden: whoever may run `git show` can name it by its hash. A path in a revision
 * (`HEAD:.env`) is an operand like others.
 *
 * @throws {CommandPolicyError} `INVALID_POLICY`, naming the place.
 *
 * @example
 * ```ts
 * import { commandPolicy } from '@toolyard/validation/command';
 *
 * const policy = commandPolicy({ profile: 'readonly' });
 * policy.decide({ program: 'git', args: ['log', '--oneline', '-5'] }).effect; // 'allow'
 * policy.decide({ program: 'git', args: ['log', '--output=x'] }).reason; // 'git log: "--output" is not allowed because it writes a file. Allowed: …'
 * ```
 */
export function commandPolicy(document: PolicyDocument, options: CommandPolicyOptions = {}): CommandPolicy {
  const parsed = policySchema.safeParse(document);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CommandPolicyError(`${issue?.path.join('.') || 'The policy'}: ${issue?.message}.`);
  }
  const { profile, programs: own = {}, rules = [], environment = [] } = document;
  const names = protectedNames(options);
  const compiled = new Map(
    Object.entries({ ...PROFILES[profile], ...own }).map(([name, program]) => [
      name,
      compileRules(name, program, names),
    ]),
  );
  for (const rule of rules) assertKnown(rule, compiled);
  const allowed = [...compiled]
    .filter(([, program]) => isReachable(program))
    .map(([name]) => name)
    .toSorted();

  const ruleIds = new Set(rules.map(({ id }) => id));

  function decide({ program, args = [], cwd, env = {} }: CommandRequest): CommandDecision {
    const found = compiled.get(program);
    if (!found) return unknownProgram(program, allowed, profile);
    const problem = checkSizes(args);
    if (problem !== undefined) return denied(`${program}.arguments`, `${program}: ${problem}`);
    for (const [name, value] of Object.entries(env)) {
      const refusal = checkVariable(name, value, environment);
      if (refusal !== undefined) return denied('environment', refusal);
    }
    const context: DecideContext = {
      cwd,
      program: (name) => compiled.get(name),
      ruleIds,
      override: (given) => strongest(rules.filter((rule) => applies(rule, given.label, given.options))),
    };
    return decideArguments(found, args, context);
  }

  return {
    annotations: annotate(allowed.map((name) => compiled.get(name)).filter((rules_) => rules_ !== undefined)),
    programs: allowed,
    decide,
    explain(program) {
      const found = compiled.get(program);
      return found ? explainRules(found) : unknownProgram(program, allowed, profile).reason;
    },
  };
}

function unknownProgram(
  program: string,
  allowed: readonly string[],
  profile: PolicyDocument['profile'],
): CommandDecision {
  const shown = printable(program);
  const list = allowed.length > 0 ? `Allowed: ${allowed.join(', ')}.` : 'The policy allows no program.';
  if (/[/\\]/.test(program))
    return denied('program', `${shown} is a path; programs are started by their bare name. ${list}`);
  if (Object.hasOwn(NEVER, program))
    return denied(`never.${program}`, `${program} is not allowed because it ${NEVER[program]}. ${list}`);
  const isInDev = profile !== 'dev' && Object.hasOwn(PROFILES.dev, program);
  return denied(
    'program',
    `The program ${shown} is not allowed${isInDev ? ` by the profile ${profile}` : ''}. ${list}`,
  );
}

function checkSizes(args: readonly string[]): string | undefined {
  if (args.length > MAX_ARGUMENTS) return `more than ${MAX_ARGUMENTS} arguments.`;
  if (args.reduce((sum, argument) => sum + argument.length, 0) > MAX_ARGUMENT_LENGTH)
    return `the arguments are longer than ${MAX_ARGUMENT_LENGTH} characters.`;
  const hidden = args.find((argument) => HIDDEN.test(argument));
  return hidden === undefined
    ? undefined
    : `${printable(hidden)} holds characters that hide what it says. Allowed: text, tabs and line ends.`;
}

// Control characters, except tab and line feed; bidirectional overrides; half characters. NUL would end the argument early.
const HIDDEN = /(?![\t\n])\p{Cc}|[\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]|\p{Cs}/u;

function applies(rule: PolicyRule, label: string, options: ReadonlySet<string>): boolean {
  const wanted = rule.subcommand === undefined ? rule.program : `${rule.program} ${rule.subcommand}`;
  if (label !== wanted && !label.startsWith(`${wanted} `)) return false;
  return rule.option === undefined || options.has(rule.option);
}

function strongest(
  rules: readonly PolicyRule[],
): { effect: PolicyRule['effect']; ruleId: string; reason: string } | undefined {
  const rule = (['deny', 'ask', 'allow'] as const)
    .map((effect) => rules.find((one) => one.effect === effect))
    .find(Boolean);
  return rule && { effect: rule.effect, ruleId: rule.id, reason: rule.reason };
}

function assertKnown(rule: PolicyRule, programs: ReadonlyMap<string, CompiledRules>): void {
  let found = programs.get(rule.program);
  for (const name of rule.subcommand?.split(' ') ?? []) found = subcommand(found, name);
  // A rule that never matches would look like protection.
  if (!found)
    throw new CommandPolicyError(
      `rules: ${rule.id}: there is no ${rule.program} ${rule.subcommand ?? ''} in this policy.`,
    );
  if (rule.option !== undefined && !hasOption(found, rule.option))
    throw new CommandPolicyError(
      `rules: ${rule.id}: ${found.label} has no option ${rule.option} in this policy.`,
    );
}

function subcommand(rules: CompiledRules | undefined, name: string): CompiledRules | undefined {
  return (
    rules?.subcommands?.get(name) ??
    rules?.alternatives?.map((inner) => subcommand(inner, name)).find(Boolean)
  );
}

function hasOption(rules: CompiledRules, option: string): boolean {
  const inner = [...(rules.alternatives ?? []), ...(rules.subcommands?.values() ?? [])];
  return rules.table.known.has(option) || inner.some((one) => hasOption(one, option));
}

function isReachable(rules: CompiledRules): boolean {
  const inner = [...(rules.alternatives ?? []), ...(rules.subcommands?.values() ?? [])];
  return rules.effect !== 'deny' || inner.some((one) => isReachable(one));
}

function annotate(programs: readonly CompiledRules[]): PolicyAnnotations {
  const does = new Set(programs.flatMap((program) => [...deeds(program)]));
  const writes = does.has('writes') || does.has('anything');
  return { readOnlyHint: !writes, destructiveHint: writes, openWorldHint: does.has('anything') };
}

/** All that a program can do under its rules. An operand or option that is written counts, whatever the rules say. */
function deeds(rules: CompiledRules): Set<string> {
  const inner = [...(rules.alternatives ?? []), ...(rules.subcommands?.values() ?? [])];
  if (inner.length > 0) return new Set(inner.flatMap((one) => [...deeds(one)]));
  if (rules.effect === 'deny') return new Set();
  const shapes = [...rules.operands, ...(rules.afterDashes ?? [])].map(({ shape }) => shape);
  for (const { value } of rules.table.known.values()) if (value) shapes.push(value);
  const writes =
    rules.writesHere ||
    rules.writesWith.size > 0 ||
    shapes.some((shape) => (pathAccess(shape) ?? 'read') !== 'read');
  return new Set(writes ? [rules.does, 'writes'] : [rules.does]);
}
