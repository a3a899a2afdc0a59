import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createApp } from '@toolyard/core';
import { openSafeRoots } from '@toolyard/core/process';
import { createTestClient } from '@toolyard/core/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { fileResource } from '../src/file-resource.ts';
import { fileTools } from '../src/tools/files.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const errorOf = z.object({
  isError: z.literal(true),
  content: z.tuple([z.object({ text: z.string() })]),
  _meta: z.object({ 'toolyard/error': z.object({ code: z.string() }) }),
});

/** The tools over a `work` that can be written and `docs` that cannot. */
async function start(era: 'modern' | 'legacy') {
  const base = temporaryDirectory();
  const [work, docs, outside] = ['work', 'docs', 'outside'].map((name) => join(base, name));
  for (const directory of [work!, docs!, outside!]) mkdirSync(directory);
  writeFileSync(join(outside!, 'secret'), 'sesame');
  writeFileSync(join(docs!, 'guide.md'), '# Guide\n');
  const roots = await openSafeRoots({
    roots: [
      { name: 'work', path: work!, writable: true },
      { name: 'docs', path: docs! },
    ],
  });
  const app = createApp({ name: 'files', version: '1.0.0' }).add(...fileTools(roots), fileResource(roots));
  const client = createTestClient(app, { era });
  onTestFinished(async () => {
    await client[Symbol.asyncDispose]();
    await app.close();
    await roots.close();
  });

  async function call(name: string, args: Record<string, unknown>): Promise<Record<string, any>> {
    const { structuredContent, isError, content } = await client.call(name, args);
    if (isError || !structuredContent) throw new Error(JSON.stringify(content));
    return structuredContent;
  }
  async function shown(name: string, args: Record<string, unknown>): Promise<string[]> {
    const { content } = await client.call(name, args);
    return content.map((block) => (block.type === 'text' ? block.text : block.type));
  }
  async function failure(name: string, args: Record<string, unknown>) {
    const { content, _meta } = errorOf.parse(await client.call(name, args));
    return { code: _meta['toolyard/error'].code, message: content[0].text };
  }
  const put = (name: string, content: string | Buffer) => writeFileSync(join(work!, name), content);
  return { base, work: work!, docs: docs!, outside: outside!, roots, client, call, shown, failure, put };
}

/** What a client is told about the tools. */
async function toolsOf(roots: Parameters<typeof openSafeRoots>[0]['roots']) {
  const opened = await openSafeRoots({ roots });
  onTestFinished(() => opened.close());
  const app = createApp({ name: 'files', version: '1.0.0' }).add(...fileTools(opened));
  onTestFinished(() => app.close());
  return createTestClient(app).list('tools');
}

