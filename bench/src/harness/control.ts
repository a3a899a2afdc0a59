import type { Allocation } from './allocation.ts';

/** What the bench asks a server process over Node's IPC channel, and what it gets back. */
export type Question = 'cpu' | 'memory' | 'allocation';

/** CPU time of the whole process since it started, all threads, garbage collection included. */
interface CpuAnswer {
  cpuMicros: number;
}

/** Bytes in use after several full collections. */
export interface MemoryAnswer {
  heapUsed: number;
  external: number;
  rss: number;
}

export type FromServer =
  | { type: 'ready'; url: string }
  | { type: 'failed'; reason: string }
  | { type: 'cpu'; cpu: CpuAnswer }
  | { type: 'memory'; memory: MemoryAnswer }
  | { type: 'allocation'; allocation: Allocation };
