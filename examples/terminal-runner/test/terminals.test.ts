import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createApp, silentLogger, type App, type Principal } from '@toolyard/core';
import {
  artifacts,
  openSandbox,
  openSafeRoots,
  SandboxUnavailableError,
  type DecidedCommand,
} from '@toolyard/core/process';
import { createTestClient, type TestClient, type TestClientOptions } from '@toolyard/core/testing';
import { commandPolicy, type PolicyDocument } from '@toolyard/validation/command';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createCommands } from '../src/commands/commands.ts';
import { openTerminals } from '../src/terminals/open-terminals.ts';
import { terminalTools } from '../src/tools/terminals.ts';
import { processesWith, uniqueSeconds, waitForProcesses } from './processes.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A port of this machine that takes connections. */
async function listen(): Promise<number> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** What a user adds to a policy to have interpreters in terminals. */
const INTERPRETERS: PolicyDocument = {
  profile: 'dev',
  programs: {
    python3: { does: 'anything', requires: '-i', flags: '-i -q -I' },
    bash: { does: 'anything', requires: '-i', flags: '-i', insert: ['--noprofile', '--norc'] },
  },
};

/** A small program of the tree that asks, as `npm init` does. */
const ASKS = `
const { createInterface } = require('node:readline');
const lines = createInterface({ input: process.stdin, output: process.stdout });
lines.question('Your name? ', (name) => { console.log('Hello ' + name + ', TERM is ' + process.env.TERM); lines.close(); });
`;

/** One that takes a while to end when its terminal is closed. */
const SAVES = `
const save = () => { require('node:fs').writeFileSync('saved', 'mine\\n'); process.exit(7); };
process.on('SIGHUP', () => setTimeout(save, 200));
process.on('SIGTERM', () => {});
console.log('ready');
setInterval(() => {}, 1000);
`;

const ann: Principal = { id: 'ann', scopes: '*' };
const eve: Principal = { id: 'eve', scopes: '*' };
const yes = { elicit: () => ({ action: 'accept' as const, content: {} }) };
const no = { elicit: () => ({ action: 'decline' as const }) };

const eras = ['modern', 'legacy'] as const;
const bwrapProblem = await openSandbox('bwrap').then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof SandboxUnavailableError) return error.message;
    throw error;
  },
);

interface Server {
  readonly app: App;
  /** The only root. */
  readonly root: string;
  readonly decisions: readonly DecidedCommand[];
  readonly client: (options?: TestClientOptions) => Client;
}

type Client = TestClient;

interface Screen {
  readonly id: string;
  readonly screen: string;
  readonly columns: number;
  readonly rows: number;
  readonly cursor: { readonly row: number; readonly column: number };
  readonly status: string;
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly reason?: string;
  readonly waited?: string;
  readonly omittedLines?: number;
  readonly outputId?: string;
}

async function serve({
  policy = INTERPRETERS,
  sandbox = 'none',
}: { policy?: PolicyDocument; sandbox?: 'none' | 'bwrap' } = {}): Promise<Server> {
  const directory = temporaryDirectory();
  const root = join(directory, 'project');
  await mkdir(root);
  writeFileSync(join(root, 'asks.cjs'), ASKS);
  const roots = await openSafeRoots({ roots: [{ name: 'project', path: root, writable: true }] });
  const commands = await createCommands({
    roots,
    policy: commandPolicy(policy),
    sandbox,
    data: directory,
    logger: silentLogger,
  });
  const terminals = await openTerminals({ logger: silentLogger });
  const decisions: DecidedCommand[] = [];
  const app = createApp({ name: 'test', version: '1.0.0' })
    .add(...terminalTools({ terminals, commands, onDecision: (decided) => void decisions.push(decided) }))
    .install(artifacts, { store: commands.artifacts });
  onTestFinished(async () => {
    await app.close();
    await terminals.close({ deadlineMs: 1_000 });
    await commands[Symbol.asyncDispose]();
    await roots.close();
  });
  return {
    app,
    root,
    decisions,
    client(options = {}) {
      const client = createTestClient(app, { as: ann, onInput: yes, ...options });
      onTestFinished(() => client[Symbol.asyncDispose]());
      return client;
    },
  };
}

/** Calls a tool that has to succeed. */
async function call<T = Screen>(client: Client, tool: string, args: object = {}): Promise<T> {
  const { isError, structuredContent, content } = await client.call(tool, args as never);
  if (isError) throw new Error(JSON.stringify(content));
  return structuredContent as T;
}

