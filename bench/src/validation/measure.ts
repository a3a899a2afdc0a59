import { setImmediate as nextTurn } from 'node:timers/promises';
import { thereAndBack } from '../rounds.ts';
import type { Case } from './cases.ts';
import type { Check, Validator } from './validators.ts';

/** CPU microseconds of the process, its collector included, per value: by case and value, then by validator, one figure per round. */
export type CheckCosts = Record<string, Record<string, number[]>>;

const valuesPerTurn = 1_000;

/** Measures the validators against each other on each value: A B C, C B A, each round starting with another one. */
export async function measureChecks(
  cases: readonly Case[],
  validators: readonly Validator[],
  { rounds, calls }: { rounds: number; calls: number },
): Promise<CheckCosts> {
  const costs: CheckCosts = {};
  for (const { id, weight, schema, values } of cases) {
    const checks = validators.map((validator) => ({ id: validator.id, check: validator.compile(schema) }));
    const blockOf = Math.max(Math.ceil(calls / weight), 20);
    // Before any is measured, every check has seen what fits and what does not, as one in use has.
    for (const { check } of checks) for (const value of values) await cpuOf(check, value, blockOf);
    for (const value of values) {
      const byValidator: Record<string, number[]> = Object.fromEntries(checks.map((one) => [one.id, []]));
      for (let round = 0; round < rounds; round++) {
        const total = new Map(checks.map((one) => [one.id, 0]));
        for (const one of thereAndBack(checks, round)) {
          total.set(one.id, total.get(one.id)! + (await cpuOf(one.check, value, blockOf)));
        }
        for (const [validator, micros] of total) byValidator[validator]!.push(micros / (2 * blockOf));
      }
      costs[`${id}, ${value.id}`] = byValidator;
    }
  }
  return costs;
}

async function cpuOf(check: Check, { id, valid, value }: Case['values'][number], calls: number) {
  // Not of the thread alone: the kernel counts that in steps of a millisecond or more, as long as a block.
  const before = process.cpuUsage();
  for (let done = 0; done < calls; done++) {
    if (check(value) !== valid) throw new Error(`A check is mistaken about "${id}".`);
    if (done % valuesPerTurn === 0) await nextTurn();
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
