import { type Tool } from '@toolyard/core';
import type { TerminalToolsOptions } from '../terminals/options.ts';
/** Terminals as tools: programs of the policy that draw and ask. Everyone sees their own. */
export declare function terminalTools(options: TerminalToolsOptions): Tool[];
//# sourceMappingURL=terminals.d.ts.map