/** Calls a tool that has to be refused; gives what the model reads. */
async function refused(client: Client, tool: string, args: object): Promise<string> {
  const { isError, content } = await client.call(tool, args as never);
  expect(isError).toBe(true);
  return (content as { text: string }[])[0]!.text;
}

const python = { program: 'python3', args: ['-q', '-i'] };
const prompt = { pattern: '^>>> $', waitMs: 15_000 };

describe.each(eras)('%s clients', (era) => {
  test('open an interpreter, type into it and read its answers', async () => {
    const { client } = await serve();
    const ours = client({ era });
    const opened = await call(ours, 'open_terminal', python);
    expect(opened).toMatchObject({ columns: 100, rows: 30, status: 'running' });
    await call(ours, 'screen', { id: opened.id, ...prompt });

    const typed = await call(ours, 'send_keys', { id: opened.id, text: '6 * 7', enter: true, ...prompt });
    expect(typed.waited).toBe('matched');
    expect(typed.screen.split('\n')).toEqual(['>>> 6 * 7', '42', '>>>']);
    expect(typed.cursor).toEqual({ row: 3, column: 5 });

    const ended = await call(ours, 'send_keys', { id: opened.id, keys: ['Ctrl+D'], pattern: 'never' });
    expect(ended).toMatchObject({ waited: 'exited', status: 'exited', exitCode: 0, reason: 'exited' });
  });

  test('answer a program that asks', async () => {
    const { client } = await serve();
    const ours = client({ era });
    const { id } = await call(ours, 'open_terminal', { program: 'node', args: ['asks.cjs'] });
    await call(ours, 'screen', { id, pattern: 'name\\? $', waitMs: 15_000 });
    const { screen } = await call(ours, 'send_keys', { id, text: 'Ann', enter: true, pattern: 'TERM' });
    expect(screen).toBe('Your name? Ann\nHello Ann, TERM is xterm-256color');
  });

  test('are asked before anything is typed, and see all of it', async () => {
    const questions: string[] = [];
    const { client, decisions } = await serve();
    const elicit = ({ message }: { message: string }) => {
      questions.push(message);
      return { action: 'accept' as const, content: {} };
    };
    const ours = client({ era, onInput: { elicit } });
    const { id } = await call(ours, 'open_terminal', { program: 'cat' });
    const keys = { id, text: 'echo "a\u202Eb"\nrm\u200B -r .', keys: ['Tab'], enter: true };
    const { screen } = await call(ours, 'send_keys', { ...keys, pattern: 'rm' });
    expect(questions).toEqual([
      'Type this into the terminal of "cat"?\n"echo \\"a\\u{202e}b\\"\\nrm\\u{200b} -r ." <Tab> <Enter>',
    ]);
    expect(screen).toContain('rm');
    expect(decisions).toEqual([
      {
        owner: expect.stringContaining('ann'),
        program: 'cat',
        args: ['19 characters', '<Tab>', '<Enter>'],
        cwd: '',
        ruleId: 'terminal.keys',
        reason: 'Keys for a terminal.',
        effect: 'ask',
        isApproved: true,
      },
    ]);
  });

  test('nothing is typed when the person says no', async () => {
    const { client, decisions } = await serve();
    const { id } = await call(client({ era }), 'open_terminal', { program: 'cat' });
    const message = await refused(client({ era, onInput: no }), 'send_keys', {
      id,
      text: 'word',
      enter: true,
    });
    expect(message).toContain('Nobody allowed it; nothing was typed.');
    expect(decisions).toMatchObject([{ effect: 'ask', isApproved: false }]);
    expect((await call(client({ era }), 'screen', { id })).screen).toBe('');
  });

  test('nothing is typed for a client that cannot ask', async () => {
    const { client } = await serve();
    const { id } = await call(client({ era }), 'open_terminal', { program: 'cat' });
    const mute = client({ era, onInput: {} });
    expect(await refused(mute, 'send_keys', { id, text: 'word' })).toContain('this client cannot ask one');
    expect((await call(mute, 'screen', { id })).screen).toBe('');
  });

  test('have their terminals to themselves', async () => {
    const { client } = await serve();
    const ours = client({ era });
    const { id } = await call(ours, 'open_terminal', { program: 'cat' });
    const theirs = client({ era, as: eve });
    for (const [tool, args] of [
      ['screen', {}],
      ['send_keys', { text: 'word' }],
      ['resize', { columns: 50, rows: 10 }],
      ['close_terminal', {}],
    ] as const)
      expect([tool, await refused(theirs, tool, { id, ...args })]).toEqual([
        tool,
        'There is no such terminal, or it ended a while ago.',
      ]);
    expect(await call(theirs, 'list_terminals')).toEqual({ terminals: [] });
    expect(await call(client({ era, tenant: 'other' }), 'list_terminals')).toEqual({ terminals: [] });
    // Another connection of the same principal finds it.
    expect(await call(client({ era }), 'list_terminals')).toMatchObject({
      terminals: [{ id, label: 'cat', status: 'running', columns: 100, rows: 30 }],
    });
  });
});

