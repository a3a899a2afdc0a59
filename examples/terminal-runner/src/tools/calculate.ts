import { defineTool, type Tool } from '@toolyard/core';
import { z } from 'zod';

import type { Calculator } from '../calculate/calculator.ts';

/** `calculate`: an expression, off the main thread and within limits. */
export function calculateTool(calculator: Calculator): Tool {
  return defineTool({
    name: 'calculate',
    title: 'Calculate',
    description:
      'Evaluates one expression of mathjs: arithmetic, functions, units, matrices, complex and big numbers. Each call starts anew: what one defines, the next does not know.',
    input: z.object({
      expression: z.string().min(1).describe('For example "sqrt(2) * 3 cm to mm" or "f(x) = x ^ 2; f(5)"'),
    }),
    output: z.object({
      text: z.string().describe('The value, with up to 14 digits'),
      type: z.string().describe('Its type in mathjs: number, Unit, DenseMatrix, …'),
      number: z.number().optional().describe('The value as a number, where it is a finite one'),
    }),
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    run: ({ expression }, { signal }) => calculator.calculate(expression, { signal }),
  });
}
