import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createApp, silentLogger, type CallToolResult } from '@toolyard/core';
import {
  artifacts,
  createCommandRunner,
  openSandbox,
  openSafeRoots,
  SandboxUnavailableError,
  type DecidedCommand,
} from '@toolyard/core/process';
import { createTestClient, type TestClientOptions } from '@toolyard/core/testing';
import { commandPolicy } from '@toolyard/validation/command';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createCommands } from '../src/commands/commands.ts';
import { runShellTool, SHELL_POLICY } from '../src/tools/run-shell.ts';
import { processesWith, uniqueSeconds } from './processes.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const bwrapProblem = await openSandbox('bwrap').then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof SandboxUnavailableError) return error.message;
    throw error;
  },
);

type Elicit = NonNullable<NonNullable<TestClientOptions['onInput']>['elicit']>;
const yes: Elicit = () => ({ action: 'accept', content: {} });
const no: Elicit = () => ({ action: 'decline' });

async function serve({
  sandbox = 'none',
  shell = 'unsafe',
}: { sandbox?: 'none' | 'bwrap'; shell?: 'sandboxed' | 'unsafe' } = {}) {
  const data = temporaryDirectory();
  const root = join(data, 'project');
  await mkdir(root);
  const roots = await openSafeRoots({ roots: [{ name: 'project', path: root, writable: true }] });
  onTestFinished(() => roots.close());
  const commands = await createCommands({
    roots,
    // Without the network in a sandbox.
    policy: commandPolicy({ profile: 'none', programs: { tee: { does: 'writes' } } }),
    sandbox,
    data,
    logger: silentLogger,
  });
  onTestFinished(() => commands[Symbol.asyncDispose]());
  const decisions: DecidedCommand[] = [];
  const runner = createCommandRunner({
    policy: SHELL_POLICY,
    roots,
    supervisor: commands.supervisor,
    environment: { home: join(data, 'home') },
    onDecision: (decided) => void decisions.push(decided),
  });
  const app = createApp({ name: 'test', version: '1.0.0' })
    .add(runShellTool({ commands, runner, shell }))
    .install(artifacts, { store: commands.artifacts });
  onTestFinished(() => app.close());
  return {
    root,
    decisions,
    /** Runs a script for somebody who answers like this. */
    run: async (
      args: object,
      { elicit = yes, ...options }: TestClientOptions & { elicit?: Elicit | null } = {},
    ) => {
      const client = createTestClient(app, { ...options, onInput: elicit ? { elicit } : {} });
      onTestFinished(() => client[Symbol.asyncDispose]());
      return client.call('run_shell', args as never);
    },
  };
}

function textOf({ content }: CallToolResult): string {
  return (content as { text: string }[])[0]!.text;
}

describe.each(['modern', 'legacy'] as const)('%s clients', (era) => {
  test('run a script that a person has seen', async () => {
    const questions: string[] = [];
    const { run, decisions } = await serve();
    const script = 'for name in a b; do\n\techo "$name\u200B" | tr a-z A-Z\ndone; exit 3';
    const elicit: Elicit = ({ message }) => {
      questions.push(message);
      return { action: 'accept', content: {} };
    };
    const ran = await run({ script }, { era, elicit });
    expect(questions).toEqual([
      'Run this script in "."?\n| for name in a b; do\n| \techo "$name\\u{200b}" | tr a-z A-Z\n| done; exit 3',
    ]);
    expect(ran.structuredContent).toMatchObject({ exitCode: 3, reason: 'exited' });
    expect(ran.isError).toBe(true);
    expect(textOf(ran)).toBe('A\u200B\nB\u200B\n[exit code 3]');
    expect(decisions).toMatchObject([{ program: 'bash', args: [script], effect: 'ask', isApproved: true }]);
  });

  test('run nothing when the person says no, or cannot be asked', async () => {
    const { run, root, decisions } = await serve();
    const script = 'echo > made';
    expect(textOf(await run({ script }, { era, elicit: no }))).toContain('Nobody allowed it');
    expect(textOf(await run({ script }, { era, elicit: null }))).toContain('cannot ask anybody');
    expect(() => readFileSync(join(root, 'made'))).toThrow('ENOENT');
    expect(decisions).toMatchObject([{ isApproved: false }, { isApproved: false }]);
  });
});

test('a script is one argument, whatever it begins with', async () => {
  const { run } = await serve();
  expect(textOf(await run({ script: '-i' }))).toContain('-i: command not found');
});

test('no start file and nothing of the environment of the server gets in', async () => {
  const { run, root } = await serve();
  writeFileSync(join(root, 'rc'), 'echo started');
  process.env['BASH_ENV'] = join(root, 'rc');
  onTestFinished(() => void delete process.env['BASH_ENV']);
  const { structuredContent } = await run({
    script: 'echo "[$BASH_ENV]"; shopt -q login_shell || echo plain',
  });
  expect(structuredContent).toMatchObject({ stdout: { text: '[]\nplain\n' } });
});

test('what a script leaves behind ends with it, and with its time', async () => {
  const { run } = await serve();
  const seconds = uniqueSeconds();
  await run({ script: `sleep ${seconds} & setsid sleep ${seconds} &` });
  expect(processesWith(`sleep\0${seconds}`)).toEqual([]);
  const late = await run({ script: `trap '' TERM; sleep ${seconds} & wait`, timeoutMs: 300 });
  expect(late.structuredContent).toMatchObject({ reason: 'timedOut' });
  expect(processesWith(`sleep\0${seconds}`)).toEqual([]);
});

test('hidden controls in a script are refused before anybody is asked', async () => {
  const { run, decisions } = await serve();
  expect(textOf(await run({ script: 'echo \u202Ea' }))).toContain('hide what it says');
  expect(decisions).toMatchObject([{ effect: 'deny' }]);
});

test('a server that wants it sandboxed does not start without a sandbox', async () => {
  await expect(serve({ shell: 'sandboxed' })).rejects.toThrow(
    /^shell is "sandboxed", and programs are not held by a sandbox here \(.+\); make one work, or say "unsafe"/,
  );
});

describe.skipIf(bwrapProblem !== undefined)('in a sandbox', () => {
  test('a script sees its roots, and neither the machine nor the network', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const connect = `: > /dev/tcp/127.0.0.1/${port} && echo reached`;
    expect(textOf(await (await serve()).run({ script: connect }))).toContain('reached');

    const { run, root } = await serve({ sandbox: 'bwrap', shell: 'sandboxed' });
    writeFileSync(join(root, 'in.txt'), 'inside\n');
    const ran = await run({ script: `cat in.txt > out.txt; ls /etc/shadow; ${connect}` });
    expect(readFileSync(join(root, 'out.txt'), 'utf8')).toBe('inside\n');
    expect(textOf(ran)).toContain("'/etc/shadow': No such file");
    expect(textOf(ran)).toContain('connect: ');
    expect(textOf(ran)).not.toContain('reached');
  });
});
