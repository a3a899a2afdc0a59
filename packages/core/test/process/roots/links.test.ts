import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { code, openPlaces, ways } from './places.ts';

const makePipe = (path: string) => execFileSync('/usr/bin/env', ['mkfifo', path]);

describe.each(ways)('%s', (_, platform) => {
  const begin = () => openPlaces({ platform });

  test('links out of the roots, to nowhere and in circles are never followed', async () => {
    const { files, root, outside } = await begin();
    symlinkSync(join(outside, 'secret'), join(root, 'absolute'));
    symlinkSync('../outside/secret', join(root, 'relative'));
    symlinkSync('absolute', join(root, 'chain'));
    symlinkSync(join(outside, 'new'), join(root, 'dangling'));
    symlinkSync(outside, join(root, 'up'));
    symlinkSync('/proc/self/fd/0', join(root, 'magic'));
    for (const path of ['absolute', 'relative', 'chain', 'dangling', 'up/secret', 'up', 'magic']) {
      await expect(files.read(path)).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
      await expect(files.openRead(path)).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
      await expect(files.locate(path)).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
      await expect(files.checkOperand(path, { access: 'read' })).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
      await expect(files.checkOperand(path, { access: 'write' })).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
      await expect(files.search({ text: 's' }, { path })).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
    }
    for (const path of ['absolute', 'relative', 'chain', 'dangling', 'up', 'magic']) {
      await expect(files.write(path, 'x')).rejects.toThrow(code('IS_A_LINK'));
      await expect(files.write(path, 'x', { overwrite: false })).rejects.toThrow(code('IS_A_LINK'));
      await expect(files.openWrite(path)).rejects.toThrow(code('IS_A_LINK'));
      await expect(files.edit(path, [{ find: 's', replace: 'x' }])).rejects.toThrow(code('IS_A_LINK'));
      await expect(files.move(path, 'moved')).rejects.toThrow(code('IS_A_LINK'));
    }
    await expect(files.write('up/new', 'x')).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
    await expect(files.write('up/a/new', 'x', { createDirectories: true })).rejects.toThrow(
      code('PATH_OUTSIDE_ROOT'),
    );
    await expect(files.move('up/secret', 'mine')).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
    await expect(files.list('up')).rejects.toThrow(code('PATH_OUTSIDE_ROOT'));
    await expect(files.list('dangling')).rejects.toThrow(code('PATH_NOT_FOUND'));
    expect(readdirSync(outside)).toEqual(['secret']);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('sesame');
    expect(readdirSync(root)).toHaveLength(6);
  });

  test('a circle of links is an error', async () => {
    const { files, root } = await begin();
    symlinkSync('b', join(root, 'a'));
    symlinkSync('a', join(root, 'b'));
    for (const attempt of [
      () => files.read('a'),
      () => files.write('a', ''),
      () => files.list('a'),
      () => files.read('a/x'),
    ])
      await expect(attempt()).rejects.toThrow(code('IS_A_LINK'));
    await expect(files.locate('a')).rejects.toThrow(code('IS_A_LINK'));
  });

  test('no error tells where outside a link leads', async () => {
    const { files, root, outside } = await begin();
    symlinkSync(join(outside, 'secret'), join(root, 'a'));
    symlinkSync(outside, join(root, 'd'));
    for (const attempt of [
      () => files.read('a'),
      () => files.write('a', ''),
      () => files.read('d/secret'),
      () => files.list('d'),
    ])
      await expect(attempt()).rejects.toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('outside/') as string }) as Error,
      );
    expect(await files.info('a')).not.toHaveProperty('target');
  });

  test('reading follows links within the roots', async () => {
    const { files, root, reference } = await begin();
    mkdirSync(join(root, 'real'));
    writeFileSync(join(root, 'AGENTS.md'), 'rules');
    writeFileSync(join(reference, 'b'), 'from ref');
    symlinkSync('AGENTS.md', join(root, 'CLAUDE.md'));
    symlinkSync(join(root, 'CLAUDE.md'), join(root, 'real/chain.md'));
    symlinkSync('real', join(root, 'alias'));
    symlinkSync(join(reference, 'b'), join(root, 'other-root'));
    expect(await files.read('CLAUDE.md')).toMatchObject({ text: 'rules', path: 'AGENTS.md' });
    expect(await files.read('alias/chain.md')).toMatchObject({ text: 'rules', path: 'AGENTS.md' });
    expect(await files.read('other-root')).toMatchObject({ text: 'from ref', path: 'ref:b' });
    expect((await files.list('alias')).entries.map(({ path }) => path)).toEqual(['real/chain.md']);
    expect(await files.locate('alias/chain.md')).toMatchObject({ path: 'AGENTS.md', type: 'file' });
    expect(await files.info('CLAUDE.md')).toMatchObject({ type: 'link', target: 'AGENTS.md' });
    expect(await files.checkOperand('CLAUDE.md', { access: 'write' })).toBe(join(root, 'AGENTS.md'));
    expect((await files.search({ text: 'rul' }, { path: 'CLAUDE.md' })).matches).toMatchObject([
      { path: 'AGENTS.md', line: 1 },
    ]);
  });

  test('changing a link is refused with the name of what it leads to; a directory on the way may be one', async () => {
    const { files, root } = await begin();
    mkdirSync(join(root, 'real'));
    writeFileSync(join(root, 'AGENTS.md'), 'rules');
    symlinkSync('AGENTS.md', join(root, 'CLAUDE.md'));
    symlinkSync('real', join(root, 'alias'));
    await expect(files.write('CLAUDE.md', 'x')).rejects.toThrow('link to "AGENTS.md"');
    await expect(files.write('alias', 'x')).rejects.toThrow(code('IS_A_LINK'));
    expect(readlinkSync(join(root, 'CLAUDE.md'))).toBe('AGENTS.md');
    expect(await files.write('alias/new', 'x')).toMatchObject({ path: 'real/new' });
    expect(readdirSync(join(root, 'real'))).toEqual(['new']);
  });

  test('a dangling link inside is not written through, not by a program either', async () => {
    const { files, root } = await begin();
    symlinkSync('later', join(root, 'dangling'));
    symlinkSync('no/where', join(root, 'directory'));
    await expect(files.write('dangling', 'x')).rejects.toThrow(code('IS_A_LINK'));
    await expect(files.checkOperand('dangling', { access: 'write' })).rejects.toThrow(code('IS_A_LINK'));
    await expect(files.write('directory/x', 'x', { createDirectories: true })).rejects.toThrow(
      code('PATH_NOT_FOUND'),
    );
    expect(await files.locate('dangling')).toMatchObject({ path: 'later', type: 'missing' });
    expect(readdirSync(root)).toEqual(['dangling', 'directory']);
  });

  test('a link to a root is that root, and a directory to every operation', async () => {
    const { files, root, reference } = await begin();
    symlinkSync(root, join(root, 'self'));
    symlinkSync(reference, join(root, 'other'));
    writeFileSync(join(reference, 'b'), 'needle');
    expect(await files.locate('self/self/self')).toMatchObject({ path: '.', type: 'directory' });
    expect(await files.locate('other')).toMatchObject({ path: 'ref:.', writable: false });
    expect((await files.search({ text: 'needle' }, { path: 'other' })).matches).toMatchObject([
      { path: 'ref:b' },
    ]);
    await expect(files.read('self')).rejects.toThrow(code('NOT_A_FILE'));
    await expect(files.write('other/x', 'x')).rejects.toThrow(code('ROOT_READ_ONLY'));
  });

  test('a directory may be named as the system names deleted ones', async () => {
    const { files, root } = await begin();
    mkdirSync(join(root, 'x (deleted)'));
    await files.write('x (deleted)/a', 'x');
    expect((await files.list('x (deleted)')).entries).toHaveLength(1);
  });

  test('a hard link is replaced, not written through', async () => {
    const { files, root, outside } = await begin();
    linkSync(join(outside, 'secret'), join(root, 'hard'));
    linkSync(join(outside, 'secret'), join(root, 'hard-2'));
    await files.write('hard', 'new');
    await files.edit('hard-2', [{ find: 'sesame', replace: 'open' }]);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('sesame');
    expect(readFileSync(join(root, 'hard'), 'utf8')).toBe('new');
    expect(readFileSync(join(root, 'hard-2'), 'utf8')).toBe('open');
    linkSync(join(outside, 'secret'), join(root, 'hard-3'));
    await expect(files.checkOperand('hard-3', { access: 'write' })).rejects.toThrow(code('HARD_LINK'));
    expect(await files.checkOperand('hard-3', { access: 'read' })).toBe(join(root, 'hard-3'));
  });

  test('what is no regular file is refused, without waiting for it', async () => {
    const { files, root } = await begin();
    mkdirSync(join(root, 'directory'));
    makePipe(join(root, 'pipe'));
    const socket = createServer().listen(join(root, 'socket'));
    await once(socket, 'listening');
    onTestFinished(() => void socket.close());
    for (const path of ['directory', 'pipe', 'socket', '.']) {
      await expect(files.read(path)).rejects.toThrow(code('NOT_A_FILE'));
      await expect(files.openRead(path)).rejects.toThrow(code('NOT_A_FILE'));
      await expect(files.write(path, 'x')).rejects.toThrow(code('NOT_A_FILE'));
      await expect(files.openWrite(path)).rejects.toThrow(code('NOT_A_FILE'));
      await expect(files.edit(path, [{ find: 'a', replace: 'b' }])).rejects.toThrow(code('NOT_A_FILE'));
    }
    for (const path of ['pipe', 'socket']) {
      await expect(files.move(path, 'moved')).rejects.toThrow(code('NOT_A_FILE'));
      await expect(files.checkOperand(path, { access: 'read' })).rejects.toThrow(code('NOT_A_FILE'));
      expect(await files.info(path)).toMatchObject({ type: 'other' });
    }
    for (const path of ['pipe', 'pipe/x', 'socket'])
      await expect(files.list(path)).rejects.toThrow(code('NOT_A_DIRECTORY'));
    expect(await files.search({ text: 'a' })).toMatchObject({ matches: [], filesSearched: 0 });
    expect(lstatSync(join(root, 'pipe')).isFIFO()).toBe(true);
  });

  test('a device is refused', async () => {
    const { files } = await openPlaces({ platform, roots: [{ name: 'dev', path: '/dev', writable: true }] });
    for (const path of ['null', 'zero', 'random'])
      for (const attempt of [() => files.read(path), () => files.openRead(path), () => files.openWrite(path)])
        await expect(attempt()).rejects.toThrow(code('NOT_A_FILE'));
  });
});

test('an operand "-" is a stream, and one that starts with "-" becomes a path that is no option', async () => {
  const { files, root } = await openPlaces();
  await expect(files.checkOperand('-', { access: 'read' })).rejects.toThrow('write ./- for a file');
  expect(await files.checkOperand('./-', { access: 'read' })).toBe(join(root, '-'));
  expect(await files.checkOperand('-rf', { access: 'read' })).toBe(join(root, '-rf'));
  expect(await files.checkOperand('.', { access: 'read', cwd: 'ref:' })).toMatch(/reference$/);
  expect(await files.checkOperand('a/b/c', { access: 'write' })).toBe(join(root, 'a/b/c'));
});
