import { createApp, type Principal } from '@toolyard/core';
import { createTestClient, fakeClock } from '@toolyard/core/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { readSystemInfo } from '../src/system-info.ts';
import { systemInfoTool, type SystemInfoToolOptions } from '../src/tools/system-info.ts';
import { openCommands } from './monitoring/open-commands.ts';
import { temporaryDirectory } from './temporary-directory.ts';

test('describes the machine in plausible numbers', async () => {
  const info = await readSystemInfo({ root: temporaryDirectory() });
  expect(info.platform).toBe(process.platform);
  expect(info.nodeVersion).toBe(process.versions.node);
  expect(info.cpu.count).toBeGreaterThan(0);
  expect(info.cpu.available).toBeGreaterThan(0);
  expect(info.memory.freeBytes).toBeLessThanOrEqual(info.memory.totalBytes);
  expect(info.memory.processBytes).toBeGreaterThan(1_000_000);
  expect(info.disk.freeBytes).toBeLessThanOrEqual(info.disk.totalBytes);
  expect(info.uptimeSeconds).toBeGreaterThan(0);
});

test('says nothing of the environment, the user or the directory', async () => {
  vi.stubEnv('TOOLYARD_API_KEY', 'open-sesame');
  const root = temporaryDirectory();
  const text = JSON.stringify(await readSystemInfo({ root }));
  vi.unstubAllEnvs();
  expect(text).not.toContain('sesame');
  expect(text).not.toContain(root);
});

describe.each(['modern', 'legacy'] as const)('system_info (%s)', (era) => {
  function serve(options: SystemInfoToolOptions) {
    const app = createApp({ name: 'test', version: '1.0.0' }).add(
      systemInfoTool(temporaryDirectory(), options),
    );
    onTestFinished(() => app.close());
    return async (id = 'ann') => {
      const as: Principal = { id, scopes: '*' };
      await using client = createTestClient(app, { era, as });
      const { structuredContent, isError } = await client.call('system_info', {});
      expect(isError).toBeFalsy();
      return structuredContent as Record<string, unknown> & { processUptimeSeconds: number };
    };
  }

  test('one reading serves everybody for two seconds, and says how old it is', async () => {
    const clock = fakeClock();
    const ask = serve({ clock });
    const first = await ask();
    expect(first).toMatchObject({ platform: process.platform, ageMs: 0 });
    await clock.advance(2_000);
    expect(await ask('eve')).toEqual({ ...first, ageMs: 2_000 });
    await clock.advance(1);
    expect(await ask()).toMatchObject({ ageMs: 0 });
  });

  test('counts the processes of the caller and of nobody else', async () => {
    const { supervisor } = (await openCommands()).commands;
    const ask = serve({ supervisor });
    const command = { file: process.execPath, args: ['-'], cwd: '/', env: {} };
    const sandbox = { roots: [], network: false };
    const owner = JSON.stringify([null, '"ann"']);
    const start = () => supervisor.start(command, { owner, stdin: 'open', background: true, sandbox });
    const [ended] = await Promise.all([start(), start()]);
    await ended.kill();
    expect(await ask('ann')).toMatchObject({ processes: { running: 1, ended: 1 } });
    expect(await ask('eve')).toMatchObject({ processes: { running: 0, ended: 0 } });
  });
});
