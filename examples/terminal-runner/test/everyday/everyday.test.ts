// What a model does all day, through the tools it has. Each task has to work, with a result that helps.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, test } from 'vitest';
import { attempt } from '../attacks/attempts.ts';
import { createPlayground } from '../attacks/playground.ts';
import { atEnd, temporaryDirectory } from '../e2e/at-end.ts';
import { connectHttp, eras } from '../e2e/clients.ts';
import { startHttp } from '../e2e/terminal.ts';

type Task = readonly [what: string, tool: string, args: Record<string, unknown>, expected: RegExp];

const line = (text: string): Record<string, unknown> => ({ line: text });
const run = (program: string, ...args: string[]): Record<string, unknown> => ({ program, args });

/** In this order: some build on those before. */
const TASKS: readonly Task[] = [
  ['see what is there', 'list_files', {}, /README\.md/],
  ['see the whole source', 'list_files', { path: 'src', depth: 3 }, /math\.js/],
  ['find tests by name', 'list_files', { include: ['**/*.test.js'] }, /test\/math\.test\.js/],
  ['read the readme', 'read_file', { path: 'README.md' }, /TODO: write more/],
  ['read a part', 'read_file', { path: 'big.txt', offset: 10, limit: 2 }, /line 59991/],
  ['look at a file', 'file_info', { path: 'package.json' }, /hash/],
  ['search a text', 'search_files', { text: 'export const add' }, /src\/math\.js/],
  [
    'search a pattern',
    'search_files',
    { pattern: '^test\\(', include: ['*.js'], contextLines: 1 },
    /doubles/,
  ],
  ['read in another workspace', 'read_file', { path: 'docs:guide.md' }, /Read me/],
  ['ls -la', 'run', run('ls', '-la'), /package\.json/],
  ['ls a directory', 'run', run('ls', 'src'), /index\.js/],
  ['pwd', 'run', run('pwd'), /project/],
  ['cat', 'run', run('cat', 'package.json'), /1\.2\.3/],
  ['cat a name with spaces', 'run', run('cat', 'with space.txt'), /spaces/],
  ['cat a name of other letters', 'run', run('cat', 'ünï cödé 日本.txt'), /unicode/],
  ['cat a name with a dash', 'run', run('cat', './-dash.txt'), /dash/],
  ['head', 'run', run('head', '-n', '3', 'big.txt'), /line 60000/],
  ['tail -5', 'run', run('tail', '-5', 'big.txt'), /line 1/],
  ['wc -l', 'run', run('wc', '-l', 'big.txt'), /59999/],
  [
    'find by name',
    'run',
    run('find', '.', '-name', '*.js', '-not', '-path', './node_modules/*'),
    /src\/index\.js/,
  ],
  [
    'find what is large',
    'run',
    run('find', '.', '-type', 'f', '-size', '+500k', '-not', '-path', './.git/*'),
    /huge\.bin/,
  ],
  ['grep -rn', 'run', run('grep', '-rn', 'add', 'src', 'test'), /math\.js:1/],
  ['grep with a choice', 'run', run('grep', '-E', 'name|version', 'package.json'), /project/],
  ['du', 'run', run('du', '-sh', 'src'), /src/],
  ['file', 'run', run('file', 'binary.dat', 'README.md'), /text/],
  ['stat', 'run', run('stat', '-c', '%s %n', 'README.md'), /README/],
  ['diff of two files', 'run_line', line('diff src/index.js src/math.js || true'), /export const/],
  ['sha256sum', 'run', run('sha256sum', 'README.md'), /[0-9a-f]{64}/],
  ['jq a field', 'run', run('jq', '-r', '.version', 'package.json'), /1\.2\.3/],
  ['jq a list', 'run', run('jq', '.scripts | keys', 'package.json'), /hello/],
  ['jq from stdin', 'run', { ...run('jq', '.a'), stdin: '{"a": 42}' }, /42/],
  ['sed a range', 'run', run('sed', '-n', '2,3p', 'big.txt'), /line 59999/],
  ['sed a replacement', 'run', run('sed', 's/Project/Work/', 'README.md'), /# Work/],
  ['tr', 'run', { ...run('tr', 'a-z', 'A-Z'), stdin: 'small' }, /SMALL/],
  ['cut', 'run_line', line("cut -d ' ' -f 2 big.txt | head -1"), /60000/],
  ['list an archive', 'run', run('tar', '-tf', 'a.tar'), /src\/index\.js/],
  ['date', 'run', run('date', '+%Y'), /20\d\d/],
  ['which', 'run', run('which', 'git'), /git/],
  ['node --version', 'run', run('node', '--version'), /v2\d/],
  ['npm --version', 'run', run('npm', '--version'), /\d+\.\d+/],
  ['git status', 'run', run('git', 'status', '--short'), /math\.js/],
  ['git status in words', 'run', run('git', 'status'), /On branch main/],
  ['git log', 'run', run('git', 'log', '--oneline', '-5'), /third/],
  ['git diff', 'run', run('git', 'diff'), /a \+ a/],
  ['git diff of revisions', 'run', run('git', 'diff', 'HEAD~1', 'HEAD', '--stat'), /README/],
  ['git show', 'run', run('git', 'show', 'HEAD'), /More\./],
  ['git show a file', 'run', run('git', 'show', 'HEAD:src/math.js'), /twice/],
  ['git blame', 'run', run('git', 'blame', 'src/math.js'), /Ann/],
  ['git branch', 'run', run('git', 'branch', '-a'), /main/],
  ['git grep', 'run', run('git', 'grep', '-n', 'twice'), /math\.js/],
  ['git ls-files', 'run', run('git', 'ls-files'), /package\.json/],
  ['git rev-parse', 'run', run('git', 'rev-parse', '--show-toplevel'), /project/],
  ['npm test', 'run', run('npm', 'test'), /pass 2/],
  ['npm run', 'run', run('npm', 'run', 'hello'), /hello from npm/],
  ['npm run, silent', 'run', run('npm', 'run', '--silent', 'build'), /exit code 0/],
  ['node a script', 'run', run('node', 'src/index.js'), /3/],
  ['node --test', 'run', run('node', '--test', 'test/math.test.js'), /pass 2/],
  ['node --check', 'run', run('node', '--check', 'src/index.js'), /exit code 0/],
  ['a branch', 'run', run('git', 'switch', '-c', 'feature'), /feature/],
  [
    'write a new file',
    'write_file',
    { path: 'src/half.js', content: 'export const half = (a) => a / 2;\n' },
    /created/,
  ],
  ['stage it', 'run', run('git', 'add', 'src/half.js', 'src/math.js'), /exit code 0/],
  ['see what is staged', 'run', run('git', 'diff', '--cached', '--stat'), /half\.js/],
  ['commit it', 'run', run('git', 'commit', '-m', 'feat: halves'), /feat: halves/],
  [
    'commit with a body',
    'run',
    run('git', 'commit', '--allow-empty', '-m', 'title', '-m', 'body; with $signs & "quotes"'),
    /title/,
  ],
  ['see the graph', 'run', run('git', 'log', '--graph', '--oneline', '--all', '-3'), /halves/],
  ['back to main', 'run', run('git', 'checkout', 'main'), /main/],
  ['merge', 'run', run('git', 'merge', '--no-ff', '-m', 'merge feature', 'feature'), /half\.js/],
  ['a tag', 'run', run('git', 'tag', 'v1.2.3'), /exit code 0/],
  ['describe', 'run', run('git', 'describe', '--tags'), /v1\.2\.3/],
  ['stash', 'run_line', line('echo change >> README.md && git stash && git stash list'), /stash@\{0\}/],
  ['unstash', 'run', run('git', 'stash', 'pop'), /README/],
  ['restore', 'run', run('git', 'restore', 'README.md'), /exit code 0/],
  ['a pipe', 'run_line', line('git log --oneline | head -2'), /merge feature/],
  [
    'a longer pipe',
    'run_line',
    line("grep -o 'line [0-9]' big.txt | sort | uniq -c | sort -rn | head -3"),
    /line \d/,
  ],
  ['and', 'run_line', line('node --check src/half.js && echo fine'), /fine/],
  ['or', 'run_line', line('grep -q nothing README.md || echo none'), /none/],
  ['one after the other', 'run_line', line('echo one; echo two'), /one\\ntwo/],
  ['a redirect', 'run_line', line('git log --format=%s > log.txt && wc -l < log.txt'), /\d/],
  ['an appended line', 'run_line', line("echo 'last line' >> log.txt && tail -1 log.txt"), /last line/],
  ['errors into the output', 'run_line', line('ls missing 2>&1 | head -1'), /cannot access/],
  ['errors away', 'run_line', line('ls missing 2>/dev/null || echo gone'), /gone/],
  ['tee', 'run_line', line('echo kept | tee kept.txt'), /kept/],
  ['input for the first', 'run_line', { line: 'sort -n | head -1', stdin: '3\n1\n2\n' }, /1/],
  ['quotes', 'run_line', line(`echo "it's" 'so "quoted"'`), /so \\\\?\\?"quoted/],
  ['find and count', 'run_line', line("find src -name '*.js' | wc -l"), /3/],
  ['npm test, the end of it', 'run_line', line('npm test 2>&1 | tail -12'), /pass 2/],
  ['another directory', 'run', { ...run('ls'), cwd: 'src' }, /math\.js/],
  ['another workspace', 'run', { ...run('cat', 'guide.md'), cwd: 'docs:' }, /Guide/],
  ['git -C', 'run', run('git', '-C', 'src', 'status', '--short'), /exit code 0/],
  ['a variable', 'run', { ...run('npm', 'run', 'where'), env: { NODE_ENV: 'test', CI: '1' } }, /project/],
  ['mkdir', 'run', run('mkdir', '-p', 'lib/deep'), /exit code 0/],
  ['cp', 'run', run('cp', 'src/half.js', 'lib/deep/half.js'), /exit code 0/],
  ['mv', 'run', run('mv', 'lib/deep/half.js', 'lib/half.js'), /exit code 0/],
  ['rmdir', 'run', run('rmdir', 'lib/deep'), /exit code 0/],
  ['touch', 'run', run('touch', 'lib/empty.js'), /exit code 0/],
  ['move by the tool', 'move_file', { from: 'lib/half.js', to: 'lib/halves/half.js' }, /halves/],
  ['pack', 'run', run('tar', '-czf', 'lib.tgz', 'lib'), /exit code 0/],
  ['compare directories', 'run_line', line('diff -r src lib || true'), /Only in/],
  ['calculate', 'calculate', { expression: '2 ^ 10' }, /1024/],
  ['the machine', 'system_info', {}, /memory/],
  ['its health', 'health', {}, /ok|healthy|up/i],
  ['a note', 'context_set', { workspace: 'project', key: 'goal', value: 'halve' }, /goal/],
  ['the note again', 'context_get', { workspace: 'project', key: 'goal' }, /halve/],
];

/** Those that change nothing, for the other servers. */
const LOOKING = TASKS.slice(0, 52);

async function serve(profile: string, sandbox: string, mode: (typeof eras)[number][1] = eras[0][1]) {
  const playground = createPlayground();
  const settings = ['--profile', profile, '--sandbox', sandbox, '--data', temporaryDirectory()];
  const { url } = await startHttp([...settings, ...playground.roots]);
  // As people do it, who would not commit a hook of somebody else's.
  execFileSync('rm', ['-rf', join(playground.project, '.git/hooks')]);
  return { playground, url, client: await connectHttp(url, mode) };
}

async function failuresOf(client: Client, tasks: readonly Task[]): Promise<string[]> {
  const failures: string[] = [];
  for (const [what, tool, args, expected] of tasks) {
    const { isError, text } = await attempt(client, tool, args);
    if (isError || !expected.test(text))
      failures.push(`${what}: ${tool} ${JSON.stringify(args)}: ${text.slice(0, 700)}`);
  }
  return failures;
}

describe.each([
  ['dev', 'none', eras[0][1]],
  ['dev', 'bwrap', eras[1][1]],
])('profile %s, sandbox %s', (profile, sandbox, mode) => {
  test(`${TASKS.length} tasks`, async () => {
    const { client } = await serve(profile, sandbox, mode);
    expect(await failuresOf(client, TASKS)).toEqual([]);
  }, 180_000);

  test('search, read, edit what was read, test, and be told when somebody was faster', async () => {
    const { client, playground } = await serve(profile, sandbox, mode);
    const found = await attempt(client, 'search_files', { text: 'a + a' });
    const [{ path }] = (found.data as { matches: [{ path: string }] }).matches;
    const { hash } = (await attempt(client, 'read_file', { path })).data as { hash: string };
    const edits = [{ find: 'a + a', replace: '2 * a' }];
    const shown = await attempt(client, 'edit_file', { path, edits, expectedHash: hash, dryRun: true });
    expect(shown.text).toContain('+export const twice = (a) => 2 * a;');
    expect((await attempt(client, 'edit_file', { path, edits, expectedHash: hash })).isError).toBe(false);
    expect(readFileSync(join(playground.project, path), 'utf8')).toContain('2 * a');
    const late = await attempt(client, 'edit_file', {
      path,
      edits: [{ find: '2 * a', replace: 'a' }],
      expectedHash: hash,
    });
    expect(late.code).toBe('HASH_MISMATCH');
    expect((await attempt(client, 'run', run('npm', 'test'))).text).toMatch(/pass 2/);
  }, 60_000);

  test('a server is started, waited for, read, asked, and ended', async () => {
    const { client, playground } = await serve(profile, sandbox, mode);
    playground.file(
      'serve.mjs',
      `console.log('listening on 0'); let n = 0; setInterval(() => console.log('beat ' + ++n), 100); process.stdin.on('data', (text) => console.log('got ' + String(text).trim()));`,
    );
    const started = await attempt(client, 'start', run('node', 'serve.mjs'));
    const { id } = started.data as { id: string };
    const up = await attempt(client, 'wait', { id, until: 'match', pattern: 'listening on \\d+' });
    expect(up.data).toMatchObject({ ended: 'matched', line: 'listening on 0' });
    const { position } = up.data as { position: number };
    expect(
      (await attempt(client, 'wait', { id, until: 'match', pattern: 'beat 5', from: position })).data,
    ).toMatchObject({ ended: 'matched' });
    expect((await attempt(client, 'read_output', { id, lastLines: 3 })).text).toContain('beat');
    expect((await attempt(client, 'list_processes', {})).text).toContain(id);
    // What no sandbox holds is not typed into without a person, and this client cannot ask one.
    const { code } = await attempt(client, 'send_input', { id, text: 'hello\n' });
    expect(code).toBe(sandbox === 'none' ? 'COMMAND_NOT_APPROVED' : undefined);
    const echoed = await attempt(client, 'wait', {
      id,
      until: 'match',
      pattern: 'got hello',
      timeoutMs: 1_500,
    });
    expect(echoed.data).toMatchObject({ ended: sandbox === 'none' ? 'timedOut' : 'matched' });
    expect((await attempt(client, 'signal', { id, signal: 'SIGTERM' })).isError).toBe(false);
    expect((await attempt(client, 'wait', { id, until: 'exit' })).data).toMatchObject({ status: 'exited' });
    expect((await attempt(client, 'kill', { id })).data).toMatchObject({ status: 'exited' });
  }, 60_000);

  test('a failure says what failed', async () => {
    const { client } = await serve(profile, sandbox, mode);
    for (const [tool, args, expected] of [
      ['run', run('npm', 'run', 'fail'), /exit code 3/],
      ['run', run('ls', 'missing'), /missing/],
      ['run', run('rm', '-r', 'src'), /COMMAND_NOT_APPROVED/],
      ['run', run('curl', 'https://example.invalid'), /COMMAND_DENIED.*network/],
      ['run_line', line('ls *.js'), /COMMAND_LINE_NOT_ALLOWED/],
      ['run_line', line('echo $HOME'), /COMMAND_LINE_NOT_ALLOWED/],
      ['run', { ...run('sleep', '30'), timeoutMs: 300 }, /ended after 300 ms/],
      ['read_file', { path: 'missing.txt' }, /PATH_NOT_FOUND/],
    ] as const) {
      const { isError, text } = await attempt(client, tool, args);
      expect({ isError, text }).toMatchObject({ isError: true });
      expect(text).toMatch(expected);
    }
  }, 60_000);

  test('long output is shortened, and all of it can be had', async () => {
    const { client } = await serve(profile, sandbox, mode);
    const { data, text } = await attempt(client, 'run', run('cat', 'big.txt'));
    const { outputId } = data as { outputId: string };
    expect(text.length).toBeLessThan(40_000);
    expect((await attempt(client, 'read_output', { id: outputId, search: 'line 31415' })).text).toContain(
      'line 31415',
    );
    expect(
      (await attempt(client, 'read_output', { id: outputId, fromLine: 30_000, lines: 2 })).text,
    ).toContain('line 30001');
  }, 60_000);
});

test.each(eras)(
  'what a person has to allow is done once somebody does, %s',
  async (_era, mode) => {
    const { url } = await serve('dev', 'none', mode);
    const capabilities = { elicitation: { form: {} } };
    const client = new Client(
      { name: 'person', version: '1.0.0' },
      { capabilities, versionNegotiation: { mode } },
    );
    atEnd(() => client.close());
    const asked: string[] = [];
    client.setRequestHandler('elicitation/create', ({ params: { message } }) => {
      asked.push(message);
      return { action: message.includes('README') ? 'decline' : 'accept', content: {} };
    });
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    expect((await attempt(client, 'run', run('rm', 'middle.txt'))).data).toMatchObject({ exitCode: 0 });
    expect((await attempt(client, 'run', run('rm', 'README.md'))).code).toBe('COMMAND_NOT_APPROVED');
    expect((await attempt(client, 'run_line', line('git branch old && git branch -D old'))).text).toContain(
      'Deleted branch',
    );
    const { data } = await attempt(client, 'start', run('cat'));
    const { id } = data as { id: string };
    expect((await attempt(client, 'send_input', { id, text: 'typed\n', end: true })).isError).toBe(false);
    expect((await attempt(client, 'wait', { id, until: 'exit' })).text).toContain('typed');
    expect(asked).toHaveLength(4);
    expect(asked[0]).toContain('"rm" "middle.txt"');
  },
  60_000,
);

test.each(eras)(
  `${LOOKING.length} of them with the profile readonly, %s`,
  async (_era, mode) => {
    const { client } = await serve('readonly', 'none', mode);
    expect(await failuresOf(client, LOOKING)).toEqual([]);
  },
  120_000,
);
