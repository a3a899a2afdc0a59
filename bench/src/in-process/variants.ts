import { setImmediate as nextTurn } from 'node:timers/promises';
import { thereAndBack } from '../rounds.ts';

/** One way of making the same call in this process. */
export interface Variant {
  id: string;
  call: (text: string) => Promise<{ text: string }>;
}

/** CPU microseconds of the main thread per call, by variant, one value per round. */
export type CallCosts = Record<string, number[]>;

const callsPerTurn = 100;

/** Measures the variants against each other: A B C, C B A, each round starting with another one. */
export async function measureVariants(
  variants: readonly Variant[],
  { rounds, calls }: { rounds: number; calls: number },
): Promise<CallCosts> {
  const costs: CallCosts = Object.fromEntries(variants.map(({ id }) => [id, []]));
  for (const variant of thereAndBack(variants, 0)) await cpuOf(variant, calls);
  for (let round = 0; round < rounds; round++) {
    const total = new Map(variants.map(({ id }) => [id, 0]));
    for (const variant of thereAndBack(variants, round)) {
      total.set(variant.id, total.get(variant.id)! + (await cpuOf(variant, calls)));
    }
    for (const [id, micros] of total) costs[id]!.push(micros / (2 * calls));
  }
  return costs;
}

async function cpuOf({ id, call }: Variant, calls: number): Promise<number> {
  const text = 'x'.repeat(52);
  const before = process.threadCpuUsage();
  for (let done = 0; done < calls; done++) {
    const answer = await call(text);
    if (answer.text !== text) throw new Error(`${id} answered ${JSON.stringify(answer)}.`);
    // Without a turn of the loop nothing weakly held could be freed, and a call would pay for all earlier ones.
    if (done % callsPerTurn === 0) await nextTurn();
  }
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}
