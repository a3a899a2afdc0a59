import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { READABLE_NAMES, READ_ONLY_NAMES, SECRET_NAMES } from '@toolyard/core/process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commandPolicy, type CommandDecision } from '../../src/command.ts';
import { DEFAULT_NAMES } from '../../src/command/policy/protected-names.ts';
import { argumentsOf } from './decide.ts';

const isGnu =
  process.platform === 'linux' && spawnSync('sort', ['--version']).stdout?.toString().includes('GNU');

const hasRipgrep = spawnSync('rg', ['--version']).error === undefined;

const dev = commandPolicy({ profile: 'dev' });

test('the names are those of the file tools', () => {
  expect(DEFAULT_NAMES.secretNames).toEqual(SECRET_NAMES);
  expect(DEFAULT_NAMES.readOnlyNames).toEqual(READ_ONLY_NAMES);
  expect(DEFAULT_NAMES.readableNames).toEqual(READABLE_NAMES);
});

describe.skipIf(!isGnu)('with the real programs', () => {
  let home: string;
  let tree: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'toolyard-names-'));
    tree = join(home, 'tree');
    mkdirSync(tree);
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  function put(path: string, content: string): void {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content);
  }

  function start(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { error, stdout, stderr, status } = spawnSync(program, [...args], {
      cwd: tree,
      env: { PATH: process.env['PATH'], HOME: home, LC_ALL: 'C.UTF-8', ...env },
      timeout: 10_000,
      killSignal: 'SIGKILL',
    });
    if (error) throw error;
    return { output: stdout.toString() + stderr.toString(), status };
  }

  function git(...args: string[]): string {
    return start('git', ['-c', 'user.name=Ann', '-c', 'user.email=a@example.com', ...args]).output;
  }

  /** Runs what the policy makes of a line, whether or not it asks first. */
  function run(line: string): string {
    const [program = ''] = argumentsOf(line);
    const decision = decideIn(tree, line);
    expect(decision).toMatchObject({ effect: expect.stringMatching(/allow|ask/) });
    return start(program, decision.args, decision.env).output;
  }

  /** A file of every protected name, in small and in capital letters, and in a directory of that name. */
  function putProtected(names: readonly string[], content: string): void {
    for (const name of names) {
      put(name.replace('*', ''), content);
      put(`src/deep/${name.replace('*', '-more')}`, content);
      put(`in-directories/${name.replace('*', '')}/inner`, content);
    }
  }

  function putCapitals(names: readonly string[], content: string): void {
    for (const name of names) put(`capitals/${name.replace('*', '').toUpperCase()}`, content);
  }

  test.each([
    'grep -rn SECRET .',
    'grep -rn SECRET',
    'grep --recursive SECRET .',
    'grep SECRET -r . -h',
    'grep -rn SECRET src in-directories capitals',
    'grep -rn "SECRET" --include=.env .',
    "grep -rn SECRET --include='.*' --include='*' .",
    "grep -rn SECRET --include='*' --exclude-dir=x .",
    "grep -rn SECRET . --exclude='x' --include='.env*'",
    'egrep -r SECRET .',
    'fgrep -r SECRET .',
  ])('%s', (line) => {
    putProtected(SECRET_NAMES, 'SECRET-content');
    putCapitals(SECRET_NAMES, 'SECRET-content');
    put('.git/config', 'url = https://SECRET-content@host');
    put('src/a.ts', 'SECRET-looking, but ordinary');
    expect(run(line)).not.toContain('SECRET-content');
  });

  test.skipIf(!hasRipgrep)('rg still finds everything else', () => {
    putProtected(SECRET_NAMES, 'needle');
    put('src/a.ts', 'needle');
    put('.github/workflows/a.yml', 'needle');
    put('my.env.ts', 'needle');
    expect(run('rg --hidden -l --sort path needle .')).toBe(
      './.github/workflows/a.yml\n./my.env.ts\n./src/a.ts\n',
    );
  });

  test
    .skipIf(!hasRipgrep)
    .each([
      'rg --hidden --no-ignore SECRET .',
      'rg -uuu SECRET .',
      'rg -uu SECRET . src in-directories',
      "rg --hidden -g '.env*' SECRET .",
      "rg --hidden -g '*' -g '.*' --iglob '**/.ENV*' SECRET .",
      "rg -uu --iglob='*' --sort path SECRET .",
      "rg --hidden -g '!x' SECRET src",
      'rg -c -uu SECRET .',
    ])('%s', (line) => {
    putProtected(SECRET_NAMES, 'SECRET-content');
    putCapitals(SECRET_NAMES, 'SECRET-content');
    put('.git/config', 'SECRET-content');
    put('.ignore', '!.env');
    put('src/a.ts', 'SECRET-looking, but ordinary');
    const output = run(line);
    expect(output).not.toContain('SECRET-content');
    expect(output).not.toMatch(/\.env|id_rsa/i);
  });

  test.each(['grep -rzl SECRET-content .', 'grep -rca SECRET-content .'])(
    '%s does not even say where they are',
    (line) => {
      putProtected(SECRET_NAMES, 'SECRET-content');
      put('.git/config', 'SECRET-content');
      put('src/a.ts', 'SECRET-content');
      expect(run(line).trim().split('\n')).toEqual([expect.stringMatching(/^\.\/src\/a\.ts(?::1)?$/)]);
    },
  );

  test('grep -r still finds everything else', () => {
    putProtected(SECRET_NAMES, 'needle');
    put('src/a.ts', 'needle');
    put('.github/workflows/a.yml', 'needle');
    put('.eslintrc', 'needle');
    put('environment.ts', 'needle');
    put('my.env.ts', 'needle');
    put('docs/ssh/a.md', 'needle');
    expect(run('grep -rl needle .').trim().split('\n').toSorted()).toEqual([
      './.eslintrc',
      './.github/workflows/a.yml',
      './docs/ssh/a.md',
      './environment.ts',
      './my.env.ts',
      './src/a.ts',
    ]);
    expect(run("grep -rl needle --include='*.ts' .").trim().split('\n').toSorted()).toEqual([
      './environment.ts',
      './my.env.ts',
      './src/a.ts',
    ]);
  });

  test('grep without -r finds what is in the .env.example that was named', () => {
    put('.env.example', 'needle');
    expect(run('grep needle .env.example')).toBe('needle\n');
    expect(run('grep -r needle .env.example')).toBe('needle\n');
    expect(run('grep -rl needle .env.example .')).toBe('');
  });

  test.each([
    'diff -r one two',
    'diff one two',
    'diff -ruN one two',
    'diff -rx a one two',
    'diff -a -r one two',
  ])('%s', (line) => {
    for (const side of ['one', 'two']) {
      for (const name of SECRET_NAMES) {
        put(`${side}/${name.replace('*', '')}`, `${side} SECRET-content`);
        put(`${side}/deep/${name.replace('*', '-more')}`, `${side} SECRET-content`);
      }
      put(`${side}/b.ts`, `${side} ordinary`);
    }
    put('two/.git/config', 'SECRET-content');
    const output = run(line);
    expect(output).not.toContain('SECRET-content');
    expect(output).toContain('two ordinary');
  });

  test.each([
    'tar -cf out.tar .',
    'tar cf out.tar src in-directories capitals .',
    'tar -c -f out.tar -C src .',
    'tar --create --file=out.tar --exclude=nothing .',
    'tar cf out.tar --exclude-vcs src',
    'tar --create --gzip -f out.tar src',
  ])('%s', (line) => {
    putProtected(SECRET_NAMES, 'SECRET-content');
    putCapitals(SECRET_NAMES, 'SECRET-content');
    put('.git/config', 'SECRET-content');
    put('.git/modules/a/config', 'SECRET-content');
    put('src/a.ts', 'ordinary');
    run(line);
    const packed = start('tar', ['-xOf', 'out.tar']).output;
    expect(packed).not.toContain('SECRET-content');
    expect(packed).toContain('ordinary');
  });

  test.each([
    'tar -xf evil.tar -C out',
    'tar xf ../evil.tar',
    'tar -xf evil.tar -C out --strip-components=1',
  ])('%s creates no protected name', (line) => {
    const names = [...SECRET_NAMES, ...READ_ONLY_NAMES];
    putProtected(names, 'x');
    putCapitals(names, 'x');
    put('src/deep/a.ts', 'ordinary');
    start('tar', ['-cf', '../evil.tar', '.']);
    rmSync(tree, { recursive: true });
    put('out/x', '');
    start('cp', ['../evil.tar', '.']);
    expect(decideIn(tree, line).effect).toBe('ask');
    run(line);
    const found = readdirSync(tree, { recursive: true, withFileTypes: true });
    const patterns = names.map((name) => new RegExp(`^${name.replace('.', '\\.').replace('*', '.*')}$`, 'i'));
    expect(found.filter(({ name }) => patterns.some((pattern) => pattern.test(name)))).toEqual([]);
    expect(found.some(({ name }) => name === 'a.ts')).toBe(true);
  });

  describe('git', () => {
    beforeEach(() => {
      git('init', '-q', '-b', 'main');
      putProtected(SECRET_NAMES, 'SECRET-content');
      putCapitals(SECRET_NAMES, 'SECRET-content');
      put('src/a.ts', 'SECRET-looking, but ordinary');
    });

    test.each([
      'git add .',
      'git add -A',
      'git add --all',
      'git add -f .',
      'git add -fA',
      'git add src capitals in-directories',
      "git add -f ':(glob)**/*' ':(icase)SRC' src",
      "git add -f -- '*' .",
      'git -C src add -f -A',
    ])('%s takes no secrets into the index', (line) => {
      run(line);
      const index = git('ls-files');
      expect(index).toContain('src/a.ts');
      const shown = git('grep', '--cached', 'SECRET');
      expect(shown).not.toContain('SECRET-content');
    });

    test('git add takes an example that is named alone', () => {
      put('.env.example', 'A=1');
      put('id_rsa.pub', 'public');
      run('git add -f .env.example ./id_rsa.pub');
      expect(git('ls-files')).toBe('.env.example\nid_rsa.pub\n');
    });

    test.each([
      "git add -A ':(exclude).env.example'",
      "git add -f ':!.env.example'",
      "git add -f -- ':^id_x.pub'",
      "git -C src add -fA ':(exclude)deep/.env.example'",
    ])('%s is no way around', (line) => {
      run(line);
      expect(git('grep', '--cached', 'SECRET')).not.toContain('SECRET-content');
    });

    test('git add without anything to add adds nothing', () => {
      run('git add -v');
      expect(git('ls-files')).toBe('');
    });

    test.each([
      'git grep SECRET',
      'git grep -n SECRET -- .',
      'git grep SECRET HEAD',
      'git grep SECRET HEAD -- src',
      'git grep SECRET HEAD:src',
      'git grep --cached SECRET',
      'git grep -e SECRET --and -e content src .env',
      'git grep --untracked --no-exclude-standard SECRET',
      "git grep SECRET -- ':(glob)**/.env'",
      "git grep SECRET -- '.en?' ':/' ",
      'git -C src grep SECRET -- ..',
    ])('%s shows none', (line) => {
      git('add', '-fA');
      git('commit', '-qm', 'secrets and all');
      for (const name of ['.env', 'src/a.ts']) put(name, 'SECRET-content, changed');
      put('src/a.ts', 'SECRET-looking, but ordinary');
      expect(run(line)).not.toContain('SECRET-content');
    });

    test.each([
      'git diff',
      'git diff HEAD',
      'git diff HEAD -- .',
      'git diff .',
      'git diff-index -p HEAD',
      'git diff-files -p',
      'git diff HEAD:',
      'git diff -R HEAD: --',
      "git diff -- ':(icase).ENV' src",
    ])('%s shows none that changed', (line) => {
      git('add', '-fA');
      git('commit', '-qm', 'secrets and all');
      putProtected(SECRET_NAMES, 'SECRET-content, changed');
      put('src/a.ts', 'an ordinary change');
      const output = run(line);
      expect(output).not.toContain('SECRET-content');
      expect(output).toContain('an ordinary change');
    });

    test('git diff still compares two files of revisions', () => {
      git('add', '-f', 'src/a.ts');
      git('commit', '-qm', 'one');
      put('src/a.ts', 'two');
      git('commit', '-qam', 'two');
      expect(run('git diff HEAD~1:src/a.ts HEAD:src/a.ts')).toContain('+two');
    });

    test.each([
      'git stash -u',
      'git stash -a',
      'git stash push -u -m x',
      'git stash push --all',
      'git stash push -u -- .',
      'git stash --include-untracked',
    ])('%s leaves secrets where they are', (line) => {
      git('add', 'src/a.ts');
      git('commit', '-qm', 'one');
      put('src/a.ts', 'changed');
      put('new.ts', 'new');
      git('config', 'user.name', 'Ann');
      git('config', 'user.email', 'a@example.com');
      run(line);
      expect(existsSync(join(tree, '.env'))).toBe(true);
      expect(existsSync(join(tree, 'src/deep/.env-more'))).toBe(true);
      expect(existsSync(join(tree, 'new.ts'))).toBe(false);
      const stashed = git('stash', 'show', '-p', '--include-untracked');
      expect(stashed).not.toContain('SECRET-content');
      expect(stashed).toContain('new.ts');
    });

    test.each([
      'git clean -fdx',
      'git clean -fd',
      'git clean -fdx in-directories src',
      'git clean -ffdx -e nothing',
    ])('%s deletes no protected file', (line) => {
      putProtected(
        READ_ONLY_NAMES.filter((name) => name !== '.git'),
        'trusted',
      );
      const count = () =>
        readdirSync(tree, { recursive: true }).filter((name) => !/^\.git\/|a\.ts$/.test(String(name))).length;
      const before = count();
      run(line);
      expect(count()).toBe(before);
      expect(existsSync(join(tree, 'src/a.ts'))).toBe(false);
    });

    test('names of other roots are hidden instead, when they are given', () => {
      const policy = commandPolicy({ profile: 'dev' }, { secretNames: ['vault*'] });
      put('vault.txt', 'needle');
      put('src/b.ts', 'needle');
      const hidden = policy.decide({ program: 'grep', args: ['-rl', 'needle', '.'], cwd: tree });
      expect(start('grep', hidden.args).output).toBe('./src/b.ts\n');
    });
  });

  test('diff opens no file behind a link in a directory', () => {
    put('a/passwd', 'x');
    put('b/x', '');
    start('ln', ['-s', '/etc/passwd', 'b/passwd']);
    for (const line of ['diff a/passwd b', 'diff a b', 'diff -r a b'])
      expect(run(line)).not.toContain('root:');
  });
});

