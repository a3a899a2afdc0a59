import { measureRuns } from './measure.ts';
import { bare, fullPipeline, sandboxed, supervised } from './ways.ts';

// A process of its own: its memory is what starting a process has to copy the map of.

const [rounds, runs] = process.argv.slice(2).map(Number);
const inSandbox = await sandboxed();
const ways = [bare, supervised('supervisor'), await fullPipeline('none')];
if (inSandbox) ways.push(inSandbox, await fullPipeline('bwrap'));
process.send?.(await measureRuns(ways, { rounds: rounds!, runs: runs! }));
for (const way of ways) await way[Symbol.asyncDispose]();
