import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCommandLine, type CommandPlan } from '../../src/command.ts';

const BASH = '/bin/bash';
const hasBash = (() => {
  try {
    execFileSync(BASH, ['-c', 'true']);
    return true;
  } catch {
    return false;
  }
})();
const isProof = process.env['TOOLYARD_PROOF'] === '1';
const LINES = isProof ? 20_000 : 1_500;
const BATCH = 250;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'toolyard-bash-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

// "p" prints its arguments. Every line is evaluated by a bash of its own words, in an empty directory.
const PROBE = `p() { printf '%s\\0' p "$@" $'\\1'; }
while IFS= read -r -d '' line; do (eval "$line") 2>/dev/null; printf '\\2\\0'; done`;

/** For each line: the commands that ran, as lists of words. */
function runInBash(lines: readonly string[]): string[][][] {
  const output = execFileSync(BASH, ['--norc', '--noprofile', '-c', PROBE], {
    cwd: directory,
    env: { PATH: '/nowhere', LC_ALL: 'C.UTF-8', HOME: '/home-of-nobody' },
    input: lines.map((line) => `${line}\0`).join(''),
    maxBuffer: 64 * 1024 * 1024,
  }).toString();
  return output
    .split('\u0002\0')
    .slice(0, lines.length)
    .map((run) =>
      run
        .split('\u0001\0')
        .slice(0, -1)
        .map((words) => words.split('\0').slice(0, -1)),
    );
}

/** What the executor of a plan would run, when every command succeeds. */
function runPlan({ steps }: CommandPlan): string[][] {
  return steps
    .filter(({ when }) => when !== 'onFailure')
    .flatMap(({ commands }) => commands.map(({ program, args }) => [program, ...args]));
}

// Pieces that matter to a shell, in any order.
const piece = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('a', 'b1', 'x y', 'HEAD', 'src/a.ts', '-n', '--all', '0', 'é', '日'),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "'",
      '"',
      '\\',
      "''",
      '""',
      "\\'",
      '\\"',
      "'a b'",
      '"a b"',
      "'$x'",
      '"\\$x"',
      '"\\`"',
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom(' ', '\t', '\n', ' p ', '; p ', ' && p ', ' # c\n p ') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '$',
      '!',
      '^',
      '~',
      '=',
      ':',
      '%',
      '@',
      '+',
      ',',
      '{',
      '}',
      '[',
      ']',
      '*',
      '?',
      '#',
      '(',
      ')',
      '&',
      '|',
      ';',
      '<',
      '>',
      '`',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "$'a\\tb'",
      "$'a'",
      '$"a"',
      '{a,b}',
      '{1..3}',
      '~/x',
      '$x',
      '${x}',
      '$(p)',
      '$((1))',
      '$[1]',
      'a=b',
      'a=~',
      '!!',
      'a[1]',
      '@(a)',
      '\\\n',
      '1>&2',
      '<<<',
      '=~',
      ':~',
      '..',
    ),
  },
);
const line = fc.array(piece, { minLength: 1, maxLength: 9 }).map((pieces) => `p ${pieces.join('')}`);

describe.skipIf(!hasBash)(`compared with bash${hasBash ? '' : ' (skipped: there is none)'}`, () => {
  test(
    'what is accepted means the same to bash',
    () => {
      let compared = 0;
      for (let batch = 0; batch < LINES / BATCH; batch++) {
        const accepted = fc
          .sample(line, { numRuns: BATCH, ...(isProof ? {} : { seed: 4_200 + batch }) })
          .flatMap((text) => {
            const plan = accept(text);
            return plan ? [{ text, plan }] : [];
          });
        const ran = runInBash(accepted.map(({ text }) => text));
        for (const [index, { text, plan }] of accepted.entries()) {
          compared++;
          expect({ text, ran: ran[index] }).toEqual({ text, ran: runPlan(plan) });
        }
      }
      expect(compared).toBeGreaterThan(LINES / 10);
    },
    isProof ? 300_000 : 30_000,
  );
});

/** Lines with one command per step that write no file and only run "p". */
function accept(text: string): CommandPlan | undefined {
  try {
    const plan = parseCommandLine(text);
    const commands = plan.steps.flatMap((step) => step.commands);
    const isComparable =
      plan.steps.every((step) => step.commands.length === 1 && step.when !== 'onFailure') &&
      commands.every(({ program, redirects }) => program === 'p' && redirects.length === 0);
    return isComparable ? plan : undefined;
  } catch {
    return undefined;
  }
}
