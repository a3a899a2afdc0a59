import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TerminalError } from '../src/errors.ts';
import { createSafeRoot, type SafeRootOptions } from '../src/files/safe-root.ts';
import { temporaryDirectory } from './temporary-directory.ts';

async function start(options: SafeRootOptions = {}) {
  const base = temporaryDirectory();
  const root = join(base, 'root');
  const outside = join(base, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'sesame');
  return { root, outside, files: await createSafeRoot(root, options) };
}

const makePipe = (path: string) => execFileSync('/usr/bin/env', ['mkfifo', path]);
const errorCode = (error: unknown) => (error instanceof TerminalError ? error.code : String(error));
const code = (value: string) => expect.objectContaining({ code: value });

// The way of systems without /proc is tried on this one too.
describe.each([
  ['through descriptors', true],
  ['through real paths', false],
])('%s', (_, descriptorPaths) => {
  const begin = (options: SafeRootOptions = {}) => start({ descriptorPaths, ...options });

  test('writes, reads and lists', async () => {
    const { root, files } = await begin();
    expect(await files.write('a.txt', 'Grüß Gott\n')).toEqual({
      path: 'a.txt',
      sizeBytes: 12,
      created: true,
    });
    expect(await files.write(join(root, 'a.txt'), 'new')).toMatchObject({ path: 'a.txt', created: false });
    expect(await files.read('./x/../a.txt')).toEqual({ path: 'a.txt', text: 'new', sizeBytes: 3, offset: 0 });
    mkdirSync(join(root, 'b'));
    symlinkSync('/etc', join(root, 'c'));
    makePipe(join(root, 'd'));
    const { entries, truncated, path } = await files.list();
    expect({ truncated, path }).toEqual({ truncated: false, path: '.' });
    expect(entries.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'a.txt file',
      'b directory',
      'c link',
      'd other',
    ]);
    expect(entries[0]).toMatchObject({
      sizeBytes: 3,
      modifiedAt: statSync(join(root, 'a.txt')).mtime.toISOString(),
    });
  });

  test.each(['../outside/secret', '/etc/passwd', 'a/../../outside/secret', '..', '/'])(
    'refuses %s',
    async (path) => {
      const { files, outside } = await begin();
      await expect(files.read(path)).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
      await expect(files.write(path, 'x')).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
      await expect(files.list(path)).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
      expect(readdirSync(outside)).toEqual(['secret']);
    },
  );

  test('a directory beside the root whose name starts like it is outside', async () => {
    const { files, root } = await begin();
    mkdirSync(`${root}-other`);
    await expect(files.list(`${root}-other`)).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
  });

  test('refuses links: to a file, out of the root, to nowhere, as a directory', async () => {
    const { files, root, outside } = await begin();
    writeFileSync(join(root, 'file'), 'mine');
    symlinkSync('file', join(root, 'inner'));
    symlinkSync(join(outside, 'secret'), join(root, 'outer'));
    symlinkSync(join(outside, 'new'), join(root, 'dangling'));
    symlinkSync(outside, join(root, 'up'));
    symlinkSync('loop', join(root, 'loop'));
    for (const path of ['inner', 'outer', 'dangling', 'loop']) {
      await expect(files.read(path)).rejects.toThrow(code('IS_A_LINK'));
      await expect(files.write(path, 'x')).rejects.toThrow(code('IS_A_LINK'));
      await expect(files.write(path, 'x', { overwrite: false })).rejects.toThrow(code('IS_A_LINK'));
    }
    await expect(files.read('up/secret')).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
    await expect(files.write('up/new', 'x')).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
    await expect(files.write('up/a/new', 'x', { createDirectories: true })).rejects.toThrow(
      code('PATH_OUTSIDE_ROOT'),
    );
    await expect(files.list('up')).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
    await expect(files.list('loop')).rejects.toThrow(code('IS_A_LINK'));
    expect(readdirSync(outside)).toEqual(['secret']);
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('mine');
  });

  test('follows a link to a directory that is inside', async () => {
    const { files, root } = await begin();
    mkdirSync(join(root, 'real'));
    symlinkSync('real', join(root, 'alias'));
    await files.write('alias/a', 'x');
    expect(readdirSync(join(root, 'real'))).toEqual(['a']);
    expect((await files.read('alias/a')).text).toBe('x');
    expect((await files.list('alias')).entries).toHaveLength(1);
  });

  test('refuses what is no regular file, without waiting for it', async () => {
    const { files, root } = await begin();
    mkdirSync(join(root, 'directory'));
    makePipe(join(root, 'pipe'));
    const socket = createServer().listen(join(root, 'socket'));
    await once(socket, 'listening');
    onTestFinished(() => void socket.close());
    for (const path of ['directory', 'pipe', 'socket', '.']) {
      await expect(files.read(path)).rejects.toThrow(code('NOT_A_FILE'));
      await expect(files.write(path, 'x')).rejects.toThrow(code('NOT_A_FILE'));
    }
    for (const path of ['pipe', 'pipe/x', 'socket'])
      await expect(files.list(path)).rejects.toThrow(code('NOT_A_DIRECTORY'));
    expect(lstatSync(join(root, 'pipe')).isFIFO()).toBe(true);
  });

  test('says what is missing, broken or taken, without a path of the system', async () => {
    const { files, root } = await begin();
    await files.write('a', 'x');
    await expect(files.read('none')).rejects.toThrow('"none" does not exist.');
    await expect(files.read('none/x')).rejects.toThrow(code('PATH_NOT_FOUND'));
    await expect(files.read('a/x')).rejects.toThrow(code('NOT_A_DIRECTORY'));
    await expect(files.write('none/x', 'x')).rejects.toThrow(code('PATH_NOT_FOUND'));
    await expect(files.write('a', 'y', { overwrite: false })).rejects.toThrow(code('FILE_EXISTS'));
    await expect(files.read('')).rejects.toThrow(code('PATH_INVALID'));
    await expect(files.read('a\0b')).rejects.toThrow(code('PATH_INVALID'));
    await expect(files.write('x'.repeat(300), 'x')).rejects.toThrow(code('PATH_INVALID'));
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('x');
    expect(readdirSync(root)).toEqual(['a']);
  });

  test('makes directories when asked', async () => {
    const { files, root } = await begin();
    await files.write('a/b/c.txt', 'x', { createDirectories: true });
    await files.write('a/b/d.txt', 'y', { createDirectories: true, overwrite: false });
    expect(readdirSync(join(root, 'a/b'))).toEqual(['c.txt', 'd.txt']);
    await expect(files.write('a/b/c.txt/e', 'x', { createDirectories: true })).rejects.toThrow(
      code('NOT_A_DIRECTORY'),
    );
  });

  test('a file is replaced whole, keeps its mode, and leaves other names of it alone', async () => {
    const { files, root, outside } = await begin();
    writeFileSync(join(root, 'script'), 'old');
    chmodSync(join(root, 'script'), 0o750);
    linkSync(join(outside, 'secret'), join(root, 'hard'));
    await files.write('script', 'new');
    await files.write('hard', 'new');
    expect(statSync(join(root, 'script')).mode & 0o777).toBe(0o750);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('sesame');
    expect(readdirSync(root)).toEqual(['hard', 'script']);
  });

  test('does not write what other programs run or trust', async () => {
    const { files, root } = await begin();
    mkdirSync(join(root, '.git/hooks'), { recursive: true });
    symlinkSync('.git', join(root, 'alias'));
    const paths = [
      '.git/hooks/pre-commit',
      '.GIT/config',
      'alias/config',
      'alias/hooks/x/y',
      'sub/.git',
      '.env',
      '.env.local',
      'sub/.npmrc',
      '.mcp.json',
      '.vscode/tasks.json',
      '.claude/settings.json',
      '.cursor/x/y',
      '.bashrc',
      'sub/.ZSHRC',
    ];
    for (const path of paths)
      await expect(files.write(path, 'x', { createDirectories: true })).rejects.toThrow(
        code('PROTECTED_NAME'),
      );
    expect(readdirSync(root)).toEqual(['.git', 'alias']);
    expect(readdirSync(join(root, '.git/hooks'))).toEqual([]);
    await files.write('.gitignore', 'x');
    await files.write('environment', 'x');
  });

  test('limits: bytes read, bytes written, entries listed', async () => {
    const { files } = await begin({ maxReadBytes: 4, maxWriteBytes: 8, maxEntries: 2 });
    await files.write('a', 'ab€cd');
    await files.write('b', '');
    expect(await files.read('a')).toMatchObject({ text: 'ab', nextOffset: 2, sizeBytes: 7 });
    expect(await files.read('a', { offset: 2 })).toMatchObject({ text: '€c', nextOffset: 6 });
    expect(await files.read('a', { offset: 6 })).toEqual({ path: 'a', text: 'd', sizeBytes: 7, offset: 6 });
    expect(await files.read('a', { offset: 2, maxBytes: 1 })).toMatchObject({ nextOffset: 3 });
    expect(await files.read('a', { offset: 99 })).toMatchObject({ text: '' });
    expect(await files.read('b')).toMatchObject({ text: '', sizeBytes: 0 });
    await expect(files.write('c', '123456789')).rejects.toThrow(code('FILE_TOO_LARGE'));
    expect(await files.list()).toMatchObject({ truncated: false });
    await files.write('c', '');
    const { entries, truncated } = await files.list();
    expect({ names: entries.map(({ name }) => name), truncated }).toEqual({
      names: ['a', 'b'],
      truncated: true,
    });
  });

  test('does not pass binary files off as text', async () => {
    const { files, root } = await begin();
    writeFileSync(join(root, 'image'), Uint8Array.of(0x89, 0x50, 0, 1));
    await expect(files.read('image')).rejects.toThrow(code('FILE_IS_BINARY'));
  });
});

