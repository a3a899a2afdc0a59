import { chosen, type Contestant, listsBare, sdkLowLevel, startAll, toolyard } from '../contestants.ts';
import { type Goal, goal } from '../goals.ts';
import { compete, warmUp } from '../http/contest.ts';
import { faultsIn, standingOf, standings, standingsTable } from '../http/standings.ts';
import type { Calls } from '../load/calls.ts';
import type { Era } from '../load/eras.ts';
import { listCalls } from '../load/list-calls.ts';
import type { Settings } from '../settings.ts';
import type { Group, GroupReport } from './group.ts';

/** `tools/list` of 1,000 tools in one answer. */
export const lists: Group = { id: 'lists', run };

const tools = 1_000;
const ours = toolyard(tools);
const field: Contestant[] = [{ ...sdkLowLevel, id: 'sdk-low-level-1000', tools }, ours];
const eras: Era[] = ['2026', '2025'];

async function run(settings: Settings, progress: (line: string) => void): Promise<GroupReport> {
  const contestants = [listsBare(tools), ...chosen(field, settings.servers)];
  const parts = [];
  await using running = await startAll(contestants);
  for (const era of eras) {
    const calls = new Map<string, Calls>(contestants.map(({ id }) => [id, listCalls(tools)]));
    const contest = { contestants, era, callsFor: ({ id }: Contestant) => calls.get(id)! };
    const tell = (line: string): void => progress(`${era}, ${line}`);
    await warmUp(contest, running, settings, tell);
    const blocks = await compete(contest, running, settings, tell);
    parts.push({ era, rows: standings(contestants, blocks, contestants[0]!), faults: faultsIn(blocks) });
  }
  return {
    id: lists.id,
    title: 'tools/list with 1,000 tools over HTTP',
    table: standingsTable(
      parts.flatMap(({ era, rows }) => rows.map((row) => ({ ...row, title: `${row.title}, ${era}` }))),
    ),
    goals: parts.flatMap(({ era, rows }): Goal[] => {
      const row = standingOf(rows, ours);
      return row
        ? [
            goal(
              `tools/list of 1,000 tools, ${era}: CPU, × bare with the same bytes`,
              1.5,
              row.timesBase.median,
            ),
          ]
        : [];
    }),
    figures: parts,
    faults: parts.flatMap(({ faults }) => faults),
  };
}
