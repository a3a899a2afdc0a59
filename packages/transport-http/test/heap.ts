import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { type: 'major'; execution: 'async' }) => Promise<void>;

/** Bytes in use, on the heap and in buffers, once everything that can be freed is. */
export async function bytesUsed(): Promise<number> {
  let lowest = Infinity;
  for (let round = 0; round < 5; round += 1) {
    await collect({ type: 'major', execution: 'async' });
    const { heapUsed: onHeap, external } = process.memoryUsage();
    lowest = Math.min(lowest, onHeap + external);
  }
  return lowest;
}
