import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** Where and with what the figures were taken. */
export interface Conditions {
  date: string;
  machine: {
    platform: string;
    kernel: string;
    cpu: string;
    cores: number;
    memoryGiB: number;
    /** One-minute load average when the bench started: above 0.5 the machine was not quiet. */
    loadBefore: number;
  };
  versions: Record<string, string>;
}

export function conditions(now = new Date()): Conditions {
  return {
    date: now.toISOString(),
    machine: {
      platform: `${process.platform} ${process.arch}`,
      kernel: release(),
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      loadBefore: Number(loadavg()[0]?.toFixed(2)),
    },
    versions: { node: process.versions.node, v8: process.versions.v8, ...packageVersions() },
  };
}

/** {@link placeLine} and what was measured. */
export function conditionsLine(taken: Conditions): string {
  const packages = Object.entries(taken.versions).map(([name, version]) => `${name} ${version}`);
  return `${placeLine(taken)} · ${packages.join(', ')}`;
}

/** When and where. */
export function placeLine({ date, machine }: Conditions): string {
  const { cpu, cores, platform, loadBefore } = machine;
  return `${date.slice(0, 10)} · ${cpu}, ${cores} cores, ${platform}, load ${loadBefore}`;
}

/** Whether the machine had nothing else to do when the bench started. */
export function isQuiet({ machine }: Conditions): boolean {
  return machine.loadBefore <= 0.5;
}

const measured = [
  '@hono/node-server',
  '@modelcontextprotocol/server',
  '@modelcontextprotocol/node',
  '@toolyard/core',
  '@toolyard/transport-http',
  'hono',
  'zod',
];

function packageVersions(): Record<string, string> {
  return Object.fromEntries(measured.map((name) => [name, versionOf(name)]));
}

function versionOf(name: string): string {
  const manifest = new URL(`../../../node_modules/${name}/package.json`, import.meta.url);
  const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'));
  return version;
}
