// Paths that lead out, through every tool and resource that takes one.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../e2e/at-end.ts';
import { connectHttp, eras } from '../e2e/clients.ts';
import { startHttp } from '../e2e/terminal.ts';
import { attempt } from './attempts.ts';
import { outsidePaths } from './command-attacks.ts';
import { createPlayground } from './playground.ts';

const isProof = process.env['TOOLYARD_PROOF'] === '1';
const RACES = isProof ? 10_000 : 500;

const playground = createPlayground();
const { canary, outside, project, secret } = playground;

const PATHS = [
  ...outsidePaths(playground),
  'fifo',
  'a\ud800',
  'x'.repeat(5_000),
  '../'.repeat(1_300),
  'docs:../project/.env',
  'second:../project/.env',
  '.ENV',
  '.e\u200bnv',
  '\uff0eenv',
  'config/.env.production',
  'alias.txt',
  'gitlink/config',
  '.GIT/config',
];

/** Names that programs trust; most are not there yet. */
const TRUSTED = [
  '.git/hooks/post-commit',
  '.git/hooks/pre-commit',
  '.GIT/hooks/post-commit',
  '.g\u200cit/hooks/post-commit',
  '.git./hooks/post-commit',
  '.git /hooks/post-commit',
  'sub/.git/config',
  'gitlink/hooks/post-commit',
  '.env',
  '.envrc',
  '.Env.local',
  'sub/.env',
  '.npmrc',
  '.vscode/tasks.json',
  '.VSCODE/tasks.json',
  '.husky/pre-commit',
  '.mcp.json',
  '.claude/settings.json',
  '.cursor/mcp.json',
  '.bashrc',
  '.gitmodules',
  '.ssh/authorized_keys',
  'docs:guide.md',
  'docs:new.md',
];

let url: string;
beforeAll(async () => {
  const settings = ['--profile', 'dev', '--sandbox', 'none', '--data', temporaryDirectory()];
  ({ url } = await startHttp([...settings, ...playground.roots]));
});

describe.each(eras)('%s', (_era, mode) => {
  let client: Client;
  beforeAll(async () => {
    client = await connectHttp(url, mode);
  });

  test('no tool for files reads, writes, moves, lists or searches what a path of these names', async () => {
    const before = playground.guarded();
    const found: string[] = [];
    const uses: ((path: string) => [string, Record<string, unknown>])[] = [
      (path) => ['read_file', { path }],
      (path) => ['write_file', { path, content: 'x', overwrite: true }],
      (path) => ['edit_file', { path, edits: [{ find: canary, replace: 'x' }] }],
      (path) => ['move_file', { from: path, to: 'moved.txt' }],
      (path) => ['move_file', { from: 'second:notes.md', to: path, overwrite: true }],
      (path) => ['search_files', { path, text: 'CANARY' }],
    ];
    for (const path of PATHS)
      for (const use of uses) {
        const [tool, args] = use(path);
        const { isError, text } = await attempt(client, tool, args);
        // Names that only look like ways out are new files in the project, and belong there.
        const isNew = tool === 'write_file' || args['from'] === 'second:notes.md';
        if (
          isNew &&
          !isError &&
          !playground.direct('git', ['status', '--porcelain', '-uall']).includes('notes.md')
        ) {
          if (args['from']) await attempt(client, 'move_file', { from: path, to: 'second:notes.md' });
          else await attempt(client, 'move_file', { from: path, to: 'second:trash.txt', overwrite: true });
        }
        if ((!isError && !isNew) || text.includes(canary) || text.includes(secret))
          found.push(`${tool} ${JSON.stringify(path).slice(0, 200)}: ${text.slice(0, 300)}`);
      }
    expect(found).toEqual([]);
    expect(playground.guarded()).toBe(before);
    expect(existsSync(join(outside, 'not-yet'))).toBe(false);
  }, 120_000);

  test('listing and looking tell nothing of what is outside', async () => {
    const found: string[] = [];
    for (const path of [...PATHS, '.', 'src'])
      for (const tool of ['list_files', 'file_info']) {
        const { text } = await attempt(client, tool, { path });
        if (/canary\.txt(?!.*(?:not inside|outside))/.test(text) && !path.includes('canary'))
          found.push(`${tool} ${path}`);
        if (text.includes(canary) || text.includes(secret) || text.includes('inner.txt'))
          if (!path.includes('inner')) found.push(`${tool} ${path}: ${text.slice(0, 300)}`);
      }
    expect(found).toEqual([]);
  }, 60_000);

  test('what programs trust is not written, by no tool and no command', async () => {
    const before = playground.guarded();
    const found: string[] = [];
    for (const path of TRUSTED) {
      const tries: [string, Record<string, unknown>][] = [
        ['write_file', { path, content: 'x' }],
        ['write_file', { path, content: 'x', overwrite: true }],
        ['edit_file', { path, edits: [{ find: 'T', replace: 'x', all: true }] }],
        ['move_file', { from: 'README.md', to: path, overwrite: true }],
      ];
      if (!path.includes(':'))
        tries.push(
          ['run', { program: 'cp', args: ['README.md', path] }],
          ['run', { program: 'mv', args: ['big.txt', path] }],
          ['run', { program: 'tee', args: [path], stdin: 'x' }],
          ['run', { program: 'sort', args: ['-o', path, 'README.md'] }],
          ['run', { program: 'touch', args: [path] }],
          ['run_line', { line: `echo x > '${path}'` }],
          ['run_line', { line: `echo x >> '${path}'` }],
          ['run_line', { line: `echo x 2> '${path}'` }],
        );
      for (const [tool, args] of tries) {
        const { isError } = await attempt(client, tool, args);
        if (!isError) found.push(`${tool} ${JSON.stringify(args)}`);
      }
    }
    expect(found).toEqual([]);
    expect(playground.guarded()).toBe(before);
  }, 120_000);

  test('resources and completion stay inside', async () => {
    const found: string[] = [];
    for (const path of PATHS)
      for (const root of ['workspace', 'docs', '..', 'nowhere', '%2e%2e', 'workspace:..'])
        for (const uri of [
          `workspace://${root}/${path}`,
          `workspace://${root}/${encodeURIComponent(path.toWellFormed())}`,
        ]) {
          const text = await client.readResource({ uri }).then(JSON.stringify, String);
          if (text.includes(canary) || text.includes(secret)) found.push(uri.slice(0, 300));
        }
    for (const value of ['../', '../out', '/etc/', 'out/', '.env', '~/', 'docs:../', '../outside/c']) {
      const ref = { type: 'ref/resource', uri: 'workspace://{root}/{+path}' } as const;
      const { completion } = await client.complete({ ref, argument: { name: 'path', value } });
      if (completion.values.length > 0) found.push(`${value}: ${completion.values.join()}`);
    }
    for (const id of [
      '../../audit.sqlite',
      '..',
      '%2e%2e%2faudit.sqlite',
      `../../../outside/canary.txt`,
      '/etc/passwd',
      'x\0',
    ]) {
      const text = await client.readResource({ uri: `artifact://${id}` }).then(JSON.stringify, String);
      if (!/not found|invalid/i.test(text)) found.push(`artifact ${id}: ${text.slice(0, 200)}`);
      const { isError } = await attempt(client, 'read_output', { id });
      if (!isError) found.push(`read_output ${id}`);
    }
    expect(found).toEqual([]);
  }, 120_000);

  test('devices, pipes, huge and binary files neither hang nor flood', async () => {
    const costly: unknown[] = [];
    for (const [tool, args] of [
      ['read_file', { path: 'fifo' }],
      ['search_files', { path: 'fifo', text: 'x' }],
      ['file_info', { path: 'huge.bin' }],
      ['read_file', { path: 'huge.bin' }],
      ['read_file', { path: 'binary.dat' }],
      ['read_file', { path: 'huge.bin', byteOffset: 1_000_000_000 }],
      ['search_files', { text: 'needle' }],
      ['list_files', { depth: 64 }],
      ['run', { program: 'cat', args: ['fifo'] }],
      ['run', { program: 'head', args: ['-c', '100000', 'huge.bin'] }],
      ['run', { program: 'cat', args: ['binary.dat'] }],
      ['run_line', { line: 'cat < fifo', timeoutMs: 5_000 }],
      ['run_line', { line: 'head -c 300000 huge.bin | wc -c' }],
    ] as const) {
      const started = performance.now();
      const { text } = await attempt(client, tool, args, { timeout: 25_000 });
      const cost = { characters: text.length, ms: performance.now() - started };
      if (cost.characters > 60_000 || cost.ms > 20_000) costly.push({ tool, args, ...cost });
    }
    expect(costly).toEqual([]);
  }, 120_000);
});

