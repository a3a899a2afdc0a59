import { createHistogram } from 'node:perf_hooks';
import { type ServerProcess, startServer } from '../../src/harness/server-process.ts';
import type { Era } from '../../src/load/eras.ts';
import { type Load, openLoad } from '../../src/load/load.ts';
import { rotated } from '../../src/rounds.ts';
import type { Contestant, Mode } from './contestants.ts';

export interface MeasureSettings {
  rounds: number;
  /** How long one server is under load in one round. */
  blockMs: number;
  warmUpMs: number;
  /** Connections with one call under way on each. */
  connections: number;
}

/** What one server did in one round. */
export interface Block {
  /** CPU microseconds of the server process per request. */
  cpuMicros: number;
  perSecond: number;
  p99Micros: number;
  calls: number;
  wrong: number;
  /** The first few wrong answers, in words. */
  faults: string[];
}

export interface Measured {
  era: Era;
  /** What each server that speaks the era did, round by round. */
  blocks: Map<Contestant, Block[]>;
  /** What the others said to a client of that era; `undefined` if they answered it properly. */
  refusals: Map<Contestant, string | undefined>;
}

/** All servers run side by side; in each round each one is under load once, each round starting one further on. */
export async function measure(
  era: Era,
  contestants: readonly Contestant[],
  settings: MeasureSettings,
  progress: (line: string) => void,
): Promise<Measured> {
  await using servers = new AsyncDisposableStack();
  const running = new Map<Contestant, ServerProcess>();
  for (const contestant of contestants) {
    running.set(contestant, servers.use(await startServer(contestant.file, { tools: 1 })));
  }
  const work = (contestant: Contestant, ms: number): Promise<Block> =>
    block(running.get(contestant)!, era, contestant.modes[era]!, settings.connections, ms);

  const speakers = contestants.filter(({ modes }) => modes[era] !== undefined);
  const refusals = new Map<Contestant, string | undefined>();
  for (const contestant of contestants) {
    const seen = [...speakers, ...refusals.keys()].some(({ file }) => file === contestant.file);
    if (!seen) refusals.set(contestant, await refusal(running.get(contestant)!, era));
  }
  for (const contestant of speakers) {
    progress(`warming up ${contestant.id}`);
    await work(contestant, settings.warmUpMs);
  }
  const blocks = new Map<Contestant, Block[]>(speakers.map((contestant) => [contestant, []]));
  for (let round = 0; round < settings.rounds; round++) {
    progress(`round ${round + 1} of ${settings.rounds}`);
    for (const contestant of rotated(speakers, round)) {
      blocks.get(contestant)!.push(await work(contestant, settings.blockMs));
    }
  }
  return { era, blocks, refusals };
}

async function block(
  server: ServerProcess,
  era: Era,
  mode: Mode,
  connections: number,
  ms: number,
): Promise<Block> {
  const load = await open(server, era, connections, mode);
  try {
    const latency = createHistogram();
    const before = await server.cpuMicros();
    const { calls, seconds, wrong, faults } = await load.run({ ms }, latency);
    const cpuMicros = (await server.cpuMicros()) - before;
    return {
      cpuMicros: cpuMicros / calls,
      perSecond: calls / seconds,
      p99Micros: latency.percentile(99),
      calls,
      wrong,
      faults,
    };
  } finally {
    await load.close();
  }
}

/** What a server that is not counted on to speak `era` says to a client of that era. */
async function refusal(server: ServerProcess, era: Era): Promise<string | undefined> {
  const load = await open(server, era, 1, { answers: 'JSON' });
  const { faults } = await load.run({ calls: 1 });
  await load.close();
  return faults[0];
}

function open(
  { url }: ServerProcess,
  era: Era,
  connections: number,
  { sessions = false, headers = {} }: Mode,
): Promise<Load> {
  return openLoad({ url, era, connections, sessions, headers });
}
