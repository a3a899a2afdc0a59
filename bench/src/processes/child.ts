import { measureRuns } from './measure.ts';
import { bare, sandboxed, supervised } from './ways.ts';

// A process of its own: its memory is what starting a process has to copy the map of.

const [rounds, runs] = process.argv.slice(2).map(Number);
const ways = [bare, supervised('supervisor'), await sandboxed()].filter((way) => way !== undefined);
process.send?.(await measureRuns(ways, { rounds: rounds!, runs: runs! }));
for (const way of ways) await way[Symbol.asyncDispose]();
