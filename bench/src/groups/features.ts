import { bare, chosen, startAll, toolyardWith } from '../contestants.ts';
import { goal } from '../goals.ts';
import { compete, warmUp } from '../http/contest.ts';
import { faultsIn, type Standing, standingOf, standings } from '../http/standings.ts';
import { echoCalls } from '../load/echo-call.ts';
import { whole, withSpread } from '../report/format.ts';
import { apiKey } from '../servers/features.ts';
import type { Settings } from '../settings.ts';
import { pairedDifference } from '../statistics.ts';
import type { Group, GroupReport } from './group.ts';

/** What each feature adds to a call. */
export const features: Group = { id: 'features', run };

const plain = toolyardWith('plain', 'Toolyard, nothing on');
const all = toolyardWith('all', 'auth, telemetry, rate limit and audit');
const field = [
  plain,
  toolyardWith('auth', 'API keys'),
  toolyardWith('telemetry', 'telemetry, OpenTelemetry API without an SDK'),
  toolyardWith('rate-limit', 'rate limit in memory'),
  toolyardWith('cache', 'cache in memory, always hit'),
  toolyardWith('audit', 'audit to SQLite'),
  all,
];

/** So few different calls that all but the first of each come from a cache, where there is one. */
const texts = 100;

async function run(settings: Settings, progress: (line: string) => void): Promise<GroupReport> {
  const contestants = [bare, plain, ...chosen(field, settings.servers).filter(({ id }) => id !== plain.id)];
  // Everyone gets the key, so that what differs is only who looks at it.
  const headers = { 'X-API-Key': apiKey };
  const contest = { contestants, era: '2026', headers, callsFor: () => echoCalls({ texts }) } as const;
  await using running = await startAll(contestants);
  await warmUp(contest, running, settings, progress);
  const blocks = await compete(contest, running, settings, progress);
  const rows = standings(contestants, blocks, bare);
  const base = standingOf(rows, plain)!.cpuMicros.rounds;
  const added = ({ cpuMicros }: Standing) => pairedDifference(cpuMicros.rounds, base);
  const allOn = standingOf(rows, all);
  return {
    id: features.id,
    title: 'What each feature costs, tools/call over HTTP, 2026-07-28',
    table: {
      columns: ['switched on', '+ µs/request', 'CPU µs/request', '× bare', 'requests/s', 'calls', 'wrong'],
      rows: rows.map((row) => [
        row.title,
        row.id === bare.id || row.id === plain.id ? '' : withSpread(added(row)),
        withSpread(row.cpuMicros),
        withSpread(row.timesBase, 2),
        whole(row.perSecond.median),
        whole(row.calls),
        whole(row.wrong),
      ]),
    },
    goals: allOn
      ? [goal('auth, telemetry, rate limit and audit on: CPU, × bare node:http', 3, allOn.timesBase.median)]
      : [],
    figures: rows.map((row) => ({ ...row, addedMicros: added(row) })),
    faults: faultsIn(blocks),
  };
}
