import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkPathText } from '../../../src/process/roots/path-text.ts';
import { openPlaces as openRoots } from '../../../src/process/roots/places.ts';
import { filePlatform } from '../../../src/process/roots/platform.ts';
import { openSafeRoots } from '../../../src/process/roots/safe-roots.ts';
import { code, openPlaces, temporaryDirectory, ways } from './places.ts';

describe.each(ways)('%s', (_, platform) => {
  const begin = () => openPlaces({ platform });

  test('a path is in the first root, in a named one, below cwd, or absolute', async () => {
    const { root, reference, files } = await begin();
    mkdirSync(join(root, 'src'));
    writeFileSync(join(root, 'src/a.ts'), 'a');
    writeFileSync(join(reference, 'b.ts'), 'b');
    const paths = async (path: string, cwd?: string) => (await files.locate(path, { cwd })).path;
    expect(await paths('src/a.ts')).toBe('src/a.ts');
    expect(await paths('ws:src/a.ts')).toBe('src/a.ts');
    expect(await paths('./src/../src//a.ts')).toBe('src/a.ts');
    expect(await paths(join(root, 'src/a.ts'))).toBe('src/a.ts');
    expect(await paths('a.ts', 'src')).toBe('src/a.ts');
    expect(await paths('a.ts', join(root, 'src'))).toBe('src/a.ts');
    expect(await paths('ref:b.ts', 'src')).toBe('ref:b.ts');
    expect(await paths('b.ts', 'ref:')).toBe('ref:b.ts');
    expect(await paths('../reference/b.ts')).toBe('ref:b.ts');
    expect(await paths('.')).toBe('.');
    expect(await paths('ref:')).toBe('ref:.');
    expect(await files.locate('src/a.ts')).toEqual({
      path: 'src/a.ts',
      root: 'ws',
      absolutePath: join(root, 'src/a.ts'),
      writable: true,
      type: 'file',
    });
    expect(await files.locate('ref:new/x')).toMatchObject({ type: 'missing', writable: false });
  });

  test.each([
    '../outside/secret',
    '/etc/passwd',
    'a/../../outside/secret',
    '..',
    '/',
    'ws:../outside/secret',
    'ws:../reference/b.ts',
    'ws:/etc/passwd/../../../outside',
    '/proc/self/root/etc/passwd',
    '/proc/self/cwd',
    '/dev/stdin',
  ])('refuses %s everywhere', async (path) => {
    const { files, outside } = await begin();
    for (const attempt of [
      () => files.read(path),
      () => files.write(path, 'x', { createDirectories: true }),
      () => files.edit(path, [{ find: 'a', replace: 'b' }]),
      () => files.move(path, 'x'),
      () => files.move('x', path),
      () => files.list(path),
      () => files.info(path),
      () => files.search({ text: 's' }, { path }),
      () => files.locate(path),
      () => files.read('secret', { cwd: path }),
      () => files.checkOperand(path, { access: 'read' }),
      () => files.checkOperand(path, { access: 'write' }),
    ])
      await expect(attempt()).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
    expect(readdirSync(outside)).toEqual(['secret']);
  });

  test('a directory beside a root whose name starts like it is outside', async () => {
    const { files, root } = await begin();
    mkdirSync(`${root}-other`);
    await expect(files.list(`${root}-other`)).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
  });

  test('a name with a colon is a file when it is written as a path, and an unknown root otherwise', async () => {
    const { files, root } = await begin();
    writeFileSync(join(root, 'notes:2026'), 'x');
    await expect(files.read('notes:2026')).rejects.toThrow(
      'No root is named "notes". Roots: ws, ref. For a file with a colon in its name write "./notes:2026".',
    );
    expect((await files.read('./notes:2026')).path).toBe('./notes:2026');
    const { entries } = await files.list();
    expect((await files.read(entries[0]!.path)).text).toBe('x');
  });

  test.each([
    ['nothing', '', 'A path has 1 to 4096 characters'],
    ['a NUL', 'a\0b', 'NUL'],
    ['a line end', 'a\nb', 'control character'],
    ['a control character', 'a\u009bb', 'control character'],
    ['a turned name', 'a\u202Etxt.exe', 'direction'],
    ['half a character', 'a\ud800', 'half of a character'],
    ['a home', '~/x', 'not expanded'],
    ['the home', '~', 'not expanded'],
    ['a long path', 'x/'.repeat(3_000), 'A path has 1 to 4096 characters'],
    ['a long name', 'x'.repeat(300), 'too long'],
  ])('says what is wrong with %s', async (_label, path, problem) => {
    const { files, root } = await begin();
    for (const attempt of [
      () => files.read(path),
      () => files.write(path, 'x'),
      () => files.list(path),
      () => files.locate(path),
    ]) {
      await expect(attempt()).rejects.toThrow(code('PATH_INVALID'));
      await expect(attempt()).rejects.toThrow(problem);
    }
    expect(readdirSync(root)).toEqual([]);
  });

  test.each([
    'with space.txt',
    'Grüße/日本語.md',
    'emoji 🎉.txt',
    '.gitignore',
    '.github/workflows/ci.yml',
    '.editorconfig',
    '.prettierrc',
    'environment.ts',
    'env',
    'a.env.ts',
    'gitconfig.md',
    'a~b',
    "it's (1) [x] {y} $HOME `z` & more;.txt",
    '-rf',
    '...',
    'a:b/c:d'.replace('a:', './a:'),
    'very/deep/'.repeat(20) + 'file',
    'n'.repeat(255),
    'back\\slash',
    'x.tmp',
    '.toolyard-notes.tmp',
  ])('works with %s', async (path) => {
    const { files, root } = await begin();
    const written = await files.write(path, 'content\n', { createDirectories: true });
    expect(written.created).toBe(true);
    expect(readFileSync(join(root, path), 'utf8')).toBe('content\n');
    expect((await files.read(written.path)).text).toBe('content\n');
    expect(await files.checkOperand(path, { access: 'write' })).toBe(join(root, path));
  });

  test('finds a name whatever way its accents are spelled, and makes no twin of it', async () => {
    const { files, root } = await begin();
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];
    mkdirSync(join(root, decomposed));
    writeFileSync(join(root, decomposed, `${decomposed}.txt`), 'old');
    expect((await files.read(`${composed}/${composed}.txt`)).text).toBe('old');
    expect(await files.write(`${composed}/${composed}.txt`, 'new')).toMatchObject({ created: false });
    expect((await files.list(composed)).entries).toHaveLength(1);
    expect(readdirSync(root)).toEqual([decomposed]);
  });

  test('a link to a root is the root: paths through it work', async () => {
    const base = temporaryDirectory();
    mkdirSync(join(base, 'real/inner'), { recursive: true });
    symlinkSync('real', join(base, 'link'));
    const files = await openSafeRoots({
      platform,
      roots: [{ name: 'ws', path: join(base, 'link/inner'), writable: true }],
    });
    expect(files.roots).toEqual([{ name: 'ws', path: join(base, 'real/inner'), writable: true }]);
    await files.write(join(base, 'link/inner/a'), 'x');
    expect((await files.read(join(base, 'real/inner/a'))).text).toBe('x');
  });

  test('a root that was moved away is not followed', async () => {
    const { files, root } = await begin();
    renameSync(root, `${root}-moved`);
    mkdirSync(root);
    await files.write('a', 'x');
    expect(readdirSync(root)).toEqual(['a']);
    rmSync(root, { recursive: true });
    await expect(files.list()).rejects.toThrow(code('PATH_NOT_FOUND'));
    symlinkSync('/etc', root);
    await expect(files.list()).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
    await expect(files.read('passwd')).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
  });

  test('a root inside another one decides for what is below it', async () => {
    const base = temporaryDirectory();
    mkdirSync(join(base, 'vendor'));
    const files = await openSafeRoots({
      platform,
      roots: [
        { name: 'ws', path: base, writable: true },
        { name: 'vendor', path: join(base, 'vendor') },
      ],
    });
    await expect(files.write('vendor/x', 'x')).rejects.toThrow(code('ROOT_READ_ONLY'));
    await expect(files.write('vendor/a/x', 'x', { createDirectories: true })).rejects.toThrow(
      code('ROOT_READ_ONLY'),
    );
    await expect(files.move('vendor', 'mine')).rejects.toThrow(code('NOT_A_FILE'));
    symlinkSync('vendor', join(base, 'alias'));
    await expect(files.write('alias/x', 'x')).rejects.toThrow(code('ROOT_READ_ONLY'));
    expect(readdirSync(join(base, 'vendor'))).toEqual([]);
  });

  test('a read-only root says which are writable', async () => {
    const { files, reference } = await begin();
    writeFileSync(join(reference, 'a'), 'x');
    await expect(files.write('ref:a', 'y')).rejects.toThrow('Writable roots: ws.');
    await expect(files.edit('ref:a', [{ find: 'x', replace: 'y' }])).rejects.toThrow(code('ROOT_READ_ONLY'));
    await expect(files.move('ref:a', 'a')).rejects.toThrow(code('ROOT_READ_ONLY'));
    await expect(files.checkOperand('ref:a', { access: 'write' })).rejects.toThrow(code('ROOT_READ_ONLY'));
    expect(await files.checkOperand('ref:a', { access: 'read' })).toBe(join(reference, 'a'));
    expect(readFileSync(join(reference, 'a'), 'utf8')).toBe('x');
  });
});

