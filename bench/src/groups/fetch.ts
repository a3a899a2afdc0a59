import { bare, chosen, honoBare, honoSdk, honoToolyard, startAll } from '../contestants.ts';
import { goal } from '../goals.ts';
import { compete, warmUp } from '../http/contest.ts';
import { faultsIn, standingOf, standings, standingsTable } from '../http/standings.ts';
import type { Settings } from '../settings.ts';
import type { Group, GroupReport } from './group.ts';

/** `tools/call` through the `fetch` entry in Hono on Node, against a route of Hono's own. */
export const fetchEntry: Group = { id: 'fetch', run };

async function run(settings: Settings, progress: (line: string) => void): Promise<GroupReport> {
  // Without MCP and without Hono, for what Hono itself costs.
  const contestants = [honoBare, ...chosen([bare, honoSdk, honoToolyard], settings.servers)];
  const contest = { contestants, era: '2026' } as const;
  await using running = await startAll(contestants);
  await warmUp(contest, running, settings, progress);
  const blocks = await compete(contest, running, settings, progress);
  const rows = standings(contestants, blocks, honoBare);
  const ours = standingOf(rows, honoToolyard);
  return {
    id: fetchEntry.id,
    title: 'tools/call through the fetch entry in Hono on @hono/node-server, 2026-07-28',
    table: standingsTable(rows, honoBare.title),
    goals: ours ? [goal('tools/call in Hono: CPU, × bare Hono', 1.5, ours.timesBase.median)] : [],
    figures: rows,
    faults: faultsIn(blocks),
  };
}
