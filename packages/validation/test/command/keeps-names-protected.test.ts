import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openSafeRoots, type SafeRoots } from '@toolyard/core/process';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandPolicy, type CommandDecision } from '../../src/command.ts';
import { DEFAULT_NAMES, nameMatcher } from '../../src/command/policy/protected-names.ts';
import { variationsOf } from './arbitrary-commands.ts';
import { DEVELOPING } from './everyday-commands.ts';
import { MORE_DEVELOPING } from './more-everyday-commands.ts';

const isGnu =
  process.platform === 'linux' && spawnSync('sort', ['--version']).stdout?.toString().includes('GNU');
const isProof = process.env['TOOLYARD_PROOF'] === '1';

const SECRET = 'S3CR3T';
const PROGRAMS = /^(?:git|cp|mv|tar|mkdir|touch|tee|sort|uniq|rmdir) /;
const TEMPTING = [
  ...(
    '.env src/.env .npmrc .ssh .ssh/k .vscode evil/.vscode evil evil/. .husky . ./ .. ../tree * .* src ' +
    'src/a.ts a b new new/ link link/k out .git .git/config .git/. .GIT x.tar y.tar -r -a -rT -A -f -fA ' +
    '-u -m m HEAD HEAD~1 HEAD: main other :/ :(glob)**/.env* :!a -- - -C -cf -c'
  ).split(' '),
  '',
];

// The rules are written for GNU programs.
describe.skipIf(!isGnu)('with the checks that a runner makes', () => {
  let home: string;
  let tree: string;
  let roots: SafeRoots;
  const isProtected = nameMatcher([...DEFAULT_NAMES.secretNames, ...DEFAULT_NAMES.readOnlyNames]);

  beforeAll(async () => {
    home = realpathSync(mkdtempSync(join(tmpdir(), 'toolyard-kept-')));
    tree = join(home, 'work', 'tree');
    const put = (path: string, content: string) => {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), content);
    };
    for (const path of ['a', 'b', 'src/a.ts', 'evil/x']) put(path, `${path}\n`);
    start('git', ['init', '-q', '-b', 'main']);
    start('git', ['add', '.']);
    start('git', ['commit', '-qm', 'one']);
    start('git', ['branch', 'other']);
    put('a', 'two\n');
    start('git', ['commit', '-qam', 'two']);
    put('b', 'changed\n');
    put('.gitignore', '.env\n');
    for (const path of ['.env', 'src/.env', '.npmrc', '.ssh/k']) put(path, `${SECRET}\n`);
    for (const path of ['evil/.vscode/tasks.json', 'evil/.husky/hook']) put(path, 'evil\n');
    start('git', ['config', 'http.https://host/.extraHeader', SECRET]);
    mkdirSync(join(home, 'work/outside'));
    writeFileSync(join(home, 'work/outside/k'), 'outside\n');
    start('ln', ['-s', '../outside', 'link']);
    cpSync(join(home, 'work'), join(home, 'fresh'), { recursive: true, verbatimSymlinks: true });
    roots = await openSafeRoots({ roots: [{ name: 'tree', path: tree, writable: true }] });
  });
  afterAll(async () => {
    await roots.close();
    rmSync(home, { recursive: true, force: true });
  });

  function start(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const names = { GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'a@example.com' };
    const committer = { GIT_COMMITTER_NAME: 'Ann', GIT_COMMITTER_EMAIL: 'a@example.com' };
    const { stdout, stderr } = spawnSync(program, [...args], {
      cwd: tree,
      env: { PATH: process.env['PATH'], HOME: home, LC_ALL: 'C.UTF-8', ...names, ...committer, ...env },
      input: 'typed\n',
      timeout: 2_000,
      killSignal: 'SIGKILL',
    });
    return String(stdout) + String(stderr);
  }

  async function passes({ operands }: CommandDecision): Promise<boolean> {
    for (const { value, access } of operands) {
      if (value === '-') continue;
      const path = await roots
        .checkOperand(value, { cwd: tree, access: access === 'read' ? 'read' : 'write' })
        .catch(() => undefined);
      if (path === undefined || (access === 'remove' && tree.startsWith(path))) return false;
    }
    return true;
  }

  /**
   * What is secret or outside, as it reads from its protected name on: directories around it may be copied and moved,
   * and git may take away what it knows. The names at the top, where programs look for them. And what shows a secret
   * without being protected.
   */
  function look(): { kept: string[]; top: string[]; shown: string[] } {
    const entries = readdirSync(join(home, 'work'), { recursive: true, withFileTypes: true })
      .map((entry) => ({ entry, path: join(entry.parentPath, entry.name).slice(home.length + 1) }))
      .filter(({ path }) => !path.includes('/.git/'));
    const files = entries
      .filter(({ entry }) => entry.isFile())
      .map(({ path }) => ({ path, content: readFileSync(join(home, path)).toString('latin1') }));
    const isKept = (path: string) => path.startsWith('work/outside/') || path.split('/').some(isProtected);
    const tail = (path: string) => {
      const names = path.split('/');
      return names.slice(Math.max(0, names.findIndex(isProtected))).join('/');
    };
    const kept = files
      .filter(({ path, content }) => isKept(path) && content !== 'evil\n')
      .map(({ path, content }) => `${tail(path)} ${content}`);
    return {
      kept: [...new Set(kept)].toSorted(),
      top: readdirSync(tree).filter(isProtected).toSorted(),
      shown: files
        .filter(({ path, content }) => !isKept(path) && content.includes(SECRET))
        .map(({ path }) => path),
    };
  }

  test(
    'whatever the profile dev allows without a question keeps protected files where and as they are',
    async () => {
      const policy = commandPolicy({ profile: 'dev' });
      const before = look();
      expect(before.shown).toEqual([]);
      const lines = [...DEVELOPING, ...MORE_DEVELOPING].filter((line) => PROGRAMS.test(line));
      const commands = fc.array(variationsOf(lines, TEMPTING), { minLength: 30, maxLength: 30 });
      let ran = 0;
      const rounds = isProof ? 300 : 12;
      for (const round of fc.sample(commands, { numRuns: rounds, ...(isProof ? {} : { seed: 7 }) })) {
        const log: (readonly string[])[] = [];
        for (const [program, args] of round) {
          const decision = policy.decide({ program, args, cwd: tree });
          if (decision.effect !== 'allow' || !(await passes(decision))) continue;
          ran++;
          log.push([program, ...args]);
          start(program, decision.args, decision.env);
        }
        const inGit =
          start('git', ['log', '--all', '-p', '-m', '--reflog']) + start('git', ['grep', '--cached', SECRET]);
        const after = look();
        // The commands stand in both, to be read when it fails.
        expect({ ...after, inGit: inGit.includes(SECRET), log }).toEqual({ ...before, inGit: false, log });
        rmSync(join(home, 'work'), { recursive: true });
        cpSync(join(home, 'fresh'), join(home, 'work'), { recursive: true, verbatimSymlinks: true });
      }
      expect(ran).toBeGreaterThan(rounds * 5);
    },
    isProof ? 3_600_000 : 60_000,
  );
});
