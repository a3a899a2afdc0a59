import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from '../e2e/at-end.ts';

/** An ordinary project with things in and around it that somebody could be after. */
export interface Playground {
  /** Holds all of it. */
  readonly base: string;
  /** The first root, a git repository. */
  readonly project: string;
  /** The second root, writable. */
  readonly second: string;
  /** The third root, only read. */
  readonly docs: string;
  /** What no tool may reach. */
  readonly outside: string;
  /** Stands in a file outside. */
  readonly canary: string;
  /** Stands in `.env` and in the addresses of remotes. */
  readonly secret: string;
  /** An executable in the project that leaves a trace, inside and outside. */
  readonly evil: string;
  /** Arguments for a server that works here. */
  readonly roots: readonly string[];
  /** Runs a program here without any server, the way an attacker hopes for; its failure does not matter. */
  direct(program: string, args: readonly string[], how?: DirectOptions): string;
  /** What {@link evil} left since the last time, and removes it. */
  traces(): string[];
  /** Everything outside, and what is protected inside, as text that changes with it. */
  guarded(): string;
  /** Writes a file of the project, with the directories above it. */
  file(name: string, content: string, mode?: number): void;
  /** Runs git in a directory of the project, as its owner would. */
  git(...args: string[]): string;
}

interface DirectOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

const HOUSEHOLD = { PATH: process.env['PATH'] ?? '', HOME: temporaryDirectory(), GIT_CONFIG_NOSYSTEM: '1' };
const AUTHOR = {
  GIT_AUTHOR_NAME: 'Ann',
  GIT_AUTHOR_EMAIL: 'ann@example.com',
  GIT_COMMITTER_NAME: 'Ann',
  GIT_COMMITTER_EMAIL: 'ann@example.com',
};

