import { type Tool } from '@toolyard/core';
import type { Health } from './health.ts';
/** `health`: how the parts of the server are, and what the caller uses of them. */
export declare function healthTool(health: Health): Tool;
//# sourceMappingURL=health-tool.d.ts.map
