import { callerKey, defineTool, type Tool } from '@toolyard/core';
import { z } from 'zod';

import type { Health, HealthPart, Usage } from './health.ts';

const status = z.enum(['ok', 'degraded', 'failed']);

/** `health`: how the parts of the server are, and what the caller uses of them. */
export function healthTool(health: Health): Tool {
  return defineTool({
    name: 'health',
    title: 'Health',
    description: [
      'Whether the parts of this server work, tried out and not guessed: commands, files, its data directory,',
      'calculations, notes, kept output; with what you use of each and how much you may.',
      'Use it when other tools fail in ways their messages do not explain, or before many calls.',
      'For the machine (load, memory, disk) use system_info; for your processes one by one use list_processes.',
      'degraded: works, but a person should look. failed: the message says why; calling again will not help soon.',
    ].join(' '),
    input: z.object({}),
    output: z.object({
      status: status.describe('failed when a part that most tools need has failed'),
      ageMs: z.number().describe('How old this is: results are shared for some seconds'),
      parts: z
        .array(
          z.object({
            name: z.string().describe('commands, files, data, calculations, notes or output'),
            status,
            message: z.string().describe('What was found'),
            usage: z
              .array(
                z.object({
                  what: z.string().describe('What is counted'),
                  used: z.number().describe('By you, now'),
                  limit: z.number().optional().describe('The most you may have'),
                }),
              )
              .max(8)
              .describe('What you use; what others use is not told'),
          }),
        )
        .max(32)
        .describe('All parts'),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    timeoutMs: 30_000,
    async run(_input, call) {
      const owner = callerKey(call);
      const [report, usages] = await Promise.all([
        health.report(),
        Promise.all(health.parts.map((part) => usageOf(part, owner))),
      ]);
      const parts = report.parts.map((part, index) => ({ ...part, usage: usages[index] ?? [] }));
      return { status: report.status, ageMs: report.ageMs, parts };
    },
  });
}

/** Nothing of a part that cannot tell: its status says why. */
async function usageOf(part: HealthPart, owner: string): Promise<Usage[]> {
  try {
    return [...((await part.usage?.(owner)) ?? [])];
  } catch {
    return [];
  }
}
