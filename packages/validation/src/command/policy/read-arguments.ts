import { printable } from '../errors.ts';
import type { CompiledRules } from './compile.ts';
import type { OptionSpec } from './option-table.ts';
import { checkValue } from './values.ts';

/** One argument that was understood. */
export type ReadArgument =
  | {
      readonly type: 'option';
      readonly spec: OptionSpec;
      readonly value: string | undefined;
      readonly args: readonly string[];
    }
  | { readonly type: 'count'; readonly args: readonly string[] }
  | { readonly type: 'operand'; readonly value: string; readonly isAfterDashes: boolean }
  | { readonly type: 'dashes' }
  | { readonly type: 'literal'; readonly args: readonly string[] };

/** An argument that is refused. */
export class RefusedArgument extends Error {
  readonly ruleId: string;
  constructor(ruleId: string, message: string) {
    super(message);
    this.ruleId = ruleId;
  }
}

/**
 * Splits arguments into options and operands the way the program will.
 *
 * @returns what was read, and how many arguments; fewer than all when a subcommand begins.
 * @throws {RefusedArgument} for everything that has no rule.
 */
export function readArguments(
  rules: CompiledRules,
  args: readonly string[],
): { read: ReadArgument[]; count: number } {
  if (rules.rules.style === 'raw')
    return { read: args.map((value) => operand(value, false)), count: args.length };
  const reader = new ArgumentReader(rules, rules.rules.bundledFirst ? unbundle(rules, args) : args);
  reader.run();
  return { read: reader.read, count: reader.at };
}

/** Whether one of these options was given; "operand" stands for any operand. */
export function holdsOneOf(names: ReadonlySet<string>, read: readonly ReadArgument[]): boolean {
  return read.some((argument) =>
    argument.type === 'option'
      ? argument.spec.names.some((name) => names.has(name))
      : argument.type === 'operand' && names.has('operand'),
  );
}

function operand(value: string, isAfterDashes: boolean): ReadArgument {
  return { type: 'operand', value, isAfterDashes };
}

class ArgumentReader {
  readonly read: ReadArgument[] = [];
  at = 0;
  private readonly rules: CompiledRules;
  private readonly args: readonly string[];

  constructor(rules: CompiledRules, args: readonly string[]) {
    this.rules = rules;
    this.args = args;
  }

  run(): void {
    const { style = 'gnu', dashes, optionsEndAtOperand } = this.rules.rules;
    let isAfterDashes = false;
    let isExpression = false;
    for (; this.at < this.args.length; this.at++) {
      const argument = this.args[this.at] ?? '';
      if (isAfterDashes) this.read.push(operand(argument, true));
      else if (argument === '--') {
        if (dashes === 'unknown' || style === 'expression') this.refuse('--', '"--" is not known to it');
        this.read.push({ type: 'dashes' });
        isAfterDashes = true;
      } else if (this.rules.literals.has(argument)) {
        isExpression = true;
        this.read.push({ type: 'literal', args: [argument] });
      } else if (!argument.startsWith('-') || argument === '-') {
        if (this.rules.subcommands) return;
        if (isExpression)
          this.refuse('operand', `${printable(argument)} stands after an option; paths come first`);
        this.read.push(operand(argument, false));
        if (!optionsEndAtOperand) continue;
        for (const rest of this.args.slice(this.at + 1)) this.read.push(operand(rest, true));
        this.at = this.args.length;
        return;
      } else {
        isExpression = style === 'expression';
        if (this.rules.rules.counts && /^-\d{1,9}$/.test(argument))
          this.read.push({ type: 'count', args: [argument] });
        else if (style === 'gnu' && !argument.startsWith('--')) this.cluster(argument);
        else this.whole(argument);
      }
    }
  }

  /** `--name`, `--name=value`, `--name value`; or the same with one dash. */
  private whole(argument: string): void {
    const equals = argument.indexOf('=');
    const name = equals === -1 ? argument : argument.slice(0, equals);
    const spec = this.find(name);
    const attached = equals === -1 ? undefined : argument.slice(equals + 1);
    if (attached !== undefined && !spec.value) this.refuse(name, `${name} takes no value`);
    if (attached !== undefined && this.rules.rules.separateValues)
      this.refuse(name, `the value of ${name} belongs into an argument of its own`);
    const isLast = this.at === this.args.length - 1;
    if (attached !== undefined || !spec.value || spec.isOptional || (spec.isOptionalAtEnd && isLast)) {
      this.push(spec, name, attached, [argument]);
      return;
    }
    const value = this.following(name);
    this.push(
      spec,
      name,
      value,
      name.startsWith('--') && !this.rules.rules.separateValues ? [`${name}=${value}`] : [name, value],
    );
  }

  /** `-abc`, `-n5`, `-n 5` */
  private cluster(argument: string): void {
    let flags = '';
    const letters = Array.from(argument.slice(1));
    for (const [index, letter] of letters.entries()) {
      const name = `-${letter}`;
      const spec = this.find(name, argument);
      if (!spec.value) {
        flags += letter;
        this.push(spec, name, undefined, []);
        continue;
      }
      const rest = letters.slice(index + 1).join('');
      if (rest !== '' || spec.isOptional) {
        this.push(spec, name, rest === '' ? undefined : rest, [`-${flags}${letter}${rest}`]);
      } else {
        const value = this.following(name);
        this.push(spec, name, value, [`-${flags}${letter}`, value]);
      }
      return;
    }
    // The letters stay one argument: the last of them carries it.
    const last = this.read.pop();
    if (last?.type === 'option') this.read.push({ ...last, args: [...last.spec.insert, `-${flags}`] });
  }

  private push(spec: OptionSpec, name: string, value: string | undefined, args: readonly string[]): void {
    if (value !== undefined && spec.value) {
      const problem = checkValue(spec.value, value);
      if (problem !== undefined)
        this.refuse(name, `the value of ${name} ${problem}, not ${printable(value)}`);
    }
    this.read.push({ type: 'option', spec, value, args: [...spec.insert, ...args] });
  }

  private following(name: string): string {
    this.at++;
    const value = this.args[this.at];
    if (value === undefined) return this.refuse(name, `${name} needs a value`);
    return value;
  }

  private find(name: string, argument = name): OptionSpec {
    const { known, forbidden } = this.rules.table;
    const spec = known.get(name);
    if (spec) return spec;
    const why = forbidden.get(name);
    const shown = argument === name ? printable(name) : `${printable(name)} in ${printable(argument)}`;
    if (why !== undefined) return this.refuse(name, `${shown} is not allowed because it ${why}`);
    const meant = name.startsWith('--')
      ? [...known.keys(), ...forbidden.keys()].find((long) => long.startsWith(name))
      : undefined;
    const help = meant === undefined ? '' : `; options are not abbreviated (${meant}?)`;
    return this.refuse('option', `${shown} is not an option the policy knows${help}`);
  }

  private refuse(rule: string, problem: string): never {
    throw new RefusedArgument(`${this.rules.id}.${rule}`, `${this.rules.label}: ${problem}.`);
  }
}

/** `xzf a.tgz` is `-x -z -f a.tgz`: letters first, then their values in order. */
function unbundle(rules: CompiledRules, args: readonly string[]): readonly string[] {
  const [first, ...rest] = args;
  if (first === undefined || first === '' || first.startsWith('-')) return args;
  const options = Array.from(first).flatMap((letter) => {
    const name = `-${letter}`;
    const spec = rules.table.known.get(name);
    if (!spec?.value || spec.isOptional) return [name];
    const value = rest.shift();
    return value === undefined ? [name] : [name, value];
  });
  return [...options, ...rest];
}
