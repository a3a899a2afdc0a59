import { callerKey, defineTool, result, text, type Tool } from '@toolyard/core';
import { z } from 'zod';

import type { Background } from './background.ts';
import { fields, PROCESS_ERRORS } from './fields.ts';
import { describeState, stateFields, stateOf } from './process-state.ts';

/** `kill`: ends a program in the background. */
export function killTool(background: Background): Tool {
  return defineTool({
    name: 'kill',
    title: 'End a process',
    description: [
      'Ends a process that start began, with all it started: asks it to end (SIGTERM) and after two seconds forces it to.',
      'Returns when nothing of it is left. One that has ended already is no error. read_output still has its output.',
    ].join(' '),
    input: z.object({ id: fields.id }),
    output: z.object(stateFields),
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    errors: PROCESS_ERRORS,
    timeoutMs: 60_000,
    async run({ id }, call) {
      const process = background.get(id, callerKey(call));
      await process.kill();
      await background.outputOf(process).flush();
      const info = process.info();
      return result({ structuredContent: stateOf(info), content: [text(`[${describeState(info)}]`)] });
    },
  });
}
