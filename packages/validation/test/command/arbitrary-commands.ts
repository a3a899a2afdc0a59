import * as fc from 'fast-check';
import { PROFILES, type ProgramRules } from '../../src/command.ts';
import { argumentsOf } from './decide.ts';

/** Programs of the profile readonly with arguments made of everything their rules name, in tempting company. */
export function commandsOf(tempting: readonly string[]): fc.Arbitrary<[program: string, args: string[]]> {
  return fc.constantFrom(...programs()).chain((program) => argumentsFor(program, tempting));
}

/** What people type, with some words exchanged and some more. */
export function variationsOf(
  lines: readonly string[],
  tempting: readonly string[],
): fc.Arbitrary<[program: string, args: string[]]> {
  const change = fc.record({
    word: fc.constantFrom(...tempting),
    at: fc.nat({ max: 7 }),
    replaces: fc.nat({ max: 1 }),
  });
  return fc.tuple(fc.constantFrom(...lines), fc.array(change, { maxLength: 3 })).map(([line, changes]) => {
    const [program = '', ...args] = argumentsOf(line);
    for (const { word, at, replaces } of changes) args.splice(Math.min(at, args.length), replaces, word);
    return [program, args];
  });
}

function argumentsFor(
  { program, path, words }: ProgramWords,
  tempting: readonly string[],
): fc.Arbitrary<[program: string, args: string[]]> {
  const word = fc.constantFrom(...words);
  const value = fc.constantFrom(...tempting);
  const argument = fc.oneof(
    { weight: 4, arbitrary: word },
    { weight: 4, arbitrary: value },
    { weight: 1, arbitrary: fc.tuple(word, value).map(([name, text]) => `${name}=${text}`) },
    { weight: 1, arbitrary: fc.tuple(word, value).map(([name, text]) => `${name}${text}`) },
  );
  const args = fc.array(argument, { maxLength: 5 }).map((some) => [...path, ...some]);
  return fc.tuple(fc.constant(program), args);
}

interface ProgramWords {
  readonly program: string;
  readonly path: readonly string[];
  readonly words: readonly string[];
}

function programs(): ProgramWords[] {
  return Object.entries(PROFILES.readonly)
    .filter(([program]) => !['sleep', 'tail', 'npm'].includes(program))
    .flatMap(([program, rules]) => leaves(rules, []).map((leaf) => ({ program, ...leaf })));
}

function leaves(rules: ProgramRules, path: string[]): { path: string[]; words: string[] }[] {
  const { flags = '', options = {}, forbidden = {} } = rules;
  const words = [flags, ...Object.keys(options), ...Object.keys(forbidden)]
    .join(' ')
    .split(' ')
    .filter(Boolean)
    .concat('.');
  const inner = [
    ...Object.entries(rules.subcommands ?? {}),
    ...(rules.alternatives ?? []).map((one) => ['', one] as const),
  ];
  const below = inner.flatMap(([name, one]) => leaves(one, name === '' ? path : [...path, name]));
  return [{ path, words }, ...below];
}
