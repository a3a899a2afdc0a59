// How the server starts, and what it says when it cannot.
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { atEnd, temporaryDirectory } from './at-end.ts';
import { startHttp, launch, type Environment } from './terminal.ts';

/** Waits for a process that ends by itself. */
async function run(args: readonly string[], env: Environment = {}) {
  const terminal = launch(['--sandbox', 'none', ...args], { env });
  const end = await terminal.ended;
  return { end, stdout: terminal.stdout(), stderr: terminal.stderr() };
}

test.concurrent('says on stderr, in one line, where it listens, and nothing on stdout', async () => {
  const server = await startHttp(['--data', temporaryDirectory(), '--sandbox', 'none']);
  expect(server.stderr()).toBe(`terminal-runner listens on ${server.url}\n`);
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
  expect(await server.stop('SIGINT')).toBe(0);
  expect(server.stdout()).toBe('');
});

describe('a start that fails ends with 1 and says what helps', () => {
  test.concurrent('the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    atEnd(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const data = temporaryDirectory();
    expect(await run(['--port', String(port), '--data', data])).toEqual({
      end: 1,
      stdout: '',
      stderr: `terminal-runner does not start: port ${port} of 127.0.0.1 is in use; choose another with --port, or 0 for a free one.\n`,
    });
    expect(readdirSync(data).toSorted()).toEqual([
      'audit.sqlite',
      'commands.jsonl',
      'home',
      'notes.sqlite',
      'workspace',
    ]);
  });

  test.concurrent('the address belongs to another machine', async () => {
    const args = ['--port', '0', '--host', '192.0.2.1', '--data', temporaryDirectory()];
    expect(await run(args, { TOOLYARD_API_KEY: 'a-key-that-is-long' })).toMatchObject({
      end: 1,
      stderr:
        'terminal-runner does not start: 192.0.2.1 is no address of this machine; choose another with --host.\n',
    });
  });

  test.concurrent('the data directory cannot be used', async () => {
    const data = temporaryDirectory();
    writeFileSync(join(data, 'file'), '');
    mkdirSync(join(data, 'taken', 'notes.sqlite'), { recursive: true });
    const cases = [
      ['file', /file cannot be used \(EEXIST.*choose other directories with --data and --root\.\n$/],
      ['file/below', /file\/below cannot be used \(ENOTDIR/],
      ['taken', /notes\.sqlite.*\. Choose another directory with --data\.\n$/],
    ] as const;
    const check = async ([path, reason]: (typeof cases)[number]) => {
      const { end, stdout, stderr } = await run(['--stdio', '--data', join(data, path)]);
      expect({ end, stdout }).toEqual({ end: 1, stdout: '' });
      expect(stderr).toMatch(/^terminal-runner does not start: [^\n]+\n$/);
      expect(stderr).toMatch(reason);
    };
    await Promise.all(cases.map(check));
  });
});

describe('the configuration', () => {
  test.concurrent(
    '--check-config prints what would be used, without secrets, and starts nothing',
    async () => {
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
    },
  );

  test.concurrent('a wrong one ends with 2 and names every key, its origin and what is allowed', async () => {
    expect(await run(['--port', '70000'], { TOOLYARD_LOG_LEVEL: 'loud', TOOLYARD_PROT: '1' })).toEqual({
      end: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^terminal-runner does not start, its configuration is wrong:\n {2}TOOLYARD_PROT: unknown environment variable.*\n {2}port \(from --port\): 70000 is not allowed; allowed: a whole number from 0 to 65535\n {2}logLevel \(from TOOLYARD_LOG_LEVEL\): "loud" is not allowed.*\n$/,
      ),
    });
  });
});
