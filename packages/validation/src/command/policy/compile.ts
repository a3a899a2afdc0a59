import { CommandPolicyError } from '../errors.ts';
import { optionTable, type OptionTable } from './option-table.ts';
import type { Effect, OperandRule, ProgramRules } from './schema.ts';
import { parseValueShape, type ValueShape } from './values.ts';

/** One operand by position. */
export interface OperandSpec {
  readonly shape: ValueShape;
  readonly repeats: boolean;
  readonly unless: ReadonlySet<string>;
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
  readonly subcommands: ReadonlyMap<string, CompiledRules> | undefined;
  readonly alternatives: readonly CompiledRules[] | undefined;
}

/**
 * Checks and prepares the rules of one program.
 *
 * @throws {CommandPolicyError} naming the place of the first mistake.
 */
export function compileRules(name: string, rules: ProgramRules, parent?: CompiledRules): CompiledRules {
  const label = parent ? `${parent.label} ${name}` : name;
  return compile(label, label.replaceAll(' ', '.'), rules, parent);
}

function compile(label: string, id: string, rules: ProgramRules, parent?: CompiledRules): CompiledRules {
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
    subcommands: undefined,
    alternatives: undefined,
  };
  for (const option of [...base.requires, ...base.writesWith])
    if (option !== 'operand' && !base.table.known.has(option))
      throw new CommandPolicyError(`${label}: requires or writesWith names the unknown option ${option}.`);
  const subcommands =
    rules.subcommands &&
    new Map(
      Object.entries(rules.subcommands).map(([name, inner]) => [name, compileRules(name, inner, base)]),
    );
  const alternatives = rules.alternatives?.map((inner) => compile(label, id, inner, base));
  return { ...base, subcommands, alternatives };
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
