import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProcessSandbox } from '../../../src/process/sandbox/sandbox.ts';
import { runIn, temporaryRoot, type Account, type RunOptions } from './run-in.ts';

const NODE = realpathSync(process.execPath);
const signalNumber = { SIGTERM: 143, SIGINT: 130 } as const;

/** What must work in every sandbox. */
export function testEverydayUse(sandbox: () => ProcessSandbox, account?: Account): void {
  const run = (root: string, command: readonly string[], options: RunOptions = {}) =>
    runIn(sandbox(), root, command, { account, ...options });

  describe('everyday use', () => {
    test('a program writes into its root and reads back', async () => {
      const root = temporaryRoot(account);
      const script = 'mkdir -p src && echo hello > src/a.txt && cat src/a.txt && pwd';
      expect(await run(root, ['/bin/sh', '-c', script])).toEqual({
        exitCode: 0,
        signal: null,
        stdout: `hello\n${root}\n`,
        stderr: '',
      });
      expect(readFileSync(join(root, 'src/a.txt'), 'utf8')).toBe('hello\n');
    });

    test('arguments, variables and stdin arrive as they are', async () => {
      const root = temporaryRoot(account);
      const script = 'printf "%s|" "$@"; printf "%s|" "$GREETING"; cat';
      const args = ['--version', '', 'a b', '$(id)', 'ä "q" \\', '-x', 'A=B'];
      const outcome = await run(root, ['/bin/sh', '-c', script, 'sh', ...args], {
        env: { GREETING: 'two words' },
        input: 'from stdin\n',
      });
      expect(outcome.stdout).toBe(`${args.join('|')}|two words|from stdin\n`);
    });

    test('a program gets the variables it was given and no others', async () => {
      process.env['TOOLYARD_TEST_SECRET'] = 'of the server';
      try {
        const { stdout } = await run(temporaryRoot(account), ['/usr/bin/env'], { env: { A: '1' } });
        const names = stdout.split('\n').map((line) => line.split('=')[0]);
        expect(new Set(names.filter((name) => name !== 'PWD' && name !== ''))).toEqual(
          new Set(['A', 'PATH']),
        );
      } finally {
        delete process.env['TOOLYARD_TEST_SECRET'];
      }
    });

    test.each([0, 1, 42, 255])('exit code %i comes back', async (code) => {
      const { exitCode } = await run(temporaryRoot(account), ['/bin/sh', '-c', `exit ${code}`]);
      expect(exitCode).toBe(code);
    });

    test.each(['SIGTERM', 'SIGINT'] as const)('a program can handle %s and clean up', async (signal) => {
      const name = signal.slice(3);
      const script = `trap 'echo cleaned; exit 7' ${name}; echo ready; for i in $(seq 200); do sleep 0.05; done`;
      const outcome = await run(temporaryRoot(account), ['/bin/sh', '-c', script], {
        onOutput: (text, send) => {
          if (text.includes('ready')) send(signal);
        },
      });
      expect(outcome).toMatchObject({ exitCode: 7, stdout: 'ready\ncleaned\n' });
    });

    test.each(['SIGTERM', 'SIGINT'] as const)(
      'a program that does not handle %s ends by it',
      async (signal) => {
        const outcome = await run(temporaryRoot(account), ['/bin/sh', '-c', 'echo ready; exec sleep 10'], {
          onOutput: (_, send) => send(signal),
        });
        expect(outcome.signal === signal || outcome.exitCode === signalNumber[signal]).toBe(true);
      },
    );

    test('output of 8 MiB arrives whole', async () => {
      const { stdout } = await run(temporaryRoot(account), ['/usr/bin/head', '-c', '8388608', '/dev/zero']);
      expect(stdout.length).toBe(8_388_608);
    });

    test('pipelines, temporary files and devices work', async () => {
      const script = [
        'scratch=$(mktemp -d)',
        'printf "b\\na\\nb\\n" | sort -u | tr a-z A-Z > "$scratch/sorted"',
        'head -c 3 /dev/urandom | wc -c',
        'echo gone > /dev/null',
        'cat "$scratch/sorted"',
        'rm -r "$scratch"',
      ].join(' && ');
      const { stdout, stderr } = await run(temporaryRoot(account), ['/bin/sh', '-c', script]);
      expect({ stdout, stderr }).toEqual({ stdout: '3\nA\nB\n', stderr: '' });
    });

    test('grep, find and sort search a tree', async () => {
      const root = temporaryRoot(account);
      mkdirSync(join(root, 'src'));
      writeFileSync(join(root, 'src/one.ts'), 'const a = 1;\nconst b = 2;\n');
      writeFileSync(join(root, 'src/two.md'), 'a|b\n');
      const grep = await run(root, ['/bin/grep', '-rnE', 'a|b', 'src', '--include=*.ts']);
      expect(grep.stdout).toBe('src/one.ts:1:const a = 1;\nsrc/one.ts:2:const b = 2;\n');
      const find = await run(root, ['/usr/bin/find', '.', '-type', 'f', '-name', '*.*']);
      const sort = await run(root, ['/usr/bin/sort'], { input: find.stdout });
      expect(sort.stdout).toBe('./src/one.ts\n./src/two.md\n');
    });

    test('git makes a repository, commits and shows the log', async () => {
      const root = temporaryRoot(account);
      const script = [
        'git init -q -b main .',
        'echo one > a.txt',
        'git add a.txt',
        'git -c user.name=A -c user.email=a@example.com commit -qm first',
        'git log --oneline -5 --format=%s',
        'git status --short',
      ].join(' && ');
      const outcome = await run(root, ['/bin/sh', '-c', script], { env: { HOME: '/home/nobody-at-all' } });
      expect(outcome).toMatchObject({ exitCode: 0, stdout: 'first\n', stderr: '' });
    });

    test('node runs a script that starts workers, children and a server of its own', async () => {
      const root = temporaryRoot(account);
      writeFileSync(
        join(root, 'suite.mjs'),
        `import { execFileSync } from 'node:child_process';
         import { writeFileSync } from 'node:fs';
         import { createServer } from 'node:http';
         import { tmpdir, userInfo } from 'node:os';
         import test from 'node:test';
         import assert from 'node:assert/strict';
         import { Worker } from 'node:worker_threads';
         test('child', () => assert.equal(execFileSync(process.execPath, ['-p', '1+1'], { encoding: 'utf8' }), '2\\n'));
         test('worker', () => new Promise((done) => new Worker('process.exit(0)', { eval: true }).once('exit', done)));
         test('server', async () => {
           const server = createServer((_, response) => response.end('hi')).listen(0, '127.0.0.1');
           await new Promise((done) => server.once('listening', done));
           const response = await fetch('http://127.0.0.1:' + server.address().port);
           assert.equal(await response.text(), 'hi');
           server.close();
         });
         test('files', () => writeFileSync(tmpdir() + '/toolyard-suite', ''));
         test('user', () => assert.equal(typeof userInfo().username, 'string'));
         writeFileSync('report.json', '{}');`,
      );
      const outcome = await run(root, [NODE, '--test', '--test-reporter=tap', 'suite.mjs']);
      expect(outcome.stdout).toContain('# fail 0');
      expect(outcome.exitCode).toBe(0);
      expect(readFileSync(join(root, 'report.json'), 'utf8')).toBe('{}');
    });
  });
}
