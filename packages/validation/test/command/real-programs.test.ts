import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandPolicy } from '../../src/command.ts';
import { commandsOf } from './arbitrary-commands.ts';
import { argumentsOf, decide } from './decide.ts';
import { ASKING, DEVELOPING, READING } from './everyday-commands.ts';
import { MORE_DEVELOPING, MORE_READING } from './more-everyday-commands.ts';
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
    const reading = [...READING, ...MORE_READING].filter((line) => !/^tail .*-f|^npm/.test(line));
    test.each(reading.filter(isSame))('reading, answered as without a policy: %s', (line) => {
      const { args, env } = decide('readonly', line);
      const [program = '', ...typed] = argumentsOf(line);
      const answer = tree.watch(program, args, env);
      expect(complaintsIn(answer?.stderr ?? '')).toEqual([]);
      expect(answer).toEqual(tree.watch(program, typed));
    });

    test.each(reading.filter((line) => !isSame(line)))('reading: %s', (line) => {
      expect(complaints('readonly', line, tree)).toEqual([]);
    });

    test.each(
      [...DEVELOPING, ...MORE_DEVELOPING, ...ASKING].filter((line) =>
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
        for (const [program, args] of fc.sample(commandsOf(TEMPTING), {
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

// Without a policy these answer otherwise: …
const DIFFERENT = new Set([
  // … from moment to moment or at random,
  'date',
  'date +%s',
  'date -Iseconds',
  'date --iso-8601=seconds',
  'date -u +%Y-%m-%dT%H:%M:%SZ',
  "date '+%Y-%m-%d %H:%M:%S'",
  'date -u',
  'df -h',
  'df -h .',
  'df -h /',
  'df -i',
  'df -k .',
  'df -T',
  'df --output=avail -h .',
  'stat -f .',
  'uptime -p',
  'sort -R a.txt',
  'diff -u a -',
  // … with .git,
  'grep --exclude-dir=node_modules -r foo .',
  'grep -rl foo .',
  'grep -rL foo .',
  'grep -r foo',
  // … with settings of the machine, without those of the policy,
  'git config --list --name-only',
  // … with an error, because the value of --format has to be attached.
  'git log --format %h -3',
]);

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
];

function isSame(line: string): boolean {
  // rg reports files in the order in which its threads are ready.
  return !DIFFERENT.has(line) && !line.startsWith('rg ');
}

/** What a program says when it does not understand its arguments. */
function complaints(profile: 'readonly' | 'dev', line: string, tree: TestTree): string[] {
  const { args, env } = decide(profile, line);
  const [program = ''] = line.split(' ');
  return complaintsIn(tree.run(program, args, env) ?? '');
}

function complaintsIn(stderr: string): string[] {
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
