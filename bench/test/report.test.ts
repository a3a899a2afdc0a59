import { expect, test } from 'vitest';
import { goal, goalLine } from '../src/goals.ts';
import { renderTable } from '../src/report/table.ts';
import { withSpread } from '../src/report/format.ts';
import { summarize } from '../src/statistics.ts';

test('a table is aligned: text to the left, figures to the right', () => {
  const table = renderTable({
    columns: ['server', '×'],
    rows: [
      ['bare', '1'],
      ['other server', '12.5'],
    ],
  });
  expect(table.split('\n')).toEqual([
    '| server       |    × |',
    '| ------------ | ---: |',
    '| bare         |    1 |',
    '| other server | 12.5 |',
  ]);
});

test('a summary shows its median and half its interquartile range', () => {
  expect(withSpread(summarize([10, 12, 14]))).toBe('12.0 ± 1.0');
});

test('a goal says by how much it is missed', () => {
  expect(goalLine(goal('times bare', 2, 1.5))).toBe('met: times bare ≤ 2, measured 1.5');
  expect(goalLine(goal('times bare', 2, 3))).toBe('MISSED: times bare ≤ 2, measured 3 (50 % over)');
});
