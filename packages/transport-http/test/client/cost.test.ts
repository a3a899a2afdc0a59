import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, onTestFinished, test } from 'vitest';

import { ERAS, managed } from './managed.ts';

const ROUNDS = 200;
const CALLS = 10;

test.skipIf(process.env['TOOLYARD_PROOF'] !== '1').each(ERAS)(
  'a call costs at most a tenth more than with the bare SDK client, era %s',
  async (era) => {
    const url = await startServer();
    const bare = new Client(
      { name: 'bare', version: '1.0.0' },
      era === 'auto' ? { versionNegotiation: { mode: 'auto' } } : {},
    );
    await bare.connect(new StreamableHTTPClientTransport(new URL(url)));
    onTestFinished(() => bare.close());
    const client = managed({ url, era });
    const args = { text: 'hello' };
    const contestants = [
      { spent: [] as number[], call: () => bare.callTool({ name: 'echo', arguments: args }) },
      { spent: [] as number[], call: () => client.call('echo', args) },
    ] as const;
    for (let round = -ROUNDS / 4; round < ROUNDS; round += 1) {
      for (const { spent, call } of round % 2 === 0 ? contestants : contestants.toReversed()) {
        const before = process.cpuUsage();
        for (let index = 0; index < CALLS; index += 1) await call();
        const { user, system } = process.cpuUsage(before);
        if (round >= 0) spent.push((user + system) / CALLS);
      }
    }
    const [bareUs, managedUs] = contestants.map(({ spent }) => median(spent)) as [number, number];
    const ratio = managedUs / bareUs;
    console.log(
      `era ${era}: bare ${bareUs.toFixed(0)} us, managed ${managedUs.toFixed(0)} us, ratio ${ratio.toFixed(3)}`,
    );
    expect(ratio).toBeLessThanOrEqual(1.1);
  },
  60_000,
);

async function startServer(): Promise<string> {
  const path = fileURLToPath(new URL('cost-server.ts', import.meta.url));
  const child = fork(path, {
    execArgv: ['--conditions=@toolyard/source', '--disable-warning=ExperimentalWarning'],
  });
  onTestFinished(() => void child.kill());
  return new Promise((resolve, reject) => {
    child.once('message', (url: string) => resolve(url));
    child.once('exit', () => reject(new Error('The server did not start.')));
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
