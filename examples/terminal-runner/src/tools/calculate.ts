import { defineTool, type Tool } from '@toolyard/core';
import { z } from 'zod';

import type { Calculator } from '../calculate/calculator.ts';

/** `calculate`: an expression, off the main thread and within limits. */
export function calculateTool(calculator: Calculator): Tool {
  return defineTool({
    name: 'calculate',
    title: 'Calculate',
    description: 'Evaluates a mathematical expression: arithmetic, functions, units, matrices, complex numbers.',
    input: z.object({ expression: z.string().min(1).describe('For example "sqrt(2) * 3 cm to mm"') }),
    output: z.object({
      text: z.string().describe('The result as text'),
      type: z.string(),
      number: z.number().optional().describe('The result where it is a plain number'),
    }),
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    run: ({ expression }, call) => calculator.calculate(expression, { signal: call.signal }),
  });
}
