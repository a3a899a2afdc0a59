import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandPolicy, PROFILES, type ProgramRules } from '../../src/command.ts';
import { decide } from './decide.ts';
import { ASKING, DEVELOPING, READING } from './everyday-commands.ts';
import { createTree, type TestTree } from './tree.ts';

// The rules are written for GNU programs.
const isGnu =
  process.platform === 'linux' && spawnSync('sort', ['--version']).stdout?.toString().includes('GNU');
const isProof = process.env['TOOLYARD_PROOF'] === '1';

describe.skipIf(!isGnu)(
  `with the real programs${isGnu ? '' : ' (skipped: they are not those of GNU)'}`,
  () => {
    let tree: TestTree;
    let changing: TestTree;
    beforeAll(() => {
      tree = createTree();
      changing = tree.copy();
    });
    afterAll(() => {
      tree.remove();
      changing.remove();
    });

    // What the policy makes of the arguments must still be what the program understands.
    test.each(READING.filter((line) => !/^tail .*-f|^npm/.test(line)))('reading: %s', (line) => {
      expect(complaints('readonly', line, tree)).toEqual([]);
    });

    test.each(
      [...DEVELOPING, ...ASKING].filter((line) =>
        /^(?:git (?!clone)|(?:tar|cp|mv|mkdir|rmdir|touch|tee|sort|uniq|rm|awk) )/.test(line),
      ),
    )('developing: %s', (line) => {
      expect(complaints('dev', line, changing)).toEqual([]);
    });

    test(
      'whatever the profile readonly allows changes nothing and runs nothing',
      () => {
        const before = tree.snapshot();
        const policy = commandPolicy({ profile: 'readonly' });
        let allowed = 0;
        const runs = isProof ? 20_000 : 500;
        for (const [program, args] of fc.sample(command, {
          numRuns: runs,
          ...(isProof ? {} : { seed: 7 }),
        })) {
          const decision = policy.decide({ program, args });
          if (decision.effect !== 'allow') continue;
          allowed++;
          tree.run(program, decision.args, decision.env);
          if (allowed % (isProof ? 20 : 50) === 0) expectSame(before, tree, [program, ...decision.args]);
        }
        expectSame(before, tree, ['the last ones']);
        expect(allowed).toBeGreaterThan(runs / 20);
      },
      isProof ? 3_600_000 : 60_000,
    );
  },
);

/** What a program says when it does not understand its arguments. */
function complaints(profile: 'readonly' | 'dev', line: string, tree: TestTree): string[] {
  const { args, env } = decide(profile, line);
  const [program = ''] = line.split(' ');
  const stderr = tree.run(program, args, env) ?? '';
  return stderr
    .split('\n')
    .filter((text) =>
      /usage|unrecognized|unknown (?:option|predicate|switch)|invalid option|Try '/i.test(text),
    );
}

function expectSame(before: string, tree: TestTree, last: readonly string[]): void {
  if (tree.snapshot() !== before)
    throw new Error(`Something changed, at the latest by: ${JSON.stringify(last)}`);
}

const TEMPTING = [
  'pwned',
  '../pwned',
  './pwned',
  'pwn',
  '|pwn',
  '| pwn',
  '!pwn',
  '$(pwn)',
  '`pwn`',
  ';pwn',
  '-o',
  '-opwned',
  '--output=pwned',
  '--output',
  '-i',
  '-exec',
  'pwn;',
  ';',
  '{}',
  '-delete',
  '--',
  '-',
  '',
  '@pwned',
  '+1',
  '-1',
  'w pwned',
  '1e pwn',
  's/a/pwn/e',
  's/a/b/w pwned',
  'e',
  'r pwned',
  'exec=pwn',
  '--checkpoint-action=exec=pwn',
  '-I',
  '-Ipwn',
  '--to-command=pwn',
  'HEAD',
  'HEAD:a',
  'main..dev',
  '--ext-diff',
  '-c',
  'a',
  'b',
  'src',
  '.',
  'a.tgz',
  'a.tar',
  '1',
  '2',
  '*.ts',
  'a.*',
  'auto',
  'always',
  'p',
  '1p',
  '%h',
  '%G?',
  '+%F',
  'src/a.ts',
  'refs/heads/x',
  'new',
  'delete',
  'expire',
] as const;

/** Programs with arguments made of everything their rules name, in tempting company. */
const command = fc.constantFrom(...programs()).chain(({ program, path, words }) => {
  const word = fc.constantFrom(...words);
  const value = fc.constantFrom(...TEMPTING);
  const argument = fc.oneof(
    { weight: 4, arbitrary: word },
    { weight: 4, arbitrary: value },
    { weight: 1, arbitrary: fc.tuple(word, value).map(([name, text]) => `${name}=${text}`) },
    { weight: 1, arbitrary: fc.tuple(word, value).map(([name, text]) => `${name}${text}`) },
  );
  const args = fc.array(argument, { maxLength: 5 }).map((some) => [...path, ...some]);
  return fc.tuple(fc.constant(program), args);
});

function programs(): { program: string; path: string[]; words: string[] }[] {
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
