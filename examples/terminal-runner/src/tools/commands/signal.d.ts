import { type Tool } from '@toolyard/core';
import type { Background } from './background.ts';
/** `signal`: to a program in the background and what it started. */
export declare function signalTool(background: Background): Tool;
//# sourceMappingURL=signal.d.ts.map
