import { describe, expect, test } from 'vitest';
import { http2025, http2026 } from '../src/groups/http.ts';
import { allocation } from '../src/groups/allocation.ts';
import { features } from '../src/groups/features.ts';
import { fetchEntry } from '../src/groups/fetch.ts';
import { lists } from '../src/groups/lists.ts';
import { soak } from '../src/groups/soak.ts';
import { inProcess } from '../src/groups/in-process.ts';
import { growth } from '../src/groups/growth.ts';
import { sessions } from '../src/groups/sessions.ts';
import { fullSettings, type Settings } from '../src/settings.ts';

const tiny: Settings = {
  ...fullSettings,
  rounds: 2,
  blockMs: 50,
  warmUpMs: 50,
  connections: 4,
  inProcessCalls: 200,
  allocationCalls: 200,
  sessions: 40,
  growthCalls: 40,
  soakCalls: 400,
  soakSamples: 4,
  servers: ['sdk-low-level'],
};

const silent = (): void => {};

describe.each([http2026, http2025])('$id', (group) => {
  test('compares the servers with the bare one and finds no wrong answer', async () => {
    const { table, faults } = await group.run(tiny, silent);
    expect(faults).toEqual([]);
    expect(table.rows.map(([server]) => server)).toEqual(['bare node:http', 'SDK v2, low-level Server']);
    expect(table.rows[0]?.[2]).toBe('1.00 ± 0.00');
  });
});

test('1,000 tools are compared with one', async () => {
  const { faults, goals } = await http2026.run({ ...tiny, servers: ['toolyard-1'] }, silent);
  expect(faults).toEqual([]);
  expect(goals.map(({ text }) => text)).toContain('tools/call, 2026: CPU with 1,000 tools, × with one');
});

test('Toolyard in Hono is compared with bare Hono', async () => {
  const { table, faults } = await fetchEntry.run({ ...tiny, servers: ['hono'] }, silent);
  expect(faults).toEqual([]);
  expect(table.rows.map(([server]) => server)).toEqual([
    'bare Hono',
    'SDK v2, low-level Server, tuned, in Hono',
    'Toolyard in Hono',
  ]);
});

test('every feature answers, and its price is what it adds to none', async () => {
  const { table, faults } = await features.run({ ...tiny, servers: [] }, silent);
  expect(faults).toEqual([]);
  expect(table.rows).toHaveLength(8);
  expect(table.rows.slice(0, 2).map(([, added]) => added)).toEqual(['', '']);
});

test('the bare server lists what Toolyard lists', async () => {
  const { figures, faults } = await lists.run({ ...tiny, servers: ['toolyard'] }, silent);
  expect(faults).toEqual([]);
  for (const { rows } of figures as { rows: { answerBytes: number }[] }[]) {
    const [base, ours] = rows.map(({ answerBytes }) => answerBytes);
    expect(base).toBeGreaterThan(100_000);
    // Ids have more or fewer digits.
    expect(Math.abs(ours! - base!)).toBeLessThan(5);
  }
});

test('allocation is measured in both eras', async () => {
  const { table, faults } = await allocation.run(tiny, silent);
  expect(faults).toEqual([]);
  expect(table.rows.map(([server, era]) => [server, era])).toEqual([
    ['bare node:http', '2026'],
    ['SDK v2, low-level Server', '2026'],
    ['bare node:http', '2025'],
    ['SDK v2, low-level Server', '2025'],
  ]);
});

test('a soak samples memory until all calls are made', async () => {
  const { table, faults } = await soak.run(tiny, silent);
  expect(faults).toEqual([]);
  expect(table.rows.at(-1)?.[0]).toBe('400');
});

test('sessions cost memory', async () => {
  const { figures } = await sessions.run(tiny, silent);
  expect(figures).toMatchObject([{ id: 'sdk-low-level', sessions: 40, endedBy: 'DELETE' }]);
});

test('growth is measured in both eras', async () => {
  const { table, faults } = await growth.run(tiny, silent);
  expect(faults).toEqual([]);
  expect(table.rows.map(([server, era, calls]) => [server, era, calls])).toEqual([
    ['bare node:http', '2026', '40'],
    ['bare node:http', '2025', '40'],
    ['SDK v2, low-level Server', '2026', '40'],
    ['SDK v2, low-level Server', '2025', '40'],
  ]);
});

test('app.call is measured through 0, 1, 5 and 10 middleware', async () => {
  const { table } = await inProcess.run(tiny, silent);
  expect(table.rows.map(([call]) => call)).toEqual([
    'bare handler',
    '0 middleware',
    '1 middleware',
    '5 middleware',
    '10 middleware',
  ]);
});