function decideIn(cwd: string, line: string): CommandDecision {
  const [program = '', ...args] = argumentsOf(line);
  return dev.decide({ program, args, cwd });
}

describe('all that is below a path', () => {
  test.each([
    'grep -r url .git',
    'grep -r url .git/',
    'grep -r url src/../.git/hooks',
    'grep -r url .GIT',
    'rg url .git',
    'rg --hidden url .git/refs/..',
    'diff -r .git other',
    'tar cf x.tar .git',
    'tar cf x.tar -C .git .',
    'cp -r .git other',
    'cp -a sub/.git/modules other',
    'cp -R .git/. other',
  ])('%s needs to read the settings of a repository, which roots protect', (line) => {
    const settings = decideIn('/work/tree', line).operands.map(({ value }) => value.toLowerCase());
    expect(settings.some((value) => /^\/work\/tree\/(?:sub\/)?\.git\/config$/.test(value))).toBe(true);
  });

  test('a working directory in a repository counts as well', () => {
    expect(decideIn('/work/tree/.git/hooks', 'grep -r url').operands).toEqual([
      { value: '/work/tree/.git/config', access: 'read' },
    ]);
    expect(dev.decide({ program: 'grep', args: ['-r', 'url', '.git'] }).operands).toContainEqual({
      value: '.git/config',
      access: 'read',
    });
  });

  test.each(['grep url .git/HEAD', 'grep -rn url src', 'ls -R .git', 'cp -r src other'])(
    '%s does not',
    (line) => {
      expect(decideIn('/work/tree', line).operands.some(({ value }) => value.endsWith('config'))).toBe(false);
    },
  );
});