const open = (...roots: { name: string; path: string }[]) => openSafeRoots({ roots });

test('roots that cannot work are refused at the start', async () => {
  const base = temporaryDirectory();
  writeFileSync(join(base, 'file'), '');
  await expect(open()).rejects.toThrow('roots must have at least one');
  await expect(open({ name: 'c', path: base })).rejects.toThrow('roots[0].name');
  await expect(open({ name: 'a b', path: base })).rejects.toThrow('roots[0].name');
  await expect(open({ name: 'ws', path: join(base, 'none') })).rejects.toThrow('not an existing directory');
  await expect(open({ name: 'ws', path: join(base, 'file') })).rejects.toThrow('not an existing directory');
  await expect(open({ name: 'ws', path: base }, { name: 'WS', path: '/' })).rejects.toThrow('the same name');
  await expect(open({ name: 'ws', path: base }, { name: 'b2', path: base })).rejects.toThrow('the same path');
  await expect(
    openSafeRoots({ roots: [{ name: 'ws', path: base }], limits: { maxReadBytes: 0 } }),
  ).rejects.toThrow('limits.maxReadBytes');
});

test('after closing, nothing starts; what runs is finished', async () => {
  const { files, root } = await openPlaces();
  const writing = files.write('a', 'x'.repeat(1_000_000));
  await files.close();
  await expect(writing).resolves.toMatchObject({ created: true });
  await expect(files.read('a')).rejects.toThrow(code('CANCELLED'));
  expect(readdirSync(root)).toEqual(['a']);
});

