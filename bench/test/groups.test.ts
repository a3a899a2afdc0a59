import { describe, expect, test } from 'vitest';
import { http2025, http2026 } from '../src/groups/http.ts';
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
  sessions: 40,
  growthCalls: 40,
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
