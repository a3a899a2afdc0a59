import { type Tool } from '@toolyard/core';
import type { Background } from './background.ts';
/** `kill`: ends a program in the background. */
export declare function killTool(background: Background): Tool;
//# sourceMappingURL=kill.d.ts.map
