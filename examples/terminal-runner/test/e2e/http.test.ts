// What HTTP adds: the pages beside MCP, API keys, and whose notes are whose.
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { describe, expect, test } from 'vitest';
import { atEnd, temporaryDirectory } from './at-end.ts';
import { connectHttp, eras, type Mode } from './clients.ts';
import { parsePrometheus } from './prometheus.ts';
import { startHttp } from './terminal.ts';

const ADA = 'the-key-of-ada-123';
const BOB = 'the-key-of-bob-456';

async function note(url: string, key: string | undefined, mode?: Mode) {
  const client = await connectHttp(url, mode, key);
  const call = async (name: string, args: object) => {
    const { structuredContent } = await client.callTool({ name, arguments: { ...args } });
    return structuredContent;
  };
  return {
    set: (value: string) => call('context_set', { key: 'who', value }),
    get: () => call('context_get', { key: 'who' }),
  };
}

test.concurrent('health, readiness and metrics answer; metrics know the calls', async () => {
  const server = await startHttp(['--data', temporaryDirectory()]);
  expect(await (await fetch(server.at('/healthz'))).text()).toBe('ok\n');
  expect(await (await fetch(server.at('/readyz'))).text()).toBe('ready\n');
  expect((await fetch(server.at('/elsewhere'))).status).toBe(404);

  for (const [, mode] of eras) await (await note(server.url, undefined, mode)).set('me');
  const page = await fetch(server.at('/metrics'));
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = parsePrometheus(await page.text());
  const calls = samples.filter(
    ({ name, labels }) =>
      name === 'mcp_server_operation_duration_count' && labels['gen_ai_tool_name'] === 'context_set',
  );
  const counts = calls.map(({ labels, value }) => [labels['mcp_protocol_version'], value]);
  expect(Object.fromEntries(counts)).toEqual({ '2025-11-25': 1, '2026-07-28': 1 });
  expect(samples.find(({ name }) => name === 'target_info')?.labels).toMatchObject({
    service_name: 'terminal-runner',
  });
});

test.concurrent('a log that nobody reads does not stop the server', async () => {
  const server = await startHttp(['--data', temporaryDirectory()]);
  server.child.stderr?.destroy();
  const client = await connectHttp(server.url);
  for (let round = 0; round < 3; round += 1)
    expect(await client.callTool({ name: 'list_files' })).toMatchObject({ structuredContent: { path: '.' } });
  expect(await server.stop()).toBe(0);
});

test.concurrent('a web page of another site cannot use the server', async () => {
  const { url } = await startHttp(['--data', temporaryDirectory()]);
  const headers = { origin: 'https://evil.example' };
  expect((await fetch(url, { method: 'POST', headers })).status).toBe(403);
});

describe('API keys', () => {
  test.concurrent(
    'without one nobody gets in; its holder has notes of its own, which outlast a restart and other keys',
    async () => {
      const data = temporaryDirectory();
      const first = await startHttp(['--data', data], { env: { TOOLYARD_API_KEY: `${ADA},${BOB}` } });
      for (const headers of [{}, { authorization: 'Bearer no-such-key-1234' }]) {
        const refused = await fetch(first.url, { method: 'POST', headers });
        expect(refused.status).toBe(401);
        expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer /);
        expect((await fetch(first.at('/metrics'), { headers })).status).toBe(401);
      }
      expect((await fetch(first.at('/metrics'), { headers: { 'x-api-key': ADA } })).status).toBe(200);
      expect((await fetch(first.at('/healthz'))).status).toBe(200);
      await expect(connectHttp(first.url)).rejects.toThrow('401');

      const [ada, bob] = [await note(first.url, ADA), await note(first.url, BOB, 'legacy')];
      await ada.set('Ada');
      expect(await bob.get()).toMatchObject({ found: false });
      await bob.set('Bob');
      expect(await ada.get()).toMatchObject({ value: 'Ada' });
      expect(await first.stop()).toBe(0);
      expect(first.stderr()).not.toMatch(/the-key-of/);
      const principals = new Set(first.log().flatMap(({ principal }) => principal ?? []));
      expect(principals.size).toBe(2);

      // Ada's key is gone, and Bob's is now the first.
      const second = await startHttp(['--data', data], { env: { TOOLYARD_API_KEY: BOB } });
      expect(await (await note(second.url, BOB)).get()).toMatchObject({ value: 'Bob' });
      await expect(connectHttp(second.url, 'legacy', ADA)).rejects.toThrow('The API key is not known.');
    },
  );
});

test.concurrent('clients of 2024 are served on /sse', async () => {
  const server = await startHttp(['--data', temporaryDirectory()]);
  const client = new OldClient({ name: 'old', version: '1.0.0' });
  atEnd(() => client.close());
  await client.connect(new SSEClientTransport(new URL(server.at('/sse'))));
  expect(await client.callTool({ name: 'calculate', arguments: { expression: '6 * 7' } })).toMatchObject({
    structuredContent: { number: 42 },
  });
});
