import { start, toolyard } from '../contestants.ts';
import { goal } from '../goals.ts';
import type { MemoryAnswer } from '../harness/control.ts';
import type { Era } from '../load/eras.ts';
import { openLoad } from '../load/load.ts';
import { fixed, whole } from '../report/format.ts';
import type { Settings } from '../settings.ts';
import { quantile } from '../statistics.ts';
import type { Group, GroupReport } from './group.ts';

/** Whether memory stays flat over very many calls of both eras to one server. */
export const soak: Group = { id: 'soak', onlyByName: true, run };

interface Sample extends MemoryAnswer {
  calls: number;
}

async function run(settings: Settings, progress: (line: string) => void): Promise<GroupReport> {
  const { soakCalls, soakSamples, connections } = settings;
  const taken: Sample[] = [];
  const faults: string[] = [];
  await using server = await start(toolyard(1));
  const started = performance.now();
  for (let calls = 0; calls < soakCalls;) {
    // The eras take turns, each time with new connections and new sessions.
    const era: Era = taken.length % 2 === 0 ? '2026' : '2025';
    const load = await openLoad({ url: server.url, era, connections });
    const done = await load.run({ calls: Math.ceil(soakCalls / soakSamples) });
    await load.close();
    calls += done.calls;
    faults.push(...done.faults);
    const sample = { calls, ...(await server.memory()) };
    taken.push(sample);
    progress(`${whole(calls)} calls, heap ${kib(heapOf(sample))} KiB, RSS ${kib(sample.rss)} KiB`);
  }
  const minutes = (performance.now() - started) / 60_000;
  const heap = growthOf(taken.map(heapOf));
  const rss = growthOf(taken.map((sample) => sample.rss));
  return {
    id: soak.id,
    title: `Memory over ${whole(soakCalls)} calls, both eras in turn`,
    table: {
      columns: ['after calls', 'heap KiB', 'RSS KiB'],
      rows: shown(taken).map((sample) => [whole(sample.calls), kib(heapOf(sample)), kib(sample.rss)]),
    },
    goals: [
      goal(`heap in the last quarter of ${whole(soakCalls)} calls, × in the second`, 1.02, heap),
      goal(`resident memory in the last quarter of ${whole(soakCalls)} calls, × in the second`, 1.1, rss),
    ],
    figures: { minutes, heap, rss, samples: taken },
    faults,
  };
}

/**
 * The median of the last quarter as a multiple of the second's. In the first, code is compiled and tables grow to their
 * size; a leak goes on.
 */
function growthOf(bytes: readonly number[]): number {
  const quarter = Math.ceil(bytes.length / 4);
  return quantile(bytes.slice(-quarter), 0.5) / quantile(bytes.slice(quarter, 2 * quarter), 0.5);
}

function heapOf({ heapUsed, external }: MemoryAnswer): number {
  return heapUsed + external;
}

/** About ten of them, the first and the last included. */
function shown(all: readonly Sample[]): Sample[] {
  const step = Math.max(1, Math.floor(all.length / 10));
  return all.filter((_, index) => index === 0 || (index + 1) % step === 0);
}

function kib(bytes: number): string {
  return fixed(bytes / 1024, 0);
}