describe.each(['modern', 'legacy'] as const)('%s', (era) => {
  describe('read_file', () => {
    test('gives the text as it is, what it is, and its hash', async () => {
      const { call, shown, put } = await start(era);
      put('a.txt', 'Grüß\r\nGott');
      const hash = createHash('sha256').update('Grüß\r\nGott').digest('hex');
      expect(await call('read_file', { path: 'a.txt' })).toEqual({
        path: 'a.txt',
        text: 'Grüß\r\nGott',
        startLine: 1,
        endLine: 2,
        totalBytes: 12,
        hash,
      });
      expect(await shown('read_file', { path: 'a.txt' })).toEqual([
        'Grüß\r\nGott',
        `[lines 1 to 2 of a.txt: 12 bytes; hash ${hash}]`,
      ]);
    });

    test('by lines, until there is no nextOffset', async () => {
      const { call, put } = await start(era);
      const content = Array.from({ length: 3_000 }, (_, index) => `line ${index + 1} ü\n`).join('');
      put('long.txt', content);
      expect(await call('read_file', { path: 'long.txt', offset: 10, limit: 2 })).toMatchObject({
        text: 'line 10 ü\nline 11 ü\n',
        startLine: 10,
        endLine: 11,
        nextOffset: 12,
      });
      let joined = '';
      let parts = 0;
      for (let offset: number | undefined = 1; offset !== undefined; parts++) {
        const part: Record<string, any> = await call('read_file', { path: 'long.txt', offset });
        expect(part).toMatchObject({ startLine: offset });
        expect(part['endLine']).toBe((part['nextOffset'] ?? 3_001) - 1);
        expect(Buffer.byteLength(part['text'])).toBeLessThanOrEqual(16_000);
        joined += part['text'];
        offset = part['nextOffset'];
      }
      expect(joined).toBe(content);
      expect(parts).toBe(Math.ceil(Buffer.byteLength(content) / 16_000));
    });

    test('a very long line is read on by bytes', async () => {
      const { call, shown, put } = await start(era);
      const content = `first\n${'x'.repeat(20_000)}é\nlast\n`;
      put('long.txt', content);
      const first = await call('read_file', { path: 'long.txt' });
      expect(first).toMatchObject({ text: 'first\n', endLine: 1, nextOffset: 2 });
      const second = await call('read_file', { path: 'long.txt', offset: 2 });
      expect(second).toMatchObject({ startLine: 2, endLine: 2, nextByteOffset: 16_006 });
      expect(second).not.toHaveProperty('nextOffset');
      expect((await shown('read_file', { path: 'long.txt', offset: 2 }))[1]).toContain(
        'go on with byteOffset: 16006; the next line has offset: 3',
      );
      const third = await call('read_file', { path: 'long.txt', byteOffset: 16_006 });
      expect(first['text'] + second['text'] + third['text']).toBe(content);
      expect(third).not.toHaveProperty('startLine');
      expect(await call('read_file', { path: 'long.txt', offset: 3 })).toMatchObject({ text: 'last\n' });
    });

    test('an empty file, and what is behind the end', async () => {
      const { call, shown, put } = await start(era);
      put('empty', '');
      put('one', 'line\n');
      expect(await call('read_file', { path: 'empty' })).toMatchObject({
        text: '',
        startLine: 1,
        endLine: 0,
      });
      expect(await call('read_file', { path: 'one', offset: 9 })).toMatchObject({
        text: '',
        startLine: 9,
        endLine: 8,
      });
      expect(await shown('read_file', { path: 'one', offset: 9 })).toEqual([
        expect.stringMatching(/^\[nothing from line 9 on in one: 5 bytes;/),
      ]);
    });

    test('bytes that are not UTF-8 are shown with a warning', async () => {
      const { call, put } = await start(era);
      put('latin', Buffer.from([0x47, 0x72, 0xfc, 0xdf, 0x65]));
      expect(await call('read_file', { path: 'latin' })).toMatchObject({
        text: 'Gr\uFFFD\uFFFDe',
        isLossy: true,
      });
    });

    test('a line or a byte, not both', async () => {
      const { failure, put } = await start(era);
      put('a', 'x');
      expect(await failure('read_file', { path: 'a', offset: 1, byteOffset: 0 })).toMatchObject({
        code: 'RANGE_INVALID',
        message: expect.stringContaining('offset, a line, or byteOffset'),
      });
      for (const wrong of [{ offset: 0 }, { limit: 0 }, { byteOffset: -1 }, { offset: 1.5 }])
        expect(await failure('read_file', { path: 'a', ...wrong })).toMatchObject({
          code: 'INVALID_ARGUMENTS',
        });
    });
  });

  describe('nothing outside the workspaces, no secret and no device', () => {
    test('is read, listed or searched', async () => {
      const { work, outside, failure, call } = await start(era);
      symlinkSync(join(outside, 'secret'), join(work, 'link'));
      symlinkSync(outside, join(work, 'away'));
      symlinkSync('loop', join(work, 'loop'));
      execFileSync('/usr/bin/env', ['mkfifo', join(work, 'pipe')]);
      mkdirSync(join(work, '.git'));
      writeFileSync(join(work, '.git', 'config'), 'sesame');
      writeFileSync(join(work, '.env'), 'KEY=sesame');
      const cases = {
        '../outside/secret': 'PATH_OUTSIDE_ROOT',
        'x/../../outside/secret': 'PATH_OUTSIDE_ROOT',
        'docs:../outside/secret': 'PATH_OUTSIDE_ROOT',
        [join(outside, 'secret')]: 'PATH_OUTSIDE_ROOT',
        '/etc/passwd': 'PATH_OUTSIDE_ROOT',
        '/proc/self/environ': 'PATH_OUTSIDE_ROOT',
        link: 'PATH_OUTSIDE_ROOT',
        'away/secret': 'PATH_OUTSIDE_ROOT',
        loop: 'IS_A_LINK',
        pipe: 'NOT_A_FILE',
        '.': 'NOT_A_FILE',
        '.env': 'PROTECTED_NAME',
        '.ENV': 'PROTECTED_NAME',
        '.git/config': 'PROTECTED_NAME',
        'other:a': 'ROOT_NOT_FOUND',
        'a\0b': 'PATH_INVALID',
        '~/x': 'PATH_INVALID',
        missing: 'PATH_NOT_FOUND',
      };
      for (const [path, code] of Object.entries(cases)) {
        const refused = await failure('read_file', { path });
        expect([path, refused.code]).toEqual([path, code]);
        expect(refused.message).not.toContain('sesame');
      }
      expect(await failure('list_files', { path: 'away' })).toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
      expect(await failure('search_files', { text: 'sesame', path: '..' })).toMatchObject({
        code: 'PATH_OUTSIDE_ROOT',
      });
      expect(await failure('search_files', { text: 'sesame', path: '.env' })).toMatchObject({
        code: 'PROTECTED_NAME',
      });
      expect(await call('search_files', { text: 'sesame', exclude: [] })).toMatchObject({ matches: [] });
    });

    test('is written, edited or moved', async () => {
      const { base, work, docs, outside, failure } = await start(era);
      symlinkSync(join(outside, 'secret'), join(work, 'link'));
      symlinkSync(join(outside, 'planted'), join(work, 'dangling'));
      symlinkSync(outside, join(work, 'away'));
      writeFileSync(join(work, 'file'), 'x');
      const cases = {
        '../planted': 'PATH_OUTSIDE_ROOT',
        [join(base, 'planted')]: 'PATH_OUTSIDE_ROOT',
        'away/planted': 'PATH_OUTSIDE_ROOT',
        dangling: 'IS_A_LINK',
        link: 'IS_A_LINK',
        '.git/hooks/x': 'PROTECTED_NAME',
        'sub/.GIT/hooks/x': 'PROTECTED_NAME',
        '.env': 'PROTECTED_NAME',
        '.vscode/tasks.json': 'PROTECTED_NAME',
        'docs:new.md': 'ROOT_READ_ONLY',
        [join(docs, 'new.md')]: 'ROOT_READ_ONLY',
      };
      for (const [path, code] of Object.entries(cases)) {
        const written = await failure('write_file', { path, content: 'x', overwrite: true });
        const moved = await failure('move_file', { from: 'file', to: path, overwrite: true });
        expect([path, written.code, moved.code]).toEqual([path, code, code]);
      }
      const edits = [{ find: 'sesame', replace: 'x' }];
      expect(await failure('edit_file', { path: 'link', edits })).toMatchObject({ code: 'IS_A_LINK' });
      expect(await failure('edit_file', { path: 'docs:guide.md', edits })).toMatchObject({
        code: 'ROOT_READ_ONLY',
      });
      expect(await failure('move_file', { from: 'docs:guide.md', to: 'x' })).toMatchObject({
        code: 'ROOT_READ_ONLY',
      });
      expect(await failure('move_file', { from: '../outside/secret', to: 'x' })).toMatchObject({
        code: 'PATH_OUTSIDE_ROOT',
      });
      expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('sesame');
      expect(readdirSync(outside)).toEqual(['secret']);
      expect(readdirSync(base).toSorted()).toEqual(['docs', 'outside', 'work']);
      expect(readdirSync(work).toSorted()).toEqual(['away', 'dangling', 'file', 'link']);
      expect(readdirSync(docs)).toEqual(['guide.md']);
    });

    test('a second name of a file outside keeps what it holds when the first is written', async () => {
      const { work, outside, call } = await start(era);
      linkSync(join(outside, 'secret'), join(work, 'hard'));
      await call('write_file', { path: 'hard', content: 'new', overwrite: true });
      expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('sesame');
    });
  });

  test('binary and huge files are refused, with their size', async () => {
    const { work, failure, put } = await start(era);
    put('image', Buffer.from([0x89, 0x50, 0, 1, 2]));
    expect(await failure('read_file', { path: 'image' })).toMatchObject({
      code: 'FILE_IS_BINARY',
      message: expect.stringContaining('5 bytes'),
    });
    const edits = [{ find: 'x', replace: 'y' }];
    expect(await failure('edit_file', { path: 'image', edits })).toMatchObject({ code: 'FILE_IS_BINARY' });
    put('huge', Buffer.alloc(9 * 1024 ** 2, 'x\n'));
    expect(await failure('edit_file', { path: 'huge', edits })).toMatchObject({ code: 'FILE_TOO_LARGE' });
    expect(
      await failure('write_file', { path: 'new', content: 'ü'.repeat(4 * 1024 ** 2 + 1) }),
    ).toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
    expect(existsSync(join(work, 'new'))).toBe(false);
  });

  test('of a huge file, parts are read', async () => {
    const { call, put } = await start(era);
    put('huge', Buffer.alloc(24 * 1024 ** 2, 'line\n'));
    const read = await call('read_file', { path: 'huge', offset: 4_000_000, limit: 1 });
    expect(read).toMatchObject({ text: 'line\n', totalBytes: 24 * 1024 ** 2, nextOffset: 4_000_001 });
    expect(read).not.toHaveProperty('hash');
  });

  describe('write_file', () => {
    test('makes a file and the directories on the way', async () => {
      const { work, call } = await start(era);
      const written = await call('write_file', { path: 'new/deep/a.txt', content: 'Grüße' });
      expect(written).toMatchObject({ path: 'new/deep/a.txt', sizeBytes: 7, created: true });
      expect(readFileSync(join(work, 'new/deep/a.txt'), 'utf8')).toBe('Grüße');
      expect(await call('read_file', { path: join(work, 'new/deep/a.txt') })).toMatchObject({
        path: 'new/deep/a.txt',
        hash: written['hash'],
      });
    });

    test('replaces a file only when told to, and says how', async () => {
      const { work, call, failure, put } = await start(era);
      put('a.sh', 'old');
      chmodSync(join(work, 'a.sh'), 0o755);
      const refused = await failure('write_file', { path: 'a.sh', content: 'new' });
      expect(refused.code).toBe('FILE_EXISTS');
      expect(refused.message).toMatch(/"a\.sh" exists already\. .*expectedHash.*overwrite: true/);
      const { hash } = await call('read_file', { path: 'a.sh' });
      expect(await call('write_file', { path: 'a.sh', content: 'new', expectedHash: hash })).toMatchObject({
        created: false,
      });
      expect(
        await failure('write_file', { path: 'a.sh', content: 'newer', expectedHash: hash }),
      ).toMatchObject({
        code: 'HASH_MISMATCH',
      });
      expect(
        await failure('write_file', { path: 'a.sh', content: 'newer', expectedHash: hash, overwrite: true }),
      ).toMatchObject({ code: 'HASH_MISMATCH' });
      expect(readFileSync(join(work, 'a.sh'), 'utf8')).toBe('new');
      await call('write_file', { path: 'a.sh', content: '', overwrite: true });
      expect(statSync(join(work, 'a.sh'))).toMatchObject({ size: 0, mode: 0o100755 });
    });
  });

  describe('edit_file', () => {
    test('replaces what occurs once and gives the difference', async () => {
      const { work, call, shown, put } = await start(era);
      put('a.ts', 'const a = 1;\nconst b = 1;\n');
      const { hash } = await call('read_file', { path: 'a.ts' });
      const args = { path: 'a.ts', edits: [{ find: 'b = 1', replace: 'b = $&' }], expectedHash: hash };
      const [text] = await shown('edit_file', { ...args, dryRun: true });
      expect(text).toContain('-const b = 1;\n+const b = $&;\n');
      expect(text).toContain('nothing was written; 1 place would change');
      expect(readFileSync(join(work, 'a.ts'), 'utf8')).toContain('b = 1');
      const edited = await call('edit_file', args);
      expect(edited).toMatchObject({ path: 'a.ts', replacements: 1, previousHash: hash });
      expect(edited['diff']).toContain('+const b = $&;');
      expect(readFileSync(join(work, 'a.ts'), 'utf8')).toBe('const a = 1;\nconst b = $&;\n');
      expect(await call('read_file', { path: 'a.ts' })).toMatchObject({ hash: edited['hash'] });
    });

    test('a wrong hash, what is ambiguous or missing: nothing changes, and the lines are named', async () => {
      const { work, call, failure, put } = await start(era);
      const content = 'one\ntwo\none\n';
      put('a', content);
      const edit = (edits: unknown[], more = {}) => failure('edit_file', { path: 'a', edits, ...more });
      const ambiguous = await edit([
        { find: 'two', replace: '2' },
        { find: 'one', replace: '1' },
      ]);
      expect(ambiguous.code).toBe('EDIT_AMBIGUOUS');
      expect(ambiguous.message).toMatch(/Edit 2 of 2 fits 2 places of "a", at the lines 1, 3\./);
      expect(await edit([{ find: 'three', replace: '3' }])).toMatchObject({ code: 'EDIT_NOT_FOUND' });
      const stale = await edit([{ find: 'two', replace: '2' }], { expectedHash: '0'.repeat(64) });
      expect(stale.code).toBe('HASH_MISMATCH');
      expect(await edit([])).toMatchObject({ code: 'INVALID_ARGUMENTS' });
      expect(await edit([{ find: '', replace: 'x' }])).toMatchObject({ code: 'INVALID_ARGUMENTS' });
      expect(readFileSync(join(work, 'a'), 'utf8')).toBe(content);
      expect(
        await call('edit_file', { path: 'a', edits: [{ find: 'one', replace: '1', all: true }] }),
      ).toMatchObject({
        replacements: 2,
      });
      expect(readFileSync(join(work, 'a'), 'utf8')).toBe('1\ntwo\n1\n');
    });
  });

  describe('move_file', () => {
    test('moves files and directories, and replaces a file only when told to', async () => {
      const { work, call, failure, put } = await start(era);
      put('a', 'a');
      put('b', 'b');
      expect(await failure('move_file', { from: 'a', to: 'b' })).toMatchObject({ code: 'FILE_EXISTS' });
      expect(await call('move_file', { from: 'a', to: 'b', overwrite: true })).toEqual({
        from: 'a',
        to: 'b',
        type: 'file',
      });
      expect(await call('move_file', { from: 'b', to: 'new/place/b' })).toMatchObject({ to: 'new/place/b' });
      expect(await call('move_file', { from: 'new', to: 'old' })).toMatchObject({ type: 'directory' });
      expect(readFileSync(join(work, 'old/place/b'), 'utf8')).toBe('a');
      expect(await failure('move_file', { from: 'old', to: 'old/place/inside' })).toMatchObject({
        code: 'PATH_INVALID',
      });
      expect(await failure('move_file', { from: '.', to: 'x' })).toMatchObject({ code: 'PATH_INVALID' });
      expect(readdirSync(work)).toEqual(['old']);
    });
  });

  describe('list_files', () => {
    test('names what is there, with what it is', async () => {
      const { work, call, shown, put } = await start(era);
      put('a.txt', 'abc');
      put('.env', 'KEY=x');
      put('line\nend', '');
      mkdirSync(join(work, 'src'));
      writeFileSync(join(work, 'src', 'b.ts'), '');
      symlinkSync('/etc', join(work, 'to-etc'));
      execFileSync('/usr/bin/env', ['mkfifo', join(work, 'pipe')]);
      expect(await call('list_files', {})).toEqual({
        path: '.',
        entries: [
          { path: '.env', type: 'file', sizeBytes: 5 },
          { path: 'a.txt', type: 'file', sizeBytes: 3 },
          { path: 'line\nend', type: 'file', sizeBytes: 0 },
          { path: 'pipe', type: 'other' },
          { path: 'src', type: 'directory' },
          { path: 'to-etc', type: 'link' },
        ],
        truncated: false,
      });
      expect(await shown('list_files', {})).toEqual([
        [
          '.env (5 bytes)',
          'a.txt (3 bytes)',
          '"line\\nend" (0 bytes)',
          'pipe (no file)',
          'src/',
          'to-etc (link)',
          '[6 entries of .]',
        ].join('\n'),
      ]);
      expect(await call('list_files', { path: 'docs:.' })).toMatchObject({
        path: 'docs:.',
        entries: [{ path: 'docs:guide.md' }],
      });
    });

    test('finds by globs at any depth', async () => {
      const { work, call } = await start(era);
      mkdirSync(join(work, 'src/deep'), { recursive: true });
      mkdirSync(join(work, 'node_modules'));
      for (const name of ['a.ts', 'a.js', 'src/b.ts', 'src/deep/c.ts', 'node_modules/d.ts'])
        writeFileSync(join(work, name), '');
      const found = async (args: object) =>
        (await call('list_files', { ...args }))['entries'].map(({ path }: { path: string }) => path);
      expect(await found({ include: ['*.ts'] })).toEqual(['a.ts', 'src/b.ts', 'src/deep/c.ts']);
      expect(await found({ include: ['*.ts'], exclude: ['deep'], path: 'src' })).toEqual(['src/b.ts']);
      expect(await found({ include: ['*.ts'], depth: 1 })).toEqual(['a.ts']);
      expect(await found({ depth: 2 })).toEqual([
        'a.js',
        'a.ts',
        'node_modules',
        'src',
        'src/b.ts',
        'src/deep',
      ]);
    });

    test.each([
      ['many short names', 450, ''],
      ['names too long for one result', 120, 'x'.repeat(240)],
    ])('%s come in parts', async (_, count, ending) => {
      const { work, call, shown } = await start(era);
      mkdirSync(join(work, 'many'));
      const names = Array.from(
        { length: count },
        (_1, index) => `${String(index).padStart(4, '0')}${ending}`,
      );
      for (const name of names) writeFileSync(join(work, 'many', name), '');
      const found: string[] = [];
      let parts = 0;
      for (let after: string | undefined; ; parts++) {
        const page: Record<string, any> = await call('list_files', { path: 'many', ...(after && { after }) });
        expect(JSON.stringify(page['entries']).length).toBeLessThanOrEqual(16_100);
        found.push(...page['entries'].map(({ path }: { path: string }) => path));
        after = page['nextAfter'];
        expect(page['truncated']).toBe(after !== undefined);
        if (after === undefined) break;
      }
      expect(found).toEqual(names.map((name) => `many/${name}`));
      expect(parts).toBe(2);
      expect((await shown('list_files', { path: 'many' }))[0]).toMatch(/; go on with after: ".*"\]$/);
    });
  });

  describe('search_files', () => {
    test('finds text and patterns, with lines around', async () => {
      const { call, shown, put } = await start(era);
      put('a.ts', 'one\nfoo(1)\nthree\n');
      put('b.md', 'FOO(2)\n');
      expect(await call('search_files', { text: 'foo(' })).toEqual({
        matches: [{ path: 'a.ts', line: 2, column: 1, text: 'foo(1)' }],
        filesSearched: 2,
        filesSkipped: 0,
      });
      expect(await call('search_files', { pattern: '^foo\\(\\d', ignoreCase: true })).toMatchObject({
        matches: [{ path: 'a.ts' }, { path: 'b.md' }],
      });
      expect(await call('search_files', { text: 'foo', ignoreCase: true, include: ['*.md'] })).toMatchObject({
        matches: [{ path: 'b.md', line: 1 }],
        filesSearched: 1,
      });
      expect(await call('search_files', { text: 'Guide', path: 'docs:.' })).toMatchObject({
        matches: [{ path: 'docs:guide.md' }],
      });
      expect(await shown('search_files', { text: 'foo', contextLines: 1 })).toEqual([
        'a.ts\n  1- one\n  2: foo(1)\n  3- three\n[1 match in 2 files]',
      ]);
      put('a.ts', 'a\nfoo\nb\nfoo\nc\nd\ne\nfoo\n');
      expect((await shown('search_files', { text: 'foo', contextLines: 1, path: 'a.ts' }))[0]).toBe(
        'a.ts\n  1- a\n  2: foo\n  3- b\n  4: foo\n  5- c\n  --\n  7- e\n  8: foo\n[3 matches in 1 file]',
      );
    });

    test('one of text and pattern, in the syntax of RE2', async () => {
      const { failure } = await start(era);
      expect(await failure('search_files', {})).toMatchObject({ code: 'PATTERN_INVALID' });
      expect(await failure('search_files', { text: 'a', pattern: 'a' })).toMatchObject({
        code: 'PATTERN_INVALID',
      });
      expect(await failure('search_files', { pattern: '(?=a)' })).toMatchObject({
        code: 'PATTERN_INVALID',
        message: expect.stringContaining('RE2'),
      });
    });

    test('what does not fit is left out, and the result says so', async () => {
      const { call, shown, put } = await start(era);
      put('short', 'hit\n'.repeat(150));
      expect((await call('search_files', { text: 'hit' }))['matches']).toHaveLength(100);
      expect((await shown('search_files', { text: 'hit' }))[0]).toContain(
        'stopped as there are more: narrow',
      );
      put('short', `${'hit '.repeat(90)}\n`.repeat(150));
      const long = await call('search_files', { text: 'hit', contextLines: 3 });
      expect(long['stoppedBy']).toBe('bytes');
      expect(long['matches'].length).toBeGreaterThan(1);
      expect(JSON.stringify(long['matches']).length).toBeLessThanOrEqual(16_100);
    });
  });

  test('file_info describes without reading', async () => {
    const { work, call, failure, put } = await start(era);
    put('a.txt', 'abc');
    put('.env', 'x');
    symlinkSync('a.txt', join(work, 'link'));
    const { hash } = await call('read_file', { path: 'a.txt' });
    expect(await call('file_info', { path: 'a.txt' })).toMatchObject({
      path: 'a.txt',
      root: 'work',
      type: 'file',
      sizeBytes: 3,
      modifiedAt: new Date(Number(statSync(join(work, 'a.txt'), { bigint: true }).mtimeMs)).toISOString(),
      readable: true,
      writable: true,
      isBinary: false,
      hash,
    });
    const secret = await call('file_info', { path: '.env' });
    expect(secret).toMatchObject({ readable: false, writable: false });
    expect(secret).not.toHaveProperty('hash');
    expect(await call('file_info', { path: 'link' })).toMatchObject({ type: 'link', target: 'a.txt' });
    expect(await call('file_info', { path: 'docs:guide.md' })).toMatchObject({
      root: 'docs',
      writable: false,
    });
    expect(await failure('file_info', { path: 'missing' })).toMatchObject({ code: 'PATH_NOT_FOUND' });
  });

  describe('as resources', () => {
    test('files of every workspace are listed, read and completed', async () => {
      const { work, client, put } = await start(era);
      put('näch stes.txt', 'Grüße');
      put('.env', 'x');
      mkdirSync(join(work, 'notes'));
      writeFileSync(join(work, 'notes', 'today.md'), 'Buy milk.\n');
      const uri = `workspace://work/${encodeURIComponent('näch stes.txt')}`;
      expect(await client.list('resources')).toMatchObject([
        { uri, name: 'näch stes.txt', size: 7 },
        { uri: 'workspace://docs/guide.md' },
      ]);
      expect((await client.read(uri)).contents).toMatchObject([
        { uri, mimeType: 'text/plain', text: 'Grüße' },
      ]);
      expect((await client.read('workspace://work/notes/today.md')).contents).toMatchObject([
        { text: 'Buy milk.\n' },
      ]);
      const ref = { type: 'ref/resource', uri: 'workspace://{root}/{+path}' } as const;
      const complete = async (name: string, value: string, root?: string) =>
        (await client.complete(ref, { name, value }, root === undefined ? undefined : { root })).values;
      expect(await complete('root', '')).toEqual(['work', 'docs']);
      expect(await complete('root', 'd')).toEqual(['docs']);
      expect(await complete('path', 'no')).toEqual(['notes/']);
      expect(await complete('path', 'notes/', 'work')).toEqual(['notes/today.md']);
      expect(await complete('path', '', 'docs')).toEqual(['guide.md']);
      expect(await complete('path', '.e')).toEqual([]);
      expect(await complete('path', '../')).toEqual([]);
      expect(await complete('path', '', 'other')).toEqual([]);
    });

    test('what is missing, outside or no file is not found; what is protected or too large is refused', async () => {
      const { work, outside, client, put } = await start(era);
      symlinkSync(join(outside, 'secret'), join(work, 'link'));
      mkdirSync(join(work, 'directory'));
      for (const path of [
        'work/missing',
        'work/..%2F..%2Foutside%2Fsecret',
        'work/link',
        'work/directory',
        'other/a',
        'work//etc/passwd',
      ])
        await expect(client.read(`workspace://${path}`)).rejects.toThrow(/Resource not found/i);
      put('.env', 'KEY=sesame');
      await expect(client.read('workspace://work/.env')).rejects.toThrow(/is protected/);
      put('large', 'x'.repeat(300_000));
      await expect(client.read('workspace://work/large')).rejects.toThrow(/read it in parts with read_file/);
    });
  });
});

