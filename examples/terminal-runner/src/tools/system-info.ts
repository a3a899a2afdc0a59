import { defineTool, type Tool } from '@toolyard/core';
import { z } from 'zod';

import { readSystemInfo } from '../system-info.ts';

const bytes = z.number().describe('Bytes');

/** `system_info`: the state of the machine, without secrets or names. */
export function systemInfoTool(root: string): Tool {
  return defineTool({
    name: 'system_info',
    title: 'System information',
    description: 'Platform, processors, load, memory, disk of the file root, uptime.',
    output: z.object({
      platform: z.string(),
      release: z.string(),
      architecture: z.string(),
      nodeVersion: z.string(),
      cpu: z.object({
        model: z.string(),
        count: z.number(),
        available: z.number(),
        loadAverage: z.array(z.number()).describe('Over 1, 5 and 15 minutes'),
      }),
      memory: z.object({
        totalBytes: bytes,
        freeBytes: bytes,
        limitBytes: bytes.optional(),
        processBytes: bytes,
      }),
      disk: z.object({ totalBytes: bytes, freeBytes: bytes }),
      uptimeSeconds: z.number(),
      processUptimeSeconds: z.number(),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    async run() {
      const { cpu, ...info } = await readSystemInfo({ root });
      return { ...info, cpu: { ...cpu, loadAverage: [...cpu.loadAverage] } };
    },
  });
}
