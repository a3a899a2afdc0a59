import { CommandPolicyError } from '../errors.ts';
import { optionTable, type OptionTable } from './option-table.ts';
import { DEFAULT_NAMES, nameMatcher, spellName, type NameLists } from './protected-names.ts';
import type { Effect, HidesRule, OperandRule, ProgramRules } from './schema.ts';
import { parseValueShape, type ValueShape } from './values.ts';

/** One operand by position. */
export interface OperandSpec {
  readonly shape: ValueShape;
  readonly repeats: boolean;
  readonly unless: ReadonlySet<string>;
}

/** Arguments that keep a program from protected names. */
export interface HidingArguments {
  readonly args: readonly string[];
  readonly at: HidesRule['at'];
  /** Empty: always. */
  readonly with: ReadonlySet<string>;
  readonly unlessObjects: boolean;
  /** Whether a name is an exception. */
  readonly isReadable: (name: string) => boolean;
}

/** The rules of a program or subcommand, ready to decide with. */
export interface CompiledRules {
  /** `git stash list`; how messages call it. */
  readonly label: string;
  /** `git.stash.list`; what rule ids start with. */
  readonly id: string;
  readonly rules: ProgramRules;
  readonly table: OptionTable;
  readonly effect: Effect;
  readonly reason: string | undefined;
  readonly does: 'reads' | 'writes' | 'anything';
  readonly writesHere: boolean;
  readonly operands: readonly OperandSpec[];
  readonly afterDashes: readonly OperandSpec[] | undefined;
  readonly requires: ReadonlySet<string>;
  readonly writesWith: ReadonlySet<string>;
  readonly literals: ReadonlySet<string>;
  readonly hides: HidingArguments | undefined;
  readonly reachesBelow: ReadonlySet<string>;
  /** Whether a name is protected. */
  readonly isProtected: (name: string) => boolean;
  readonly subcommands: ReadonlyMap<string, CompiledRules> | undefined;
  readonly alternatives: readonly CompiledRules[] | undefined;
}

/**
 * Checks and prepares the rules of one program.
 *
 * @throws {CommandPolicyError} naming the place of the first mistake.
 */
export function compileRules(
  name: string,
  rules: ProgramRules,
  names: NameLists = DEFAULT_NAMES,
  parent?: CompiledRules,
): CompiledRules {
  const label = parent ? `${parent.label} ${name}` : name;
  return compile(label, label.replaceAll(' ', '.'), rules, names, parent);
}

function compile(
  label: string,
  id: string,
  rules: ProgramRules,
  names: NameLists,
  parent?: CompiledRules,
): CompiledRules {
  const base: CompiledRules = {
    label,
    id,
    rules,
    table: optionTable(label, rules),
    effect: rules.effect ?? parent?.effect ?? 'allow',
    reason: rules.reason ?? parent?.reason,
    does: rules.does ?? parent?.does ?? 'anything',
    writesHere: rules.writesHere ?? parent?.writesHere ?? false,
    operands: operandSpecs(label, rules.operands ?? []),
    afterDashes: rules.afterDashes && operandSpecs(label, rules.afterDashes),
    requires: words(rules.requires),
    writesWith: words(rules.writesWith),
    literals: words(rules.literals),
    hides: rules.hides && hiding(label, rules, rules.hides, names),
    reachesBelow: words(rules.reachesBelow),
    isProtected: parent?.isProtected ?? nameMatcher([...names.secretNames, ...names.readOnlyNames]),
    subcommands: undefined,
    alternatives: undefined,
  };
  for (const option of [
    ...base.requires,
    ...base.writesWith,
    ...base.reachesBelow,
    ...(base.hides?.with ?? []),
  ])
    if (option !== 'operand' && option !== 'always' && !base.table.known.has(option))
      throw new CommandPolicyError(
        `${label}: requires, writesWith, reachesBelow or hides names the unknown option ${option}.`,
      );
  const subcommands =
    rules.subcommands &&
    new Map(
      Object.entries(rules.subcommands).map(([name, inner]) => [
        name,
        compileRules(name, inner, names, base),
      ]),
    );
  const alternatives = rules.alternatives?.map((inner) => compile(label, id, inner, names, base));
  return { ...base, subcommands, alternatives };
}

function hiding(label: string, rules: ProgramRules, hides: HidesRule, names: NameLists): HidingArguments {
  // Where the order of the caller stays, there is no place "after all options".
  if (hides.at === 'options' && (rules.style ?? 'gnu') !== 'gnu')
    throw new CommandPolicyError(`${label}: hides at "options" is for the style gnu.`);
  if (hides.at === 'options' && ((rules.dashes ?? 'insert') !== 'insert' || rules.optionsEndAtOperand))
    throw new CommandPolicyError(`${label}: hides at "options" needs dashes "insert".`);
  const { secretNames, readOnlyNames } = names;
  const hidden = new Set([
    ...secretNames,
    ...(hides.what === 'protected' ? readOnlyNames : []),
    ...(hides.also ?? []),
  ]);
  return {
    args: [...hidden].flatMap((name) => hides.as.map((template) => spellName(template, name))),
    at: hides.at,
    with: words(hides.with),
    unlessObjects: hides.unlessObjects ?? false,
    isReadable: nameMatcher(names.readableNames),
  };
}

function words(list: string | undefined): ReadonlySet<string> {
  return new Set(list?.split(' '));
}

function operandSpecs(label: string, rules: readonly OperandRule[]): OperandSpec[] {
  const specs = rules.map((rule) => {
    const { kind, unless } = typeof rule === 'string' ? { kind: rule, unless: undefined } : rule;
    const shape = parseValueShape(kind.replace(/\*$/, ''));
    if (!shape) throw new CommandPolicyError(`${label}: ${JSON.stringify(kind)} is no kind of operand.`);
    return { shape, repeats: kind.endsWith('*'), unless: words(unless) };
  });
  if (specs.filter(({ repeats }) => repeats).length > 1)
    throw new CommandPolicyError(`${label}: only one operand can repeat.`);
  return specs;
}
