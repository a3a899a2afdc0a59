import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Contestant, RunningServers } from '../contestants.ts';
import type { Calls } from '../load/calls.ts';
import type { Era } from '../load/eras.ts';
import { openLoad } from '../load/load.ts';
import { thereAndBack } from '../rounds.ts';
import type { Settings } from '../settings.ts';

/** Servers that get the same load in turn. */
export interface Contest {
  contestants: readonly Contestant[];
  era: Era;
  /** What a server is asked for. Default: `echo`, every call different. */
  callsFor?: (contestant: Contestant) => Calls;
  /** Sent with every call. */
  headers?: Record<string, string>;
}

/** What one server did in one round. */
export interface Block {
  cpuMicros: number;
  perSecond: number;
  /** CPU time by wall time. */
  busy: number;
  p50Micros: number;
  p99Micros: number;
  calls: number;
  wrong: number;
  faults: string[];
  answerBytes: number;
}

/** The blocks of each contestant, by its id, in the order of the rounds. */
export type Blocks = ReadonlyMap<string, Block[]>;

/**
 * Each one alone, so that its code is compiled and its heap has its size before anything counts. It lasts until the
 * server has had `warmUpMs` of CPU time, however little of the machine it gets.
 */
export async function warmUp(
  contest: Contest,
  running: RunningServers,
  settings: Settings,
  progress: (line: string) => void,
): Promise<void> {
  for (const contestant of contest.contestants) {
    progress(`warming up ${contestant.id}`);
    const server = running.of(contestant);
    const enough = (await server.cpuMicros()) + settings.warmUpMs * 1000;
    while ((await server.cpuMicros()) < enough) {
      await putUnderLoad(contest, contestant, running, settings, settings.warmUpMs / 4, new Tally());
    }
  }
}

/** All rounds. In each, everyone is under load twice, there and back, for half of `blockMs`. */
export async function compete(
  contest: Contest,
  running: RunningServers,
  settings: Settings,
  progress: (line: string) => void,
): Promise<Blocks> {
  const { contestants } = contest;
  const blocks = new Map<string, Block[]>(contestants.map(({ id }) => [id, []]));
  for (let round = 0; round < settings.rounds; round++) {
    progress(`round ${round + 1} of ${settings.rounds}`);
    const tallies = new Map(contestants.map(({ id }) => [id, new Tally()]));
    for (const contestant of thereAndBack(contestants, round)) {
      const tally = tallies.get(contestant.id)!;
      await putUnderLoad(contest, contestant, running, settings, settings.blockMs / 2, tally);
    }
    for (const [id, tally] of tallies) blocks.get(id)!.push(tally.block());
  }
  return blocks;
}

async function putUnderLoad(
  { era, callsFor, headers }: Contest,
  contestant: Contestant,
  running: RunningServers,
  { connections }: Settings,
  ms: number,
  tally: Tally,
): Promise<void> {
  const { sessions } = contestant;
  const server = running.of(contestant);
  const load = await openLoad({
    url: server.url,
    era,
    connections,
    sessions,
    ...(callsFor && { calls: callsFor(contestant) }),
    ...(headers && { headers }),
  });
  try {
    const before = await server.cpuMicros();
    const done = await load.run({ ms }, tally.latency);
    const after = await server.cpuMicros();
    tally.add(done, after - before);
  } finally {
    await load.close();
  }
}

type Done = Pick<Block, 'calls' | 'wrong' | 'faults' | 'answerBytes'> & { seconds: number };

/** The sum of the times one server is under load in a round. */
class Tally {
  readonly latency: RecordableHistogram = createHistogram({ highest: 60_000_000 });
  #cpuMicros = 0;
  #seconds = 0;
  #calls = 0;
  #wrong = 0;
  #faults: string[] = [];
  #answerBytes = 0;

  add({ calls, seconds, wrong, faults, answerBytes }: Done, cpuMicros: number): void {
    this.#cpuMicros += cpuMicros;
    this.#seconds += seconds;
    this.#calls += calls;
    this.#wrong += wrong;
    this.#faults.push(...faults);
    this.#answerBytes = answerBytes;
  }

  block(): Block {
    return {
      cpuMicros: this.#cpuMicros / this.#calls,
      perSecond: this.#calls / this.#seconds,
      busy: this.#cpuMicros / (this.#seconds * 1e6),
      p50Micros: this.latency.percentile(50),
      p99Micros: this.latency.percentile(99),
      calls: this.#calls,
      wrong: this.#wrong,
      faults: this.#faults,
      answerBytes: this.#answerBytes,
    };
  }
}
