import { fork } from 'node:child_process';
import { goal } from '../goals.ts';
import type { CallCosts } from '../in-process/variants.ts';
import { withSpread } from '../report/format.ts';
import type { Settings } from '../settings.ts';
import { pairedDifference, summarize } from '../statistics.ts';
import type { Group, GroupReport } from './group.ts';

/** `app.call` through middleware against the handler called directly. */
export const inProcess: Group = { id: 'in-process', run };

const base = 'bare handler';
const pipeline = '0 middleware';
const five = '5 middleware';

async function run(settings: Settings, progress: (line: string) => void): Promise<GroupReport> {
  progress(`${settings.rounds} rounds in a process of their own`);
  const costs = await costsFromChild(settings);
  const rows = Object.entries(costs).map(([id, micros]) => ({
    id,
    cpuMicros: summarize(micros),
    added: pairedDifference(micros, costs[base]!),
    addedToPipeline: pairedDifference(micros, costs[pipeline]!),
  }));
  return {
    id: inProcess.id,
    title: 'app.call in process, main-thread CPU',
    table: {
      columns: ['call', 'CPU µs/call', '+ µs over bare handler', '+ µs over 0 middleware'],
      rows: rows.map(({ id, cpuMicros, added, addedToPipeline }) => [
        id,
        withSpread(cpuMicros, 2),
        id === base ? '' : withSpread(added, 2),
        id === base || id === pipeline ? '' : withSpread(addedToPipeline, 2),
      ]),
    },
    goals: [
      goal(
        'app.call: µs added by five pass-through middleware',
        3,
        rows.find(({ id }) => id === five)!.addedToPipeline.median,
      ),
    ],
    figures: rows,
    faults: [],
  };
}

function costsFromChild({ rounds, inProcessCalls }: Settings): Promise<CallCosts> {
  const file = new URL('../in-process/child.ts', import.meta.url);
  return new Promise((resolve, reject) => {
    const child = fork(file, [String(rounds), String(inProcessCalls)], {
      execArgv: ['--conditions=@toolyard/source'],
      stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The in-process child ended with code ${code}.`)));
    child.once('message', (costs: CallCosts) => {
      resolve(costs);
      child.disconnect();
    });
  });
}
