import { createHash } from 'node:crypto';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReadFileOptions } from '../../../src/process/roots/read.ts';
import { openSafeRoots } from '../../../src/process/roots/safe-roots.ts';
import { code, openPlaces, ways } from './places.ts';

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

describe.each(ways)('%s', (_, platform) => {
  async function begin(content: string | Buffer, limits = {}) {
    const places = await openPlaces({ platform, limits });
    writeFileSync(join(places.root, 'a'), content);
    return {
      ...places,
      read: (how: ReadFileOptions = {}) => places.files.read('a', how),
    };
  }

  test.each(['', 'x', 'no line end', 'line\n', 'a\r\nb\r\n', '\n\n\n', 'Grüß Gott 🎉\n', '\uFEFFbom\n'])(
    'reads %j as it is',
    async (content) => {
      const { read } = await begin(content);
      expect(await read()).toEqual({
        path: 'a',
        text: content,
        sizeBytes: Buffer.byteLength(content),
        offset: 0,
        hash: sha256(content),
        isLossy: false,
      });
    },
  );

  test('a part in bytes ends and starts with whole characters', async () => {
    const { read } = await begin('ab€cd', { maxReadBytes: 4 });
    expect(await read()).toMatchObject({ text: 'ab', nextOffset: 2, sizeBytes: 7, hash: sha256('ab€cd') });
    expect(await read({ offset: 2 })).toMatchObject({ text: '€c', nextOffset: 6 });
    expect(await read({ offset: 3, maxBytes: 2 })).toMatchObject({ text: 'cd', offset: 5 });
    const last = await read({ offset: 6 });
    expect(last).toMatchObject({ text: 'd', offset: 6 });
    expect(last).not.toHaveProperty('nextOffset');
    expect(await read({ offset: 2, maxBytes: 1 })).toMatchObject({ text: '€', nextOffset: 5 });
    expect(await read({ offset: 99 })).toMatchObject({ text: '', sizeBytes: 7, offset: 7 });
    expect(await read({ maxBytes: 1_000 })).toMatchObject({ text: 'ab' });
  });

  test('a part in lines says where the next one is', async () => {
    const { read } = await begin('one\ntwo\r\nthree');
    expect(await read({ maxLines: 1 })).toMatchObject({
      text: 'one\n',
      fromLine: 1,
      nextLine: 2,
      nextOffset: 4,
    });
    expect(await read({ fromLine: 2, maxLines: 1 })).toMatchObject({
      text: 'two\r\n',
      offset: 4,
      nextLine: 3,
    });
    const last = await read({ fromLine: 3, maxLines: 5 });
    expect(last).toMatchObject({ text: 'three', offset: 9, fromLine: 3 });
    expect(last).not.toHaveProperty('nextLine');
    expect(last).not.toHaveProperty('nextOffset');
    expect(await read({ fromLine: 9 })).toMatchObject({ text: '', offset: 14 });
    const cut = await read({ fromLine: 3, maxBytes: 2 });
    expect(cut).toMatchObject({ text: 'th', nextOffset: 11 });
    expect(cut).not.toHaveProperty('nextLine');
  });

  test('parts put together are the file, whatever their size', async () => {
    const { files, root } = await openPlaces({ platform });
    const small = await openSafeRoots({
      platform,
      roots: [{ name: 'ws', path: root }],
      limits: { maxHashBytes: 1 },
    });
    const characters = fc.constantFrom('a', '\n', '\r\n', 'é', '€', '🎉');
    await fc.assert(
      fc.asyncProperty(
        fc.array(characters, { maxLength: 60 }).map((all) => all.join('')),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        fc.boolean(),
        async (content, size, byLine, hashed) => {
          writeFileSync(join(root, 'p'), content);
          const how: ReadFileOptions = byLine
            ? { maxLines: size, fromLine: 1 }
            : { maxBytes: size, offset: 0 };
          const source = hashed ? files : small;
          let text = '';
          let next: ReadFileOptions | undefined = how;
          while (next) {
            const part = await source.read('p', next);
            text += part.text;
            if (byLine && part.nextLine !== undefined) next = { ...how, fromLine: part.nextLine };
            else if (!byLine && part.nextOffset !== undefined) next = { ...how, offset: part.nextOffset };
            else next = undefined;
          }
          expect(text).toBe(content);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a file above the limit for hashing is read in parts without a hash', async () => {
    const lines = Array.from({ length: 100_000 }, (_line, index) => `line ${index}\n`).join('');
    const { read } = await begin(lines, { maxHashBytes: 1_000 });
    const part = await read({ fromLine: 70_000, maxLines: 2 });
    expect(part).toMatchObject({ text: 'line 69999\nline 70000\n', nextLine: 70_002 });
    expect(part).not.toHaveProperty('hash');
    expect((await read({ offset: part.offset, maxBytes: 10 })).text).toBe('line 69999');
  });

  test('a file of a gigabyte costs no more than its part', async () => {
    const { read, root } = await begin('start\n');
    truncateSync(join(root, 'a'), 1024 ** 3);
    await expect(read()).rejects.toThrow(code('FILE_IS_BINARY'));
    await expect(read({ offset: 1024 ** 3 - 10 })).rejects.toThrow(code('FILE_IS_BINARY'));
  });

  test('says what is not text, and what is not UTF-8', async () => {
    const { files, root } = await begin(Buffer.of(0x89, 0x50, 0, 1));
    await expect(files.read('a')).rejects.toThrow('not a text file (4 bytes');
    writeFileSync(join(root, 'late'), Buffer.concat([Buffer.from('text\n'.repeat(2_000)), Buffer.of(0, 0)]));
    expect((await files.read('late', { maxLines: 1 })).text).toBe('text\n');
    writeFileSync(join(root, 'latin-1'), Buffer.from('Grüße', 'latin1'));
    expect(await files.read('latin-1')).toMatchObject({ text: 'Gr\uFFFD\uFFFDe', isLossy: true });
    writeFileSync(join(root, 'replaced'), 'a \uFFFD is text');
    expect(await files.read('replaced')).toMatchObject({ isLossy: false });
  });

  test.each([
    { offset: -1 },
    { offset: 1.5 },
    { fromLine: 0 },
    { maxLines: 0 },
    { maxBytes: 0 },
    { offset: 1, fromLine: 1 },
    { offset: Number.NaN },
  ])('refuses the range %o', async (how) => {
    const { read } = await begin('x');
    await expect(read(how)).rejects.toThrow(code('RANGE_INVALID'));
  });

  test('says what is missing without a path of the system', async () => {
    const { files, root } = await begin('x');
    symlinkSync('nowhere', join(root, 'dangling'));
    await expect(files.read('none')).rejects.toThrow('"none" does not exist.');
    await expect(files.read('none/x')).rejects.toThrow('"none/x" does not exist.');
    await expect(files.read('dangling')).rejects.toThrow(code('PATH_NOT_FOUND'));
    await expect(files.read('a/x')).rejects.toThrow(code('NOT_A_DIRECTORY'));
  });

  test('gives up when its signal aborts', async () => {
    const { read } = await begin('x');
    await expect(read({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    await expect(read({ signal: AbortSignal.abort('enough') })).rejects.toThrow(code('CANCELLED'));
  });

  test('info tells type, size, times, mode and hash', async () => {
    const { files, root } = await begin('text\n');
    expect(await files.info('a')).toEqual({
      path: 'a',
      root: 'ws',
      type: 'file',
      sizeBytes: 5,
      modifiedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      mode: '644',
      readable: true,
      writable: true,
      isBinary: false,
      hash: sha256('text\n'),
    });
    writeFileSync(join(root, 'empty'), '');
    expect(await files.info('empty')).toMatchObject({ sizeBytes: 0, isBinary: false, hash: sha256('') });
    expect(await files.info('.')).toMatchObject({ path: '.', type: 'directory' });
    expect(await files.info('ref:')).toMatchObject({ path: 'ref:.', writable: false });
    await expect(files.info('none')).rejects.toThrow(code('PATH_NOT_FOUND'));
    truncateSync(join(root, 'a'), 1024 ** 3);
    const large = await files.info('a');
    expect(large).toMatchObject({ sizeBytes: 1024 ** 3, isBinary: true });
    expect(large).not.toHaveProperty('hash');
  });
});
