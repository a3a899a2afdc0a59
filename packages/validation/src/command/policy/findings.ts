import { isAbsolute, posix } from 'node:path';
import { printable } from '../errors.ts';
import { checkSedScript } from '../sed-script.ts';
import type { CompiledRules, OperandSpec } from './compile.ts';
import type { PathOperand } from './decision.ts';
import { objectPath } from './object-path.ts';
import { RefusedArgument, type ReadArgument } from './read-arguments.ts';
import { checkValue, pathAccess, shapeName, type ValueShape } from './values.ts';

/** Why someone is asked. */
interface Ask {
  readonly ruleId: string;
  readonly reason: string;
}

/** What was found so far, before a subcommand begins. */
export interface EarlierFindings {
  readonly operands: readonly PathOperand[];
  readonly options: ReadonlySet<string>;
  readonly asks: readonly Ask[];
  readonly directory: string | undefined;
}

interface Operand {
  readonly argument: ReadArgument;
  readonly value: string;
  readonly isAfterDashes: boolean;
  /** The directory that a path is relative to, when an option named one before. */
  readonly base: string | undefined;
}

/** Goes through what was read, in order, and notes paths, scripts and questions. */
export class Findings {
  readonly paths: PathOperand[];
  readonly options: Set<string>;
  readonly asks: Ask[];
  readonly checks = new Set<string>();
  directory: string | undefined;
  private readonly rules: CompiledRules;
  private readonly cwd: string | undefined;
  /** Operands that are read. */
  readonly read: string[] = [];
  private readonly scripts: string[] = [];
  /** Operands that are handed on in another spelling. */
  readonly spelling = new Map<ReadArgument, string>();
  private readonly operands: Operand[] = [];

  constructor(rules: CompiledRules, outer: EarlierFindings, cwd: string | undefined) {
    this.rules = rules;
    this.cwd = cwd;
    this.paths = [...outer.operands];
    this.options = new Set(outer.options);
    this.asks = [...outer.asks];
    this.directory = outer.directory;
  }

  take(read: readonly ReadArgument[]): void {
    for (const argument of read) {
      if (argument.type === 'operand') this.operands.push({ argument, ...argument, base: this.directory });
      if (argument.type !== 'option') continue;
      const { spec, value } = argument;
      for (const name of spec.names) this.options.add(name);
      for (const check of spec.checks) this.checks.add(check);
      if (spec.effect === 'ask')
        this.asks.push({
          ruleId: `${this.rules.id}.${spec.id}`,
          reason: `${this.rules.label} ${spec.id} ${spec.reason ?? 'asks first'}.`,
        });
      if (spec.value && value !== undefined) this.note(spec.value, value, this.directory, true);
    }
  }

  /** Gives every operand its place. */
  operandsFit(): void {
    const { afterDashes, rules } = this.rules;
    if (afterDashes) {
      this.fit(
        this.operands.filter(({ isAfterDashes }) => !isAfterDashes),
        this.rules.operands,
      );
      this.fit(
        this.operands.filter(({ isAfterDashes }) => isAfterDashes),
        afterDashes,
      );
    } else this.fit(this.operands, this.rules.operands);
    for (const { value } of this.operands) this.assertNotRefused(value, rules.refusedOperands);
    const problem = this.scripts.length > 0 ? checkSedScript(this.scripts.join('\n')) : undefined;
    if (problem !== undefined) this.refuse('script', problem);
    const { reachesBelow } = this.rules;
    if (reachesBelow.has('always') || [...reachesBelow].some((name) => this.options.has(name)))
      this.reachBelow();
  }

  /** Whoever reads all of a `.git` reads its settings, which often hold tokens. */
  private reachBelow(): void {
    for (const path of this.read.length > 0 ? this.read : [this.directory ?? '.']) {
      const names = posix.resolve(this.cwd ?? '/', path).split('/');
      const at = names.findIndex((name) => name.toLowerCase() === '.git');
      if (at === -1) continue;
      // Relative to nothing when the working directory is not known.
      const directory = names.slice(0, at + 1).join('/');
      const value = this.cwd === undefined && !isAbsolute(path) ? directory.slice(1) : directory;
      this.paths.push({ value: `${value}/config`, access: 'read' });
    }
  }