test.each(['bash', 'python3', 'vi', 'less', 'sh'])('no profile opens %s', async (program) => {
  const { client } = await serve({ policy: { profile: 'dev' } });
  const message = await refused(client(), 'open_terminal', { program });
  expect(message).toMatch(
    new RegExp(`${program} is not allowed because it .* \\(rule: never\\.${program}\\)`),
  );
});

test('arguments are held against the policy and the roots', async () => {
  const { client } = await serve();
  const ours = client();
  expect(await refused(ours, 'open_terminal', { program: 'python3', args: ['-i', '-c', '1'] })).toContain(
    '"-c"',
  );
  expect(await refused(ours, 'open_terminal', { program: 'cat', args: ['/etc/passwd'] })).toContain(
    '/etc/passwd',
  );
  expect(await refused(ours, 'open_terminal', { program: 'cat', env: { LD_PRELOAD: 'x' } })).toContain(
    'LD_PRELOAD',
  );
  expect(await call(ours, 'list_terminals')).toEqual({ terminals: [] });
});

test('a policy that asks is asked before a terminal opens', async () => {
  const questions: string[] = [];
  const cat = { effect: 'ask', reason: 'shows what is typed' } as const;
  const { client } = await serve({ policy: { profile: 'none', programs: { cat } } });
  expect(await refused(client({ onInput: no }), 'open_terminal', { program: 'cat' })).toContain(
    'Nobody allowed it',
  );
  const elicit = ({ message }: { message: string }) => {
    questions.push(message);
    return { action: 'accept' as const, content: {} };
  };
  await call(client({ onInput: { elicit } }), 'open_terminal', { program: 'cat' });
  expect(questions).toEqual([expect.stringContaining('"cat" in "."')]);
});

test('keys that do not exist and patterns that are none are refused before anything is typed', async () => {
  const { client, decisions } = await serve();
  const ours = client();
  const { id } = await call(ours, 'open_terminal', { program: 'cat' });
  expect(await refused(ours, 'send_keys', { id, text: 'word', pattern: '(' })).toContain(
    'not an RE2 expression',
  );
  expect(await refused(ours, 'send_keys', { id })).toContain('there is nothing to type');
  expect(decisions).toEqual([]);
  expect(await refused(ours, 'send_keys', { id, text: 'word', keys: ['Hyper+x'] })).toContain(
    'There is no key',
  );
  expect(await refused(ours, 'send_keys', { id, text: 'a\u0003' })).toContain('Send keys by name');
  expect((await call(ours, 'screen', { id })).screen).toBe('');
});

test('nobody is asked about keys for a program that has ended', async () => {
  const { client, decisions } = await serve();
  const ours = client();
  const { id } = await call(ours, 'open_terminal', { program: 'echo', args: ['done'] });
  const ended = await call(ours, 'screen', { id, pattern: 'nothing like it' });
  expect(ended).toMatchObject({ screen: 'done', waited: 'exited', status: 'exited', exitCode: 0 });
  expect(await refused(ours, 'send_keys', { id, text: 'word' })).toContain('has ended');
  expect(decisions).toEqual([]);
});

test('a pattern that was on the screen before does not count as the answer', async () => {
  const { client } = await serve();
  const ours = client();
  const { id } = await call(ours, 'open_terminal', python);
  await call(ours, 'screen', { id, ...prompt });
  const slow = 'import time; time.sleep(0.6); print("late")';
  const { screen } = await call(ours, 'send_keys', { id, text: slow, enter: true, ...prompt });
  expect(screen.split('\n').slice(-2)).toEqual(['late', '>>>']);
});

test('a wait that is over says so, and the screen can be looked at again', async () => {
  const { client } = await serve();
  const ours = client();
  const { id } = await call(ours, 'open_terminal', { program: 'cat' });
  const { content, structuredContent } = await ours.call('send_keys', {
    id,
    text: 'a',
    pattern: 'z',
    waitMs: 300,
  });
  expect(structuredContent).toMatchObject({ waited: 'timedOut', screen: 'a' });
  expect((content as { text: string }[])[0]!.text).toBe(
    'a\n[running; cursor at row 1, column 2 of 100x30; waitMs was over first]',
  );
});

