import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { runCommand } from '../../src/doctor/command/run-command.ts';
import { demoApp } from '../demo-app.ts';
import { serve } from '../helpers.ts';
import { temporaryDirectory } from './nginx.ts';
import { acceptWith, answerWith } from './reports.ts';

/** Runs the command and returns what a shell would see of it. */
async function run(args: string[], env: Record<string, string> = {}, signals = new EventEmitter()) {
  let out = '';
  let err = '';
  const code = await runCommand(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env,
    once: (event, listener) => signals.once(event, listener),
    off: (event, listener) => signals.off(event, listener),
  });
  return { code, out, err };
}

test('a good server gives 0 and one line for each check', async () => {
  const { url } = await serve(demoApp());
  const { code, out, err } = await run(['doctor', url]);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^ok {7}streaming +The first byte of a stream comes after \d+ ms\.$/m);
  expect(out).toMatch(/15 ok, 0 warnings, 0 failed, 5 skipped in \d+\.\d s\n$/);
});

test('a failure gives 1 and what helps', async () => {
  const { url } = await serve(demoApp(), { maxBodyBytes: 1000 });
  const { code, out } = await run(['doctor', url]);
  expect(code).toBe(1);
  expect(out).toMatch(/^fail {5}body .*413 by the server\.\n +nginx: +client_max_body_size 5m/m);
});

test('--json gives the report', async () => {
  const { url } = await serve(demoApp());
  const { out } = await run(['doctor', url, '--json', '--idle', '0.1']);
  const report = JSON.parse(out);
  expect(report).toMatchObject({ url, ok: true });
  expect(report.checks.at(-1)).toMatchObject({ name: 'idle', status: 'ok' });
});

test('--header takes values from the environment', async () => {
  const seen: unknown[] = [];
  const url = await answerWith(({ headers }, response) => {
    seen.push(headers.authorization);
    response.end('{}');
  });
  await run(['doctor', url, '--header', 'Authorization: Bearer $TOKEN'], { TOKEN: 'from-the-environment' });
  expect(seen).toContain('Bearer from-the-environment');
});

test.for([
  [],
  ['doctor'],
  ['nurse', 'http://127.0.0.1/mcp'],
  ['doctor', 'nonsense'],
  ['doctor', 'http://127.0.0.1/mcp', '--wrong'],
  ['doctor', 'http://127.0.0.1/mcp', '--idle', 'long'],
  ['doctor', 'http://127.0.0.1/mcp', '--header', 'no-colon'],
  ['doctor', 'http://127.0.0.1/mcp', '--header', 'Authorization: $NOT_SET'],
])('%o is a wrong command: 2', async (args) => {
  const { code, out, err } = await run(args);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('--help');
});

test('a file of certificates that is not there is a wrong command: 2', async () => {
  const path = join(await temporaryDirectory(), 'none.pem');
  expect(await run(['doctor', 'https://127.0.0.1/mcp', '--ca', path])).toMatchObject({ code: 2 });
});

test('--help tells what there is', async () => {
  const { code, out } = await run(['--help']);
  expect(code).toBe(0);
  expect(out).toContain('--insecure-credentials');
});

test('an interrupt ends it with 130', async () => {
  const signals = new EventEmitter();
  const url = await acceptWith(() => signals.emit('SIGINT'));
  expect(await run(['doctor', url], {}, signals)).toEqual({ code: 130, out: '', err: '' });
});

test('what a server says cannot steer the terminal', async () => {
  const url = await answerWith((_request, response) => {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('\u001B[2Jgone\u0007');
  });
  const { out } = await run(['doctor', url]);
  expect(out).toContain('gone');
  expect(out).not.toMatch(/[^\P{Cc}\n]/u);
});

test('as a program it writes, and ends with its code', async () => {
  const { url } = await serve(demoApp(), { maxBodyBytes: 1000 });
  const program = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
  const options = ['--no-warnings', '--conditions=@toolyard/source', program];
  const child = spawn(process.execPath, [...options, 'doctor', url, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ url, ok: false });
});
