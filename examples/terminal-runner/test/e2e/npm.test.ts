// The server as the README starts it: through npm, from the root of the repository and from its workspace.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect, test } from 'vitest';
import { waitForProcesses } from '../processes.ts';
import { temporaryDirectory } from './at-end.ts';
import { newClient } from './clients.ts';
import { environment, startHttp, launch } from './terminal.ts';

const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));

function npmStart(...options: string[]) {
  // npm keeps its logs in HOME.
  const env = { HOME: temporaryDirectory() };
  return { command: ['npm', 'start', '--silent', ...options, '--'], cwd: REPOSITORY, env };
}

test.concurrent.each(['SIGKILL', 'SIGTERM'] as const)(
  'runs the server, which ends with npm (%s)',
  async (signal) => {
    const data = temporaryDirectory();
    const server = await startHttp(['--data', data], npmStart());
    expect((await fetch(server.at('/healthz'))).status).toBe(200);
    server.child.kill(signal);
    await waitForProcesses(data, 0);
    await expect(fetch(server.at('/healthz'))).rejects.toThrow('fetch failed');
  },
);

test.concurrent('in the workspace, a relative path starts where the user is', async () => {
  const checked = launch(['--check-config', '--data', 'x'], npmStart('-w', 'examples/terminal-runner'));
  expect(await checked.ended).toBe(0);
  expect(JSON.parse(checked.stdout())).toMatchObject({ data: { value: join(REPOSITORY, 'x') } });
});

test.concurrent('speaks MCP over stdio', async () => {
  const transport = new StdioClientTransport({
    command: 'npm',
    args: ['start', '--silent', '--prefix', REPOSITORY, '--', '--stdio', '--data', temporaryDirectory()],
    env: environment({ HOME: temporaryDirectory() }),
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
