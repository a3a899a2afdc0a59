import { CommandPolicyError } from '../errors.ts';
import type { OptionRule, ProgramRules } from './schema.ts';
import { parseValueShape, type ValueShape } from './values.ts';

/** One option of a program, under all of its names. */
export interface OptionSpec {
  /** `-n --lines` */
  readonly names: readonly string[];
  /** The name in rule ids: the longest. */
  readonly id: string;
  readonly value: ValueShape | undefined;
  /** Whether the value may be left out. It is then only read when attached. */
  readonly isOptional: boolean;
  /** Whether the value may be left out by the last argument; otherwise it is the next one. */
  readonly isOptionalAtEnd: boolean;
  readonly effect: 'allow' | 'ask';
  readonly reason: string | undefined;
  readonly insert: readonly string[];
  readonly checks: readonly string[];
}

/** Options by name, and why some are refused. */
export interface OptionTable {
  readonly known: ReadonlyMap<string, OptionSpec>;
  readonly forbidden: ReadonlyMap<string, string>;
}

/**
 * Reads the options of a program.
 *
 * @throws {CommandPolicyError} for a name that appears twice, no known kind, or a misspelt name.
 */
export function optionTable(place: string, rules: ProgramRules): OptionTable {
  const known = new Map<string, OptionSpec>();
  const forbidden = new Map<string, string>();
  const clusters = rules.style === undefined || rules.style === 'gnu';
  const add = (spec: OptionSpec) => {
    for (const name of spec.names) {
      if (known.has(name)) throw new CommandPolicyError(`${place}: the option ${name} is listed twice.`);
      known.set(name, spec);
    }
  };
  for (const name of flagNames(place, rules.flags ?? '', clusters)) add(flag(name));
  for (const [names, rule] of Object.entries(rules.options ?? {})) add(option(place, names, rule, clusters));
  for (const [names, reason] of Object.entries(rules.forbidden ?? {}))
    for (const name of names.split(' ')) {
      if (known.has(name)) throw new CommandPolicyError(`${place}: ${name} is allowed and forbidden.`);
      forbidden.set(name, reason);
    }
  return { known, forbidden };
}

function flag(name: string): OptionSpec {
  return {
    names: [name],
    id: name,
    value: undefined,
    isOptional: false,
    isOptionalAtEnd: false,
    effect: 'allow',
    reason: undefined,
    insert: [],
    checks: [],
  };
}

function option(place: string, names: string, rule: OptionRule, clusters: boolean): OptionSpec {
  const fields = typeof rule === 'string' ? { value: rule } : rule;
  const list = names.split(' ');
  for (const name of list) assertName(place, name, clusters);
  const text = fields.value?.replace(/\?(?:next)?$/, '');
  const value = text === undefined ? undefined : parseValueShape(text);
  if (text !== undefined && !value)
    throw new CommandPolicyError(
      `${place}: ${JSON.stringify(fields.value)} of ${names} is no kind of value.`,
    );
  return {
    names: list,
    id: list.toSorted((a, b) => b.length - a.length)[0] ?? names,
    value,
    isOptional: fields.value?.endsWith('?') ?? false,
    isOptionalAtEnd: fields.value?.endsWith('?next') ?? false,
    effect: 'effect' in fields ? (fields.effect ?? 'allow') : 'allow',
    reason: 'reason' in fields ? fields.reason : undefined,
    insert: 'insert' in fields ? (fields.insert ?? []) : [],
    checks: 'checks' in fields ? (fields.checks ?? []) : [],
  };
}

/** `-alh --all` are the flags -a, -l, -h and --all. */
function flagNames(place: string, flags: string, clusters: boolean): string[] {
  const names = flags === '' ? [] : flags.split(' ');
  return names.flatMap((name) => {
    if (clusters && /^-[^-]/.test(name)) return Array.from(name.slice(1), (letter) => `-${letter}`);
    assertName(place, name, clusters);
    return [name];
  });
}

function assertName(place: string, name: string, clusters: boolean): void {
  const form = clusters ? /^(?:-[^-\s=]|--[\w][\w.-]*)$/ : /^--?[\w][\w.:-]*$/;
  if (!form.test(name))
    throw new CommandPolicyError(`${place}: ${JSON.stringify(name)} is no name of an option.`);
}
