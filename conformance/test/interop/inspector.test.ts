import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { serveHttp } from '@toolyard/transport-http';
import { expect, test } from 'vitest';

import { interopApp } from './app.ts';

const run = promisify(execFile);
const STDIO_SERVER = fileURLToPath(new URL('stdio-server.ts', import.meta.url));

async function inspect(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await run('mcp-inspector', ['--cli', ...args], { timeout: 60_000 });
  return JSON.parse(stdout) as Record<string, unknown>;
}

test('the Inspector lists and calls tools over HTTP', async () => {
  await using server = await serveHttp(interopApp(), { port: 0 });
  const http = [server.url, '--transport', 'http'];
  const { tools } = await inspect(...http, '--method', 'tools/list');
  expect((tools as { name: string }[]).map(({ name }) => name)).toContain('add');
  const call = ['--method', 'tools/call', '--tool-name', 'add', '--tool-arg', 'a=2', '--tool-arg', 'b=3'];
  expect(await inspect(...http, ...call)).toMatchObject({ structuredContent: { sum: 5 } });
}, 120_000);

test('the Inspector reads resources and prompts over stdio', async () => {
  const stdio = [process.execPath, '--conditions=@toolyard/source', STDIO_SERVER];
  const { prompts } = await inspect(...stdio, '--method', 'prompts/list');
  expect(prompts).toMatchObject([{ name: 'review' }]);
  expect(await inspect(...stdio, '--method', 'resources/read', '--uri', 'memo://today')).toMatchObject({
    contents: [{ text: 'Buy milk' }],
  });
}, 120_000);
