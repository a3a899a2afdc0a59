// The server as the child of a client: what goes through the pipes, and what is left when one side goes away.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test, vi } from 'vitest';
import { processesWith, uniqueSeconds, waitForProcesses } from '../processes.ts';
import { temporaryDirectory } from './at-end.ts';
import { launch, MAIN, withShell } from './terminal.ts';

/** Started like a desktop client does, with the pipes in the hands of the test. */
function start(nodeArguments: readonly string[] = []) {
  const terminal = launch(['--stdio', '--data', temporaryDirectory(), ...withShell()], {
    command: [process.execPath, ...nodeArguments, ...MAIN],
  });
  const answers: Record<string, unknown>[] = [];
  // Anything on stdout that is not JSON fails the test right here.
  createInterface({ input: terminal.child.stdout! }).on('line', (line) => answers.push(JSON.parse(line)));
  return {
    ...terminal,
    answers,
    send(method: string, params: object, id?: number) {
      terminal.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    },
    answer: (id: number) =>
      vi.waitUntil(() => answers.find((message) => message['id'] === id), { timeout: 10_000 }),
  };
}

type Started = ReturnType<typeof start>;

async function initialize(server: Started): Promise<void> {
  const clientInfo = { name: 'e2e', version: '1.0.0' };
  server.send('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }, 0);
  await server.answer(0);
  server.send('notifications/initialized', {});
}

test.concurrent('nothing but the protocol goes to stdout, whatever a tool prints', async () => {
  const noise = join(temporaryDirectory(), 'noise.mjs');
  writeFileSync(
    noise,
    `import { tracingChannel } from 'node:diagnostics_channel';
     tracingChannel('mcp:tool:call').subscribe({
       start() { console.log('printed by the tool'); process.stdout.write('and again'); },
     });`,
  );
  const server = start(['--import', noise]);
  await initialize(server);
  server.send('tools/call', { name: 'calculate', arguments: { expression: '6 * 7' } }, 1);
  expect(await server.answer(1)).toMatchObject({ result: { structuredContent: { number: 42 } } });
  server.child.stdin?.end();
  expect(await server.ended).toBe(0);
  expect(server.answers.map(({ id }) => id)).toEqual([0, 1]);
  expect(server.stdout().endsWith('}\n')).toBe(true);
  expect(server.stderr()).toContain('printed by the tool');
  expect(server.stderr()).toContain('and again');
});

test.concurrent(
  'when the client closes its side, running programs end, then the server, with 0',
  async () => {
    const server = start();
    await initialize(server);
    const seconds = uniqueSeconds();
    server.send('tools/call', { name: 'run', arguments: { program: 'sleep', args: [seconds] } }, 1);
    await waitForProcesses(`sleep\0--\0${seconds}`, 1);
    server.child.stdin?.end();
    expect(await server.ended).toBe(0);
    expect(processesWith(seconds)).toEqual([]);
    expect(server.log()).toContainEqual(expect.objectContaining({ method: 'tools/call', code: 'CANCELLED' }));
    expect(server.log()).toContainEqual(expect.objectContaining({ reason: 'the client is gone' }));
  },
);

test.concurrent('SIGTERM lets a running call finish', async () => {
  const server = start();
  await initialize(server);
  server.send('tools/call', { name: 'run', arguments: { program: 'sleep', args: ['0.7'] } }, 1);
  await waitForProcesses('sleep\0--\x000.7', 1);
  expect(await server.stop('SIGTERM')).toBe(0);
  expect(server.answers.at(-1)).toMatchObject({ id: 1, result: { structuredContent: { exitCode: 0 } } });
});
