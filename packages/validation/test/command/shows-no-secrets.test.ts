import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openSafeRoots, type SafeRoots } from '@toolyard/core/process';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandPolicy, type CommandDecision } from '../../src/command.ts';
import { variationsOf } from './arbitrary-commands.ts';
import { READING } from './everyday-commands.ts';
import { MORE_READING } from './more-everyday-commands.ts';

const isGnu =
  process.platform === 'linux' && spawnSync('sort', ['--version']).stdout?.toString().includes('GNU');
const isProof = process.env['TOOLYARD_PROOF'] === '1';

const SECRET = 'S3CR3T';
const SECRETS =
  '.env .npmrc src/.env src/.Env.local src/id_rsa .ssh/k .aws/a/b two/.env two/.netrc dir1/.env dir2/.netrc .git/config';
const PROGRAMS =
  /^(?:(?:e|f)?grep|rg|diff|tar|git (?:-C src )?(?:grep|diff|show|log|blame|ls-files|stash|config)|sed|sort|cat|head|find|wc|du|file|test|jq|cut|paste|cmp) /;
// What the lines search for.
const WORDS = 'a1 foo TODO todo needle main pattern version import error';
const TEMPTING = [
  ...SECRETS.split(' '),
  ...(
    '. ./ .. ../tree .* * src two src/../.env src/. .ssh .git .GIT/ .git/. a b src/a.ts link link/.env ' +
    'outside outside/x ../outside/x /etc/passwd a.tgz HEAD HEAD: HEAD:src :/ :.env :(glob)**/.env* ' +
    ':(icase).ENV :!a -- - -r -rn --include=.env --include=* --exclude=x -g --hidden --no-index ' +
    '--untracked --cached 3 1 p 1,5p . S3C x a.* always auto -p -e -f -x'
  ).split(' '),
  '',
  SECRET,
];

// The rules are written for GNU programs.
describe.skipIf(!isGnu)('with the checks that a runner makes', () => {
  let home: string;
  let tree: string;
  let roots: SafeRoots;

  beforeAll(async () => {
    home = realpathSync(mkdtempSync(join(tmpdir(), 'toolyard-secrets-')));
    tree = join(home, 'tree');
    const put = (path: string, content: string) => {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), content);
    };
    for (const path of ['a', 'b', 'src/a.ts', 'two/a.ts', 'dir1/q', 'dir2/q'])
      put(`tree/${path}`, 'an x and a S3C\n');
    const git = (...args: string[]) =>
      start('git', ['-c', 'user.name=Ann', '-c', 'user.email=a@example.com', ...args]);
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-qm', 'one');
    put('tree/a', 'changed\n');
    for (const path of SECRETS.split(' '))
      if (!path.startsWith('.git/')) put(`tree/${path}`, `${SECRET} ${WORDS}: ${path}\n`);
    // Known to git and changed since; the content of revisions is not hidden.
    put('tree/two/.env', 'old\n');
    git('add', '-f', 'two/.env');
    git('commit', '-qm', 'two');
    put('tree/two/.env', `${SECRET} ${WORDS}\n`);
    git('config', 'http.https://host/.extraHeader', SECRET);
    put('outside/x', `${SECRET} outside\n`);
    start('ln', ['-s', '../outside', 'outside']);
    start('ln', ['-s', '../outside/x', 'two/a']);
    start('ln', ['-s', '.', 'link']);
    start('tar', ['-czf', 'a.tgz', 'src/a.ts', 'src/.env']);
    roots = await openSafeRoots({ roots: [{ name: 'tree', path: tree }] });
  });
  afterAll(async () => {
    await roots.close();
    rmSync(home, { recursive: true, force: true });
  });

  function start(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { error, stdout, stderr } = spawnSync(program, [...args], {
      cwd: tree,
      env: { PATH: process.env['PATH'], HOME: home, LC_ALL: 'C.UTF-8', ...env },
      input: '',
      timeout: 2_000,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
    });
    return error && 'code' in error && error.code === 'ENOENT' ? '' : String(stdout) + String(stderr);
  }

  async function passes({ operands }: CommandDecision): Promise<boolean> {
    for (const { value, access } of operands) {
      if (value === '-') continue;
      const isInside = await roots
        .checkOperand(value, { cwd: tree, access: access === 'read' ? 'read' : 'write' })
        .then(
          () => true,
          () => false,
        );
      if (!isInside) return false;
    }
    return true;
  }

  test(
    'whatever the profile readonly allows shows no secret and nothing from outside',
    async () => {
      const policy = commandPolicy({ profile: 'readonly' });
      const runs = isProof ? 6_000 : 800;
      let ran = 0;
      const lines = [...READING, ...MORE_READING].filter((line) => PROGRAMS.test(line));
      for (const [program, args] of fc.sample(variationsOf(lines, TEMPTING), {
        numRuns: runs,
        ...(isProof ? {} : { seed: 7 }),
      })) {
        const decision = policy.decide({ program, args, cwd: tree });
        if (decision.effect !== 'allow' || !(await passes(decision))) continue;
        ran++;
        // What the command itself says comes back in messages.
        if (args.some((text) => text.includes(SECRET))) continue;
        const shown = start(program, decision.args, decision.env);
        if (/root:x:0|S3CR3T/.test(shown))
          throw new Error(`${JSON.stringify([program, ...decision.args])} showed ${shown.slice(0, 500)}`);
      }
      expect(ran).toBeGreaterThan(runs / 20);
    },
    isProof ? 3_600_000 : 60_000,
  );
});