test('a program hears of a new size', async () => {
  const { client } = await serve();
  const ours = client();
  const { id } = await call(ours, 'open_terminal', { ...python, columns: 60, rows: 10 });
  await call(ours, 'screen', { id, ...prompt });
  expect(await call(ours, 'resize', { id, columns: 90, rows: 20 })).toEqual({ id, columns: 90, rows: 20 });
  const text = 'import os; os.get_terminal_size()';
  const { screen } = await call(ours, 'send_keys', { id, text, enter: true, ...prompt });
  expect(screen).toContain('columns=90, lines=20');
});

test('lines that have left the top are one question away, and too many of them one read_output', async () => {
  const { client } = await serve();
  const ours = client();
  const { id } = await call(ours, 'open_terminal', python);
  await call(ours, 'screen', { id, ...prompt });
  const text = 'for i in range(400): print(i, "x" * 60)\n';
  const typed = await call(ours, 'send_keys', { id, text, enter: true, pattern: '^399 x+$' });
  expect(typed.screen).not.toContain('\n350 x');
  expect((await call(ours, 'screen', { id, scrollback: 30 })).screen).toContain('\n360 x');

  const long = await ours.call('screen', { id, scrollback: 1_000 });
  const { screen, omittedLines, outputId } = long.structuredContent as Screen;
  expect(screen.length).toBeLessThanOrEqual(8_000);
  expect(screen).toContain('\n399 x');
  expect(omittedLines).toBeGreaterThan(200);
  expect(long.content).toContainEqual(
    expect.objectContaining({ type: 'resource_link', uri: `artifact://${outputId}` }),
  );
  const rest = await ours.call('read_output', { id: outputId!, search: `120 ${'x'.repeat(60)}` });
  expect((rest.content as { text: string }[])[0]!.text).toContain('1 matching lines');
  expect(await refused(client({ as: eve }), 'read_output', { id: outputId! })).toContain('no');
});

test('closing ends all that a program started, and its last screen stays', async () => {
  const { client } = await serve();
  const ours = client();
  const seconds = uniqueSeconds();
  const { id } = await call(ours, 'open_terminal', { program: 'bash', args: ['-i'] });
  const text = `trap '' HUP TERM; sleep ${seconds} & setsid sleep ${seconds} & echo star''ted`;
  await call(ours, 'send_keys', { id, text, enter: true, pattern: '^started', waitMs: 15_000 });
  await waitForProcesses(`sleep\0${seconds}`, 2);
  const closed = await call(ours, 'close_terminal', { id });
  expect(closed).toMatchObject({ status: 'exited', reason: 'killed' });
  expect(closed.screen).toContain('started');
  expect(processesWith(`sleep\0${seconds}`)).toEqual([]);
  expect(await call(ours, 'close_terminal', { id })).toMatchObject({ status: 'exited' });
});

test('secrets on the screen are masked', async () => {
  const { client, root } = await serve();
  writeFileSync(join(root, 'notes.txt'), `token ghp_${'a1B2'.repeat(9)} end\n`);
  const { id } = await call(client(), 'open_terminal', { program: 'cat', args: ['notes.txt'] });
  const { screen } = await call(client(), 'screen', { id, pattern: 'end' });
  expect(screen).toMatch(/^token .* end$/);
  expect(screen).not.toContain('a1B2a1B2');
});

test('a call that was given up leaves no terminal behind', async () => {
  const { client, root } = await serve();
  const mark = uniqueSeconds();
  writeFileSync(join(root, `quiet-${mark}.cjs`), 'setInterval(() => {}, 1_000);');
  const ours = client();
  const given = new AbortController();
  const opening = ours.call(
    'open_terminal',
    { program: 'node', args: [`quiet-${mark}.cjs`] },
    { signal: given.signal },
  );
  await waitForProcesses(`quiet-${mark}.cjs`, 1);
  given.abort();
  await expect(opening).rejects.toThrow('abort');
  await waitForProcesses(`quiet-${mark}.cjs`, 0);
});

test('the fifth terminal of one owner is refused', async () => {
  const { client } = await serve();
  const ours = client();
  for (let opened = 0; opened < 4; opened++) await call(ours, 'open_terminal', { program: 'cat' });
  expect(await refused(ours, 'open_terminal', { program: 'cat' })).toContain('4 terminals');
});

