import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

import { expect, onTestFinished, test } from 'vitest';

import { modern } from '../helpers.ts';
import { PROOF, startNode, publish } from './nodes.ts';

const LIMIT_EXCEEDED = -31_429;
const BURN_MS = 20;
const CAPACITY = 1000 / BURN_MS;
const SECONDS = 10;

interface Outcome {
  readonly ms: number;
  readonly status: number;
  /** Of the error, where the call was not admitted. */
  readonly code: number | undefined;
}

/** Calls at a steady rate, whether answers come or not. */
async function load(url: string, perSecond: number, seconds: number): Promise<Outcome[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 2000 });
  onTestFinished(() => agent.destroy());
  const { body, headers } = modern('tools/call', { name: 'burn', arguments: { slices: BURN_MS, ms: 1 } });
  const text = JSON.stringify(body);
  const call = () =>
    new Promise<Outcome>((resolve, reject) => {
      const startedAt = performance.now();
      const outgoing = request(url, {
        agent,
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
      });
      outgoing.on('error', reject).once('response', (response) => {
        let answer = '';
        response.on('data', (chunk) => (answer += String(chunk)));
        response.on('end', () =>
          resolve({
            ms: performance.now() - startedAt,
            status: response.statusCode ?? 0,
            code: JSON.parse(answer).error?.code,
          }),
        );
      });
      outgoing.end(text);
    });
  const calls: Promise<Outcome>[] = [];
  const startedAt = performance.now();
  while (performance.now() - startedAt < seconds * 1000) {
    const due = ((performance.now() - startedAt) / 1000) * perSecond;
    while (calls.length < due) calls.push(call());
    await wait(2);
  }
  return Promise.all(calls);
}

test.runIf(PROOF)(
  'at ten times its capacity a node with a limit refuses calls and serves the admitted ones soon',
  async () => {
    const node = await startNode({ args: ['--running', '2', '--waiting', '4'] });
    await load(node.url, CAPACITY / 5, 1);
    const calm = await load(node.url, CAPACITY / 5, SECONDS);
    const stormy = await load(node.url, CAPACITY * 10, SECONDS);
    const admitted = stormy.filter(({ code }) => code === undefined);
    const refused = stormy.filter(({ code }) => code !== undefined);
    publish(
      `Overload: calm ${percentiles(calm)}; storm: ${admitted.length} admitted, ${percentiles(admitted)}; ` +
        `${refused.length} refused, ${percentiles(refused)}`,
    );
    expect(calm.filter(({ code }) => code !== undefined)).toEqual([]);
    expect(new Set(stormy.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set([LIMIT_EXCEEDED]));
    // Refusing leaves it time to serve.
    expect(admitted.length).toBeGreaterThan((CAPACITY * SECONDS) / 4);
    // Were all served, the last would wait nine times as long as the storm lasts.
    expect(percentile(admitted, 0.99)).toBeLessThan(2000);
  },
  60_000,
);

function percentiles(outcomes: readonly Outcome[]): string {
  const [half, most] = [0.5, 0.99].map((share) => percentile(outcomes, share).toFixed(0));
  return `p50 ${half} ms, p99 ${most} ms`;
}

function percentile(outcomes: readonly Outcome[], share: number): number {
  const sorted = outcomes.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.trunc(sorted.length * share))] ?? NaN;
}
