// The server as a process: how it starts, what it says when it cannot, and how it ends.
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { processesWith, uniqueSeconds } from '../processes.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { clientForTest, newClient } from './clients.ts';
import { environment, httpForTest, launch, MAIN } from './terminal.ts';

const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));

/** Waits for a process that ends by itself. */
async function run(args: readonly string[], env: Record<string, string> = {}) {
  const terminal = launch(args, { env });
  const end = await terminal.ended;
  return { end, stdout: terminal.stdout(), stderr: terminal.stderr() };
}

test('says on stderr, in one line, where it listens, and nothing on stdout', async () => {
  const server = await httpForTest(['--data', temporaryDirectory()]);
  expect(server.stderr()).toBe(`terminal-runner listens on ${server.url}\n`);
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
  expect(await server.stop('SIGINT')).toBe(0);
  expect(server.stdout()).toBe('');
});

describe('the end', () => {
  test('SIGTERM lets a running call finish, refuses new ones, and gives 0', async () => {
    const data = temporaryDirectory();
    const server = await httpForTest(['--data', data, '--allow-program', 'sleep']);
    const client = await clientForTest(server.url);
    const running = client.callTool({ name: 'run', arguments: { program: 'sleep', args: ['1.1'] } });
    await vi.waitFor(() => expect(processesWith('sleep\x001.1')).toHaveLength(1));
    const ended = server.stop('SIGTERM');
    // Refused at the door, or told so on a connection that is still open.
    const isReady = () =>
      fetch(server.at('/readyz')).then(
        ({ ok }) => ok,
        () => false,
      );
    await expect.poll(isReady).toBe(false);
    expect(await running).toMatchObject({ structuredContent: { exitCode: 0 } });
    expect(await ended).toBe(0);
    expect(readdirSync(data).filter((name) => name.endsWith('-wal'))).toEqual([]);
  });

  test('a call that does not finish in time is given up, and its programs with it', async () => {
    const server = await httpForTest(['--data', temporaryDirectory(), '--allow-program', 'sh']);
    const client = await clientForTest(server.url);
    const seconds = uniqueSeconds();
    const args = ['-c', `sleep ${seconds} & sleep ${seconds}`];
    const running = client.callTool({ name: 'run', arguments: { program: 'sh', args } });
    const outcome = expect(running).rejects.toThrow('The server is shutting down.');
    await vi.waitFor(() => expect(processesWith(`sleep\0${seconds}`)).toHaveLength(2));
    expect(await server.stop('SIGTERM')).toBe(0);
    await outcome;
    expect(processesWith(seconds)).toEqual([]);
  });

  test('a second Ctrl-C, after a while, ends it at once, and still no program is left', async () => {
    const server = await httpForTest(['--data', temporaryDirectory(), '--allow-program', 'sleep']);
    const client = await clientForTest(server.url);
    const seconds = uniqueSeconds();
    const running = client.callTool({ name: 'run', arguments: { program: 'sleep', args: [seconds] } });
    const outcome = expect(running).rejects.toThrow();
    await vi.waitFor(() => expect(processesWith(seconds)).toHaveLength(1));
    server.child.kill('SIGINT');
    server.child.kill('SIGINT'); // the copy that npm passes on
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(server.child.exitCode).toBe(null);
    expect(await server.stop('SIGINT')).toBe(1);
    await outcome;
    expect(processesWith(seconds)).toEqual([]);
  });

  test('a signal during the start ends it well', async () => {
    const preload = join(temporaryDirectory(), 'signal.mjs');
    writeFileSync(
      preload,
      `import { Server } from 'node:net';
       const { listen } = Server.prototype;
       Server.prototype.listen = function (...args) {
         process.kill(process.pid, 'SIGTERM');
         return listen.apply(this, args);
       };`,
    );
    const command = [process.execPath, '--import', preload, ...MAIN];
    const server = launch(['--port', '0', '--data', temporaryDirectory()], { command });
    expect(await server.ended).toBe(0);
  });
});