describe.skipIf(bwrapProblem !== undefined)('in a sandbox', () => {
  test('a shell sees its roots and nothing else, no network, and nobody is asked', async () => {
    const port = await listen();
    const bash = { ...INTERPRETERS.programs!['bash'], does: 'writes' } as const;
    const { client, decisions, root } = await serve({
      policy: { profile: 'none', programs: { bash } },
      sandbox: 'bwrap',
    });
    const ours = client({ onInput: {} });
    const { id } = await call(ours, 'open_terminal', { program: 'bash', args: ['-i'] });
    const shown = async (text: string, pattern: string) =>
      (await call(ours, 'send_keys', { id, text, enter: true, pattern, waitMs: 15_000 })).screen;
    expect(await shown('ls; pwd; echo d""one', '^done')).toContain(`asks.cjs\n${root}`);
    expect(await shown('cat /etc/shadow; echo re""ad', '^read')).toContain('No such file');
    expect(await shown(`: > /dev/tcp/127.0.0.1/${port} && echo re""ached; echo tr""ied`, '^tried')).toMatch(
      /connect: .*\n/,
    );
    expect(decisions).toHaveLength(3);
    expect(decisions).toMatchObject([{ effect: 'allow' }, { effect: 'allow' }, { effect: 'allow' }]);
    expect(decisions[0]).not.toHaveProperty('isApproved');
  });

  test('a policy with programs that use the network gives them one', async () => {
    const port = await listen();
    const { client } = await serve({ sandbox: 'bwrap' });
    const ours = client({ onInput: {} });
    const { id } = await call(ours, 'open_terminal', { program: 'bash', args: ['-i'] });
    const text = `: > /dev/tcp/127.0.0.1/${port} && echo re""ached; echo tr""ied`;
    const { screen } = await call(ours, 'send_keys', { id, text, enter: true, pattern: '^tried' });
    expect(screen).toContain('\nreached\n');
  });

  test('keys, signals and sizes reach the program through it', async () => {
    const { client } = await serve({ sandbox: 'bwrap' });
    const ours = client();
    const { id } = await call(ours, 'open_terminal', { program: 'bash', args: ['-i'] });
    await call(ours, 'send_keys', { id, text: 'echo in; sleep 1000', enter: true, pattern: '^in$' });
    await call(ours, 'send_keys', { id, keys: ['Ctrl+C'], pattern: '\\^C' });
    await call(ours, 'resize', { id, columns: 77, rows: 22 });
    const text = 'stty size; : > /dev/tty && echo st""ill';
    const { screen } = await call(ours, 'send_keys', { id, text, enter: true, pattern: '^still' });
    expect(screen).toContain('22 77\nstill');
  });

  test('a program of the tree asks, and is answered', async () => {
    const { client } = await serve({ policy: { profile: 'dev' }, sandbox: 'bwrap' });
    const ours = client({ onInput: {} });
    const { id } = await call(ours, 'open_terminal', { program: 'node', args: ['asks.cjs'] });
    await call(ours, 'screen', { id, pattern: 'name\\? $', waitMs: 15_000 });
    const { screen } = await call(ours, 'send_keys', { id, text: 'Ann', enter: true, pattern: 'TERM' });
    expect(screen).toBe('Your name? Ann\nHello Ann, TERM is xterm-256color');
  });

  test('closing ends what runs inside', async () => {
    const { client } = await serve({ sandbox: 'bwrap' });
    const ours = client();
    const seconds = uniqueSeconds();
    const { id } = await call(ours, 'open_terminal', { program: 'bash', args: ['-i'] });
    const text = `trap '' HUP TERM; setsid sleep ${seconds} & echo star""ted`;
    await call(ours, 'send_keys', { id, text, enter: true, pattern: '^started' });
    await waitForProcesses(`sleep\0${seconds}`, 1);
    await call(ours, 'close_terminal', { id });
    expect(processesWith(`sleep\0${seconds}`)).toEqual([]);
  });

  test('a program can save what it has when its terminal is closed', async () => {
    const { client, root } = await serve({ sandbox: 'bwrap' });
    const ours = client();
    writeFileSync(join(root, 'saves.cjs'), SAVES);
    const { id } = await call(ours, 'open_terminal', { program: 'node', args: ['saves.cjs'] });
    await call(ours, 'screen', { id, pattern: '^ready', waitMs: 15_000 });
    const closed = await call(ours, 'close_terminal', { id });
    expect(closed).toMatchObject({ status: 'exited', reason: 'killed', exitCode: 7 });
    expect(readFileSync(join(root, 'saved'), 'utf8')).toBe('mine\n');
  });

  test('what may be started stays with the policy', async () => {
    const { client } = await serve({ policy: { profile: 'dev' }, sandbox: 'bwrap' });
    expect(await refused(client(), 'open_terminal', { program: 'bash' })).toContain('never.bash');
  });
});
