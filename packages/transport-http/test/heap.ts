import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { type: 'major'; execution: 'async' }) => Promise<void>;

/** Bytes in use on the heap once everything that can be freed is. */
export async function heapUsed(): Promise<number> {
  let lowest = Infinity;
  for (let round = 0; round < 5; round += 1) {
    await collect({ type: 'major', execution: 'async' });
    lowest = Math.min(lowest, process.memoryUsage().heapUsed);
  }
  return lowest;
}
