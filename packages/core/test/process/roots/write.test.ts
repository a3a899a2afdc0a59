import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { code, openPlaces, temporaryDirectory, ways } from './places.ts';
import { openSafeRoots } from '../../../src/process/roots/safe-roots.ts';
import { reserve } from '../../../src/process/roots/place.ts';

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

describe.each(ways)('%s', (_, platform) => {
  const begin = (limits = {}) => openPlaces({ platform, limits });

  test('writes a new file and replaces an old one', async () => {
    const { files, root } = await begin();
    expect(await files.write('a.txt', 'Grüß Gott\n')).toEqual({
      path: 'a.txt',
      sizeBytes: 12,
      hash: sha256('Grüß Gott\n'),
      created: true,
    });
    expect(await files.write(join(root, 'a.txt'), Buffer.from('new'))).toMatchObject({ created: false });
    expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('new');
    expect(await files.write('empty', '')).toMatchObject({ sizeBytes: 0, created: true });
    expect(readdirSync(root)).toEqual(['a.txt', 'empty']);
    expect(statSync(join(root, 'a.txt')).mode & 0o777).toBe(0o644);
  });

  test('keeps the mode of what it replaces, without the bits that lend rights', async () => {
    const { files, root } = await begin();
    writeFileSync(join(root, 'script'), 'old');
    chmodSync(join(root, 'script'), 0o4750);
    await files.write('script', 'new');
    expect(statSync(join(root, 'script')).mode & 0o7777).toBe(0o750);
    chmodSync(join(root, 'script'), 0o444);
    await expect(files.write('script', 'x')).rejects.toThrow('marked read-only');
    expect(readFileSync(join(root, 'script'), 'utf8')).toBe('new');
  });

  test('overwrites only when allowed', async () => {
    const { files, root } = await begin();
    await files.write('a', 'x', { overwrite: false });
    await expect(files.write('a', 'y', { overwrite: false })).rejects.toThrow(code('FILE_EXISTS'));
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('x');
    expect(readdirSync(root)).toEqual(['a']);
    expect(statSync(join(root, 'a')).nlink).toBe(1);
  });

  test('of many that may not overwrite, one wins', async () => {
    const { files, root } = await begin();
    const writers = Array.from({ length: 20 }, (_writer, index) =>
      files.write('a', `${index}`, { overwrite: false }),
    );
    const results = await Promise.allSettled(writers);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(readdirSync(root)).toEqual(['a']);
  });

  test('makes directories when asked', async () => {
    const { files, root } = await begin({ maxDepth: 3 });
    await expect(files.write('a/b/c', 'x')).rejects.toThrow(code('PATH_NOT_FOUND'));
    expect(readdirSync(root)).toEqual([]);
    await files.write('a/b/c.txt', 'x', { createDirectories: true });
    await files.write('a/b/d.txt', 'y', { createDirectories: true, overwrite: false });
    expect(readdirSync(join(root, 'a/b'))).toEqual(['c.txt', 'd.txt']);
    await expect(files.write('a/b/c.txt/e', 'x', { createDirectories: true })).rejects.toThrow(
      code('NOT_A_DIRECTORY'),
    );
    await expect(files.write('1/2/3/4/5', 'x', { createDirectories: true })).rejects.toThrow('deeper than 3');
    await expect(files.write('new/', 'x', { createDirectories: true })).rejects.toThrow(code('NOT_A_FILE'));
    expect(readdirSync(root)).toEqual(['a']);
  });

  test('with an expected hash, only what was read is replaced', async () => {
    const { files, root } = await begin();
    await files.write('a', 'one');
    const { hash } = await files.read('a');
    const { hash: second } = await files.write('a', 'two', { expectedHash: hash });
    await expect(files.write('a', 'three', { expectedHash: hash })).rejects.toThrow(
      `its hash is now ${second}`,
    );
    await expect(files.write('none', 'x', { expectedHash: hash })).rejects.toThrow(code('HASH_MISMATCH'));
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('two');
    const rivals = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((text) => files.write('a', text, { expectedHash: second })),
    );
    expect(rivals.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('refuses too much and broken text, and leaves nothing', async () => {
    const { files, root } = await begin({ maxWriteBytes: 8 });
    await files.write('a', '12345678');
    await expect(files.write('a', '123456789')).rejects.toThrow('at most 8 are written');
    await expect(files.write('a', 'x\ud800')).rejects.toThrow(code('CONTENT_INVALID'));
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('12345678');
    expect(readdirSync(root)).toEqual(['a']);
  });

  test('an abort leaves the old file and nothing else', async () => {
    const { files, root } = await begin();
    await files.write('a', 'old');
    await expect(files.write('a', 'new', { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
    const outcomes = new Set<string>();
    for (let turns = 0; turns < 40; turns++) {
      const controller = new AbortController();
      const writing = files.write('a', 'x'.repeat(500_000), { signal: controller.signal });
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      controller.abort(new Error('enough'));
      const outcome = await writing.then(
        () => 'written',
        (error: unknown) => String(error),
      );
      outcomes.add(outcome);
      const text = readFileSync(join(root, 'a'), 'utf8');
      expect(text.length === 3 || text.length === 500_000).toBe(true);
      expect(readdirSync(root)).toEqual(['a']);
    }
    expect(outcomes).toContain('Error: enough');
  });

  test('deletes what a killed writer left, once it is old enough, and nothing else', async () => {
    const { root } = await begin();
    const dead = '.toolyard-00000000-0000-4000-8000-000000000000.tmp';
    const young = '.toolyard-00000000-0000-4000-8000-000000000001.tmp';
    const others = ['.toolyard-mine.tmp', 'x.tmp'];
    for (const name of [dead, young, ...others]) writeFileSync(join(root, name), 'half');
    for (const name of [dead, ...others]) utimesSync(join(root, name), new Date(0), new Date(0));
    const files = await openSafeRoots({ platform, roots: [{ name: 'ws', path: root, writable: true }] });
    expect((await files.list()).entries.map(({ name }) => name)).toEqual(others);
    await expect(files.write(young, 'x')).rejects.toThrow(code('PROTECTED_NAME'));
    await files.write('a', 'x');
    expect(readdirSync(root).toSorted()).toEqual([young, ...others, 'a'].toSorted());
  });

  test('moves files and directories', async () => {
    const { files, root } = await begin();
    await files.write('a', 'x');
    expect(await files.move('a', 'b')).toEqual({ from: 'a', to: 'b', type: 'file' });
    expect(await files.move('b', 'sub/c', { createDirectories: true })).toMatchObject({ to: 'sub/c' });
    expect(await files.move('sub', 'other')).toEqual({ from: 'sub', to: 'other', type: 'directory' });
    expect(await files.move('other', './other')).toMatchObject({ to: 'other' });
    expect(readFileSync(join(root, 'other/c'), 'utf8')).toBe('x');
    expect(readdirSync(root)).toEqual(['other']);
    expect(statSync(join(root, 'other/c')).nlink).toBe(1);
  });

  test('a move replaces a file only when told, and a directory never', async () => {
    const { files, root } = await begin();
    await files.write('a', 'a');
    await files.write('b', 'b');
    mkdirSync(join(root, 'empty'));
    mkdirSync(join(root, 'directory'));
    await expect(files.move('a', 'b')).rejects.toThrow(code('FILE_EXISTS'));
    await expect(files.move('a', 'empty')).rejects.toThrow(code('FILE_EXISTS'));
    await expect(files.move('a', 'empty', { overwrite: true })).rejects.toThrow(code('FILE_EXISTS'));
    await expect(files.move('directory', 'empty')).rejects.toThrow(code('FILE_EXISTS'));
    await expect(files.move('directory', 'b', { overwrite: true })).rejects.toThrow(code('FILE_EXISTS'));
    expect(readdirSync(root)).toEqual(['a', 'b', 'directory', 'empty']);
    await files.move('a', 'b', { overwrite: true });
    expect(readFileSync(join(root, 'b'), 'utf8')).toBe('a');
    expect(readdirSync(root)).toEqual(['b', 'directory', 'empty']);
  });

  test('what cannot be moved is said', async () => {
    const { files, root } = await begin();
    mkdirSync(join(root, 'a/b'), { recursive: true });
    await expect(files.move('none', 'x')).rejects.toThrow('"none" does not exist.');
    await expect(files.move('a', 'none/x')).rejects.toThrow('"none/x" does not exist.');
    await expect(files.move('a', 'a/b/c')).rejects.toThrow('into itself');
    await expect(files.move('.', 'x')).rejects.toThrow(code('PATH_INVALID'));
    await expect(files.move('a', '.', { overwrite: true })).rejects.toThrow(code('NOT_A_FILE'));
    await expect(files.move('a', 'ref:a')).rejects.toThrow(code('ROOT_READ_ONLY'));
    const nested = await openSafeRoots({
      platform,
      roots: [
        { name: 'ws', path: root, writable: true },
        { name: 'inner', path: join(root, 'a/b'), writable: true },
      ],
    });
    await expect(nested.move('a', 'x')).rejects.toThrow('contains the root "inner"');
  });
});

test('a move to another disk copies a file, and refuses a directory', async ({ skip }) => {
  const [here, there] = [temporaryDirectory(), sharedMemory()];
  if (!there || statSync(here).dev === statSync(there).dev) return skip('there is only one disk');
  const files = await openSafeRoots({
    roots: [
      { name: 'here', path: here, writable: true },
      { name: 'there', path: there, writable: true },
    ],
    limits: { maxHashBytes: 100 },
  });
  await files.write('a', 'x');
  chmodSync(join(here, 'a'), 0o750);
  await files.move('a', 'there:a');
  expect(readdirSync(here)).toEqual([]);
  expect(readFileSync(join(there, 'a'), 'utf8')).toBe('x');
  expect(statSync(join(there, 'a')).mode & 0o777).toBe(0o750);
  await files.write('a', 'y');
  await expect(files.move('a', 'there:a')).rejects.toThrow(code('FILE_EXISTS'));
  mkdirSync(join(here, 'directory'));
  await expect(files.move('directory', 'there:directory')).rejects.toThrow(code('CROSS_DEVICE'));
  await files.write('large', 'x'.repeat(101));
  await expect(files.move('large', 'there:large')).rejects.toThrow(code('FILE_TOO_LARGE'));
  expect(readdirSync(here)).toEqual(['a', 'directory', 'large']);
  expect(readdirSync(there)).toEqual(['a']);
});

function sharedMemory(): string | undefined {
  try {
    return temporaryDirectory('/dev/shm');
  } catch {
    return undefined;
  }
}

test('where there are no hard links, a name is taken with an empty file first', async () => {
  const base = temporaryDirectory();
  writeFileSync(join(base, 'from'), 'x');
  await reserve(join(base, 'from'), join(base, 'to'));
  expect(readFileSync(join(base, 'to'), 'utf8')).toBe('x');
  writeFileSync(join(base, 'from'), 'y');
  await expect(reserve(join(base, 'from'), join(base, 'to'))).rejects.toThrow(code('EEXIST'));
  await expect(reserve(join(base, 'none'), join(base, 'free'))).rejects.toThrow(code('ENOENT'));
  expect(readdirSync(base)).toEqual(['from', 'to']);
});
