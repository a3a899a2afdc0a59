import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../../src/testing.ts';
import { code, openPlaces, ways } from './places.ts';

function plant(root: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

const project = {
  'README.md': '# Project\nSee src.\n',
  'src/a.ts': 'export const a = 1; // TODO later\n',
  'src/b.test.ts': 'test\n',
  'src/deep/c.ts': 'const needle = 1;\r\nconst Needle = 2;\r\n',
  'node_modules/x/index.js': 'needle\n',
  '.git/HEAD': 'needle\n',
  '.github/ci.yml': 'on: push\n',
  '.env': 'needle=secret\n',
};

const pathsOf = ({ entries }: { entries: readonly { path: string }[] }) => entries.map(({ path }) => path);

describe.each(ways)('%s', (_, platform) => {
  async function begin(files: Readonly<Record<string, string | Buffer>> = project, limits = {}) {
    const places = await openPlaces({ platform, limits });
    plant(places.root, files);
    return places;
  }

  test('lists a directory in order', async () => {
    const { files, root } = await begin({ 'b/x': '', 'a.txt': 'abc' });
    symlinkSync('/etc', join(root, 'c'));
    const { entries, ...listing } = await files.list();
    expect(listing).toEqual({ path: '.', truncated: false });
    expect(entries.map(({ path, type }) => `${path} ${type}`)).toEqual([
      'a.txt file',
      'b directory',
      'c link',
    ]);
    expect(entries[0]).toEqual({
      path: 'a.txt',
      name: 'a.txt',
      type: 'file',
      sizeBytes: 3,
      modifiedAt: (await files.info('a.txt')).modifiedAt,
    });
    expect((await files.list('b')).entries[0]?.path).toBe('b/x');
    await expect(files.list('none')).rejects.toThrow(code('PATH_NOT_FOUND'));
    await expect(files.list('a.txt')).rejects.toThrow(code('NOT_A_DIRECTORY'));
  });

  test('goes as deep as asked, not into the store of git and packages', async () => {
    const { files } = await begin();
    expect(pathsOf(await files.list('.', { depth: 9 }))).toEqual([
      '.env',
      '.git',
      '.github',
      '.github/ci.yml',
      'README.md',
      'node_modules',
      'src',
      'src/a.ts',
      'src/b.test.ts',
      'src/deep',
      'src/deep/c.ts',
    ]);
    expect(pathsOf(await files.list('.', { depth: 2, include: ['*.ts'] }))).toEqual([
      'src/a.ts',
      'src/b.test.ts',
    ]);
    expect(
      pathsOf(await files.list('.', { depth: 9, include: ['*.ts'], exclude: ['*.test.ts', 'deep'] })),
    ).toEqual(['src/a.ts']);
    expect(pathsOf(await files.list('node_modules', { depth: 9 }))).toContain('node_modules/x/index.js');
  });

  test('a list that is cut off goes on where it ended', async () => {
    const { files } = await begin();
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const listing = await files.list('.', { depth: 9, maxEntries: 3, after });
      seen.push(...pathsOf(listing));
      expect(listing.truncated).toBe(listing.nextAfter !== undefined);
      after = listing.nextAfter;
    } while (after !== undefined);
    expect(seen).toEqual(pathsOf(await files.list('.', { depth: 9 })));
  });

  test('a directory of too many names is not looked at to its end', async () => {
    const { files } = await begin({ a: '', b: '', c: '', d: '' }, { maxVisited: 2 });
    const listing = await files.list();
    expect(listing.entries).toHaveLength(2);
    expect(listing.truncated).toBe(true);
    expect(await files.search({ text: 'x' })).toMatchObject({ stoppedBy: 'names' });
  });

  test('walks neither through links nor in circles', async () => {
    const { files, root, outside } = await begin({ 'a/x': 'sesame' });
    symlinkSync('..', join(root, 'a/up'));
    symlinkSync(outside, join(root, 'a/out'));
    expect(pathsOf(await files.list('.', { depth: 50 }))).toEqual(['a', 'a/out', 'a/up', 'a/x']);
    expect((await files.search({ text: 'sesame' })).matches.map(({ path }) => path)).toEqual(['a/x']);
  });

  test('finds a text, with line, column and context', async () => {
    const { files } = await begin();
    expect(await files.search({ text: 'needle' })).toEqual({
      matches: [{ path: 'src/deep/c.ts', line: 1, column: 7, text: 'const needle = 1;' }],
      filesSearched: 5,
      filesSkipped: 1,
    });
    expect(
      (await files.search({ text: 'NEEDLE', ignoreCase: true })).matches.map(({ line }) => line),
    ).toEqual([1, 2]);
    expect((await files.search({ text: 'Needle' }, { contextLines: 1 })).matches).toEqual([
      {
        path: 'src/deep/c.ts',
        line: 2,
        column: 7,
        text: 'const Needle = 2;',
        before: ['const needle = 1;'],
        after: [],
      },
    ]);
    expect((await files.search({ text: 'a.b' })).matches).toEqual([]);
  });

  test('finds a pattern', async () => {
    const { files } = await begin();
    const linesOf = async (pattern: string, ignoreCase = false) =>
      (await files.search({ pattern, ignoreCase })).matches.map(({ path, line }) => `${path}:${line}`);
    expect(await linesOf('^const [nN]eedle = \\d;$')).toEqual(['src/deep/c.ts:1', 'src/deep/c.ts:2']);
    expect(await linesOf('todo|see', true)).toEqual(['README.md:2', 'src/a.ts:1']);
    expect(await linesOf('^#')).toEqual(['README.md:1']);
  });

  test('globs and paths say where to search', async () => {
    const { files } = await begin();
    const found = async (how: Parameters<typeof files.search>[1]) =>
      (await files.search({ pattern: '.' }, { maxMatches: 50, ...how })).matches.map(({ path }) => path);
    expect(await found({ include: ['src/*.ts'] })).toEqual(['src/a.ts', 'src/b.test.ts']);
    expect(await found({ include: ['**/*.{md,yml}'] })).toEqual(['.github/ci.yml', 'README.md', 'README.md']);
    expect(await found({ path: 'src', exclude: ['*.test.ts', 'deep'] })).toEqual(['src/a.ts']);
    expect(await found({ path: 'src/a.ts' })).toEqual(['src/a.ts']);
    expect(await found({ path: 'a.ts', cwd: 'src' })).toEqual(['src/a.ts']);
    expect(await found({ path: '.git' })).toEqual(['.git/HEAD']);
    await expect(files.search({ text: 'x' }, { path: 'none' })).rejects.toThrow(code('PATH_NOT_FOUND'));
  });

  test('passes over what is binary or too large', async () => {
    const { files, root } = await begin({ binary: Buffer.from('needle\0'), large: '', text: 'needle' });
    truncateSync(join(root, 'large'), 9 * 1024 * 1024);
    expect(await files.search({ text: 'needle' })).toMatchObject({
      matches: [{ path: 'text' }],
      filesSearched: 1,
      filesSkipped: 2,
    });
  });

  test('stops at its limits, and says at which', async () => {
    const { files } = await begin({ a: 'needle\n'.repeat(500) }, { maxMatches: 100, maxReadBytes: 2_000 });
    const few = await files.search({ text: 'needle' }, { maxMatches: 5 });
    expect(few).toMatchObject({ stoppedBy: 'matches' });
    expect(few.matches).toHaveLength(5);
    const many = await files.search({ text: 'needle' });
    expect(many).toMatchObject({ stoppedBy: 'bytes' });
    expect(Buffer.byteLength(JSON.stringify(many.matches))).toBeLessThan(2_200);
    expect(await files.search({ text: 'needle' }, { maxMatches: 500, include: ['b'] })).not.toHaveProperty(
      'stoppedBy',
    );
  });

  test('exactly as many matches as allowed is no cut', async () => {
    const { files } = await begin({ a: 'needle\n'.repeat(5) });
    expect(await files.search({ text: 'needle' }, { maxMatches: 5 })).not.toHaveProperty('stoppedBy');
  });
});

