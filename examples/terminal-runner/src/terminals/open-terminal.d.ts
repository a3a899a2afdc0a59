import { type Tool } from '@toolyard/core';
import type { TerminalToolsOptions } from './options.ts';
/** `open_terminal`: a program of the policy, with a screen. */
export declare function openTerminalTool({ terminals, commands }: TerminalToolsOptions): Tool;
//# sourceMappingURL=open-terminal.d.ts.map
