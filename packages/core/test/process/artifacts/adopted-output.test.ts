import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { fileArtifactStore } from '../../../src/process/artifacts/file-artifact-store.ts';
import { captureOutput } from '../../../src/process/output/capture-output.ts';

test('captured output becomes an artifact, and nothing else of it is left', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'adopted-output-test-'));
  const store = fileArtifactStore({ directory: join(directory, 'artifacts') });
  const capture = captureOutput();
  await capture.write('stdout', Buffer.from('out\n'.repeat(10_000)));
  await capture.write('stderr', Buffer.from('bad\n'));
  const { spilled } = await capture.end();
  const { id, lines } = await store.adopt('ann', spilled!.path, { name: 'npm test' });
  await capture.discard();
  expect(lines).toBe(10_001);
  expect((await store.read('ann', id, { lastLines: 2 })).text).toBe('out\nbad\n');
  await expect(stat(dirname(spilled!.path))).rejects.toThrow('ENOENT');
  expect(await readdir(join(directory, 'artifacts'))).toHaveLength(1);
  await store.close();
  expect(await readdir(directory)).toEqual([]);
  await rm(directory, { recursive: true });
});
