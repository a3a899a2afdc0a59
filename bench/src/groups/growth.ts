import { bare, chosen, type Contestant, sdkLowLevel, start, toolyard } from '../contestants.ts';
import { goal } from '../goals.ts';
import type { Era } from '../load/eras.ts';
import { openLoad } from '../load/load.ts';
import { fixed, whole } from '../report/format.ts';
import type { Settings } from '../settings.ts';
import type { Group, GroupReport } from './group.ts';

/** Whether a server's heap after many calls is what it was before them. */
export const growth: Group = { id: 'growth', run };

const field = [sdkLowLevel, toolyard(1)];
const eras: Era[] = ['2026', '2025'];

interface Row {
  id: string;
  title: string;
  era: Era;
  calls: number;
  grownBytes: number;
  bytesPerCall: number;
  faults: string[];
}

async function run(settings: Settings, progress: (line: string) => void): Promise<GroupReport> {
  const rows: Row[] = [];
  for (const contestant of [bare, ...chosen(field, settings.servers)]) {
    for (const era of eras) {
      progress(`${settings.growthCalls} calls to ${contestant.id}, ${era}`);
      rows.push(await measure(contestant, era, settings));
    }
  }
  return {
    id: growth.id,
    title: 'Heap growth over many calls, heap and external bytes after collection',
    table: {
      columns: ['server', 'era', 'calls', 'grown KiB', 'bytes/call'],
      rows: rows.map((row) => [
        row.title,
        row.era,
        whole(row.calls),
        fixed(row.grownBytes / 1024, 0),
        fixed(row.bytesPerCall, 2),
      ]),
    },
    goals: rows
      .filter(({ id }) => id === toolyard(1).id)
      .map(({ era, bytesPerCall }) => goal(`tools/call, ${era}: bytes kept per call`, 5, bytesPerCall)),
    figures: rows,
    faults: rows.flatMap(({ id, faults }) => faults.map((fault) => `${id}: ${fault}`)),
  };
}

async function measure(contestant: Contestant, era: Era, settings: Settings): Promise<Row> {
  const { connections, growthCalls } = settings;
  await using server = await start(contestant);
  const load = await openLoad({ url: server.url, era, connections, sessions: contestant.sessions });
  const warmUp = await load.run({ calls: Math.ceil(growthCalls / 5) });
  const before = await server.memory();
  const { calls, faults } = await load.run({ calls: growthCalls });
  const after = await server.memory();
  await load.close();
  const grownBytes = after.heapUsed + after.external - before.heapUsed - before.external;
  return {
    id: contestant.id,
    title: contestant.title,
    era,
    calls,
    grownBytes,
    bytesPerCall: grownBytes / calls,
    faults: [...warmUp.faults, ...faults],
  };
}
