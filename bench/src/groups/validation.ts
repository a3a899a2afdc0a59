import { fork } from 'node:child_process';
import { withSpread } from '../report/format.ts';
import type { Settings } from '../settings.ts';
import { pairedRatio, summarize } from '../statistics.ts';
import type { CheckCosts } from '../validation/measure.ts';
import { standard } from '../validation/validators.ts';
import type { Group, GroupReport } from './group.ts';

/** What it costs to check arguments against a schema, by validator and by size of the arguments. */
export const validation: Group = { id: 'validation', run };

async function run(settings: Settings, progress: (line: string) => void): Promise<GroupReport> {
  progress(`${settings.rounds} rounds in a process of their own`);
  const costs = await costsFromChild(settings);
  const rows = Object.entries(costs).flatMap(([value, byValidator]) =>
    Object.entries(byValidator).map(([validator, micros]) => ({
      value,
      validator,
      cpuMicros: summarize(micros),
      ratio: pairedRatio(micros, byValidator[standard.id]!),
    })),
  );
  return {
    id: validation.id,
    title: 'Checking arguments, CPU per value',
    table: {
      columns: ['value', 'validator', 'CPU µs/value', `× ${standard.id}`],
      rows: rows.map(({ value, validator, cpuMicros, ratio }) => [
        value,
        validator,
        withSpread(cpuMicros, 3),
        validator === standard.id ? '' : withSpread(ratio, 2),
      ]),
    },
    goals: [],
    figures: rows,
    faults: [],
  };
}

function costsFromChild({ rounds, inProcessCalls }: Settings): Promise<CheckCosts> {
  const file = new URL('../validation/child.ts', import.meta.url);
  return new Promise((resolve, reject) => {
    const child = fork(file, [String(rounds), String(inProcessCalls)], {
      execArgv: ['--conditions=@toolyard/source'],
      stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The validation child ended with code ${code}.`)));
    child.once('message', (costs: CheckCosts) => {
      resolve(costs);
      child.disconnect();
    });
  });
}
