import { expect, test } from 'vitest';
import { readOptions, UsageError } from '../src/options.ts';

test('measures both eras in nine rounds by default, and writes where nothing is committed', () => {
  expect(readOptions([])).toMatchObject({ eras: ['2026', '2025'], rounds: 9, blockMs: 1_000, servers: [] });
  expect(readOptions([]).json).toMatch(/bench\/results\/opponents\.json$/);
});

test('--quick takes fewer and shorter rounds, --rounds overrides their number', () => {
  expect(readOptions(['--quick'])).toMatchObject({ rounds: 5, blockMs: 500 });
  expect(readOptions(['--quick', '--rounds', '7'])).toMatchObject({ rounds: 7, blockMs: 500 });
});

test.for([['--era', '2024'], ['--rounds', '0'], ['--rounds', 'many'], ['--fast']])('refuses %j', (args) => {
  expect(() => readOptions(args)).toThrow(UsageError);
});
