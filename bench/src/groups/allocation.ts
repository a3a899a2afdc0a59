import { bare, chosen, type Contestant, sdkLowLevel, startAll, toolyard } from '../contestants.ts';
import { type Goal, goal } from '../goals.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import type { Era } from '../load/eras.ts';
import { openLoad } from '../load/load.ts';
import { fixed, whole, withSpread } from '../report/format.ts';
import { rotated } from '../rounds.ts';
import type { Settings } from '../settings.ts';
import { pairedRatio, type Summary, summarize } from '../statistics.ts';
import type { Group, GroupReport } from './group.ts';

/** Bytes a server allocates on its heap for one call. */
export const allocation: Group = { id: 'allocation', run };

const ours = toolyard(1);
const field = [sdkLowLevel, ours];
const eras: Era[] = ['2026', '2025'];

interface Row {
  id: string;
  title: string;
  era: Era;
  bytesPerCall: Summary;
  timesBare: Summary;
  callsPerCollection: number;
  faults: string[];
}

interface Block {
  bytesPerCall: number;
  calls: number;
  collections: number;
  faults: string[];
}

async function run(settings: Settings, progress: (line: string) => void): Promise<GroupReport> {
  const contestants = [bare, ...chosen(field, settings.servers)];
  const rows: Row[] = [];
  await using running = await startAll(contestants);
  for (const era of eras) {
    const blocks = new Map<string, Block[]>(contestants.map(({ id }) => [id, []]));
    for (let round = -1; round < settings.rounds; round++) {
      progress(round < 0 ? `warming up, ${era}` : `round ${round + 1} of ${settings.rounds}, ${era}`);
      for (const contestant of rotated(contestants, Math.max(0, round))) {
        const done = await measure(contestant, running.of(contestant), era, settings);
        if (round >= 0) blocks.get(contestant.id)!.push(done);
      }
    }
    rows.push(...contestants.map((one) => rowOf(one, era, blocks.get(one.id)!, blocks.get(bare.id)!)));
  }
  return {
    id: allocation.id,
    title: 'Bytes allocated on the JavaScript heap per tools/call over HTTP',
    table: {
      columns: ['server', 'era', 'bytes/call', '× bare', 'calls/collection'],
      rows: rows.map((row) => [
        row.title,
        row.era,
        withSpread(row.bytesPerCall, 0),
        withSpread(row.timesBare, 2),
        row.callsPerCollection === Infinity ? fixed(0, 0) : whole(row.callsPerCollection),
      ]),
    },
    goals: rows
      .filter(({ id }) => id === ours.id)
      .map(({ era, timesBare }): Goal =>
        goal(`tools/call, ${era}: bytes allocated, × bare node:http`, 2, timesBare.median),
      ),
    figures: rows,
    faults: rows.flatMap(({ id, faults }) => faults.map((fault) => `${id}: ${fault}`)),
  };
}

async function measure(
  { sessions }: Contestant,
  server: ServerProcess,
  era: Era,
  { connections, allocationCalls }: Settings,
): Promise<Block> {
  const load = await openLoad({ url: server.url, era, connections, sessions });
  try {
    await server.allocation();
    const { calls, faults } = await load.run({ calls: allocationCalls });
    const { bytes, collections } = await server.allocation();
    return { bytesPerCall: bytes / calls, calls, collections, faults };
  } finally {
    await load.close();
  }
}

function rowOf({ id, title }: Contestant, era: Era, blocks: readonly Block[], base: readonly Block[]): Row {
  const bytes = blocks.map(({ bytesPerCall }) => bytesPerCall);
  const baseBytes = base.map(({ bytesPerCall }) => bytesPerCall);
  return {
    id,
    title,
    era,
    bytesPerCall: summarize(bytes),
    timesBare: pairedRatio(bytes, baseBytes),
    callsPerCollection:
      sum(blocks.map(({ calls }) => calls)) / sum(blocks.map(({ collections }) => collections)),
    faults: blocks.flatMap(({ faults }) => faults),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
