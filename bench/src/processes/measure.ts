import { thereAndBack } from '../rounds.ts';
import type { Way } from './ways.ts';

/** By way and round: CPU time of this process and wall time, in microseconds per run. */
export type RunCosts = Record<string, { cpuMicros: number[]; wallMicros: number[] }>;

/** A run takes milliseconds, and machines change within them: ways take turns after a few. */
const runsPerTurn = 5;

/**
 * Measures ways of running a program against each other.
 *
 * @throws {Error} when a run does not end as it should.
 */
export async function measureRuns(
  ways: readonly Way[],
  { rounds, runs }: { rounds: number; runs: number },
): Promise<RunCosts> {
  const costs: RunCosts = Object.fromEntries(ways.map(({ id }) => [id, { cpuMicros: [], wallMicros: [] }]));
  for (let round = -1; round < rounds; round++) {
    const total = new Map(ways.map((way) => [way, { cpu: 0, wall: 0, runs: 0 }]));
    for (let done = 0; done < runs; done += runsPerTurn * 2) {
      for (const way of thereAndBack(ways, Math.max(round, 0) + done)) {
        const sum = total.get(way)!;
        const cpu = process.cpuUsage();
        const wall = performance.now();
        for (let run = 0; run < runsPerTurn; run++) await checked(way);
        sum.wall += (performance.now() - wall) * 1_000;
        const { user, system } = process.cpuUsage(cpu);
        sum.cpu += user + system;
        sum.runs += runsPerTurn;
      }
    }
    // The first round warms up.
    if (round < 0) continue;
    for (const [{ id }, sum] of total) {
      costs[id]!.cpuMicros.push(sum.cpu / sum.runs);
      costs[id]!.wallMicros.push(sum.wall / sum.runs);
    }
  }
  return costs;
}

async function checked({ id, run }: Way): Promise<void> {
  const { exitCode, output } = await run();
  if (exitCode !== 0 || output !== '') throw new Error(`${id} ended with ${exitCode}: ${output}`);
}
