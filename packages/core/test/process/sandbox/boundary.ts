import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync, linkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ProcessSandbox } from '../../../src/process/sandbox/sandbox.ts';
import { runIn, temporaryRoot, type Account, type RunOptions } from './run-in.ts';

const NODE = realpathSync(process.execPath);

/** What a sandbox with `isBoundary` must hold against. */
export function testBoundary(sandbox: () => ProcessSandbox, account?: Account): void {
  const run = (root: string, command: readonly string[], options: RunOptions = {}) =>
    runIn(sandbox(), root, command, { account, ...options });
  const sh = (root: string, script: string, options: RunOptions = {}) =>
    run(root, ['/bin/sh', '-c', script], options);

  describe('boundary', () => {
    test('nothing outside the root can be written', async () => {
      const outside = realpathSync(mkdtempSync(join(tmpdir(), 'toolyard-outside-')));
      onTestFinished(() => rmSync(outside, { recursive: true }));
      const targets = [outside, '/etc', '/usr/bin', '/usr/local/bin', '/var/tmp', '/', '/dev', homedir()];
      const script = targets.map((path) => `echo x > ${path}/toolyard-escape && echo ${path}`).join('; ');
      expect((await sh(temporaryRoot(account), script)).stdout).toBe('');
      expect(targets.filter((path) => existsSync(join(path, 'toolyard-escape')))).toEqual([]);
    });

    test('a link out of the root leads nowhere', async () => {
      const outside = realpathSync(mkdtempSync(join(tmpdir(), 'toolyard-outside-')));
      onTestFinished(() => rmSync(outside, { recursive: true }));
      writeFileSync(join(outside, 'secret'), 'secret');
      const root = temporaryRoot(account);
      symlinkSync(outside, join(root, 'out'));
      const { stdout } = await sh(
        root,
        'cat out/secret; echo x > out/new; cat out/../secret; ls /tmp/..//tmp/',
      );
      expect(stdout).not.toContain('secret');
      expect(existsSync(join(outside, 'new'))).toBe(false);
    });

    test.each([
      '/etc/shadow',
      '/etc/ssl/private',
      '/root',
      '/var',
      '/run',
      '/sys',
      '/home',
      '/opt',
      join(process.cwd(), 'package.json'),
    ])('%s is not there', async (path) => {
      expect((await sh(temporaryRoot(account), `test -e ${path} || echo absent`)).stdout).toBe('absent\n');
    });

    test('no kernel setting can be changed', async () => {
      const script =
        'find /proc -maxdepth 4 -type f -not -path "/proc/[0-9]*" -not -path "/proc/*self/*" -writable 2>/dev/null';
      const { stdout } = await sh(temporaryRoot(account), script);
      const harmless = /^\/proc\/(?:pressure\/\w+|mtrr)$/;
      expect(stdout.split('\n').filter((path) => path !== '' && !harmless.test(path))).toEqual([]);
    });

    test('processes outside can be neither seen nor signalled', async () => {
      const { stdout } = await sh(
        temporaryRoot(account),
        `kill -0 ${process.pid} 2>/dev/null && echo signalled; ls -d /proc/[0-9]* | wc -l; kill -9 -1`,
      );
      expect(Number(stdout)).toBeLessThan(6);
      expect(stdout).not.toContain('signalled');
    });

    test('a server on the loopback of this machine cannot be reached, unless network is given', async () => {
      let connections = 0;
      const server = createServer((socket) => {
        connections++;
        socket.end('reached');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const { port } = server.address() as { port: number };
      const script = `require('net').connect(${port}, '127.0.0.1').on('error', (error) => console.log(error.code)).on('data', (data) => console.log(String(data)))`;
      const root = temporaryRoot(account);
      expect((await run(root, [NODE, '-e', script])).stdout).toBe('ECONNREFUSED\n');
      expect(connections).toBe(0);
      expect((await run(root, [NODE, '-e', script], { network: true })).stdout).toBe('reached\n');
    });

    test('an abstract socket of this machine cannot be reached', async () => {
      const server = createServer((socket) => socket.end('reached'));
      const name = `\0toolyard-${process.pid}-${account?.uid ?? 0}`;
      await new Promise<void>((resolve) => server.listen(name, resolve));
      onTestFinished(() => void server.close());
      const script = `require('net').connect(${JSON.stringify(name)}).on('error', (error) => console.log(error.code)).on('data', (data) => console.log(String(data)))`;
      expect((await run(temporaryRoot(account), [NODE, '-e', script])).stdout).toBe('ECONNREFUSED\n');
    });

    test('there are no capabilities, no way to gain any, and no further namespaces', async () => {
      const { stdout } = await sh(
        temporaryRoot(account),
        'grep -E "^(CapEff|CapPrm|CapBnd|CapAmb|NoNewPrivs)" /proc/self/status; unshare -U true && echo unshared; unshare -m true && echo unshared; mount -t tmpfs x /tmp && echo mounted',
      );
      expect(stdout.replaceAll(/\t/g, ' ').trim().split('\n')).toEqual([
        'CapPrm: 0000000000000000',
        'CapEff: 0000000000000000',
        'CapBnd: 0000000000000000',
        'CapAmb: 0000000000000000',
        'NoNewPrivs: 1',
      ]);
    });

    test('no device can be made or opened', async () => {
      const script =
        'mknod disk b 254 0 && echo made; ls /dev | grep -E "^(sd|vd|nvme|kmsg|mem|kvm|fuse)" ; cat /proc/kcore | head -c 1 | wc -c';
      expect((await sh(temporaryRoot(account), script)).stdout).toBe('0\n');
    });

    test('a hard link into the root is a file of the root, and gives no way up', async () => {
      const root = temporaryRoot(account);
      writeFileSync(join(root, 'a'), 'a');
      linkSync(join(root, 'a'), join(root, 'b'));
      const { stdout } = await sh(root, 'cat b; ls -A .. ; cd /proc/self/root && ls -A home 2>/dev/null');
      expect(stdout).toBe(`a${root.split('/').at(-1)}\n`);
    });

    test('what is left running ends with the program', async () => {
      const root = temporaryRoot(account);
      const marker = `toolyard-left-${process.pid}-${account?.uid ?? 0}`;
      const script = `setsid sh -c 'trap "" TERM HUP; for i in $(seq 1000); do sleep 0.01; done' ${marker} >/dev/null 2>&1 & sleep 0.1; echo started`;
      expect((await sh(root, script)).stdout).toBe('started\n');
      expect(await processesNamed(marker)).toEqual([]);
    });

    test('everything ends with the server, even when that is killed', async () => {
      const root = temporaryRoot(account);
      const marker = `toolyard-orphan-${process.pid}-${account?.uid ?? 0}`;
      const stubborn = `trap "" TERM HUP INT; echo ready; setsid sh -c 'for i in $(seq 200); do sleep 0.05; done' ${marker} & for i in $(seq 200); do sleep 0.05; done`;
      const command = {
        file: realpathSync('/bin/sh'),
        args: ['-c', stubborn, marker],
        cwd: root,
        env: { PATH: '/usr/bin' },
      };
      const wrapped = sandbox().wrap(command, { roots: [{ path: root, writable: true }], network: false });
      const parent = `const { spawn } = require('node:child_process');
        const { file, args, cwd, env } = JSON.parse(process.argv[1]);
        spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'inherit', 'ignore'] });
        setInterval(() => {}, 1000);`;
      const server = spawn(NODE, ['-e', parent, JSON.stringify(wrapped)], {
        env: {},
        stdio: ['ignore', 'pipe', 'ignore'],
        ...account,
      });
      const closed = new Promise((resolve) => server.stdout.once('close', resolve));
      await new Promise((resolve) => server.stdout.once('data', resolve));
      server.kill('SIGKILL');
      await closed;
      expect(await processesNamed(marker)).toEqual([]);
    });
  });
}

/** Command lines on this machine that contain a word; empty as soon as there are none, or after two seconds. */
async function processesNamed(word: string): Promise<string[]> {
  const { stdout } = await new Promise<{ stdout: string }>((resolve) => {
    // The word in brackets, so that the search does not find itself.
    const script = `for i in $(seq 100); do found=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -o '[${word.charAt(0)}]${word.slice(1)}'); [ -z "$found" ] && exit; sleep 0.02; done; echo "$found"`;
    const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    child.once('close', () => resolve({ stdout: text }));
  });
  return stdout.split('\n').filter((line) => line !== '');
}
