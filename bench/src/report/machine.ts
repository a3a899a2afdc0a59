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

export function conditionsLine({ date, machine, versions }: Conditions): string {
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const place = `${machine.cpu}, ${machine.cores} cores, ${machine.platform}, load ${machine.loadBefore}`;
  return `${date.slice(0, 10)} · ${place} · ${packages.join(', ')}`;
}

const measured = [
  '@modelcontextprotocol/server',
  '@modelcontextprotocol/node',
  '@toolyard/core',
  '@toolyard/transport-http',
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