describe('a start that fails ends with 1 and says what helps', () => {
  test('the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const data = temporaryDirectory();
    expect(await run(['--port', String(port), '--data', data])).toEqual({
      end: 1,
      stdout: '',
      stderr: `terminal-runner does not start: port ${port} of 127.0.0.1 is in use; choose another with --port, or 0 for a free one.\n`,
    });
    expect(readdirSync(data).toSorted()).toEqual(['home', 'notes.sqlite', 'workspace']);
  });

  test('the address belongs to another machine', async () => {
    const args = ['--port', '0', '--host', '192.0.2.1', '--data', temporaryDirectory()];
    expect(await run(args, { TOOLYARD_API_KEY: 'a-key-that-is-long' })).toMatchObject({
      end: 1,
      stderr:
        'terminal-runner does not start: 192.0.2.1 is no address of this machine; choose another with --host.\n',
    });
  });

  test('the data directory cannot be used', async () => {
    const data = temporaryDirectory();
    writeFileSync(join(data, 'file'), '');
    mkdirSync(join(data, 'taken', 'notes.sqlite'), { recursive: true });
    for (const [path, reason] of [
      ['file', /file cannot be used \(EEXIST.*choose other directories with --data and --root\.\n$/],
      ['file/below', /file\/below cannot be used \(ENOTDIR/],
      ['taken', /notes\.sqlite.*\. Choose another directory with --data\.\n$/],
    ] as const) {
      const { end, stdout, stderr } = await run(['--stdio', '--data', join(data, path)]);
      expect({ end, stdout }).toEqual({ end: 1, stdout: '' });
      expect(stderr).toMatch(/^terminal-runner does not start: [^\n]+\n$/);
      expect(stderr).toMatch(reason);
    }
  });
});

describe('the configuration', () => {
  test('--check-config prints what would be used, without secrets, and starts nothing', async () => {
    const data = join(temporaryDirectory(), 'never-made');
    const env = { TOOLYARD_API_KEY: 'open-sesame-and-enter', TOOLYARD_DATA: data };
    const { end, stdout, stderr } = await run(['--check-config', '--port', '0'], env);
    expect({ end, stderr }).toEqual({ end: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      port: { value: 0, from: '--port' },
      data: { value: data, from: 'TOOLYARD_DATA' },
      apiKey: { value: ['[redacted]'], from: 'TOOLYARD_API_KEY' },
    });
    expect(existsSync(data)).toBe(false);
  });

  test('a wrong one ends with 2 and names every key, its origin and what is allowed', async () => {
    expect(await run(['--port', '70000'], { TOOLYARD_LOG_LEVEL: 'loud', TOOLYARD_PROT: '1' })).toEqual({
      end: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^terminal-runner does not start, its configuration is wrong:\n {2}TOOLYARD_PROT: unknown environment variable.*\n {2}port \(from --port\): 70000 is not allowed; allowed: a whole number from 0 to 65535\n {2}logLevel \(from TOOLYARD_LOG_LEVEL\): "loud" is not allowed.*\n$/,
      ),
    });
  });
});

describe('npm start', () => {
  const npm = (...options: string[]) => ({
    command: ['npm', 'start', '--silent', ...options, '--'] as const,
    cwd: REPOSITORY,
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)('runs the server, which ends with npm (%s)', async (signal) => {
    const data = temporaryDirectory();
    const server = await httpForTest(['--data', data], npm());
    expect((await fetch(server.at('/healthz'))).status).toBe(200);
    server.child.kill(signal);
    await vi.waitFor(() => expect(processesWith(data)).toEqual([]), { timeout: 5_000, interval: 100 });
    await expect(fetch(server.at('/healthz'))).rejects.toThrow();
  });

  test('in the workspace, a relative path starts where the user is', async () => {
    const checked = launch(['--check-config', '--data', 'x'], npm('-w', 'examples/terminal-runner'));
    expect(await checked.ended).toBe(0);
    expect(JSON.parse(checked.stdout())).toMatchObject({ data: { value: join(REPOSITORY, 'x') } });
  });

  test('speaks MCP over stdio', async () => {
    const transport = new StdioClientTransport({
      command: 'npm',
      args: ['start', '--silent', '--prefix', REPOSITORY, '--', '--stdio', '--data', temporaryDirectory()],
      env: environment(),
      stderr: 'ignore',
      cwd: temporaryDirectory(),
    });
    const client = newClient();
    await client.connect(transport);
    expect(await client.callTool({ name: 'calculate', arguments: { expression: '1 + 1' } })).toMatchObject({
      structuredContent: { number: 2 },
    });
    await client.close();
  });
});
