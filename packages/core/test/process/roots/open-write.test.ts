import { createHash } from 'node:crypto';
import { getEventListeners } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSafeRoots } from '../../../src/process/roots/safe-roots.ts';
import { fakeClock } from '../../../src/testing.ts';
import { code, codeOf, openPlaces, ways } from './places.ts';

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const bytes = (text: string) => Buffer.from(text);

describe.each(ways)('%s', (_, platform) => {
  const begin = (options = {}) => openPlaces({ platform, ...options });

  test('a file appears whole when it is committed, and not before', async () => {
    const { files, root } = await begin();
    writeFileSync(join(root, 'old'), 'old');
    await using writer = await files.openWrite('new');
    await using other = await files.openWrite(join(root, 'old'));
    expect([writer.path, other.path]).toEqual(['new', 'old']);
    await writer.write(bytes('Grüß '));
    await writer.write(bytes('Gott\n'));
    await other.write(bytes('other'));
    expect(existsSync(join(root, 'new'))).toBe(false);
    expect(readFileSync(join(root, 'old'), 'utf8')).toBe('old');
    expect((await files.list()).entries.map(({ name }) => name)).toEqual(['old']);
    expect(await writer.commit()).toEqual({
      path: 'new',
      sizeBytes: 12,
      hash: sha256('Grüß Gott\n'),
      created: true,
    });
    expect(await other.commit()).toMatchObject({ created: false, sizeBytes: 5 });
    expect(readFileSync(join(root, 'new'), 'utf8')).toBe('Grüß Gott\n');
    expect(readFileSync(join(root, 'old'), 'utf8')).toBe('other');
    expect(readdirSync(root)).toEqual(['new', 'old']);
    expect(statSync(join(root, 'new')).mode & 0o7777).toBe(0o644);
  });

  test('nothing written is an empty file, and bytes are written as they are, in their order', async () => {
    const { files, root } = await begin();
    await (await files.openWrite('empty')).commit();
    expect(readFileSync(join(root, 'empty'))).toEqual(Buffer.alloc(0));
    const chunks = Array.from({ length: 200 }, (_chunk, index) => Buffer.alloc(index * 100, index));
    const writer = await files.openWrite('binary');
    const writing = chunks.map((chunk) => writer.write(chunk));
    const written = await writer.commit();
    await Promise.all(writing);
    expect(readFileSync(join(root, 'binary'))).toEqual(Buffer.concat(chunks));
    expect(written.hash).toBe(sha256(Buffer.concat(chunks)));
  });

  test('keeps the mode of what it replaces, and refuses what is read-only by then', async () => {
    const { files, root } = await begin();
    writeFileSync(join(root, 'a'), 'old');
    await using writer = await files.openWrite('a');
    await using late = await files.openWrite('a');
    chmodSync(join(root, 'a'), 0o4751);
    await writer.commit();
    expect(statSync(join(root, 'a')).mode & 0o7777).toBe(0o751);
    chmodSync(join(root, 'a'), 0o444);
    await expect(late.commit()).rejects.toThrow('marked read-only');
    await expect(files.openWrite('a')).rejects.toThrow(code('PERMISSION_DENIED'));
    expect(readdirSync(root)).toEqual(['a']);
  });

  test('refuses before the first byte what cannot be written, and leaves nothing', async () => {
    const { files, root, outside } = await begin();
    mkdirSync(join(root, 'directory'));
    writeFileSync(join(root, 'file'), 'x');
    symlinkSync('file', join(root, 'link'));
    symlinkSync(join(outside, 'new'), join(root, 'dangling'));
    symlinkSync(outside, join(root, 'up'));
    const before = readdirSync(root);
    for (const append of [false, true])
      for (const [path, refusal] of [
        ['../outside/secret', 'PATH_OUTSIDE_ROOT'],
        ['up/secret', 'PATH_OUTSIDE_ROOT'],
        ['ref:a', 'ROOT_READ_ONLY'],
        ['none:a', 'ROOT_NOT_FOUND'],
        ['.env', 'PROTECTED_NAME'],
        ['.git/hooks/pre-commit', 'PROTECTED_NAME'],
        ['.bashrc', 'PROTECTED_NAME'],
        ['link', 'IS_A_LINK'],
        ['dangling', 'IS_A_LINK'],
        ['directory', 'NOT_A_FILE'],
        ['new/', 'NOT_A_FILE'],
        ['.', 'NOT_A_FILE'],
        ['missing/a', 'PATH_NOT_FOUND'],
        ['file/a', 'NOT_A_DIRECTORY'],
      ] as const)
        await expect(files.openWrite(path, { append })).rejects.toThrow(code(refusal));
    expect(readdirSync(root)).toEqual(before);
    expect(readdirSync(join(root, 'directory'))).toEqual([]);
    expect(readdirSync(outside)).toEqual(['secret']);
  });

  test('appends to what is there, and makes what is not', async () => {
    const { files, root } = await begin();
    const old = Buffer.alloc(700_000, 'abc');
    writeFileSync(join(root, 'log'), old);
    const writer = await files.openWrite('log', { append: true });
    await writer.write(bytes('more'));
    expect(await writer.commit()).toEqual({
      path: 'log',
      sizeBytes: 700_004,
      hash: sha256(Buffer.concat([old, bytes('more')])),
      created: false,
    });
    expect(readFileSync(join(root, 'log'))).toEqual(Buffer.concat([old, bytes('more')]));
    const other = await files.openWrite('new', { append: true });
    await other.write(bytes('first'));
    expect(await other.commit()).toMatchObject({ created: true, sizeBytes: 5 });
    expect(readdirSync(root)).toEqual(['log', 'new']);
    expect(statSync(join(root, 'new')).nlink).toBe(1);
  });

  test('of two that append, the second is told; of two that write, the last one wins', async () => {
    const { files, root } = await begin();
    writeFileSync(join(root, 'log'), 'old,');
    for (const path of ['log', 'new']) {
      const [one, two] = [
        await files.openWrite(path, { append: true }),
        await files.openWrite(path, { append: true }),
      ];
      await Promise.all([one.write(bytes('one')), two.write(bytes('two'))]);
      await one.commit();
      await expect(two.commit()).rejects.toThrow(code('FILE_CHANGED'));
    }
    expect(readFileSync(join(root, 'log'), 'utf8')).toBe('old,one');
    expect(readFileSync(join(root, 'new'), 'utf8')).toBe('one');
    const [one, two] = [await files.openWrite('new'), await files.openWrite('new')];
    await Promise.all([one.write(bytes('1')), two.write(bytes('2'))]);
    await two.commit();
    await one.commit();
    expect(readFileSync(join(root, 'new'), 'utf8')).toBe('1');
    expect(readdirSync(root)).toEqual(['log', 'new']);
  });

  test('of many that append at once, one is in its place and all others are told', async () => {
    const { files, root } = await begin();
    const writers = await Promise.all(
      Array.from({ length: 20 }, () => files.openWrite('log', { append: true })),
    );
    await Promise.all(writers.map((writer, index) => writer.write(bytes(`${index}`))));
    const outcomes = await Promise.all(writers.map((writer) => writer.commit().then(() => 'done', codeOf)));
    expect(outcomes.toSorted()).toEqual([...Array<string>(19).fill('FILE_CHANGED'), 'done']);
    expect(readFileSync(join(root, 'log'), 'utf8')).toBe(String(outcomes.indexOf('done')));
    expect(readdirSync(root)).toEqual(['log']);
  });

  test('a file that others change or remove meanwhile is not appended to', async () => {
    const { files, root } = await begin();
    for (const change of [
      () => appendFileSync(join(root, 'log'), 'theirs'),
      () => unlinkSync(join(root, 'log')),
      () => (unlinkSync(join(root, 'log')), writeFileSync(join(root, 'log'), 'old')),
    ]) {
      writeFileSync(join(root, 'log'), 'old');
      await using writer = await files.openWrite('log', { append: true });
      change();
      await expect(writer.commit()).rejects.toThrow(code('FILE_CHANGED'));
    }
    expect(readFileSync(join(root, 'log'), 'utf8')).toBe('old');
    expect(readdirSync(root)).toEqual(['log']);
  });

  test('an abort leaves the old file and nothing else, and the writer ends', async () => {
    const { files, root } = await begin();
    writeFileSync(join(root, 'a'), 'old');
    const writer = await files.openWrite('a');
    const writing = writer.write(bytes('new'));
    await Promise.all([writer.abort(), writer.abort(), writing.catch(() => {})]);
    expect(readdirSync(root)).toEqual(['a']);
    for (const attempt of [() => writer.write(bytes('x')), () => writer.commit()])
      await expect(attempt()).rejects.toThrow(code('WRITER_ENDED'));
    {
      await using dropped = await files.openWrite('a');
      await dropped.write(bytes('new'));
    }
    expect(readdirSync(root)).toEqual(['a']);
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('old');
  });

  test('what is committed stays, whatever is asked of the writer later', async () => {
    const { files, root } = await begin();
    const controller = new AbortController();
    const writer = await files.openWrite('a', { signal: controller.signal });
    await writer.write(bytes('x'));
    const [one, two] = await Promise.all([writer.commit(), writer.commit()]);
    expect(one).toBe(two);
    controller.abort();
    await writer.abort();
    await writer[Symbol.asyncDispose]();
    await expect(writer.write(bytes('y'))).rejects.toThrow(code('WRITER_ENDED'));
    expect(await writer.commit()).toBe(one);
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('x');
  });

  test('its signal ends a writer at any moment: the file is the old one or the new one, and nothing else stays', async () => {
    const { files, root } = await begin();
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(files.openWrite('a', { signal: aborted })).rejects.toThrow('enough');
    writeFileSync(join(root, 'a'), 'old');
    const outcomes = new Set<string>();
    for (let turns = 0; turns < 40; turns++) {
      const controller = new AbortController();
      const work = async () => {
        const writer = await files.openWrite('a', { signal: controller.signal, append: turns % 2 === 0 });
        await writer.write(Buffer.alloc(500_000, 'x'));
        await writer.commit();
        return 'written';
      };
      const writing = work();
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      controller.abort(new Error('enough'));
      outcomes.add(await writing.catch(String));
      expect(readdirSync(root)).toEqual(['a']);
      const text = readFileSync(join(root, 'a'), 'utf8');
      expect(['old', `old${'x'.repeat(500_000)}`, 'x'.repeat(500_000)]).toContain(text);
      writeFileSync(join(root, 'a'), 'old');
    }
    expect(outcomes).toContain('Error: enough');
    const controller = new AbortController();
    const idle = await files.openWrite('a', { signal: controller.signal });
    controller.abort('enough');
    await expect(idle.write(bytes('x'))).rejects.toThrow(code('CANCELLED'));
    expect(readdirSync(root)).toEqual(['a']);
  });

  test('more than may be written ends the writer, and so does an old file that is too large already', async () => {
    const { files, root } = await begin({ limits: { maxWriteBytes: 8 } });
    const writer = await files.openWrite('a', { maxBytes: 1_000 });
    await writer.write(bytes('12345678'));
    await expect(writer.write(bytes('9'))).rejects.toThrow('at most 8 bytes');
    expect(readdirSync(root)).toEqual([]);
    for (const attempt of [() => writer.write(bytes('')), () => writer.commit()])
      await expect(attempt()).rejects.toThrow(code('FILE_TOO_LARGE'));
    const small = await files.openWrite('a', { maxBytes: 2 });
    const outcomes = await Promise.all(
      ['1', '2', '3'].map((text) => small.write(bytes(text)).then(() => 'done', codeOf)),
    );
    expect(outcomes).toEqual(['done', 'done', 'FILE_TOO_LARGE']);
    writeFileSync(join(root, 'log'), '1234567');
    await expect(files.openWrite('log', { append: true, maxBytes: 6 })).rejects.toThrow('has 7 bytes');
    await using log = await files.openWrite('log', { append: true });
    await expect(log.write(bytes('89'))).rejects.toThrow(code('FILE_TOO_LARGE'));
    await expect(files.openWrite('a', { maxBytes: -1 })).rejects.toThrow(code('RANGE_INVALID'));
    expect(readdirSync(root)).toEqual(['log']);
    expect(readFileSync(join(root, 'log'), 'utf8')).toBe('1234567');
  });

  test('a hard link is replaced, not written through', async () => {
    const { files, root, outside } = await begin();
    for (const append of [false, true]) {
      const name = `hard-${append}`;
      linkSync(join(outside, 'secret'), join(root, name));
      const writer = await files.openWrite(name, { append });
      await writer.write(bytes('!'));
      await writer.commit();
      expect(readFileSync(join(root, name), 'utf8')).toBe(append ? 'sesame!' : '!');
    }
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('sesame');
  });

  test('what is put in the way while the bytes come is not replaced, and not written through', async () => {
    const { files, root, outside } = await begin();
    for (const [obstacle, refusal] of [
      [() => symlinkSync(join(outside, 'secret'), join(root, 'dir/a')), 'IS_A_LINK'],
      [() => mkdirSync(join(root, 'dir/a')), 'NOT_A_FILE'],
      [() => symlinkSync(outside, join(root, 'dir')), 'PATH_OUTSIDE_ROOT'],
      [() => mkdirSync(join(root, 'dir')), 'FILE_CHANGED'],
      [() => {}, 'PATH_NOT_FOUND'],
      [() => (mkdirSync(join(root, '.git')), symlinkSync('.git', join(root, 'dir'))), 'PROTECTED_NAME'],
    ] as const) {
      rmSync(join(root, 'dir'), { recursive: true, force: true });
      mkdirSync(join(root, 'dir'));
      await using writer = await files.openWrite('dir/a');
      await writer.write(bytes('content'));
      if (refusal !== 'IS_A_LINK' && refusal !== 'NOT_A_FILE')
        renameSync(join(root, 'dir'), join(root, `away-${refusal}`));
      obstacle();
      await expect(writer.commit()).rejects.toThrow(code(refusal));
    }
    expect(readdirSync(outside)).toEqual(['secret']);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('sesame');
    expect(readdirSync(join(root, '.git'))).toEqual([]);
    const left = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => statSync(join(parentPath, name)).size);
    // Where directories are reached by path, what is left in one that was moved away is empty.
    expect(left).toEqual(platform.descriptors === undefined ? [0, 0, 0, 0] : []);
  });

  test('somebody who removes the new content is noticed', async () => {
    const { files, root } = await begin();
    await using writer = await files.openWrite('a');
    const [temporary] = readdirSync(root);
    unlinkSync(join(root, temporary!));
    writeFileSync(join(root, temporary!), 'theirs');
    await expect(writer.commit()).rejects.toThrow('removed the file with its new content');
    expect(existsSync(join(root, 'a'))).toBe(false);
  });

  test('closing the roots waits for a commit, aborts the open writers and leaves nothing of them', async () => {
    const { files, root } = await begin();
    const [committing, idle, writing] = [
      await files.openWrite('a'),
      await files.openWrite('b'),
      await files.openWrite('c'),
    ];
    void committing.write(Buffer.alloc(1_000_000, 'x'));
    const committed = committing.commit();
    const last = writing.write(Buffer.alloc(1_000_000)).then(() => 'done', codeOf);
    const opening = files.openWrite('d');
    await files.close();
    expect(readdirSync(root)).toEqual(['a']);
    expect(await committed).toMatchObject({ sizeBytes: 1_000_000 });
    expect(['done', 'SHUTDOWN', 'CANCELLED']).toContain(await last);
    for (const writer of [idle, writing, await opening]) {
      await expect(writer.write(bytes('x'))).rejects.toThrow('shutting down');
      await expect(writer.commit()).rejects.toThrow('shutting down');
    }
    await expect(files.openWrite('a')).rejects.toThrow('shutting down');
    expect(readdirSync(root)).toEqual(['a']);
  });

  test('a writer counts as an open file until it ends', async () => {
    const { files, root } = await begin({ limits: { maxOpenFiles: 1 } });
    const signal = new AbortController();
    for (const end of [
      (writer: { commit(): Promise<unknown> }) => writer.commit(),
      (writer: { abort(): Promise<unknown> }) => writer.abort(),
    ]) {
      const writer = await files.openWrite('a', { signal: signal.signal });
      await expect(files.openWrite('b')).rejects.toThrow(code('TOO_MANY_FILES'));
      await end(writer);
    }
    await expect(files.openWrite('.env')).rejects.toThrow(code('PROTECTED_NAME'));
    await using writer = await files.openWrite('b');
    await writer.write(bytes('x'));
    expect(readdirSync(root)).toHaveLength(2);
  });

  test('a writer that has ended holds no timer and no listener', async () => {
    const clock = fakeClock();
    const timers = new Set<object>();
    const after: typeof clock.after = (delayMs, action) => {
      const timer = clock.after(delayMs, action);
      timers.add(timer);
      return {
        cancel() {
          timers.delete(timer);
          timer.cancel();
        },
      };
    };
    const { files } = await begin({ clock: { ...clock, after } });
    const { signal } = new AbortController();
    const [one, two] = [await files.openWrite('a', { signal }), await files.openWrite('b', { signal })];
    expect([timers.size, getEventListeners(signal, 'abort').length]).toEqual([2, 2]);
    await one.commit();
    await two.abort();
    expect([timers.size, getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
  });

  test('a writer that is silent for long is not taken for one that was killed', async () => {
    const clock = fakeClock();
    const { files, root } = await begin({ clock });
    await using writer = await files.openWrite('slow');
    await writer.write(bytes('x'));
    const temporary = join(root, readdirSync(root)[0]!);
    utimesSync(temporary, new Date(0), new Date(0));
    await clock.advance(20_000);
    await expect.poll(() => statSync(temporary).mtimeMs).toBeGreaterThan(0);
    const others = await openSafeRoots({ platform, roots: [{ name: 'ws', path: root, writable: true }] });
    await others.write('quick', 'y');
    await writer.commit();
    expect(readdirSync(root)).toEqual(['quick', 'slow']);
    expect(readFileSync(join(root, 'slow'), 'utf8')).toBe('x');
  });
});
