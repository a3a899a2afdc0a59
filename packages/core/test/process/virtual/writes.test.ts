import { existsSync, linkSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createVirtualExecutor } from '../../../src/process/virtual/virtual-executor.ts';
import { open, shellOf } from './virtual.ts';

const files = { 'a.txt': 'one\n', 'src/x.ts': 'let x;\n' };

test('what is discarded is told: added, changed, deleted and moved, and the disk stays as it was', async () => {
  const { sh, root } = await open(files);
  const { stdout, changes } = await sh(
    'echo two >> a.txt; mkdir -p new/deep; echo n > new/deep/n; mv src lib; sed -i s/let/var/ lib/x.ts; echo t > t; rm t; cat a.txt lib/x.ts',
  );
  expect(stdout).toBe('one\ntwo\nvar x;\n');
  expect(changes.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual([
    { path: 'ws:a.txt', type: 'file', change: 'modified', sizeBytes: 8, saved: false },
    { path: 'ws:lib', type: 'directory', change: 'added', sizeBytes: 0, saved: false },
    { path: 'ws:lib/x.ts', type: 'file', change: 'added', sizeBytes: 7, saved: false },
    { path: 'ws:new', type: 'directory', change: 'added', sizeBytes: 0, saved: false },
    { path: 'ws:new/deep', type: 'directory', change: 'added', sizeBytes: 0, saved: false },
    { path: 'ws:new/deep/n', type: 'file', change: 'added', sizeBytes: 2, saved: false },
    { path: 'ws:src', type: 'directory', change: 'deleted', sizeBytes: 0, saved: false },
  ]);
  expect(namesBelow(root)).toEqual(['a.txt', 'src', 'src/x.ts']);
  expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('one\n');
});

test('what ends as it was is no change', async () => {
  const { sh } = await open(files);
  expect((await sh('mv a.txt b.txt; mv b.txt a.txt; echo t > t; rm t; cat a.txt')).changes).toEqual([]);
  const { changes } = await sh('rm a.txt; echo again > a.txt');
  expect(changes).toEqual([
    { path: 'ws:a.txt', type: 'file', change: 'modified', sizeBytes: 6, saved: false },
  ]);
});

test('a read-only root may be changed where nothing is kept, and not where it is', async () => {
  const discarding = await open();
  writeFileSync(join(discarding.reference, 'r.txt'), 'ref\n');
  expect(await discarding.sh('echo x >> r.txt; cat r.txt', { cwd: 'ref:.' })).toMatchObject({
    stdout: 'ref\nx\n',
  });

  const keeping = await open({}, { writes: 'through' });
  expect(await keeping.sh('echo x > r.txt', { cwd: 'ref:.' })).toMatchObject({
    exitCode: 1,
    changes: [],
    refusals: [{ path: 'ref:r.txt', code: 'ROOT_READ_ONLY' }],
  });
  expect(readdirSync(keeping.reference)).toEqual([]);
});

test('what is written through is on the disk when the run has ended, with its directories', async () => {
  const { sh, root } = await open(files, { writes: 'through' });
  const { changes } = await sh(
    'echo two >> a.txt; mkdir -p new/deep empty; echo n > new/deep/n; mv new/deep/n new/deep/m',
  );
  expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('one\ntwo\n');
  expect(readFileSync(join(root, 'new/deep/m'), 'utf8')).toBe('n\n');
  expect(existsSync(join(root, 'new/deep/n'))).toBe(false);
  expect(Object.fromEntries(changes.map(({ path, saved }) => [path, saved]))).toEqual({
    'ws:a.txt': true,
    'ws:new': true,
    'ws:new/deep': true,
    'ws:new/deep/m': true,
    'ws:empty': false,
  });
  expect(changes.find(({ path }) => path === 'ws:empty')?.problem?.code).toBe('NOT_SAVED');
});

test('nothing on the disk is deleted, moved or made a link where writes go through', async () => {
  const { sh, root } = await open(files, { writes: 'through' });
  const { stdout, changes } = await sh(
    'rm a.txt; rm -rf src; mv src lib; mv a.txt b.txt; ln -s /etc l; ln a.txt h; mv /mnt/ws /tmp/ws; rm -rf /mnt; rm -rf /mnt/ws; ls; ls -R / | grep -c x.ts',
  );
  expect(stdout).toBe('a.txt\nsrc\n1\n');
  expect(changes).toEqual([]);
  expect(namesBelow(root)).toEqual(['a.txt', 'src', 'src/x.ts']);
});

test('a run that is cut off writes nothing', async () => {
  const { sh, root } = await open(files, { writes: 'through', limits: { timeoutMs: 300 } });
  expect(await sh('echo two > a.txt; echo b > b.txt; sleep 60')).toMatchObject({
    reason: 'timedOut',
    exitCode: null,
    changes: [],
  });
  expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('one\n');
  expect(readdirSync(root).toSorted()).toEqual(['a.txt', 'src']);
});

test('what somebody else wrote meanwhile is not lost: the change stays unsaved, with the reason', async () => {
  const { root, roots } = await open(files);
  const theirs = (name: string) => writeFileSync(join(root, name), 'theirs\n');
  const executor = createVirtualExecutor({
    writes: 'through',
    roots: {
      ...roots,
      async checkOperand(path, how) {
        if (path === 'ws:fresh.txt') theirs('fresh.txt');
        return roots.checkOperand(path, how);
      },
      async write(path, content, how) {
        if (path === 'ws:a.txt') theirs('a.txt');
        return roots.write(path, content, how);
      },
    },
  });
  onTestFinished(() => executor.close());
  const { changes } = await shellOf(executor)(
    'echo mine >> a.txt; echo mine > fresh.txt; echo ok > other.txt',
  );
  expect(Object.fromEntries(changes.map(({ path, problem }) => [path, problem?.code ?? 'saved']))).toEqual({
    'ws:a.txt': 'HASH_MISMATCH',
    'ws:fresh.txt': 'FILE_EXISTS',
    'ws:other.txt': 'saved',
  });
  expect(readFileSync(join(root, 'a.txt'), 'utf8')).toBe('theirs\n');
  expect(readFileSync(join(root, 'fresh.txt'), 'utf8')).toBe('theirs\n');
  expect(readFileSync(join(root, 'other.txt'), 'utf8')).toBe('ok\n');
});

test('protected names are refused to read and to write, and the result says so', async () => {
  for (const writes of ['discard', 'through'] as const) {
    const { sh, root } = await open(
      { '.env': 'KEY=sesame\n', '.git/HEAD': 'ref: main\n', 'a.txt': 'a\n' },
      { writes },
    );
    const read = await sh(
      'cat .env; grep -r sesame .; cp .env b; tar cf /tmp/t .; cat < .env; source .env; cat .git/HEAD',
    );
    expect(JSON.stringify(read)).not.toContain('sesame\\n');
    expect(read.stdout).toBe('ref: main\n');
    expect(read.refusals).toContainEqual(
      expect.objectContaining({ path: 'ws:.env', code: 'PROTECTED_NAME' }),
    );
    expect(
      await sh('cp a.txt .env; cp a.txt .git/HEAD; cp a.txt .bashrc; mv a.txt .npmrc; mv .git g; ls -a'),
    ).toMatchObject({
      stdout: '.\n..\n.env\n.git\na.txt\n',
      changes: [],
    });
    for (const name of ['.env', '.git/HEAD', '.git/hooks-new', '.mcp.json'])
      expect(await sh(`echo x > ${name}`)).toMatchObject({
        exitCode: 1,
        changes: [],
        refusals: [{ path: `ws:${name}`, code: 'PROTECTED_NAME' }],
      });
    expect(readFileSync(join(root, '.env'), 'utf8')).toBe('KEY=sesame\n');
    expect(readFileSync(join(root, '.git/HEAD'), 'utf8')).toBe('ref: main\n');
  }
});

test('links that lead out are not followed, neither to read nor to write', async () => {
  const { sh, root, outside } = await open({ 'a.txt': 'a\n' }, { writes: 'through' });
  symlinkSync(join(outside, 'secret'), join(root, 'file'));
  symlinkSync(outside, join(root, 'directory'));
  symlinkSync('/', join(root, 'top'));
  symlinkSync(join(outside, 'new'), join(root, 'dangling'));
  linkSync(join(outside, 'secret'), join(outside, 'other'));
  const result = await sh(
    'cat file; cat directory/secret; ls directory; cat top/etc/passwd; cat top/../etc/passwd; cp a.txt file; cp a.txt directory/x; cp a.txt dangling; mkdir directory/d; ln -s ../outside up; cat up/secret; cd directory; pwd',
  );
  expect(result.stdout).toBe('/mnt/ws\n');
  expect(JSON.stringify(result)).not.toContain('sesame');
  expect(readdirSync(outside).toSorted()).toEqual(['other', 'secret']);
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('sesame');
});

test('a link made by a run leads within the tree of the run only', async () => {
  const { sh } = await open(files);
  const { stdout } = await sh(
    'ln -s /etc/passwd p; cat p; ln -s a.txt l; cat l; echo more >> l; cat a.txt; ln -s c d; ln -s d c; cat c',
  );
  expect(stdout).toBe('one\none\nmore\n');
});

test('bytes that are no text come through as they are', async () => {
  const binary = Buffer.from([1, 0, 2, 255]);
  const latin1 = Buffer.from('caf\xe9\n', 'latin1');
  const { sh, root } = await open({ 'bin.dat': binary, 'latin1.txt': latin1 }, { writes: 'through' });
  const { refusals, exitCode } = await sh('cp bin.dat b; cat latin1.txt bin.dat > both');
  expect({ refusals, exitCode }).toEqual({ refusals: [], exitCode: 0 });
  expect(readFileSync(join(root, 'b'))).toEqual(binary);
  expect(readFileSync(join(root, 'both'))).toEqual(Buffer.concat([latin1, binary]));
});

function namesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted((one, other) =>
    one < other ? -1 : 1,
  );
}
