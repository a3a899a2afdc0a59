import { goalLine, goalWords } from '../goals.ts';
import type { GroupReport } from '../groups/group.ts';
import { type Conditions, conditionsLine, isQuiet, placeLine } from './machine.ts';
import { renderTable } from './table.ts';

/** One group: heading, table, goals, and what went wrong. */
export function renderGroup(report: GroupReport): string {
  const { title, faults } = report;
  const parts = [`## ${title}`, renderFigures(report)];
  if (faults.length > 0) parts.push(wrongAnswers(faults));
  return parts.join('\n\n');
}

/** The parts of the page, by the id of their place: one for each group, and `goals` of all groups in one table. */
export function pageParts(
  taken: Conditions,
  rounds: number,
  reports: readonly GroupReport[],
): Map<string, string> {
  const noise = isQuiet(taken) ? '' : ' The machine was busy with other things: take them as rough figures.';
  const line = `_Figures with ± are medians of ${rounds} rounds and half the interquartile range.${noise} ${conditionsLine(taken)}._`;
  return new Map([
    ['goals', [renderSummary(reports), line].join('\n\n')],
    ...reports.map((report): [string, string] => [
      report.id,
      [renderFigures(report), `_${placeLine(taken)}._`].join('\n\n'),
    ]),
  ]);
}

/** A page of results as a part of another page: without its heading, the others one level down. */
export function asPart(results: string): string {
  return results
    .replace(/^# .*\n+/, '')
    .replaceAll(/^#/gm, '##')
    .trim();
}

function renderFigures({ table, goals }: GroupReport): string {
  const lines = goals.map((entry) => `- ${goalLine(entry)}`).join('\n');
  return [renderTable(table), ...(goals.length > 0 ? [lines] : [])].join('\n\n');
}

function renderSummary(reports: readonly GroupReport[]): string {
  const rows = reports
    .flatMap(({ goals }) => goals)
    .map((one) => {
      const { text, limit, value, verdict } = goalWords(one);
      return [text, limit, value, one.met ? verdict : `**${verdict}**`];
    });
  return renderTable({ columns: ['what', 'goal', 'measured', 'goal met'], rows });
}

const shownFaults = 5;

function wrongAnswers(faults: readonly string[]): string {
  const lines = faults.slice(0, shownFaults).map((fault) => `- WRONG ANSWER: ${fault}`);
  const more = faults.length - lines.length;
  return [...lines, ...(more > 0 ? [`- … and ${more} more, in the JSON file`] : [])].join('\n');
}