test('a search ends in time with what it has found', async () => {
  const clock = fakeClock();
  const slow = { ...clock, monotonic: () => (reads += 100) };
  let reads = 0;
  const { files, root } = await openPlaces({ clock: slow, limits: { searchTimeoutMs: 1_000 } });
  for (let index = 0; index < 50; index++) writeFileSync(join(root, `f${index}`), 'needle\n');
  const result = await files.search({ text: 'needle' });
  expect(result.stoppedBy).toBe('time');
  expect(result.matches.length).toBeGreaterThan(0);
  expect(result.matches.length).toBeLessThan(50);
});

test('a search gives up when its signal aborts', async () => {
  const { files, root } = await openPlaces();
  writeFileSync(join(root, 'a'), 'x');
  await expect(
    files.search({ text: 'x' }, { signal: AbortSignal.abort(new Error('enough')) }),
  ).rejects.toThrow('enough');
});

test('a hostile pattern on a hostile file does not hold up the others on this thread', async () => {
  const { files, root } = await openPlaces();
  writeFileSync(join(root, 'one-line'), 'a'.repeat(4_000_000));
  writeFileSync(join(root, 'many-lines'), `${'a'.repeat(200)}\n`.repeat(10_000));
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 5);
  for (const pattern of ['(a+)+$x', '(a|aa)+b', '(.*)*y', 'a{0,30}a{30}z', '(x+x+)+y']) {
    const { matches } = await files.search({ pattern });
    expect(matches).toEqual([]);
  }
  clearInterval(ticking);
  expect(ticks).toBeGreaterThan(5);
});

