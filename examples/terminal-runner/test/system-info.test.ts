import { expect, test, vi } from 'vitest';
import { readSystemInfo } from '../src/system-info.ts';
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
