import { fork } from 'node:child_process';
import { goal } from '../goals.ts';
import type { RunCosts } from '../processes/measure.ts';
import { withSpread } from '../report/format.ts';
import type { Settings } from '../settings.ts';
import { pairedRatio, summarize } from '../statistics.ts';
import type { Group, GroupReport } from './group.ts';

/**
 * Running `true` under the supervisor and as the tool `run` of the terminal-runner, without and with a sandbox, against a
 * bare `child_process.spawn`.
 */
export const processes: Group = { id: 'processes', run };

const base = 'bare spawn';
const limits: Record<string, number> = { supervisor: 1.2, 'full pipeline': 1.5 };
const runs = 60;

async function run(settings: Settings, progress: (line: string) => void): Promise<GroupReport> {
  progress(`${settings.rounds} rounds in a process of their own`);
  const costs = await costsFromChild(settings);
  const { cpuMicros: baseCpu, wallMicros: baseWall } = costs[base]!;
  const rows = Object.entries(costs).map(([id, { cpuMicros, wallMicros }]) => ({
    id,
    cpuMicros: summarize(cpuMicros),
    wallMicros: summarize(wallMicros),
    timesCpu: pairedRatio(cpuMicros, baseCpu),
    timesWall: pairedRatio(wallMicros, baseWall),
  }));
  const compared = rows.filter(({ id }) => id !== base);
  return {
    id: processes.id,
    title: 'Running /usr/bin/true to its end',
    table: {
      columns: ['way', 'CPU µs/run', `× ${base}`, 'wall µs/run', `× ${base}`],
      rows: rows.map(({ id, cpuMicros, timesCpu, wallMicros, timesWall }) => [
        id,
        withSpread(cpuMicros, 0),
        id === base ? '' : withSpread(timesCpu, 2),
        withSpread(wallMicros, 0),
        id === base ? '' : withSpread(timesWall, 2),
      ]),
    },
    goals: compared.flatMap(({ id, timesCpu, timesWall }) => [
      goal(`run true, ${id}: CPU of the server, × ${base}`, limits[id] ?? 3, timesCpu.median),
      goal(`run true, ${id}: wall time, × ${base}`, limits[id] ?? 3, timesWall.median),
    ]),
    figures: rows,
    faults: [],
  };
}

function costsFromChild({ rounds }: Settings): Promise<RunCosts> {
  const file = new URL('../processes/child.ts', import.meta.url);
  return new Promise((resolve, reject) => {
    const child = fork(file, [String(rounds), String(runs)], {
      execArgv: ['--conditions=@toolyard/source'],
      stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The child of the group ended with code ${code}.`)));
    child.once('message', (costs: RunCosts) => {
      resolve(costs);
      child.disconnect();
    });
  });
}
