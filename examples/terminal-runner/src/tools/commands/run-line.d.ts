import { type Tool } from '@toolyard/core';
import type { Commands } from '../../commands/commands.ts';
/** `run_line`: programs joined as in a shell, without one. */
export declare function runLineTool({ runner, artifacts, policy }: Commands): Tool;
//# sourceMappingURL=run-line.d.ts.map
