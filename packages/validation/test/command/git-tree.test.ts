import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkGitTree, commandPolicy, GIT_CHECKS } from '../../src/command.ts';

let tree = '';
let settings = '';
beforeAll(() => {
  tree = realpathSync(mkdtempSync(join(tmpdir(), 'toolyard-git-')));
  git('init', '-q', '-b', 'main');
  writeFileSync(join(tree, 'a.txt'), 'one\n');
  writeFileSync(join(tree, '.gitattributes'), '* diff=trap\n');
  git('add', '.');
  git('-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', 'commit', '-qm', 'one');
  settings = readFileSync(join(tree, '.git/config'), 'utf8');
});
beforeEach(() => writeFileSync(join(tree, '.git/config'), settings));
afterAll(() => rmSync(tree, { recursive: true, force: true }));

const submoduleTrace = () => join(tree, 'filter-ran');

const policy = commandPolicy({ profile: 'readonly' });

function git(...args: string[]): string {
  const { env } = policy.decide({ program: 'git', args: ['status'] });
  return execFileSync('git', args, {
    cwd: tree,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: 'pipe',
  }).toString();
}

const query = (args: readonly string[]) => Promise.resolve(git(...args));
const check = () => checkGitTree(query);

test('a fresh repository is safe', async () => {
  expect(await check()).toEqual({ isSafe: true, directories: [join(tree, '.git')] });
});

test('everyday settings are safe', async () => {
  for (const [key, value] of [
    ['user.name', 'Ann'],
    ['remote.origin.url', 'git@github.com:a/b.git'],
    ['remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*'],
    ['branch.main.merge', 'refs/heads/main'],
    ['core.hooksPath', '.husky/_'],
    ['core.autocrlf', 'input'],
    ['core.editor', 'vim'],
    ['pull.rebase', 'true'],
    ['alias.co', 'checkout'],
    ['filter.lfs.clean', 'git-lfs clean -- %f'],
    ['filter.lfs.required', 'true'],
    ['diff.algorithm', 'histogram'],
    ['merge.conflictStyle', 'zdiff3'],
    ['blame.ignoreRevsFile', '.git-blame-ignore-revs'],
  ] as const)
    git('config', key, value);
  expect(await check()).toEqual({ isSafe: true, directories: [join(tree, '.git')] });
});

test.each([
  ['filter.evil.clean', 'id'],
  ['filter.evil.smudge', 'id'],
  ['filter.evil.process', 'id'],
  ['filter.lfs.clean', 'id'],
  ['filter.a.b.c.clean', 'id'],
  ['diff.external', 'id'],
  ['format.signatureFile', '/etc/passwd'],
  ['diff.x.textconv', 'id'],
  ['diff.x.command', 'id'],
  ['merge.x.driver', 'id'],
  ['gpg.program', 'id'],
  ['gpg.ssh.program', 'id'],
  ['credential.helper', '!id'],
  ['credential.https://h.helper', '!id'],
  ['core.sshCommand', 'id'],
  ['core.gitProxy', 'id'],
  ['core.worktree', '/'],
  ['remote.origin.uploadpack', 'id'],
  ['remote.origin.url', 'ext::sh -c id'],
  ['remote.origin.vcs', 'evil'],
  ['include.path', '/tmp/evil'],
  ['includeIf.gitdir:/.path', '/tmp/evil'],
  ['submodule.x.update', '!id'],
  ['protocol.ext.allow', 'always'],
  ['trailer.x.command', 'id'],
  ['FILTER.evil.Clean', 'id'],
])('%s makes it unsafe', async (key, value) => {
  git('config', key, value);
  const verdict = await check();
  expect(verdict).toMatchObject({ isSafe: false, reason: expect.stringContaining(key.toLowerCase()) });
  expect(verdict).toMatchObject({ findings: [{ origin: expect.stringContaining('.git/config') }] });
});

test('a key without a value counts', async () => {
  expect(await checkGitTree(() => Promise.resolve('file:x\0filter.x.clean\0'))).toMatchObject({
    isSafe: false,
  });
});

test('what the command line sets is not of the tree', async () => {
  expect(
    await checkGitTree(() => Promise.resolve('command line:\0protocol.ext.allow\nnever\0')),
  ).toMatchObject({ isSafe: true });
});