describe('what is offered', () => {
  test('every tool says what it does, what its fields are, and whether it only reads', async () => {
    const tools = await toolsOf([{ name: 'work', path: temporaryDirectory(), writable: true }]);
    const readOnly = tools.filter(({ annotations }) => annotations?.readOnlyHint).map(({ name }) => name);
    expect(readOnly.toSorted()).toEqual(['file_info', 'list_files', 'read_file', 'search_files']);
    const destructive = tools
      .filter(({ annotations }) => annotations?.destructiveHint)
      .map(({ name }) => name);
    expect(destructive.toSorted()).toEqual(['edit_file', 'move_file', 'write_file']);
    const described = expect.objectContaining({ description: expect.stringMatching(/./) });
    for (const { title, description = '', inputSchema, outputSchema, annotations } of tools) {
      expect(title).toBeTruthy();
      expect(outputSchema).toBeTruthy();
      expect(annotations?.openWorldHint).toBe(false);
      expect(description.split(/\s+/).length).toBeLessThanOrEqual(120);
      const fields = Object.entries(inputSchema.properties ?? {});
      for (const [name, field] of fields) expect([name, field]).toEqual([name, described]);
    }
  });

  test('descriptions name the workspaces, not where they are', async () => {
    const [work, docs] = [temporaryDirectory(), temporaryDirectory()];
    const tools = await toolsOf([
      { name: 'work', path: work, writable: true },
      { name: 'docs', path: docs },
    ]);
    const read = tools.find(({ name }) => name === 'read_file');
    expect(read?.description).toContain('Workspaces: work (default), docs (read-only).');
    expect(JSON.stringify(read?.inputSchema)).toContain('docs:src/a.ts');
    expect(JSON.stringify(tools)).not.toContain(work);
  });

  test('where nothing may be written there is no tool that writes', async () => {
    const tools = await toolsOf([{ name: 'docs', path: temporaryDirectory() }]);
    expect(tools.map(({ name }) => name)).toEqual(['read_file', 'list_files', 'search_files', 'file_info']);
  });
});
