import { callerKey, defineTool, type Tool } from '@toolyard/core';
import { z } from 'zod';

import type { Background } from './background.ts';
import { fields, PROCESS_ERRORS } from './fields.ts';
import { stateFields, stateOf } from './process-state.ts';

const SIGNALS = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGSTOP',
  'SIGCONT',
  'SIGKILL',
] as const;

/** `signal`: to a program in the background and what it started. */
export function signalTool(background: Background): Tool {
  return defineTool({
    name: 'signal',
    title: 'Send a signal',
    description: [
      'Sends a signal to a process that start began and to all it started: SIGINT for Ctrl-C, SIGHUP to reload, SIGSTOP and',
      'SIGCONT to pause and go on. It does not wait for what the process does about it: use wait. To end a process for sure',
      'use kill.',
    ].join(' '),
    input: z.object({ id: fields.id, signal: z.enum(SIGNALS).describe('Which one') }),
    output: z.object(stateFields),
    annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: false },
    errors: [...PROCESS_ERRORS, { code: 'PROCESS_EXITED', description: 'It has ended already.' }],
    run({ id, signal }, call) {
      const process = background.get(id, callerKey(call));
      process.signal(signal);
      return stateOf(process.info());
    },
  });
}
