import { type Tool } from '@toolyard/core';
import type { TerminalToolsOptions } from './options.ts';
/** `send_keys`: types, and shows what came of it. */
export declare function sendKeysTool({ terminals, commands, onDecision }: TerminalToolsOptions): Tool;
//# sourceMappingURL=send-keys.d.ts.map
