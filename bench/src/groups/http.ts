import {
  bare,
  chosen,
  honoSdk,
  type RunningServers,
  sdkLowLevel,
  sdkMcpServer,
  startAll,
  toolyard,
} from '../contestants.ts';
import { type Goal, goal, goalAtLeast } from '../goals.ts';
import { compete, warmUp } from '../http/contest.ts';
import { faultsIn, type Standing, standingOf, standings, standingsTable } from '../http/standings.ts';
import type { Era } from '../load/eras.ts';
import type { Settings } from '../settings.ts';
import { pairedRatio, type Summary } from '../statistics.ts';
import type { Group, GroupReport } from './group.ts';

/** CPU per request, throughput and latency of `tools/call` under 2026-07-28. */
export const http2026: Group = {
  id: 'http-2026',
  run: (settings, progress) => measure('2026', settings, progress),
};

/** The same under 2025-11-25, one session per connection. */
export const http2025: Group = {
  id: 'http-2025',
  run: (settings, progress) => measure('2025', settings, progress),
};

const one = toolyard(1);
const thousand = toolyard(1_000);
const field = [
  sdkLowLevel,
  honoSdk,
  sdkMcpServer(1),
  sdkMcpServer(100),
  sdkMcpServer(1_000),
  one,
  toolyard(100),
  thousand,
];

const cpuLimits: Record<Era, number> = { '2026': 1.5, '2025': 1.8 };

type Progress = (line: string) => void;

async function measure(era: Era, settings: Settings, progress: Progress): Promise<GroupReport> {
  const contestants = [bare, ...chosen(field, settings.servers)];
  const contest = { contestants, era };
  await using running = await startAll(contestants);
  await warmUp(contest, running, settings, progress);
  const blocks = await compete(contest, running, settings, progress);
  const rows = standings(contestants, blocks, bare);
  const growth =
    contestants.includes(one) && contestants.includes(thousand)
      ? await grow(era, running, settings, progress)
      : undefined;
  return {
    id: `http-${era}`,
    title: `tools/call over HTTP, ${era === '2026' ? '2026-07-28, stateless' : '2025-11-25, in sessions'}`,
    table: standingsTable(rows),
    goals: goals(era, rows, growth?.ratio),
    figures: { servers: rows, thousandToolsTimesOne: growth?.ratio },
    faults: [...faultsIn(blocks), ...(growth?.faults ?? [])],
  };
}

/** A few percent show only between two that take turns with nobody in between. */
async function grow(
  era: Era,
  running: RunningServers,
  settings: Settings,
  progress: Progress,
): Promise<{ ratio: Summary; faults: string[] }> {
  const contestants = [one, thousand];
  const blocks = await compete({ contestants, era }, running, settings, (line) =>
    progress(`1,000 tools against one, ${line}`),
  );
  const [base, grown] = contestants.map(({ id }) => blocks.get(id)!.map(({ cpuMicros }) => cpuMicros));
  return { ratio: pairedRatio(grown!, base!), faults: faultsIn(blocks) };
}

function goals(era: Era, rows: readonly Standing[], growth: Summary | undefined): Goal[] {
  const ours = standingOf(rows, one);
  const sdk = standingOf(rows, sdkLowLevel);
  if (!ours) return [];
  const throughput =
    era === '2026' && sdk ? pairedRatio(ours.perSecond.rounds, sdk.perSecond.rounds).median : undefined;
  return [
    goal(`tools/call, ${era}: CPU, × bare node:http`, cpuLimits[era], ours.timesBase.median),
    ...(throughput === undefined
      ? []
      : [goalAtLeast(`tools/call, ${era}: requests/s, × SDK v2, low-level Server`, 8, throughput)]),
    goal(`tools/call, ${era}: p99 latency, × bare node:http`, 1.5, ours.p99TimesBase.median),
    ...(growth ? [goal(`tools/call, ${era}: CPU with 1,000 tools, × with one`, 1.05, growth.median)] : []),
  ];
}
