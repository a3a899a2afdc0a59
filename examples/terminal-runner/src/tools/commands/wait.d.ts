import { type Tool } from '@toolyard/core';
import type { Background } from './background.ts';
/** `wait`: for a program in the background. */
export declare function waitTool(background: Background): Tool;
//# sourceMappingURL=wait.d.ts.map
