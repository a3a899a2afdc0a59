import { goalLine } from '../goals.ts';
import type { GroupReport } from '../groups/group.ts';
import { type Conditions, conditionsLine } from './machine.ts';
import { renderTable } from './table.ts';

/** One group: heading, table, goals, and what went wrong. */
export function renderGroup({ title, table, goals, faults }: GroupReport): string {
  const parts = [`## ${title}`, renderTable(table)];
  if (goals.length > 0) parts.push(goals.map((entry) => `- ${goalLine(entry)}`).join('\n'));
  if (faults.length > 0) parts.push(faults.map((fault) => `- WRONG ANSWER: ${fault}`).join('\n'));
  return parts.join('\n\n');
}

/** All groups as one page. */
export function renderPage(taken: Conditions, rounds: number, reports: readonly GroupReport[]): string {
  const intro = `Median ± half the interquartile range of ${rounds} rounds. ${conditionsLine(taken)}.`;
  return `${['# Results', intro, ...reports.map(renderGroup)].join('\n\n')}\n`;
}
