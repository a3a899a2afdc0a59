import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A repository in a temporary directory, next to a directory that nobody should touch. */
export interface TestTree {
  readonly directory: string;
  /** Runs a program in the tree, without a shell. `undefined` when it is not installed. */
  readonly run: (
    program: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ) => string | undefined;
  /** The same; returns everything that can be seen of it. */
  readonly watch: (
    program: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ) => { readonly code: number | null; readonly stdout: string; readonly stderr: string } | undefined;
  /** A tree of its own with the same content. */
  copy(): TestTree;
  /** Everything in the tree and around it, as text that changes with it. */
  snapshot(): string;
  remove(): void;
}

const NAMES =
  'a b c f x file foo bar path paths log error data.txt a.txt b.txt a.csv old.txt new.txt README.md src/a.ts src/a.js src/index.ts ' +
  'test/index.ts dir1/q dir2/q config.ini log.txt sizes.txt tags.txt sorted.txt server.log @types/index.d.ts packages/core/x';

export function createTree(): TestTree {
  const home = mkdtempSync(join(tmpdir(), 'toolyard-tree-'));
  fill(home);
  return open(home);
}

function fill(home: string): void {
  const directory = join(home, 'tree');
  const programs = join(home, 'programs');
  mkdirSync(programs);
  // Whoever runs this leaves a trace.
  writeFileSync(join(programs, 'pwn'), `#!/bin/sh\necho pwned > ${join(home, 'pwned')}\n`, { mode: 0o755 });
  for (const name of NAMES.split(' ')) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), 'a b c\nfoo\n:main\n1\n'.repeat(20));
  }
  writeFileSync(join(directory, 'package.json'), '{"version":"1.0.0","include":[],"scripts":{"a":"b"}}');
  writeFileSync(join(directory, 'tsconfig.json'), '{}');
  const { run } = open(home);
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', ...args]);
  run('tar', ['-czf', 'a.tgz', 'src']);
  run('tar', ['-cf', 'a.tar', 'src']);
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-qm', 'one');
  for (let index = 0; index < 6; index++) {
    writeFileSync(join(directory, 'src/a.ts'), `a${index}\n`.repeat(30));
    git('commit', '-qam', `fix: n${index}`);
  }
  for (const tag of ['v1.0', 'v2.0']) git('tag', tag);
  for (const branch of ['dev', 'feature/x']) git('branch', branch);
  writeFileSync(join(directory, 'src/a.ts'), 'changed');
}

function open(home: string): TestTree {
  const directory = join(home, 'tree');
  const programs = join(home, 'programs');
  const path = `${programs}:${process.env['PATH'] ?? ''}`;
  const watch: TestTree['watch'] = (program, args, env = {}) => {
    const { error, status, stdout, stderr } = spawnSync(program, [...args], {
      cwd: directory,
      env: { PATH: path, HOME: home, LC_ALL: 'C.UTF-8', ...env },
      timeout: 2_000,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
    });
    if (error && 'code' in error && error.code === 'ENOENT') return undefined;
    return { code: status, stdout: stdout.toString(), stderr: stderr.toString() };
  };
  const run: TestTree['run'] = (program, args, env) => watch(program, args, env)?.stderr;
  return {
    directory,
    run,
    watch,
    copy() {
      const other = mkdtempSync(join(tmpdir(), 'toolyard-tree-'));
      cpSync(home, other, { recursive: true });
      return open(other);
    },
    snapshot: () => snapshot(home),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

function snapshot(directory: string): string {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return entry.isFile() ? `${path} ${readFileSync(path).toString('base64')}` : path;
    })
    .toSorted()
    .join('\n');
}