describe('settings that the rules override run nothing (CVE-2026-72718 and the like)', () => {
  test.each<[key: string, args: string[]]>([
    ['core.fsmonitor', ['status']],
    ['core.fsmonitor', ['diff']],
    ['diff.external', ['diff']],
    ['diff.external', ['log', '-p', '--ext-diff']],
    ['diff.trap.textconv', ['diff']],
    ['diff.trap.textconv', ['show']],
    ['diff.trap.textconv', ['log', '-p']],
    ['diff.trap.textconv', ['blame', 'a.txt']],
    ['diff.trap.textconv', ['grep', '--textconv', 'one']],
    ['diff.trap.command', ['diff']],
    ['diff.trap.command', ['diff-files', '-p', '--ext-diff']],
  ])('%s with git %j', (key, args) => {
    const trace = join(tree, 'trace');
    git('config', key, `sh -c 'echo ran >> "${trace}"; cat a.txt'`);
    writeFileSync(join(tree, 'a.txt'), 'one\ntwo\n');
    git(...args);
    expect(existsSync(trace)).toBe(true); // the trap works
    rmSync(trace);

    const decision = policy.decide({
      program: 'git',
      args: args.filter((arg) => !/^--(?:ext-diff|textconv)$/.test(arg)),
    });
    expect(decision.effect).toBe('allow');
    git(...decision.args);
    expect(existsSync(trace)).toBe(false);
  });
});

test('a .git file that names another repository shows where that is', async () => {
  const other = join(tree, 'other');
  mkdirSync(other);
  writeFileSync(join(other, '.git'), `gitdir: ${join(tree, '.git')}\n`);
  const verdict = await checkGitTree((args) => Promise.resolve(git('-C', other, ...args)));
  expect(verdict).toEqual({ isSafe: true, directories: [join(tree, '.git')] });
});

describe('submodules, whose settings nobody checked', () => {
  let changes = 0;
  const change = () => writeFileSync(join(tree, 'sub/f'), 'x'.repeat(++changes));

  beforeAll(() => {
    mkdirSync(join(tree, 'sub'));
    const sub = (...args: string[]) =>
      git('-C', 'sub', '-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', ...args);
    sub('init', '-q');
    change();
    writeFileSync(join(tree, 'sub/.gitattributes'), '* filter=evil\n');
    sub('add', '.');
    sub('commit', '-qm', 'one');
    git('add', 'sub');
    writeFileSync(
      join(tree, '.gitmodules'),
      '[submodule "sub"]\n\tpath = sub\n\turl = ./sub\n\tignore = none\n',
    );
    sub('config', 'filter.evil.clean', `sh -c 'echo ran >> "${submoduleTrace()}"; cat'`);
  });

  test.each<[args: string[]]>([
    [['status']],
    [['diff']],
    [['diff', 'HEAD']],
    [['diff-files']],
    [['diff-index', 'HEAD']],
  ])('git %j runs nothing in them', (args) => {
    change();
    git(...args);
    expect(existsSync(submoduleTrace())).toBe(true); // the trap works
    rmSync(submoduleTrace());
    change();
    git(...policy.decide({ program: 'git', args }).args);
    expect(existsSync(submoduleTrace())).toBe(false);
  });

  test('their state cannot be asked for', () => {
    expect(policy.decide({ program: 'git', args: ['status', '--ignore-submodules=none'] }).effect).toBe(
      'deny',
    );
    expect(policy.decide({ program: 'git', args: ['diff', '--submodule=diff'] }).effect).toBe('deny');
  });

  test('what needs it asks for a check that refuses the tree', async () => {
    const { effect, checks } = policy.decide({ program: 'git', args: ['describe', '--dirty'] });
    expect({ effect, checks }).toEqual({ effect: 'allow', checks: ['git-config', 'git-submodules'] });
    expect(await GIT_CHECKS['git-submodules']?.(query)).toMatchObject({
      isSafe: false,
      findings: [{ origin: 'sub' }],
    });
    git('rm', '-qf', '--cached', 'sub');
    expect(await GIT_CHECKS['git-submodules']?.(query)).toMatchObject({ isSafe: true });
  });
});
