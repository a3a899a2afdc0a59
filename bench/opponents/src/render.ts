import { fixed, whole, withSpread } from '../../src/report/format.ts';
import { renderTable } from '../../src/report/table.ts';
import type { EraReport } from './report.ts';

/** One era as Markdown that is also readable in a terminal. */
export function renderEra(report: EraReport): string {
  const { title, rows, verdict, cheaperThanDefault, refusals, faults } = report;
  const table = renderTable({
    columns: [
      'server',
      'answers',
      'CPU µs/request',
      '× bare',
      '× Toolyard, same mode',
      'requests/s',
      'p99 ms',
      'calls',
      'wrong',
    ],
    rows: rows.map((row) => [
      row.title,
      row.mode,
      withSpread(row.cpuMicros),
      withSpread(row.timesBare, 2),
      withSpread(row.timesToolyard, 2),
      whole(row.perSecond.median),
      fixed(row.p99Micros.median / 1000, 1),
      whole(row.calls),
      whole(row.wrong),
    ]),
  });
  const notes = [
    verdict.text,
    ...cheaperThanDefault.map((one) => `Cheaper than Toolyard in sessions, its default: ${one}.`),
    ...rows.flatMap(({ title: name, outOfContest }) =>
      outOfContest === undefined ? [] : [`Not counted: ${name}; ${outOfContest}.`],
    ),
    ...refusals.map((one) => `Does not speak it: ${one.title} (${shortened(one.reason)}).`),
    ...faults.map((fault) => `WRONG ANSWER: ${fault}`),
  ];
  return `## ${title}\n\n${table}\n\n${notes.map((note) => `- ${note}`).join('\n')}`;
}

/** The page that `--report` writes. */
export function renderPage(conditions: string, rounds: number, eras: readonly EraReport[]): string {
  const intro = `Median ± half the interquartile range of ${rounds} rounds. ${conditions}.`;
  return `${['# Results', intro, ...eras.map(renderEra)].join('\n\n')}\n`;
}

/** The sentence of an error answer, not its data. */
function shortened(reason: string): string {
  const message = /"message":"([^".(]+)/.exec(reason)?.[1]?.trim();
  return message === undefined ? reason.slice(0, 120) : `${reason.slice(0, reason.indexOf(':'))}: ${message}`;
}