describe('what goes away', () => {
  test.each<[string, readonly string[]]>([
    ['rm -r a b', ['a', 'b']],
    ['rmdir a', ['a']],
    ['mv a b dir', ['a', 'b']],
    ['mv /abs/root elsewhere', ['/abs/root']],
    ['git rm -r a', ['a']],
    ['git mv a b', ['a']],
    ['git clean -fd a', ['a']],
  ])('%s removes %j', (line, removed) => {
    const { operands } = decideIn('/work/tree', line);
    expect(operands.filter(({ access }) => access === 'remove').map(({ value }) => value)).toEqual(removed);
  });

  test('the target of mv is written', () => {
    expect(decideIn('/work/tree', 'mv a b').operands).toContainEqual({ value: 'b', access: 'write' });
  });

  test('removing makes a profile one that writes', () => {
    const policy = commandPolicy({
      profile: 'none',
      programs: { rm: { does: 'reads', operands: ['remove*'] } },
    });
    expect(policy.annotations).toMatchObject({ readOnlyHint: false, destructiveHint: true });
  });
});

describe('files of revisions', () => {
  test.each<[string, string]>([
    ['git show HEAD:.env', '.env'],
    ['git show main:packages/a/.npmrc', 'packages/a/.npmrc'],
    ['git show :.env', '.env'],
    ['git show :0:.env', '.env'],
    ['git show HEAD:./.env', './.env'],
    ['git cat-file -p HEAD~2:.ssh/id', '.ssh/id'],
    ['git diff HEAD:.env main:.env', '.env'],
    ["git show 'HEAD^{/fix: it}:.env'", '.env'],
    ["git show 'HEAD@{10:30}:.env'", '.env'],
  ])('%s reads %s', (line, path) => {
    expect(decideIn('/work/tree', line).operands).toContainEqual({ value: path, access: 'read' });
  });

  test.each<[string, string]>([
    ["git log ':/fix .env'", './:/fix .env'],
    ["git diff -- ':(exclude).env'", './:(exclude).env'],
    ["git diff -- ':!.env'", './:!.env'],
    ["git log 'HEAD@{10:30}'", './HEAD@{10:30}'],
  ])('%s names no file', (line, value) => {
    expect(decideIn('/work/tree', line).operands).toEqual([{ value, access: 'read' }]);
  });
});

test('a decision says that something was left out', () => {
  expect(decideIn('/', 'grep -rn a .').reason).toContain('left out');
  expect(decideIn('/', 'grep -n a b').reason).not.toContain('left out');
});

test.each([
  ['a path', 'a/b'],
  ['a class', '[ab]'],
  ['a question mark', '.en?'],
  ['an exception', '!a'],
  ['nothing', ''],
  ['a backslash', 'a\\'],
  ['alternatives', '{a,b}'],
])('%s is no name', (_, name) => {
  for (const names of [{ secretNames: [name] }, { readOnlyNames: [name] }])
    expect(() => commandPolicy({ profile: 'dev' }, names)).toThrow(
      expect.objectContaining({ code: 'INVALID_POLICY' }),
    );
});