test.each(['(', '[z-a]', '(?=x)', '\\1', '(?<=a)b', '', 'a\nb', 'x'.repeat(1_001), '((a{100}){10}){10}'])(
  'the pattern %j is refused',
  async (pattern) => {
    const { files } = await openPlaces();
    await expect(files.search({ pattern })).rejects.toThrow(code('PATTERN_INVALID'));
  },
);

test('a long line is shown around its match', async () => {
  const { files, root } = await openPlaces();
  writeFileSync(join(root, 'min.js'), `${'x'.repeat(5_000)}needle${'y'.repeat(5_000)}`);
  const [match] = (await files.search({ text: 'needle' })).matches;
  expect(match).toMatchObject({ column: 5_001 });
  expect(match?.text).toContain('needle');
  expect(match?.text.length).toBeLessThan(410);
});

describe('globs', () => {
  test.each([
    ['*.ts', ['a.ts', 'x/a.ts', '.a.ts'], ['a.tsx', 'ts']],
    ['src/*.ts', ['src/a.ts'], ['a.ts', 'src/x/a.ts', 'x/src/a.ts']],
    ['src/**', ['src/a', 'src/x/y'], ['a']],
    ['src/**/a.ts', ['src/a.ts', 'src/x/y/a.ts'], ['src/ba.ts', 'a.ts']],
    ['**/a', ['a', 'x/a', 'x/y/a'], ['ba', 'x/ba']],
    ['/a', ['a'], ['a2']],
    ['src/', ['src/a', 'src/x/y', 'x/src/a'], ['srca/b']],
    ['./a/b', ['a/b'], ['x/a/b']],
    ['a?c', ['abc'], ['ac', 'a/c', 'abbc']],
    ['[a-c].x', ['a.x', 'c.x'], ['d.x', '-.x']],
    ['[!a-c].x', ['d.x'], ['a.x', '/.x']],
    ['[]a].x', ['].x', 'a.x'], ['b.x']],
    ['*.{ts,{js,mjs}}', ['a.ts', 'a.js', 'a.mjs'], ['a.css']],
    ['a.b', ['a.b'], ['aXb']],
    ['a+(b)|c$', ['a+(b)|c$'], ['aab']],
    ['\\*.ts', ['*.ts'], ['a.ts']],
    ['a,b}', ['a,b}'], ['a']],
    ['日本*', ['日本語'], ['日']],
    ['[x', ['[x'], ['x']],
  ])('%s', async (glob, fitting, others) => {
    const { compileGlobs } = await import('../../../src/process/roots/glob.ts');
    const fits = compileGlobs([glob]);
    expect(fitting.filter((path) => !fits(path))).toEqual([]);
    expect(others.filter((path) => fits(path))).toEqual([]);
  });

  test.each([['{a'], [''], ['x'.repeat(501)], ['[z-a]']])('%j is refused', async (glob) => {
    const { files } = await openPlaces();
    await expect(files.list('.', { include: [glob] })).rejects.toThrow(code('PATTERN_INVALID'));
  });
});
