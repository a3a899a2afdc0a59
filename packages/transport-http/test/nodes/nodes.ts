import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { onTestFinished } from 'vitest';

import { PREFIX, REDIS_URL } from '../sessions/redis-clients.ts';

/** A process that serves. */
export interface Node {
  readonly url: string;
  readonly pid: number;
  readonly process: ChildProcess;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Lets it drain and end. */
  stop(): Promise<void>;
}

/** What differs from a node of three on Redis. */
export interface NodeOptions {
  readonly redis?: string | undefined;
  readonly prefix?: string | undefined;
  /** More arguments of `node-process.ts`. */
  readonly args?: readonly string[];
  readonly flags?: readonly string[];
}

/** Whether the long proofs run. */
export const PROOF = process.env['TOOLYARD_PROOF'] === '1';

/** Prints a figure, with the proofs that are long enough for it to mean something. */
export function publish(figure: string): void {
  if (PROOF) process.stderr.write(`${figure}\n`);
}

const script = fileURLToPath(new URL('node-process.ts', import.meta.url));

/** In front of the keys of nodes that belong together. */
export function newPrefix(): string {
  return `${PREFIX}${crypto.randomUUID()}:`;
}

/** Starts three nodes of one server on Redis; they end with the test. */
export async function startThree(options: NodeOptions = {}): Promise<[Node, Node, Node]> {
  const own = { redis: REDIS_URL, prefix: newPrefix(), ...options };
  return Promise.all([startNode(own), startNode(own), startNode(own)]);
}

/** Starts one node, without Redis unless its URL is given; it ends with the test. */
export async function startNode({ redis, prefix, args = [], flags = [] }: NodeOptions = {}): Promise<Node> {
  const child = spawn(
    process.execPath,
    [
      '--no-warnings',
      '--conditions=@toolyard/source',
      ...flags,
      script,
      ...(redis === undefined ? [] : ['--redis', redis]),
      ...(prefix === undefined ? [] : ['--prefix', prefix]),
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  const lines = createInterface(child.stdout);
  const [url] = (await Promise.race([
    once(lines, 'line'),
    ended.then(() => Promise.reject(new Error('The node ended at its start.'))),
  ])) as [string];
  return {
    url,
    pid: child.pid!,
    process: child,
    kill,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Milliseconds of processor time that a process has used. */
export async function processorMs({ pid }: Node): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const TICK_MS = 10;
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
