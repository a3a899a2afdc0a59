import { type Tool } from '@toolyard/core';
import type { Calculator } from '../calculate/calculator.ts';
/** `calculate`: an expression, off the main thread and within limits. */
export declare function calculateTool(calculator: Calculator): Tool;
//# sourceMappingURL=calculate.d.ts.map
