import { statfs } from 'node:fs/promises';
import {
  arch,
  availableParallelism,
  cpus,
  freemem,
  loadavg,
  platform,
  release,
  totalmem,
  uptime,
} from 'node:os';

/** The state of the machine, without names, addresses, users or the environment. */
export interface SystemInfo {
  readonly platform: string;
  readonly release: string;
  readonly architecture: string;
  readonly nodeVersion: string;
  readonly cpu: {
    readonly model: string;
    readonly count: number;
    /** How many this process may use. */
    readonly available: number;
    /** Over 1, 5 and 15 minutes; zeros on Windows. */
    readonly loadAverage: readonly [number, number, number];
  };
  readonly memory: {
    readonly totalBytes: number;
    readonly freeBytes: number;
    /** The limit of the container, where there is one. */
    readonly limitBytes?: number;
    /** Of this server. */
    readonly processBytes: number;
  };
  /** Of the file system that holds the file root. */
  readonly disk: { readonly totalBytes: number; readonly freeBytes: number };
  readonly uptimeSeconds: number;
  readonly processUptimeSeconds: number;
}

/** Reads the state of the machine now. `root` names the file system that is asked. */
export async function readSystemInfo({ root }: { readonly root: string }): Promise<SystemInfo> {
  const disk = await statfs(root);
  const processors = cpus();
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  // Without a limit the kernel says 0 or a number close to 2^64.
  const limit = process.constrainedMemory();
  return {
    platform: platform(),
    release: release(),
    architecture: arch(),
    nodeVersion: process.versions.node,
    cpu: {
      model: processors[0]?.model.trim() ?? 'unknown',
      count: processors.length,
      available: availableParallelism(),
      loadAverage: [one, five, fifteen],
    },
    memory: {
      totalBytes: totalmem(),
      freeBytes: freemem(),
      ...(limit > 0 && limit < totalmem() && { limitBytes: limit }),
      processBytes: process.memoryUsage.rss(),
    },
    disk: { totalBytes: disk.blocks * disk.bsize, freeBytes: disk.bavail * disk.bsize },
    uptimeSeconds: Math.round(uptime()),
    processUptimeSeconds: Math.round(process.uptime()),
  };
}
