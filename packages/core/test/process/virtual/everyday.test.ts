import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { redactor } from '../../../src/redaction/redactor.ts';
import { open, withText } from './virtual.ts';

const words = 'pear 3\napple 10\nfig 2\napple 1\n';

test.each([
  ['a pipe', 'cut -d" " -f1 words | sort | uniq -c | sort -rn | head -1', '   2 apple\n'],
  ['grep', 'grep -n "^apple" words', '2:apple 10\n4:apple 1\n'],
  ['sed', 'sed -E "s/([a-z]+) ([0-9]+)/\\2 \\1/;2,3d" words', '3 pear\n1 apple\n'],
  ['awk', 'awk \'{ sum[$1] += $2 } END { print sum["apple"] }\' words', '11\n'],
  ['sort', 'sort -k2 -n words | tail -1', 'apple 10\n'],
  ['jq', `echo '{"a":[1,{"b":"x"}]}' | jq -c '.a[1]'`, '{"b":"x"}\n'],
  ['a loop', 'for word in a b c; do echo "$word-$((${#word} + 1))"; done', 'a-2\nb-2\nc-2\n'],
  ['a here document', 'name=you; cat <<EOF\n  hello $name\nEOF', '  hello you\n'],
  [
    'a function and a condition',
    'f() { [ "$1" -gt 2 ] && echo big || echo small; }; f 3; f 1',
    'big\nsmall\n',
  ],
  ['redirections', 'sort words > /tmp/s; wc -l < /tmp/s; echo oops 2>/dev/null >&2', '4\n'],
  ['a glob', 'echo src/*.ts; find . -name "*.ts" -type f', 'src/a.ts src/b.ts\n./src/a.ts\n./src/b.ts\n'],
  ['a substitution', 'echo "$(wc -l < words) lines"', '4 lines\n'],
  ['an archive', 'tar czf /tmp/a.tgz src && tar tzf /tmp/a.tgz | sort', 'src/\nsrc/a.ts\nsrc/b.ts\n'],
])('%s works as in a shell', async (_name, line, stdout) => {
  const { sh } = await open({ words, 'src/a.ts': 'const a = 1;\n', 'src/b.ts': 'const b = 2;\n' });
  expect(await sh(line)).toMatchObject({ exitCode: 0, reason: 'exited', stdout, stderr: '' });
});

test('a program gets its operands as they are: no shell looks at them', async () => {
  const { executor } = await open({ words });
  const run = async (program: string, ...args: string[]) =>
    withText(await executor.run({ program, args }, { owner: 'local' }));
  expect(await run('grep', '-c', 'apple', 'words')).toMatchObject({ exitCode: 0, stdout: '2\n' });
  const strange = ['$(touch x)', '; echo y', "'", '*', '`id`', '$HOME', '> z', ''];
  expect(await run('printf', '[%s]', ...strange)).toMatchObject({
    stdout: strange.map((each) => `[${each}]`).join(''),
    changes: [],
  });
  expect(await run("gr'ep; echo x")).toMatchObject({ exitCode: 127, stdout: '' });
});

test('a command that fails has ended: its exit code and its two streams come back', async () => {
  const { sh } = await open();
  const { exitCode, stdout, stderr, durationMs } = await sh('echo out; echo err >&2; exit 7');
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' });
  expect(durationMs).toBeGreaterThan(0);
});

test('a run gets its directory, its variables and its input', async () => {
  const { sh, root } = await open({ 'src/a.ts': '' });
  const result = await sh('pwd; ls; echo "$GREETING"; cat', {
    cwd: 'src',
    env: { GREETING: 'grüezi' },
    stdin: '  é\n',
  });
  expect(result.stdout).toBe('/mnt/ws/src\na.ts\ngrüezi\n  é\n');
  expect((await sh('pwd', { cwd: 'ref:.' })).stdout).toBe('/mnt/ref\n');
  expect((await sh('pwd', { cwd: join(root, 'src') })).stdout).toBe('/mnt/ws/src\n');
  await expect(sh('pwd', { cwd: 'src/a.ts' })).rejects.toMatchObject({ code: 'NOT_A_DIRECTORY' });
  await expect(sh('pwd', { cwd: '/etc' })).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
});

test('runs share nothing: files, variables and functions of one are not in the next', async () => {
  const { sh } = await open({ words });
  await sh(
    'x=1; f() { echo f; }; export y=2; echo new > new; echo more >> words; rm -r src; cd /tmp; echo t > t',
  );
  const { stdout, stderr } = await sh('echo "$x$y"; f; cat new; wc -l < words; ls /tmp; pwd');
  expect(stdout).toBe('\n4\n/mnt/ws\n');
  expect(stderr).toMatch(/f: command not found\n.*new: No such file/);
});

test('what is on the disk is seen as it is when a run starts to look', async () => {
  const { sh, root, reference } = await open({ words });
  writeFileSync(join(root, 'words'), 'changed\n');
  writeFileSync(join(reference, 'far'), 'far away\n');
  symlinkSync('words', join(root, 'link'));
  symlinkSync(join(reference, 'far'), join(root, 'across'));
  symlinkSync('.', join(root, 'here'));
  const { stdout } = await sh('cat words link across here/here/words; readlink across; cd here && pwd -P');
  expect(stdout).toBe('changed\nchanged\nfar away\nchanged\n/mnt/ref/far\n/mnt/ws\n');
});

test('a file larger than one part of a read comes whole, and a directory larger than one page', async () => {
  const lines = Array.from({ length: 60_000 }, (_, index) => `zeile ${index} é`).join('\n');
  const many = Object.fromEntries(Array.from({ length: 1_100 }, (_, index) => [`many/${index}.txt`, '']));
  const { sh } = await open({ 'large.txt': `${lines}\n`, ...many });
  const { stdout } = await sh('wc -l < large.txt; tail -1 large.txt; ls many | wc -l; wc -c < large.txt');
  expect(stdout).toBe(`60000\nzeile 59999 é\n1100\n${Buffer.byteLength(lines) + 1}\n`);
});

test('secrets are masked in both streams', async () => {
  const { sh } = await open({}, { redactor: redactor({ secrets: ['s3cr3t-value'] }) });
  const exit = await sh('echo s3cr3t-value; echo "is s3cr3t-value" >&2');
  expect(JSON.stringify(exit)).not.toContain('s3cr3t-value');
  expect(exit.stderr).toMatch(/^is .+\n$/);
});
