import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testArtifactStore } from '../../../src/process/artifacts/artifact-store-contract.ts';
import { fileArtifactStore } from '../../../src/process/artifacts/file-artifact-store.ts';
import { fakeClock } from '../../../src/testing.ts';

let directory: string;
let count = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'artifacts-test-'));
});
afterAll(() => rm(directory, { recursive: true }));

const fresh = () => join(directory, `store-${count++}`);
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

async function file(text: string, parent = directory): Promise<string> {
  const path = join(parent, `file-${count++}`);
  await writeFile(path, text);
  return path;
}

testArtifactStore(
  'fileArtifactStore',
  (options) => fileArtifactStore({ directory: fresh(), ...options }),
  { write: file, exists },
  { describe, test, expect },
);

test('files are for this user alone', async () => {
  const path = fresh();
  const store = fileArtifactStore({ directory: path });
  const writer = await store.create('ann');
  await writer.write('text');
  const foreign = await file('adopted');
  await chmod(foreign, 0o644);
  await store.adopt('ann', foreign);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(path)) expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
  await store.close();
});

test('a directory that others may enter is refused', async () => {
  const path = fresh();
  await mkdir(path);
  await chmod(path, 0o750);
  const store = fileArtifactStore({ directory: path });
  await expect(store.create('ann')).rejects.toMatchObject({ code: 'DIRECTORY_NOT_PRIVATE' });
  await store.close();
  expect(await exists(path)).toBe(true);
});

test('nothing is left after close, and nothing is touched that is not its own', async () => {
  const path = fresh();
  const store = fileArtifactStore({ directory: path });
  await (await store.create('ann')).write('growing');
  await (await store.create('ann')).end();
  await store.adopt('ann', await file('adopted'));
  await store.close();
  expect(await exists(path)).toBe(false);

  await mkdir(path, { mode: 0o700 });
  await writeFile(join(path, 'notes.txt'), 'not ours');
  const second = fileArtifactStore({ directory: path });
  await second.create('ann');
  await second.close();
  expect(await readdir(path)).toEqual(['notes.txt']);
});

test('what a crash left behind goes when the next store starts', async () => {
  const path = fresh();
  const crashed = fileArtifactStore({ directory: path });
  await (await crashed.create('ann')).write('text');
  expect(await readdir(path)).toHaveLength(1);
  const next = fileArtifactStore({ directory: path });
  expect(await next.list('ann')).toEqual([]);
  expect(await readdir(path)).toEqual([]);
  await next.close();
  await crashed.close();
});

test('kept artifacts are there again, with their owner, their lines and their time', async () => {
  const path = fresh();
  const clock = fakeClock();
  const options = { directory: path, keep: true, clock, ttlMs: 60_000 };
  const first = fileArtifactStore(options);
  const writer = await first.create('ann', { name: 'log' });
  await writer.write('one\ntwo\n');
  const info = await writer.end();
  await (await first.create('ann')).write('not complete');
  await first.close();
  expect(await readdir(path)).toHaveLength(2);

  const second = fileArtifactStore(options);
  expect(await second.list('ann')).toEqual([info]);
  expect((await second.read('ann', info.id, { fromLine: 2 })).text).toBe('two\n');
  await expect(second.read('bob', info.id)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  await second.close();

  await clock.advance(60_000);
  const third = fileArtifactStore(options);
  expect(await third.list('ann')).toEqual([]);
  await third.close();
  expect(await readdir(path)).toEqual([]);
});

test('a damaged note costs the artifact, not the store', async () => {
  const path = fresh();
  const first = fileArtifactStore({ directory: path, keep: true });
  await (await first.create('ann')).end();
  await first.close();
  for (const name of await readdir(path)) if (name.endsWith('.json')) await writeFile(join(path, name), '{');
  const second = fileArtifactStore({ directory: path, keep: true });
  expect(await second.list('ann')).toEqual([]);
  expect(await readdir(path)).toEqual([]);
  await second.close();
});

test('only regular files are adopted', async () => {
  const target = await file('target');
  const link = join(directory, `link-${count++}`);
  await symlink(target, link);
  const store = fileArtifactStore({ directory: fresh() });
  await expect(store.adopt('ann', link)).rejects.toMatchObject({ code: 'NOT_A_FILE' });
  await expect(store.adopt('ann', directory)).rejects.toMatchObject({ code: 'NOT_A_FILE' });
  await expect(store.adopt('ann', join(directory, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await readFile(target, 'utf8')).toBe('target');
  await store.close();
});

const otherDevice = '/dev/shm';
const isElsewhere = await stat(otherDevice).then(
  async ({ dev }) => dev !== (await stat(tmpdir())).dev,
  () => false,
);

test.runIf(isElsewhere)('a file of another device is adopted too', async () => {
  const elsewhere = await mkdtemp(join(otherDevice, 'artifacts-test-'));
  const path = await file('from afar', elsewhere);
  const store = fileArtifactStore({ directory: fresh() });
  const { id } = await store.adopt('ann', path);
  expect((await store.read('ann', id)).text).toBe('from afar');
  expect(await exists(path)).toBe(false);
  await store.close();
  await rm(elsewhere, { recursive: true });
});

test.each([
  { maxBytes: 0 },
  { maxBytesPerOwner: -1 },
  { maxArtifacts: 1.5 },
  { maxArtifactsPerOwner: 0 },
  { ttlMs: 0 },
])('refuses %o', (options) => {
  expect(() => fileArtifactStore({ directory: fresh(), ...options })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION' }),
  );
});