test('nothing is written or read outside while a directory is swapped for a link', async () => {
  const { files, root, outside } = await start();
  const [directory, aside] = [join(root, 'dir'), join(root, 'aside')];
  mkdirSync(directory);
  mkdirSync(join(outside, 'target'));
  symlinkSync(join(outside, 'target'), join(root, 'trap'));
  writeFileSync(join(outside, 'target', 'file'), 'sesame');
  // Another thread swaps without pause: dir is now the directory, now the link out of the root.
  const swapper = new Worker(
    `const { renameSync } = require('node:fs');
     const { directory, aside, trap } = require('node:worker_threads').workerData;
     for (;;) { renameSync(directory, aside); renameSync(trap, directory); renameSync(directory, trap); renameSync(aside, directory); }`,
    { eval: true, workerData: { directory, aside, trap: join(root, 'trap') } },
  );
  onTestFinished(async () => void (await swapper.terminate()));
  const outcomes = new Set<string>();
  // On a busy machine it takes longer to meet all outcomes.
  for (let index = 0; index < 1_500 || (outcomes.size < 3 && index < 50_000); index++) {
    const written = files.write(`dir/new-${index}`, 'x');
    outcomes.add(await written.then(() => 'written', errorCode));
    outcomes.add(await files.read('dir/file').then(({ text }) => text, errorCode));
  }
  await swapper.terminate();
  expect(readdirSync(join(outside, 'target'))).toEqual(['file']);
  // Both sides of the swap were met, and nothing else: no success of a read, no fault of the server.
  expect([...outcomes].toSorted()).toEqual(['PATH_NOT_FOUND', 'PATH_OUTSIDE_ROOT', 'written']);
});

test('the root is made when it is missing, and may be reached through a link', async () => {
  const base = temporaryDirectory();
  mkdirSync(join(base, 'real'));
  symlinkSync('real', join(base, 'link'));
  const files = await createSafeRoot(join(base, 'link/a/b'));
  expect(files.path).toBe(join(base, 'real/a/b'));
  await files.write('x', 'y');
  expect(existsSync(join(base, 'real/a/b/x'))).toBe(true);
});

test('a root that was moved away is not followed', async () => {
  const { files, root } = await start();
  renameSync(root, `${root}-moved`);
  mkdirSync(root);
  await files.write('a', 'x');
  expect(readdirSync(root)).toEqual(['a']);
  rmSync(root, { recursive: true });
  await expect(files.list()).rejects.toThrow(code('PATH_NOT_FOUND'));
});
