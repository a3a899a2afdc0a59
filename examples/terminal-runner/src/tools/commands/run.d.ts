import { type Tool } from '@toolyard/core';
import type { Commands } from '../../commands/commands.ts';
import type { ResultCache } from '../../output/result-cache.ts';
/** `run`: one program, to its end. */
export declare function runTool({ runner, artifacts, policy }: Commands, cache: ResultCache): Tool;
//# sourceMappingURL=run.d.ts.map