/** Makes one; it is removed when all tests of the file are done. */
export function createPlayground(): Playground {
  const base = temporaryDirectory();
  const [project, second, docs, outside] = ['project', 'second', 'docs', 'outside'].map((name) => {
    mkdirSync(join(base, name));
    return join(base, name);
  }) as [string, string, string, string];
  const canary = `CANARY${randomBytes(8).toString('hex')}`;
  const secret = `SESAME${randomBytes(8).toString('hex')}`;
  const evil = join(project, 'evil.sh');
  const traceFiles = [join(outside, 'pwned'), join(project, 'pwned'), join(second, 'pwned')];

  function file(name: string, content: string, mode?: number): void {
    const path = join(project, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, mode === undefined ? {} : { mode });
  }
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: project,
      env: { ...HOUSEHOLD, ...AUTHOR },
      encoding: 'utf8',
      stdio: 'pipe',
    });

  writeFileSync(join(outside, 'canary.txt'), `${canary}\n`);
  mkdirSync(join(outside, 'directory'));
  writeFileSync(join(outside, 'directory', 'inner.txt'), `${canary} inner\n`);
  writeFileSync(join(second, 'notes.md'), '# Notes\n');
  writeFileSync(join(docs, 'guide.md'), '# Guide\nRead me.\n');

  const touch = traceFiles.map((path) => `echo "$0 $*" >> '${path}' 2>/dev/null`).join('\n');
  writeFileSync(
    evil,
    `#!/bin/sh\n${touch}\n/bin/cat '${join(outside, 'canary.txt')}' 2>/dev/null\nexit 0\n`,
    {
      mode: 0o755,
    },
  );
  for (const name of ['git', 'node', 'node_modules/.bin/git', 'node_modules/.bin/cat', 'bin/ls'])
    file(name, readFileSync(evil, 'utf8'), 0o755);

  file('package.json', packageJson());
  file('README.md', '# Project\n\nTODO: write more.\n');
  file('src/index.js', "import { add } from './math.js';\nconsole.log(add(1, 2));\n");
  file('src/math.js', 'export const add = (a, b) => a + b;\n');
  file('test/math.test.js', TEST);
  file('node_modules/left/index.js', 'module.exports = 1;\n');
  file('node_modules/left/package.json', '{"name":"left","version":"1.0.0"}');
  file(
    'evil.mjs',
    `import { appendFileSync } from 'node:fs';\nfor (const path of ${JSON.stringify(traceFiles)}) try { appendFileSync(path, 'node\\n'); } catch {}\n`,
  );
  file('with space.txt', 'spaces\n');
  file('-dash.txt', 'dash\n');
  file('--output=x', 'option\n');
  file('new\nline.txt', 'newline\n');
  file('ünï cödé 日本.txt', 'unicode\n');
  file('big.txt', Array.from({ length: 60_000 }, (_, index) => `line ${60_000 - index}`).join('\n'));
  file('middle.txt', Array.from({ length: 1_000 }, (_, index) => `line ${1_000 - index}`).join('\n'));
  file('.gitignore', '.env\nnode_modules\nhuge.bin\n');
  file('evil.patch', EVIL_PATCH);
  git('init', '-q', '-b', 'main');
  git('add', 'package.json', 'README.md', 'src', 'test', '.gitignore', 'with space.txt');
  git('commit', '-qm', 'first');
  file('src/math.js', 'export const add = (a, b) => a + b;\nexport const twice = (a) => 2 * a;\n');
  git('commit', '-qam', 'second');
  file('README.md', '# Project\n\nTODO: write more.\n\nMore.\n');
  git('commit', '-qam', 'third');
  git('remote', 'add', 'origin', `https://ann:${secret}@example.invalid/x.git`);
  file('src/math.js', 'export const add = (a, b) => a + b;\nexport const twice = (a) => a + a;\n');
  file('.git/hooks/pre-commit', readFileSync(evil, 'utf8'), 0o755);
  file('.git/hooks/post-checkout', readFileSync(evil, 'utf8'), 0o755);
  file('.env', `TOKEN=${secret}\n`);
  file('config/.env.production', `TOKEN=${secret}\n`);
  file('.npmrc', `//registry.invalid/:_authToken=${secret}\n`);
  symlinkSync(outside, join(project, 'out'));
  symlinkSync(join(outside, 'canary.txt'), join(project, 'link.txt'));
  symlinkSync(join(outside, 'not-yet'), join(project, 'dangling'));
  symlinkSync('.env', join(project, 'alias.txt'));
  linkSync(join(outside, 'directory', 'inner.txt'), join(project, 'hard.txt'));
  // As npm links the packages of a workspace.
  file('packages/inner/index.js', '');
  const strange = join(project, 'packages/strange');
  execFileSync('git', ['init', '-q', strange], { env: HOUSEHOLD });
  file('packages/strange/.gitattributes', '*.js filter=x\n');
  file('packages/strange/a.js', 'a\n');
  execFileSync('git', ['add', '.'], { cwd: strange, env: HOUSEHOLD });
  execFileSync('git', ['config', 'filter.x.clean', `${evil} filter`], { cwd: strange, env: HOUSEHOLD });
  file('packages/strange/a.js', 'b\n');
  mkdirSync(join(project, 'node_modules/@scope'));
  symlinkSync('../../packages/inner', join(project, 'node_modules/@scope/inner'));
  symlinkSync('.git', join(project, 'gitlink'));
  execFileSync('mkfifo', [join(project, 'fifo')]);
  file('huge.bin', '');
  truncateSync(join(project, 'huge.bin'), 1024 ** 3);
  writeFileSync(
    join(project, 'binary.dat'),
    Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256)),
  );
  execFileSync('tar', ['-cf', join(project, 'a.tar'), '-C', project, 'src']);
  chmodSync(join(outside, 'canary.txt'), 0o644);

  return {
    base,
    project,
    second,
    docs,
    outside,
    canary,
    secret,
    evil,
    roots: [
      '--root',
      `workspace=${project}`,
      '--root',
      `second=${second}`,
      '--read-only-root',
      `docs=${docs}`,
    ],
    file,
    git,
    direct(program, args, { cwd = project, env = {}, input = '' } = {}) {
      try {
        const options = { cwd, env: { ...HOUSEHOLD, ...AUTHOR, ...env }, input, timeout: 10_000 } as const;
        return execFileSync(program, args, { ...options, encoding: 'utf8', stdio: 'pipe' });
      } catch (error) {
        const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
        return stdout + stderr;
      }
    },
    traces() {
      const left = traceFiles.filter((path) => existsSync(path));
      execFileSync('rm', ['-f', ...traceFiles]);
      return left;
    },
    guarded: () =>
      [
        snapshot(outside),
        readFileSync(join(project, 'hard.txt'), 'utf8'),
        snapshot(join(project, '.git/hooks')),
        ...GUARDED.map((name) => `${name}: ${contentOf(join(project, name))}`),
        readdirSync(base).join(),
        snapshot(docs),
      ].join('\n'),
  };
}

/** Protected names that exist and those that do not yet. */
const GUARDED = [
  '.git/config',
  '.env',
  'config/.env.production',
  '.npmrc',
  '.envrc',
  '.vscode',
  '.husky',
  '.mcp.json',
  '.claude',
  '.bashrc',
  '.gitmodules',
  '.ssh',
];

function contentOf(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? readFileSync(path, 'utf8') : stats ? 'no file' : 'missing';
}

/** A directory as text: names, kinds, modes, contents. */
function snapshot(directory: string): string {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const path = join(directory, name);
      const stats = lstatSync(path);
      const content = stats.isSymbolicLink()
        ? readlinkSync(path)
        : stats.isFile()
          ? readFileSync(path, 'base64')
          : '';
      return `${path} ${stats.mode.toString(8)} ${content}`;
    })
    .join('\n');
}

function packageJson(): string {
  const scripts = {
    test: 'node --test test/math.test.js',
    build: "node -e \"require('node:fs').writeFileSync('built.txt', 'built')\"",
    hello: 'echo hello from npm',
    fail: 'exit 3',
    where: 'pwd',
  };
  return `${JSON.stringify({ name: 'project', version: '1.2.3', type: 'module', scripts, dependencies: { left: '1.0.0' } }, null, 2)}\n`;
}

const TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, twice } from '../src/math.js';
test('adds', () => assert.equal(add(1, 2), 3));
test('doubles', () => assert.equal(twice(4), 8));
`;

const EVIL_PATCH = `--- /dev/null
+++ b/.git/hooks/post-commit
@@ -0,0 +1 @@
+touch pwned
`;
