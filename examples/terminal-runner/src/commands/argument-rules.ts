import { TerminalError } from '../errors.ts';

/**
 * What one program accepts. Everything that is not named is refused, so a new option of a new release is refused too.
 */
export interface ArgumentRules {
  /** Short options without a value, as letters: `alh` allows `-a`, `-lh`. */
  readonly flags?: string;
  /** Short options with a value: `n` allows `-n 5` and `-n5`. */
  readonly valued?: string;
  /** Long options, exactly as written: `--color`, or `--color=` where a value belongs to it. */
  readonly long?: readonly string[];
  /** Whether `-5` means `-n 5`. */
  readonly count?: boolean;
  /**
   * What the other arguments are: `paths` are checked against the file root, `pattern-then-paths` the same after the
   * first (unless `-e` gave the pattern), `text` is free, `format` starts with `+`, `none` allows none.
   */
  readonly operands: 'paths' | 'pattern-then-paths' | 'text' | 'format' | 'none';
}

/**
 * Rules for the programs of the default list. Left out on purpose: options that write (`sort -o`), start programs
 * (`sort --compress-program`), read a list of files (`--files0-from`, `grep -f`, `date -f`), set the clock, or follow
 * symbolic links out of the root (`grep -R`, `ls -L`).
 */
export const ARGUMENT_RULES: Readonly<Record<string, ArgumentRules>> = {
  cat: { flags: 'AbeEnstTuv', operands: 'paths' },
  date: {
    flags: 'uRI',
    valued: 'd',
    long: ['--utc', '--date=', '--iso-8601', '--iso-8601='],
    operands: 'format',
  },
  echo: { flags: 'neE', operands: 'text' },
  grep: {
    flags: 'EFGPivwxcLlnohHqsabrzZ',
    valued: 'emABC',
    long: [
      '--color=',
      '--include=',
      '--exclude=',
      '--exclude-dir=',
      '--max-count=',
      '--line-number',
      '--recursive',
      '--ignore-case',
      '--count',
      '--only-matching',
      '--invert-match',
      '--fixed-strings',
      '--extended-regexp',
    ],
    operands: 'pattern-then-paths',
  },
  head: { flags: 'qv', valued: 'nc', long: ['--lines=', '--bytes='], count: true, operands: 'paths' },
  ls: {
    flags: 'aAlhtrSR1dFinpsQBCUxmgGoX',
    long: [
      '--all',
      '--almost-all',
      '--human-readable',
      '--recursive',
      '--reverse',
      '--size',
      '--full-time',
      '--color=',
      '--sort=',
      '--time=',
      '--time-style=',
      '--group-directories-first',
    ],
    operands: 'paths',
  },
  pwd: { flags: 'LP', operands: 'none' },
  sort: {
    flags: 'bdfgiMhnRrVcCmsuz',
    valued: 'kt',
    long: ['--numeric-sort', '--reverse', '--unique', '--key=', '--field-separator='],
    operands: 'paths',
  },
  tail: { flags: 'fqv', valued: 'nc', long: ['--lines=', '--bytes='], count: true, operands: 'paths' },
  uname: { flags: 'asnrvmpio', long: ['--all'], operands: 'none' },
  wc: {
    flags: 'clmwL',
    long: ['--lines', '--words', '--bytes', '--chars', '--max-line-length'],
    operands: 'paths',
  },
};

/** Arguments that were checked. */
export interface CheckedArguments {
  /** What to start the program with: options first, then `--`, so that it cannot read them differently. */
  readonly args: readonly string[];
  /** Those that the program will open as files or directories. */
  readonly paths: readonly string[];
}

/**
 * Checks arguments against the rules of a program.
 *
 * @throws {TerminalError} `ARGUMENT_NOT_ALLOWED`, naming the argument.
 */
export function checkArguments(
  program: string,
  args: readonly string[],
  rules: ArgumentRules,
): CheckedArguments {
  // echo has no `--`, and what it gets is only printed.
  if (rules.operands === 'text') return { args, paths: [] };
  const { options, operands } = splitArguments(program, args, rules);
  const [first] = operands;
  if (first === undefined) return { args: options, paths: [] };
  if (rules.operands === 'none') return refuse(program, first, 'is not needed here');
  const checked = [...options, '--', ...operands];
  if (rules.operands === 'format') {
    const other = operands.find((operand) => !operand.startsWith('+'));
    return other === undefined
      ? { args: checked, paths: [] }
      : refuse(program, other, 'is not a format; formats start with +');
  }
  const patternFirst = rules.operands === 'pattern-then-paths' && !options.some(givesPattern);
  const paths = patternFirst ? operands.slice(1) : operands;
  return { args: checked, paths: paths.filter((path) => path !== '-') };
}

// Also true for some values of other options. That is on the safe side: a pattern is then checked like a path.
function givesPattern(option: string): boolean {
  return /^-[A-Za-z]*e/.test(option);
}

function splitArguments(
  program: string,
  args: readonly string[],
  rules: ArgumentRules,
): { options: string[]; operands: string[] } {
  const options: string[] = [];
  const operands: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? '';
    if (argument === '--') {
      operands.push(...args.slice(index + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') operands.push(argument);
    else if (argument.startsWith('--')) options.push(checkLong(program, argument, rules));
    else if (rules.count === true && /^-\d+$/.test(argument)) options.push('-n', argument.slice(1));
    else {
      options.push(argument);
      if (!takesNext(program, argument, rules)) continue;
      const value = args[++index];
      if (value === undefined) return refuse(program, argument, 'needs a value');
      options.push(value);
    }
  }
  return { options, operands };
}

function checkLong(program: string, argument: string, { long = [] }: ArgumentRules): string {
  const equals = argument.indexOf('=');
  const name = equals === -1 ? argument : argument.slice(0, equals + 1);
  return long.includes(name) ? argument : refuse(program, name, 'is not an option this server allows');
}

/** Checks a cluster of short options; whether the value of the last one is the next argument. */
function takesNext(program: string, argument: string, { flags = '', valued = '' }: ArgumentRules): boolean {
  for (let at = 1; at < argument.length; at++) {
    const letter = argument.charAt(at);
    if (valued.includes(letter)) return at === argument.length - 1;
    if (!flags.includes(letter)) refuse(program, `-${letter}`, 'is not an option this server allows');
  }
  return false;
}

function refuse(program: string, argument: string, why: string): never {
  throw new TerminalError('ARGUMENT_NOT_ALLOWED', `${program}: ${JSON.stringify(argument)} ${why}.`);
}
