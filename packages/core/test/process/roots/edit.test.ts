import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TextEdit } from '../../../src/process/roots/apply-edits.ts';
import { code, openPlaces } from './places.ts';

async function begin(content: string | Buffer, limits = {}) {
  const { files, root } = await openPlaces({ limits });
  const file = join(root, 'a.ts');
  writeFileSync(file, content);
  return {
    files,
    edit: (...edits: TextEdit[]) => files.edit('a.ts', edits),
    content: () => readFileSync(file, 'utf8'),
  };
}

test('replaces exactly what was found, and shows the difference', async () => {
  const { files, edit, content } = await begin('const a = 1;\nconst b = 2;\nconst c = 3;\n');
  const { hash } = await files.read('a.ts');
  const edited = await edit({ find: 'b = 2', replace: 'b = 20' });
  expect(content()).toBe('const a = 1;\nconst b = 20;\nconst c = 3;\n');
  expect(edited).toEqual({
    path: 'a.ts',
    sizeBytes: 40,
    hash: (await files.read('a.ts')).hash,
    previousHash: hash,
    replacements: 1,
    diff: [
      '--- a/a.ts',
      '+++ b/a.ts',
      '@@ -1,3 +1,3 @@',
      ' const a = 1;',
      '-const b = 2;',
      '+const b = 20;',
      ' const c = 3;',
      '',
    ].join('\n'),
  });
});

test('edits follow one another, and none is kept when one fails', async () => {
  const { edit, content } = await begin('one two three');
  await edit({ find: 'one', replace: 'two' }, { find: 'two two', replace: 'x' });
  expect(content()).toBe('x three');
  await expect(edit({ find: 'x', replace: 'y' }, { find: 'none', replace: '' })).rejects.toThrow(
    'Edit 2 of 2 was not found',
  );
  expect(content()).toBe('x three');
});

test('what occurs more than once needs "all"', async () => {
  const { edit, content } = await begin('a\nb\na\n');
  await expect(edit({ find: 'a', replace: 'c' })).rejects.toThrow(
    'fits 2 places of "a.ts", at the lines 1, 3',
  );
  expect(await edit({ find: 'a', replace: 'c', all: true })).toMatchObject({ replacements: 2 });
  expect(content()).toBe('c\nb\nc\n');
  await edit({ find: 'c\nb', replace: '' });
  expect(content()).toBe('\nc\n');
});

test('replacement patterns are text', async () => {
  const { edit, content } = await begin('price (.*)');
  await edit({ find: '(.*)', replace: "$& $1 $` $'" });
  expect(content()).toBe("price $& $1 $` $'");
});

describe('line ends', () => {
  test('of Windows are kept, in what is found and in what is put in', async () => {
    const { edit, content } = await begin('a\r\nb\r\nc');
    await edit({ find: 'a\nb\n', replace: 'x\ny\nz\n' });
    expect(content()).toBe('x\r\ny\r\nz\r\nc');
    await edit({ find: 'c', replace: 'c\nd' });
    expect(content()).toBe('x\r\ny\r\nz\r\nc\r\nd');
  });

  test('of Unix are kept when the edit has those of Windows', async () => {
    const { edit, content } = await begin('a\nb\n');
    await edit({ find: 'a\r\nb', replace: 'c\r\nd' });
    expect(content()).toBe('c\nd\n');
  });

  test('in a file that has both kinds follow the place', async () => {
    const { edit, content } = await begin('a\r\nb\nc\nd\n');
    await edit({ find: 'a\nb', replace: 'A\nB' });
    expect(content()).toBe('A\r\nB\nc\nd\n');
    await edit({ find: 'c\nd', replace: 'C\nD' });
    expect(content()).toBe('A\r\nB\nC\nD\n');
  });

  test('at the end stay away when there was none', async () => {
    const { edit, content } = await begin('a');
    const { diff } = await edit({ find: 'a', replace: 'b' });
    expect(content()).toBe('b');
    expect(diff).toContain('\\ No newline at end of file');
  });
});

test('the mark at the start of a file stays', async () => {
  const { edit, content } = await begin('\uFEFFa = 1');
  await edit({ find: 'a = 1', replace: 'a = 2' });
  expect(content()).toBe('\uFEFFa = 2');
});

