import {
  bare,
  chosen,
  type Contestant,
  sdkLowLevel,
  sdkMcpServer,
  startAll,
  toolyard,
} from '../contestants.ts';
import { type Goal, goal } from '../goals.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import type { Era } from '../load/eras.ts';
import { openLoad } from '../load/load.ts';
import { withSpread, whole } from '../report/format.ts';
import { rotated } from '../rounds.ts';
import type { Settings } from '../settings.ts';
import { pairedRatio, type Summary, summarize } from '../statistics.ts';
import type { Group, GroupReport } from './group.ts';

/** CPU per request and throughput of `tools/call` under 2026-07-28. */
export const http2026: Group = {
  id: 'http-2026',
  run: (settings, progress) => measure('2026', settings, progress),
};

/** The same under 2025-11-25, one session per connection. */
export const http2025: Group = {
  id: 'http-2025',
  run: (settings, progress) => measure('2025', settings, progress),
};

const field = [
  sdkLowLevel,
  sdkMcpServer(1),
  sdkMcpServer(100),
  sdkMcpServer(1_000),
  toolyard(1),
  toolyard(100),
  toolyard(1_000),
];

/** What one server did in one block. */
interface Block {
  cpuMicros: number;
  perSecond: number;
  busy: number;
  calls: number;
  wrong: number;
  faults: string[];
  answerBytes: number;
}

interface Row {
  id: string;
  title: string;
  /** CPU microseconds of the server process per request. */
  cpuMicros: Summary;
  /** `cpuMicros` as a multiple of the bare server's in the same round. */
  timesBare: Summary;
  perSecond: Summary;
  /** CPU time by wall time, above 1 with collector threads. Well below 1 the server waited, for the load or for a core. */
  busy: Summary;
  calls: number;
  wrong: number;
  answerBytes: number;
}

async function measure(era: Era, settings: Settings, progress: (line: string) => void): Promise<GroupReport> {
  const contestants = [bare, ...chosen(field, settings.servers)];
  const blocks = new Map<string, Block[]>(contestants.map(({ id }) => [id, []]));
  await using running = await startAll(contestants);
  for (const contestant of contestants) {
    progress(`warming up ${contestant.id}`);
    await block(contestant, running.of(contestant), era, settings, settings.warmUpMs);
  }
  for (let round = 0; round < settings.rounds; round++) {
    progress(`round ${round + 1} of ${settings.rounds}`);
    for (const contestant of rotated(contestants, round)) {
      const server = running.of(contestant);
      blocks.get(contestant.id)!.push(await block(contestant, server, era, settings, settings.blockMs));
    }
  }
  return report(era, contestants, blocks);
}

async function block(
  { sessions }: Contestant,
  server: ServerProcess,
  era: Era,
  { connections }: Settings,
  ms: number,
): Promise<Block> {
  const load = await openLoad({ url: server.url, era, connections, sessions });
  try {
    const before = await server.cpuMicros();
    const { calls, seconds, wrong, faults, answerBytes } = await load.run({ ms });
    const after = await server.cpuMicros();
    return {
      cpuMicros: (after - before) / calls,
      perSecond: calls / seconds,
      busy: (after - before) / (seconds * 1e6),
      calls,
      wrong,
      faults,
      answerBytes,
    };
  } finally {
    await load.close();
  }
}

function report(era: Era, contestants: Contestant[], blocks: Map<string, Block[]>): GroupReport {
  const base = blocks.get(bare.id)!.map((entry) => entry.cpuMicros);
  const rows = contestants.map(({ id, title }) => rowOf(id, title, blocks.get(id)!, base));
  return {
    id: `http-${era}`,
    title: `tools/call over HTTP, ${era === '2026' ? '2026-07-28, stateless' : '2025-11-25, in sessions'}`,
    table: {
      columns: ['server', 'CPU µs/request', '× bare', 'requests/s', 'busy', 'calls', 'wrong', 'answer bytes'],
      rows: rows.map((row) => [
        row.title,
        withSpread(row.cpuMicros),
        withSpread(row.timesBare, 2),
        whole(row.perSecond.median),
        `${whole(row.busy.median * 100)} %`,
        whole(row.calls),
        whole(row.wrong),
        whole(row.answerBytes),
      ]),
    },
    goals: era === '2026' ? goals(rows) : [],
    figures: rows,
    faults: contestants.flatMap(({ id }) =>
      blocks.get(id)!.flatMap(({ faults }) => faults.map((fault) => `${id}: ${fault}`)),
    ),
  };
}

function rowOf(id: string, title: string, blocks: readonly Block[], base: readonly number[]): Row {
  const cpuMicros = blocks.map((entry) => entry.cpuMicros);
  return {
    id,
    title,
    cpuMicros: summarize(cpuMicros),
    timesBare: pairedRatio(cpuMicros, base),
    perSecond: summarize(blocks.map((entry) => entry.perSecond)),
    busy: summarize(blocks.map((entry) => entry.busy)),
    calls: sum(blocks.map((entry) => entry.calls)),
    wrong: sum(blocks.map((entry) => entry.wrong)),
    answerBytes: blocks.at(-1)!.answerBytes,
  };
}

function goals(rows: readonly Row[]): Goal[] {
  const one = rows.find(({ id }) => id === toolyard(1).id);
  const thousand = rows.find(({ id }) => id === toolyard(1_000).id);
  if (!one || !thousand) return [];
  const growth = pairedRatio(thousand.cpuMicros.rounds, one.cpuMicros.rounds);
  return [
    goal('CPU of tools/call, × bare node:http', 2, one.timesBare.median),
    goal('CPU with 1,000 tools, × with 1', 1.1, growth.median),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
