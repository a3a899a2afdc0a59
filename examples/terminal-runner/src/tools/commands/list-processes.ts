import { callerKey, defineTool, result, text, type Tool } from '@toolyard/core';
import type { ProcessInfo, SafeRoots } from '@toolyard/core/process';
import { z } from 'zod';

import type { Commands } from '../../commands/commands.ts';
import { shownDirectory } from '../../commands/shown-directory.ts';
import { describeState, stateFields, stateOf } from './process-state.ts';

/** `list_processes`: what runs for the caller. */
export function listProcessesTool({ supervisor, roots }: Commands): Tool {
  return defineTool({
    name: 'list_processes',
    title: 'List processes',
    description: [
      'Lists your processes, oldest first: those that run, in the background or for a call, and background ones that have',
      'ended in the last ten minutes. Only your own; other users have theirs. Use it to find an id again.',
    ].join(' '),
    output: z.object({
      processes: z.array(
        z.object({
          ...stateFields,
          command: z.string().describe('Program and arguments, shortened'),
          cwd: z.string().describe('As the cwd of run has it; empty when it is gone'),
          startedAt: z.string().describe('ISO 8601'),
          isBackground: z.boolean().describe('Whether it outlives the call that started it'),
          hasOpenInput: z.boolean().describe('Whether send_input works'),
          outputBytes: z.number().describe('As the program wrote them, escape sequences included'),
          silentMs: z.number().describe('Since it last wrote something'),
        }),
      ),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    async run(_args, call) {
      const infos = supervisor.list(callerKey(call));
      const lines = infos.map((info) => `${info.id}  ${info.label}  [${describeState(info)}]`);
      return result({
        structuredContent: { processes: await Promise.all(infos.map((info) => describe(info, roots))) },
        content: [text(lines.join('\n') || 'No processes.')],
      });
    },
  });
}

async function describe(info: ProcessInfo, roots: SafeRoots) {
  const { label, cwd, startedAt, isBackground, hasOpenInput, outputBytes, silentMs } = info;
  return {
    ...stateOf(info),
    command: label,
    cwd: await shownDirectory(roots, cwd),
    startedAt: new Date(startedAt).toISOString(),
    isBackground,
    hasOpenInput,
    outputBytes,
    silentMs,
  };
}
