import { expect, test } from 'vitest';
import { readOptions, UsageError } from '../src/options.ts';

const groups = { standard: ['http-2026', 'growth'], byName: ['soak'] };

test('without flags everything but what runs by name is measured in full and published', () => {
  const { only, quick, page, settings } = readOptions([], groups);
  expect({ only, quick, page, rounds: settings.rounds }).toEqual({
    only: groups.standard,
    quick: false,
    page: true,
    rounds: 9,
  });
});

test('a group that runs by name runs by name', () => {
  expect(readOptions(['--only', 'soak'], groups).only).toEqual(['soak']);
});

test.each([[['--quick']], [['--servers', 'toolyard']], [['--rounds', '6']], [['--only', 'growth']]])(
  'what is not a full run is not published: %j',
  (args) => {
    expect(readOptions(args, groups).page).toBe(false);
  },
);

test('some groups in full are published when asked for', () => {
  expect(readOptions(['--only', 'growth', '--page'], groups).page).toBe(true);
});

test('the number of calls may be chosen', () => {
  expect(readOptions(['--calls', '5000'], groups).settings).toMatchObject({
    growthCalls: 5_000,
    soakCalls: 5_000,
  });
});

test('rounds may be chosen, quick or not', () => {
  expect(readOptions(['--quick', '--rounds', '7'], groups).settings.rounds).toBe(7);
});

test.each([
  [['--only', 'htpp']],
  [['--rounds', '0']],
  [['--rounds', 'many']],
  [['--calls', '1.5']],
  [['--quick', '--page']],
  [['--nope']],
])('a flag that does not fit is refused: %j', (args) => {
  expect(() => readOptions(args, groups)).toThrow(UsageError);
});
