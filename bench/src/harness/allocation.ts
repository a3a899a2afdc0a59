import { GCProfiler, getHeapStatistics } from 'node:v8';

/**
 * Counts the bytes this process allocates on its JavaScript heap from now on. The result ends the count.
 *
 * Between two collections the heap only grows, by exactly what was allocated. `GCProfiler` notes its size before and
 * after each, so the sum of those growths is the whole, whatever was collected in between. Backing stores of buffers
 * are outside of the heap and not counted.
 */
export function countAllocation(): () => Allocation {
  const profiler = new GCProfiler();
  profiler.start();
  let last = usedHeap();
  return () => {
    const end = usedHeap();
    const { statistics } = profiler.stop();
    let bytes = 0;
    for (const { beforeGC, afterGC } of statistics) {
      bytes += beforeGC.heapStatistics.usedHeapSize - last;
      last = afterGC.heapStatistics.usedHeapSize;
    }
    return { bytes: bytes + end - last, collections: statistics.length };
  };
}

export interface Allocation {
  bytes: number;
  collections: number;
}

function usedHeap(): number {
  return getHeapStatistics().used_heap_size;
}
