import { expect, test } from 'vitest';
import { readOptions, UsageError } from '../src/options.ts';

const groups = ['http-2026', 'growth'];

test('without flags everything is measured in full', () => {
  const { only, quick, settings } = readOptions([], groups);
  expect({ only, quick, rounds: settings.rounds }).toEqual({ only: [], quick: false, rounds: 9 });
});

test('rounds may be chosen, quick or not', () => {
  expect(readOptions(['--quick', '--rounds', '7'], groups).settings.rounds).toBe(7);
});

test.each([[['--only', 'htpp']], [['--rounds', '0']], [['--rounds', 'many']], [['--nope']]])(
  'a flag that does not fit is refused: %j',
  (args) => {
    expect(() => readOptions(args, groups)).toThrow(UsageError);
  },
);
