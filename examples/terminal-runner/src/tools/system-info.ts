import { callerKey, defineTool, type Clock, type Tool } from '@toolyard/core';
import type { ProcessSupervisor } from '@toolyard/core/process';
import { z } from 'zod';

import { sharedValue } from '../monitoring/shared-value.ts';
import { readSystemInfo } from '../system-info.ts';

/** What `systemInfoTool` can be told. */
export interface SystemInfoToolOptions {
  /** To count the caller's processes. */
  readonly supervisor?: Pick<ProcessSupervisor, 'list'> | undefined;
  /** How long one reading serves everybody. Default: 2,000 ms. */
  readonly maxAgeMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

const bytes = z.number().describe('Bytes');

/** `system_info`: the state of the machine, without secrets or names. */
export function systemInfoTool(
  root: string,
  { supervisor, maxAgeMs = 2_000, clock }: SystemInfoToolOptions = {},
): Tool {
  const current = sharedValue(() => readSystemInfo({ root }), { maxAgeMs, clock });
  return defineTool({
    name: 'system_info',
    title: 'System information',
    description: [
      'The machine this server runs on: platform, processors and load, memory, disk of the file root, uptime;',
      'and how many of your own processes run. Up to some seconds old, see ageMs.',
      'For which processes use list_processes; for whether the server itself is in order use health.',
    ].join(' '),
    input: z.object({}),
    output: z.object({
      platform: z.string().describe('linux, darwin, win32, …'),
      release: z.string().describe('Of the operating system'),
      architecture: z.string().describe('x64, arm64, …'),
      nodeVersion: z.string().describe('That runs this server'),
      cpu: z.object({
        model: z.string().describe('Of the first processor'),
        count: z.number().describe('Of the machine'),
        available: z.number().describe('How many this server may use'),
        loadAverage: z.array(z.number()).max(3).describe('Over 1, 5 and 15 minutes; zeros on Windows'),
      }),
      memory: z.object({
        totalBytes: bytes,
        freeBytes: bytes,
        limitBytes: bytes.optional().describe('Of the container, where there is one'),
        processBytes: bytes.describe('Of this server'),
      }),
      disk: z
        .object({ totalBytes: bytes, freeBytes: bytes })
        .describe('Of the file system that holds the file root'),
      uptimeSeconds: z.number().describe('Of the machine'),
      processUptimeSeconds: z.number().describe('Of this server'),
      processes: z
        .object({
          running: z.number().describe('Also those that are ending'),
          ended: z.number().describe('Of the background ones that list_processes still knows'),
        })
        .optional()
        .describe('Your own'),
      ageMs: z.number().describe('How old this is'),
    }),
    annotations: { readOnlyHint: true, openWorldHint: false },
    timeoutMs: 10_000,
    async run(_input, call) {
      const { value, ageMs } = await current();
      const { cpu, ...info } = value;
      const processes = supervisor?.list(callerKey(call));
      const running = processes?.filter(({ status }) => status !== 'exited').length ?? 0;
      return {
        ...info,
        cpu: { ...cpu, loadAverage: [...cpu.loadAverage] },
        ...(processes && { processes: { running, ended: processes.length - running } }),
        ageMs,
      };
    },
  });
}
