import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { hasRedis } from '../sessions/redis-clients.ts';
import { PROOF, startThree, publish } from './nodes.ts';
import { roundRobin } from './round-robin.ts';

const here = (path: string) => new URL(`../../../../conformance/src/${path}`, import.meta.url);

const REVISIONS = ['2025-11-25', '2026-07-28'] as const;

describe.runIf(hasRedis && PROOF).each(REVISIONS)('requirements %s', (revision) => {
  test('the official suite passes on three nodes behind a proxy', async () => {
    const args = ['--module', here('fixture-app.ts').href, '--factory', 'createFixtureApp'];
    const nodes = await startThree({ args });
    // The suite checks that only the names of this machine are served.
    const proxy = await roundRobin(nodes, 'localhost');
    const flags = ['--conditions=@toolyard/source', fileURLToPath(here('run.ts'))];
    // It ends with 1 when something failed, which its output tells better.
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...flags, '--url', proxy.url, '--requirements', revision],
      { timeout: 100_000 },
    ).catch((error: { stdout: string }) => error);
    const requests = [...proxy.passed.values()].join(', ');
    publish(`${totals(stdout).join('\n')}\n  requests by node: ${requests}`);
    expect(problems(stdout)).toEqual([]);
    const [, passed, of] =
      /scored: +(\d+) of (\d+) scenarios, \d+ checks passed, 0 failed/.exec(stdout) ?? [];
    expect(Number(of)).toBeGreaterThanOrEqual(30);
    expect(passed).toBe(of);
    expect(proxy.passed.size).toBe(3);
    await rm(/results in +(\S+)/.exec(stdout)![1]!, { recursive: true });
  }, 120_000);
});

/** Failed scenarios; the tasks extension is not part of what this server offers. */
function problems(output: string): string[] {
  return output.split('\n').filter((line) => line.includes('✗') && !line.includes('✗ tasks-'));
}

function totals(output: string): string[] {
  return output.split('\n').filter((line) => /^server|^ +(?:scored|all):/.test(line));
}