describe('on Windows', () => {
  const windows = filePlatform('win32');

  test.each([
    ['a.txt.', 'ends with a dot or a space'],
    ['dir /a.txt', 'ends with a dot or a space'],
    ['con', 'is a device'],
    ['sub\\NUL.txt', 'is a device'],
    ['lpt1', 'is a device'],
    ['a.txt::$DATA', 'another meaning'],
    ['.git:$INDEX_ALLOCATION', 'another meaning'],
    ['GIT~1/config', 'short form'],
    ['a|b', 'another meaning'],
  ])('%s is refused', (path, problem) => {
    expect(() => checkPathText(path, windows)).toThrow(problem);
    expect(() => checkPathText(path, filePlatform('linux'))).not.toThrow();
  });

  test.each(['C:\\Users\\x\\a.txt', 'src\\a.ts', '..\\b', '.', 'contents', 'a b'])('%s is a path', (path) => {
    expect(() => checkPathText(path, windows)).not.toThrow();
  });
});

test('where case does not count, absolute paths may differ from the root in it', async () => {
  const base = temporaryDirectory();
  const options = [{ name: 'ws', path: base }];
  const mac = await openRoots(options, filePlatform('darwin'));
  const linux = await openRoots(options, filePlatform('linux'));
  expect(mac.rootOf(`${base.toUpperCase()}/A`)?.name).toBe('ws');
  expect(linux.rootOf(`${base.toUpperCase()}/A`)).toBeUndefined();
});
