import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { bwrapSandbox } from '../../../src/process/sandbox/bwrap-sandbox.ts';
import { openSandbox } from '../../../src/process/sandbox/open-sandbox.ts';
import { linuxPlatform } from '../../../src/process/platform.ts';
import { testBoundary } from './boundary.ts';
import { testEverydayUse } from './everyday-use.ts';
import { testLimits } from './limits.ts';
import { runIn, temporaryRoot, type Account } from './run-in.ts';

const NODE = realpathSync(process.execPath);
// Asked without our own code: a sandbox that we broke must fail here, not skip.
const { status, stderr, error } = spawnSync('bwrap', [
  '--unshare-all',
  '--ro-bind',
  '/',
  '/',
  '--proc',
  '/proc',
  'true',
]);
const works = process.platform === 'linux' && status === 0;
if (!works) console.warn(`bwrap tests skipped: ${error?.message ?? stderr.toString().trim()}`);

const isRoot = process.getuid?.() === 0;
// As root also for another user: root is the harder case for the walls, another user for the limits.
const accounts: [string, Account | undefined][] = isRoot
  ? [
      ['root', undefined],
      ['another user', { uid: 65_534, gid: 65_534 }],
    ]
  : [['this user', undefined]];

describe.skipIf(!works)('bwrapSandbox', () => {
  test('is what openSandbox finds', async () => {
    const sandbox = await openSandbox('auto');
    expect(sandbox.description).toMatch(/^bubblewrap \d/);
    expect(sandbox).toMatchObject({ name: 'bwrap', isBoundary: true });
  });

  describe.each(accounts)('as %s', (_, account) => {
    const platform = linuxPlatform(account?.uid ?? process.getuid?.());
    const sandbox = bwrapSandbox({ readable: [NODE], platform });
    testEverydayUse(() => sandbox, account);
    testLimits(sandbox, account, account ? ['openFiles', 'processes'] : sandbox.limits);
    testBoundary(() => sandbox, account);
  });

  test('where the kernel gives no namespaces, it is refused with what helps, and auto says why there is none', async () => {
    // Inside a sandbox there are none left.
    const root = temporaryRoot();
    const module = fileURLToPath(new URL('../../../src/process/sandbox/open-sandbox.ts', import.meta.url));
    const script = `import { openSandbox } from ${JSON.stringify(module)};
      const { name, description } = await openSandbox('auto');
      const code = await openSandbox('bwrap').catch((error) => error.code);
      console.log(JSON.stringify({ name, description, code }));`;
    const sandbox = bwrapSandbox({ readable: [NODE, realpathSync(process.cwd())] });
    const outcome = await runIn(sandbox, root, [NODE, '--input-type=module', '-e', script]);
    expect(JSON.parse(outcome.stdout || outcome.stderr)).toEqual({
      name: 'none',
      description: expect.stringMatching(/bwrap 0\.\S+ said: bwrap: .*namespace.*max_user_namespaces/),
      code: 'SANDBOX_UNAVAILABLE',
    });
  });

  describe('roots', () => {
    const sandbox = bwrapSandbox({ readable: [NODE] });

    test('a read-only root can be read and not written', async () => {
      const [root, other] = [temporaryRoot(), temporaryRoot()];
      writeFileSync(join(other, 'a.txt'), 'kept');
      const roots = [
        { path: root, writable: true },
        { path: other, writable: false },
      ];
      const script = `cat ${other}/a.txt; echo new > ${other}/a.txt || echo new > ${other}/b.txt || echo refused`;
      const { stdout } = await runIn(sandbox, root, ['/bin/sh', '-c', script], { roots });
      expect(stdout).toBe('keptrefused\n');
      expect(readFileSync(join(other, 'a.txt'), 'utf8')).toBe('kept');
    });

    test('a writable root inside a read-only one stays writable', async () => {
      const outer = temporaryRoot();
      const inner = join(outer, 'inner');
      mkdirSync(inner);
      const roots = [
        { path: inner, writable: true },
        { path: outer, writable: false },
      ];
      const script = `echo in > ${inner}/a && (echo out > ${outer}/a || cat ${inner}/a)`;
      const { stdout } = await runIn(sandbox, inner, ['/bin/sh', '-c', script], { roots });
      expect(stdout).toBe('in\n');
    });

    test.each(['/', '/proc', '/proc/self', '/usr', '/etc', '/dev', '/sys/kernel'])(
      'the root %s is refused',
      async (path) => {
        await expect(runIn(sandbox, path, ['/bin/true'])).rejects.toMatchObject({
          code: 'SANDBOX_ROOT_REFUSED',
        });
      },
    );

    test('a root that is a link is refused, with what it points to', async () => {
      const root = temporaryRoot();
      symlinkSync('/etc', join(root, 'link'));
      const path = join(root, 'link');
      const run = runIn(sandbox, path, ['/bin/true'], { roots: [{ path, writable: false }] });
      await expect(run).rejects.toThrow(/is a link to \/etc/);
    });

    test('a read-only root inside a writable one is refused, with what helps', async () => {
      const root = temporaryRoot();
      mkdirSync(join(root, 'kept'));
      const roots = [
        { path: root, writable: true },
        { path: join(root, 'kept'), writable: false },
      ];
      await expect(runIn(sandbox, root, ['/bin/true'], { roots })).rejects.toThrow(/option readOnly/);
    });

    test('a working directory outside the roots is refused', async () => {
      const root = temporaryRoot();
      const roots = [{ path: temporaryRoot(), writable: true }];
      await expect(runIn(sandbox, root, ['/bin/true'], { roots })).rejects.toMatchObject({
        code: 'SANDBOX_CWD_OUTSIDE',
      });
    });

    test('what was made readable and is replaced by a link later, is not mounted', async () => {
      const [root, tools] = [temporaryRoot(), temporaryRoot()];
      const tool = join(tools, 'tool');
      writeFileSync(tool, 'tool');
      const open = bwrapSandbox({ readable: [tool] });
      const read = () => runIn(open, root, ['/bin/cat', tool]);
      expect((await read()).stdout).toBe('tool');
      rmSync(tool);
      symlinkSync('/etc/hostname', tool);
      await expect(read()).rejects.toMatchObject({ code: 'SANDBOX_ROOT_REFUSED' });
    });

    test('a program outside system, roots and readable paths is refused, with what helps', () => {
      const needs = { roots: [{ path: '/tmp', writable: true }], network: false };
      const command = { file: '/opt/tool/bin/tool', args: [], cwd: '/tmp', env: {} };
      expect(() => sandbox.wrap(command, needs)).toThrow(/option readable/);
    });
  });

  describe('paths that stay read-only', () => {
    test.each([
      ['writing', 'echo evil > .git/config'],
      ['adding', 'echo evil > .git/hooks/pre-commit'],
      ['removing', 'rm -rf .git/config .git/hooks'],
      ['renaming', 'mv .git/config .git/old'],
      ['renaming the directory around them', 'mv .git old && mkdir -p .git/hooks'],
      ['replacing by rename', 'echo evil > x && mv -f x .git/config'],
      ['a link in their place', 'ln -sfn /tmp .git/hooks && test -L .git/hooks'],
      ['mounting away', 'umount .git/config || mount -o remount,rw .git/config'],
    ])('%s fails', async (_, script) => {
      const { root, sandbox } = repository();
      const { exitCode } = await runIn(sandbox, root, ['/bin/sh', '-c', script]);
      expect(exitCode).not.toBe(0);
      expect(readFileSync(join(root, '.git/config'), 'utf8')).toBe('config');
    });

    test('what lies beside them can be written', async () => {
      const { root, sandbox } = repository();
      await runIn(sandbox, root, ['/bin/sh', '-c', 'echo new > .git/HEAD; echo new > missing']);
      expect(readFileSync(join(root, '.git/HEAD'), 'utf8')).toBe('new\n');
      expect(readFileSync(join(root, 'missing'), 'utf8')).toBe('new\n');
    });
  });

  test('HOME is empty and private, unless a root provides it', async () => {
    const sandbox = bwrapSandbox();
    const root = temporaryRoot();
    const home = temporaryRoot();
    writeFileSync(join(home, '.npmrc'), 'token');
    const script = 'ls -A "$HOME"; echo mine > "$HOME/x"; cat "$HOME/x"';
    const hidden = await runIn(sandbox, root, ['/bin/sh', '-c', script], { env: { HOME: home } });
    expect(hidden.stdout).toBe('mine\n');
    const roots = [root, home].map((path) => ({ path, writable: true }));
    const given = await runIn(sandbox, root, ['/bin/sh', '-c', script], { env: { HOME: home }, roots });
    expect(given.stdout).toBe('.npmrc\nmine\n');
  });

  test('a variable for the loader reaches the program and not what builds the sandbox', () => {
    const command = { file: '/bin/true', args: [], cwd: '/tmp', env: { LD_PRELOAD: '/tmp/x.so', A: '1' } };
    const needs = { roots: [{ path: '/tmp', writable: true }], network: false };
    const { env, args } = bwrapSandbox().wrap(command, needs);
    expect(env).toEqual({ A: '1' });
    expect(args.join(' ')).toContain('--setenv LD_PRELOAD /tmp/x.so');
  });

  test('a program that goes by several names is started by the right one', async () => {
    const root = temporaryRoot();
    const file = join(root, 'many');
    writeFileSync(file, '#!/bin/sh\nbasename "$0"\n', { mode: 0o755 });
    symlinkSync('many', join(root, 'other'));
    const { stdout } = await runIn(bwrapSandbox(), root, [file], { name: 'other' });
    expect(stdout).toBe('other\n');
  });
});

function repository() {
  const root = temporaryRoot();
  mkdirSync(join(root, '.git/hooks'), { recursive: true });
  writeFileSync(join(root, '.git/config'), 'config');
  writeFileSync(join(root, '.git/HEAD'), 'head');
  const readOnly = [join(root, '.git/hooks'), join(root, '.git/config'), join(root, 'missing')];
  return { root, sandbox: bwrapSandbox({ readOnly }) };
}