test(
  `of ${RACES} writes none escapes through a directory that turns into a link and back`,
  async () => {
    const client = await connectHttp(url);
    const target = join(outside, 'race');
    mkdirSync(target);
    mkdirSync(join(project, 'race/dir'), { recursive: true });
    // The server makes directories that are missing, so each step may meet one that was not there before.
    const script = `import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
    const [dir, kept, link, target] = process.argv.slice(2);
    const begin = () => {
      for (const path of [dir, kept, link]) rmSync(path, { recursive: true, force: true });
      mkdirSync(dir);
      symlinkSync(target, link);
    };
    let isBroken = true;
    for (;;)
      try {
        if (isBroken) begin();
        isBroken = false;
        for (const [from, to] of [[dir, kept], [link, dir], [dir, link], [kept, dir]]) renameSync(from, to);
      } catch {
        isBroken = true;
      }`;
    const file = join(playground.base, 'swap.mjs');
    writeFileSync(file, script);
    const names = ['race/dir', 'race/kept', 'race/link'].map((name) => join(project, name));
    const swapper = spawn(process.execPath, [file, ...names, target], { stdio: 'ignore' });
    let [written, refused] = [0, 0];
    try {
      for (let index = 0; index < RACES; index += 10) {
        const calls = Array.from({ length: 10 }, (_, offset) =>
          attempt(client, 'write_file', { path: `race/dir/f${index + offset}.txt`, content: 'x' }),
        );
        for (const { isError } of await Promise.all(calls))
          if (isError) refused += 1;
          else written += 1;
      }
      const ended = once(swapper, 'exit');
      swapper.kill('SIGKILL');
      await ended;
    } finally {
      swapper.kill('SIGKILL');
    }
    expect(readdirSync(target)).toEqual([]);
    // Both were met: the directory and the link.
    expect(Math.min(written, refused)).toBeGreaterThan(0);
    execFileSync('rm', ['-rf', target, file, join(project, 'race')]);
    expect(readFileSync(join(outside, 'canary.txt'), 'utf8')).toBe(`${canary}\n`);
  },
  isProof ? 600_000 : 60_000,
);
