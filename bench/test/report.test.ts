import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { groups } from '../src/groups/all.ts';
import { goal, goalAtLeast, goalLine } from '../src/goals.ts';
import { conditions } from '../src/report/machine.ts';
import { asPart, pageParts, renderGroup } from '../src/report/markdown.ts';
import { fillPage } from '../src/report/page.ts';
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

test('a goal may be a lower limit', () => {
  expect(goalLine(goalAtLeast('times the SDK', 8, 9))).toBe('met: times the SDK ≥ 8, measured 9');
  expect(goalLine(goalAtLeast('times the SDK', 8, 6))).toBe(
    'MISSED: times the SDK ≥ 8, measured 6 (25 % under)',
  );
});

const report = {
  id: 'some',
  title: 'Some figures',
  table: { columns: ['server', '×'], rows: [['bare', '1']] },
  goals: [goal('times bare', 2, 3)],
  figures: {},
  faults: [],
};

test('wrong answers are shown, the first of them', () => {
  const faults = Array.from({ length: 7 }, (_, index) => `fault ${index + 1}`);
  const lines = renderGroup({ ...report, faults })
    .split('\n')
    .slice(-6);
  expect(lines).toEqual([
    ...faults.slice(0, 5).map((fault) => `- WRONG ANSWER: ${fault}`),
    '- … and 2 more, in the JSON file',
  ]);
});

test('the page gets a part for each group and one table of all goals, missed ones in bold', () => {
  const parts = pageParts(conditions(), 9, [report]);
  expect([...parts.keys()]).toEqual(['goals', 'some']);
  expect(parts.get('goals')).toContain('| times bare |  ≤ 2 |        3 | **50 % over** |');
  expect(parts.get('some')).toContain('MISSED: times bare');
});

describe('fillPage', () => {
  const page =
    'Before.\n\n<!-- bench:a -->\n\nold\n\n<!-- /bench:a -->\n\n<!-- bench:b -->\n<!-- /bench:b -->\n';

  test('replaces what is between the marks and nothing else', () => {
    expect(fillPage(page, new Map([['a', 'new']]))).toBe(page.replace('old', 'new'));
  });

  test('filling twice is filling once', () => {
    const parts = new Map([['b', '$& text']]);
    expect(fillPage(fillPage(page, parts), parts)).toBe(fillPage(page, parts));
  });

  test('a part without a place is an error', () => {
    expect(() => fillPage(page, new Map([['c', 'text']]))).toThrow('no place for "c"');
  });
});

test('results of another command become a part: no heading of their own, the others one level down', () => {
  expect(asPart('# Results\n\nIntro.\n\n## One\n\n| a |\n')).toBe('Intro.\n\n### One\n\n| a |');
});

test('the page of the documentation has a place for every group', () => {
  const page = readFileSync(new URL('../../docs/guides/performance.md', import.meta.url), 'utf8');
  const parts = new Map([...groups.map(({ id }) => id), 'goals', 'opponents'].map((id) => [id, 'text']));
  expect(() => fillPage(page, parts)).not.toThrow();
});

test('figures from a busy machine say so', () => {
  const taken = conditions();
  const goals = (loadBefore: number) =>
    pageParts({ ...taken, machine: { ...taken.machine, loadBefore } }, 9, [report]).get('goals');
  expect(goals(0.4)).not.toContain('rough');
  expect(goals(3)).toContain('rough');
});