test('what is not found comes with the nearest line', async () => {
  const { edit } = await begin('function a() {\n\treturn  1;\n}\n');
  await expect(edit({ find: '  return 1;', replace: '' })).rejects.toThrow(
    'Line 2 has it with other spaces: "\\treturn  1;"',
  );
  await expect(edit({ find: 'function a() {\n  return 2;', replace: '' })).rejects.toThrow(
    'Line 1 is like its first line',
  );
  await expect(edit({ find: 'nothing like it', replace: '' })).rejects.toThrow('Read the file again.');
});

test('bad edits are refused before anything happens', async () => {
  const { edit, files, content } = await begin('abc', { maxWriteBytes: 10 });
  await expect(edit()).rejects.toThrow(code('EDIT_INVALID'));
  await expect(edit({ find: '', replace: 'x' })).rejects.toThrow(code('EDIT_INVALID'));
  await expect(edit({ find: 'a', replace: '\ud800' })).rejects.toThrow(code('EDIT_INVALID'));
  await expect(edit(...Array.from({ length: 201 }, () => ({ find: 'a', replace: 'a' })))).rejects.toThrow(
    code('EDIT_INVALID'),
  );
  await expect(edit({ find: 'a', replace: 'x'.repeat(20) })).rejects.toThrow(code('FILE_TOO_LARGE'));
  await expect(edit({ find: 'a', replace: '€€€€' })).rejects.toThrow(code('FILE_TOO_LARGE'));
  await expect(files.edit('none', [{ find: 'a', replace: '' }])).rejects.toThrow(code('PATH_NOT_FOUND'));
  expect(content()).toBe('abc');
});

test('an edit that multiplies itself stops at the limit', async () => {
  const { edit } = await begin('x'.repeat(1_000), { maxWriteBytes: 2_000_000 });
  const grow = { find: 'x', replace: 'x'.repeat(1_000), all: true };
  await expect(edit(grow, grow, grow)).rejects.toThrow(code('FILE_TOO_LARGE'));
});

test('what is no UTF-8 text is not edited', async () => {
  const latin = await begin(Buffer.from('Grüße', 'latin1'));
  await expect(latin.edit({ find: 'G', replace: 'g' })).rejects.toThrow('not UTF-8');
  const binary = await begin(Buffer.of(0x47, 0, 1));
  await expect(binary.edit({ find: 'G', replace: 'g' })).rejects.toThrow(code('FILE_IS_BINARY'));
});

test('with an expected hash, only what was read is edited; a dry run writes nothing', async () => {
  const { files, content } = await begin('one');
  const { hash } = await files.read('a.ts');
  const edits = [{ find: 'one', replace: 'two' }];
  const tried = await files.edit('a.ts', edits, { dryRun: true, expectedHash: hash });
  expect(content()).toBe('one');
  const edited = await files.edit('a.ts', edits, { expectedHash: hash });
  expect(edited).toEqual(tried);
  await expect(files.edit('a.ts', edits, { expectedHash: hash })).rejects.toThrow(
    `its hash is now ${edited.hash}`,
  );
});

test('edits of one file at the same time are all kept', async () => {
  const { files, content } = await begin(Array.from({ length: 20 }, (_, index) => `<${index}>`).join('\n'));
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      files.edit('a.ts', [{ find: `<${index}>`, replace: `[${index}]` }]),
    ),
  );
  expect(content()).toBe(Array.from({ length: 20 }, (_, index) => `[${index}]`).join('\n'));
});

test('a change that changes nothing writes nothing', async () => {
  const { edit } = await begin('a');
  expect(await edit({ find: 'a', replace: 'a' })).toMatchObject({ diff: '', replacements: 1 });
});

test('a long difference is shortened', async () => {
  const { edit } = await begin('line of text\n'.repeat(450));
  const { diff } = await edit({ find: 'text', replace: 'words', all: true });
  expect(diff.length).toBeLessThan(8_100);
  expect(diff).toMatch(/… \d+ more lines\n$/);
  const { edit: editMore } = await begin('line of text\n'.repeat(20_000));
  expect((await editMore({ find: 'text', replace: 'words', all: true })).diff).toContain('More than');
});
