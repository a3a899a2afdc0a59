import { type Tool } from '@toolyard/core';
import type { Commands } from '../../commands/commands.ts';
/** `list_processes`: what runs for the caller. */
export declare function listProcessesTool({ supervisor }: Commands): Tool;
//# sourceMappingURL=list-processes.d.ts.map
