import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Allocation, countAllocation } from './allocation.ts';
import type { FromServer, MemoryAnswer, Question } from './control.ts';

export interface ServerOptions {
  /** How many tools are registered; `echo` is the last of them. */
  tools: number;
  /** After how long an unused session goes, for servers that can. */
  sessionIdleMs?: number;
  /** What is switched on, for servers that have a choice. */
  feature?: string;
}

/**
 * The body of a server process: starts the server, says where it is, answers the bench's questions.
 *
 * Started by hand it prints its URL and runs until it is stopped. Under the bench it ends with its parent.
 */
export async function runServer(start: (options: ServerOptions) => Promise<string>): Promise<void> {
  process.on('disconnect', () => process.exit());
  try {
    const url = await start(serverOptions());
    process.on('message', (question: Question) => void answer(question).then(tell));
    if (process.connected) tell({ type: 'ready', url });
    else console.log(url);
  } catch (error) {
    if (!process.connected) throw error;
    tell({ type: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

function serverOptions(): ServerOptions {
  const { values } = parseArgs({
    options: {
      tools: { type: 'string', default: '1' },
      'session-idle-ms': { type: 'string' },
      feature: { type: 'string' },
    },
  });
  const { tools, feature, 'session-idle-ms': idle } = values;
  return {
    tools: Number(tools),
    ...(idle !== undefined && { sessionIdleMs: Number(idle) }),
    ...(feature !== undefined && { feature }),
  };
}

async function answer(question: Question): Promise<FromServer> {
  if (question === 'memory') return { type: 'memory', memory: await settledMemory() };
  if (question === 'allocation') return { type: 'allocation', allocation: allocationSinceLast() };
  const { user, system } = process.cpuUsage();
  return { type: 'cpu', cpu: { cpuMicros: user + system } };
}

let endCount: (() => Allocation) | undefined;

/** Nothing the first time, when counting begins. */
function allocationSinceLast(): Allocation {
  const allocation = endCount?.() ?? { bytes: 0, collections: 0 };
  endCount = countAllocation();
  return allocation;
}

async function settledMemory(): Promise<MemoryAnswer> {
  if (!globalThis.gc) throw new Error('Start the server with --expose-gc to ask for its memory.');
  // Finalizers and weak references are cleared between turns, and what they held only by the next collection.
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc();
    await sleep(20);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapUsed, external, rss };
}

function tell(message: FromServer): void {
  process.send?.(message);
}