  private fit(operands: readonly Operand[], all: readonly OperandSpec[]): void {
    const specs = all.filter(({ unless }) => ![...unless].some((name) => this.options.has(name)));
    const repeatAt = specs.findIndex(({ repeats }) => repeats);
    const trailing = repeatAt === -1 ? 0 : specs.length - repeatAt - 1;
    for (const [index, operand] of operands.entries()) {
      const fromEnd = operands.length - index;
      let spec = specs[index];
      if (repeatAt !== -1 && index >= repeatAt)
        spec = fromEnd <= trailing ? specs[specs.length - fromEnd] : specs[repeatAt];
      if (!spec) {
        const many = specs.length === 0 ? 'takes no operands here' : `takes at most ${specs.length} here`;
        return this.refuse(
          'operand',
          `${printable(operand.value)} is not allowed: ${this.rules.label} ${many}`,
        );
      }
      const problem = checkValue(spec.shape, operand.value);
      if (problem !== undefined)
        this.refuse(
          'operand',
          `the ${shapeName(spec.shape)} operand ${problem}, not ${printable(operand.value)}`,
        );
      if ('kind' in spec.shape && spec.shape.kind === 'entry') this.assertPlainName(operand.value);
      this.note(spec.shape, operand.value, operand.base, false);
      this.spell(spec.shape, operand);
    }
  }

  private assertPlainName(path: string): void {
    if (this.rules.isProtected(posix.basename(path)))
      this.refuse('operand', `${printable(path)} has a name that is protected`);
  }

  /** Paths that the program could take for something else. */
  private spell(shape: ValueShape, { argument, value }: Operand): void {
    const isScript = 'kind' in shape && shape.kind === 'script';
    // A program without "--" would take -x for an option; some read "@file" as a list of arguments.
    const isAmbiguous = this.rules.rules.dashes === 'unknown' && /^[-@+]./.test(value);
    if (isScript || (isAmbiguous && pathAccess(shape) !== undefined))
      this.spelling.set(argument, plainPath(value));
  }

  private note(shape: ValueShape, value: string, base: string | undefined, isOption: boolean): void {
    if ('kind' in shape && shape.kind === 'sed') this.scripts.push(value);
    const declared = pathAccess(shape);
    if (declared === undefined) return;
    if (value === '-' && declared === 'read') return; // stdin
    const writes = [...this.rules.writesWith].some((name) => this.options.has(name));
    const access = declared === 'read' && writes && !isOption ? 'write' : declared;
    this.paths.push({ value: literalPath(value, base), access });
    if (!isOption && access === 'read') this.read.push(literalPath(value, base));
    const inRevision = 'kind' in shape && shape.kind === 'tree' ? objectPath(value) : undefined;
    if (inRevision !== undefined && inRevision !== '')
      this.paths.push({ value: literalPath(inRevision, base), access });
    // Whether an option's path counts from the directory of -C differs between programs: both must be inside.
    if (base !== undefined && isOption && !isAbsolute(value))
      this.paths.push({ value: literalPath(value, undefined), access });
    if ('kind' in shape && shape.kind === 'directory') this.directory = literalPath(value, base);
  }

  private assertNotRefused(value: string, refused: Readonly<Record<string, string>> | undefined): void {
    if (!refused) return;
    const plain = posix.normalize(value).replace(/(.)\/+$/, '$1');
    const isAbove =
      /^(?:\.\.\/)*\.\.$/.test(plain) ||
      (this.cwd !== undefined && contains(posix.resolve(this.cwd, plain), this.cwd));
    const reason = Object.hasOwn(refused, plain) ? refused[plain] : isAbove ? refused['..'] : undefined;
    if (reason !== undefined)
      this.refuse('operand', `${printable(value)} is not allowed because it ${reason}`);
  }

  private refuse(rule: string, problem: string): never {
    throw new RefusedArgument(`${this.rules.id}.${rule}`, `${this.rules.label}: ${problem}.`);
  }
}

/** A path that cannot be read as `root:path`, relative to the working directory of the request. */
function literalPath(value: string, base: string | undefined): string {
  if (isAbsolute(value)) return value;
  // Not joined: `..` behind a link is not where the text says.
  const path = base === undefined ? value : `${base}/${value}`;
  return /^[^/]*:/.test(path) ? `./${path}` : path;
}

function contains(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

/** With `./` in front, so that a name is a path to everyone who reads it. */
function plainPath(value: string): string {
  return isAbsolute(value) || value.startsWith('./') || value.startsWith('../') ? value : `./${value}`;
}
