import { describe, expect, test } from 'vitest';
import { ARGUMENT_RULES, checkArguments } from '../src/commands/argument-rules.ts';

function check(line: string) {
  const [program = '', ...args] = line.split(' ');
  const rules = ARGUMENT_RULES[program];
  if (!rules) throw new Error(`No rules for ${program}.`);
  return checkArguments(program, args, rules);
}

test.each([
  ['cat a b', 'a b'],
  ['cat -n -', ''],
  ['grep -rn todo src', 'src'],
  ['grep -e a -e b src', 'src'],
  ['grep -ie a src', 'src'],
  ['grep -A 3 -m1 todo a b', 'a b'],
  ['head -5 a', 'a'],
  ['head -n 5 a', 'a'],
  ['ls -la --color=never', ''],
  ['sort -t , -k2,2n a', 'a'],
  ['wc -- -l', '-l'],
  ['date -u +%s', ''],
  ['echo -n -- /etc/passwd', ''],
])('%s opens: %s', (line, paths) => {
  expect(check(line).paths.join(' ')).toBe(paths);
});

test('options go before a --, so that programs cannot read the rest as options', () => {
  expect(check('head a -5').args).toEqual(['-n', '5', '--', 'a']);
  expect(check('grep todo src -r').args).toEqual(['-r', '--', 'todo', 'src']);
  expect(check('echo -n a').args).toEqual(['-n', 'a']);
});

describe('refused', () => {
  test.each([
    ['sort -o out a', '-o'],
    ['sort -no out a', '-o'],
    ['sort --output=out a', '--output='],
    ['sort --compress-program=sh a', '--compress-program='],
    ['sort --comp=sh a', '--comp='],
    ['wc --files0-from=/etc/passwd', '--files0-from='],
    ['grep -f /etc/passwd x', '-f'],
    ['grep -R x .', '-R'],
    ['date -s 1', '-s'],
    ['date -f /etc/passwd', '-f'],
    ['date 010100002030', '010100002030'],
    ['date -I 010100002030', '010100002030'],
    ['ls -L x', '-L'],
    ['uname x', 'x'],
    ['head -n', '-n'],
  ])('%s names %s', (line, argument) => {
    expect(() => check(line)).toThrow(JSON.stringify(argument));
  });
});
