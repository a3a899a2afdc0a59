import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import * as old from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, test } from 'vitest';

import { modern, type Message } from './pipes.ts';

const command = process.execPath;
const args = ['--conditions=@toolyard/source', fileURLToPath(new URL('server-process.ts', import.meta.url))];
const info = { name: 'interop', version: '1' };
const capabilities = { elicitation: {}, sampling: {} };
const sampled = {
  role: 'assistant' as const,
  model: 'test',
  content: { type: 'text' as const, text: 'Thought.' },
};

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

/** What the clients of both SDKs have in common. */
interface Connected {
  readonly client: {
    listTools(): Promise<{ tools: { name: string }[] }>;
    callTool(params: { name: string; arguments?: object }): Promise<Message>;
    listResources(): Promise<Message>;
    listResourceTemplates(): Promise<Message>;
    readResource(params: { uri: string }): Promise<Message>;
    listPrompts(): Promise<Message>;
    getPrompt(params: { name: string; arguments: Record<string, string> }): Promise<Message>;
    complete(params: {
      ref: { type: 'ref/resource'; uri: string };
      argument: { name: string; value: string };
    }): Promise<Message>;
    close(): Promise<void>;
  };
  readonly pid: number;
  readonly stderr: () => string;
  readonly callWith: (
    name: string,
    options: { onprogress?: (progress: Message) => void; signal?: AbortSignal },
  ) => Promise<Message>;
  /** Resolves when the client is told of a change in the tools, and of one in the note. */
  readonly watch: () => Promise<{ tools: Promise<unknown>; note: Promise<unknown> }>;
}

// The official clients lose progress that arrives in one piece with the result, and complain (typescript-sdk#2580).
const isNotLateProgress = ({ message }: Error) =>
  !message.includes('progress notification for an unknown token');

async function connectNew(
  mode: 'legacy' | 'auto' | { pin: string },
): Promise<Connected & { era: string | undefined }> {
  const client = new Client(info, { capabilities, versionNegotiation: { mode } });
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ann' } }));
  client.setRequestHandler('sampling/createMessage', () => sampled);
  const errors: Error[] = [];
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
  client.onerror = (error) => errors.push(error);
  const transport = new StdioClientTransport({ command, args, stderr: 'pipe' });
  const stderr = collect(transport.stderr!);
  await client.connect(transport);
  cleanups.push(async () => {
    await client.close();
    expect(errors.filter(isNotLateProgress)).toEqual([]);
  });
  return {
    client: client as unknown as Connected['client'],
    era: client.getNegotiatedProtocolVersion(),
    pid: transport.pid!,
    stderr,
    callWith: (name, options) => client.callTool({ name }, options),
    async watch() {
      const tools = new Promise((resolve) =>
        client.setNotificationHandler('notifications/tools/list_changed', resolve),
      );
      const note = new Promise((resolve) =>
        client.setNotificationHandler('notifications/resources/updated', resolve),
      );
      if (client.getNegotiatedProtocolVersion() === '2026-07-28') {
        const subscription = await client.listen({
          toolsListChanged: true,
          resourceSubscriptions: ['note://a'],
        });
        expect(subscription.honoredFilter).toEqual({
          toolsListChanged: true,
          resourceSubscriptions: ['note://a'],
        });
        cleanups.unshift(() => subscription.close());
      } else {
        await client.subscribeResource({ uri: 'note://a' });
      }
      return { tools, note };
    },
  };
}

async function connectOld(): Promise<Connected> {
  const client = new OldClient(info, { capabilities });
  client.setRequestHandler(old.ElicitRequestSchema, () => ({
    action: 'accept' as const,
    content: { name: 'Ann' },
  }));
  client.setRequestHandler(old.CreateMessageRequestSchema, () => sampled);
  const errors: Error[] = [];
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
  client.onerror = (error) => errors.push(error);
  const transport = new OldTransport({ command, args, stderr: 'pipe' });
  const stderr = collect(transport.stderr!);
  await client.connect(transport);
  cleanups.push(async () => {
    await client.close();
    expect(errors.filter(isNotLateProgress)).toEqual([]);
  });
  return {
    client: client as unknown as Connected['client'],
    pid: transport.pid!,
    stderr,
    callWith: (name, options) => client.callTool({ name }, undefined, options),
    async watch() {
      const tools = new Promise<void>((resolve) =>
        client.setNotificationHandler(old.ToolListChangedNotificationSchema, () => resolve()),
      );
      const note = new Promise<void>((resolve) =>
        client.setNotificationHandler(old.ResourceUpdatedNotificationSchema, () => resolve()),
      );
      await client.subscribeResource({ uri: 'note://a' });
      return { tools, note };
    },
  };
}

function collect(stream: NodeJS.EventEmitter): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return () => text;
}

describe.each<[string, () => Promise<Connected>]>([
  ['the v2 client pinned to 2026-07-28', () => connectNew({ pin: '2026-07-28' })],
  ['the v2 client in auto mode', () => connectNew('auto')],
  ['the v2 client in legacy mode', () => connectNew('legacy')],
  ['the v1 client', connectOld],
])('%s', (_name, connect) => {
  test('lists, calls, reads, prompts and completes', async () => {
    const { client } = await connect();
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('add');
    expect(await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } })).toMatchObject({
      structuredContent: { sum: 3 },
    });
    expect(await client.callTool({ name: 'add', arguments: { a: 'x' } })).toMatchObject({ isError: true });
    expect(await client.listResources()).toMatchObject({ resources: [{ uri: 'note://a' }] });
    expect(await client.listResourceTemplates()).toMatchObject({
      resourceTemplates: [{ uriTemplate: 'file:///{path}' }],
    });
    expect(await client.readResource({ uri: 'file:///x' })).toMatchObject({
      contents: [{ text: 'contents of x' }],
    });
    expect(await client.listPrompts()).toMatchObject({ prompts: [{ name: 'review' }] });
    const prompt = await client.getPrompt({ name: 'review', arguments: { file: 'a.ts' } });
    expect(prompt).toMatchObject({ messages: [{ content: { text: 'Review a.ts.' } }] });
    const ref = { type: 'ref/resource' as const, uri: 'file:///{path}' };
    expect(await client.complete({ ref, argument: { name: 'path', value: 'al' } })).toMatchObject({
      completion: { values: ['alpha'] },
    });
  });

  test('hears progress, cancels, and answers what tools ask', async () => {
    const { client, callWith } = await connect();
    const heard: unknown[] = [];
    expect(await callWith('steps', { onprogress: ({ progress }) => heard.push(progress) })).toMatchObject({
      content: [{ text: 'done' }],
    });
    expect(heard.slice(0, 2)).toEqual([1, 2]);

    const controller = new AbortController();
    await expect(
      callWith('hang', { signal: controller.signal, onprogress: () => controller.abort('enough') }),
    ).rejects.toThrow('enough');
    expect(await client.callTool({ name: 'cancellations' })).toMatchObject({ content: [{ text: '1' }] });

    expect(await client.callTool({ name: 'greet' })).toMatchObject({ content: [{ text: 'Hello Ann' }] });
    expect(await client.callTool({ name: 'think' })).toMatchObject({
      content: [{ text: expect.stringContaining('Thought.') }],
    });
  });

  test('is told of changes', async () => {
    const { client, watch } = await connect();
    const { tools, note } = await watch();
    await client.callTool({ name: 'toggle' });
    await client.callTool({ name: 'touch' });
    await tools;
    await note;
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('extra');
  });

  test('is not disturbed by a tool that prints, and the server leaves when it closes', async () => {
    const { client, pid, stderr } = await connect();
    expect(await client.callTool({ name: 'noisy' })).toMatchObject({ content: [{ text: 'said it' }] });
    expect(await client.callTool({ name: 'add', arguments: { a: 1, b: 1 } })).toMatchObject({
      structuredContent: { sum: 2 },
    });
    const startedAt = performance.now();
    await client.close();
    // The SDKs wait two seconds before they kill.
    expect(performance.now() - startedAt).toBeLessThan(1900);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(stderr()).toBe(
      'from console.log\nfrom console.info\nfrom stdout.write without a newline{"jsonrpc":"2.0","id":1,"result":{}}\nfrom console.error\nclosed\n',
    );
  });
});

test('auto mode settles on 2026-07-28, legacy mode on 2025-11-25', async () => {
  expect((await connectNew('auto')).era).toBe('2026-07-28');
  expect((await connectNew('legacy')).era).toBe('2025-11-25');
});

function start() {
  const child = spawn(command, args, { stdio: 'pipe' });
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  cleanups.push(async () => {
    if (child.exitCode === null) child.kill('SIGKILL');
    await exited;
  });
  const stderr = collect(child.stderr);
  // Reading starts with the first look at it.
  let reading: AsyncIterator<string> | undefined;
  const line = () => (reading ??= createInterface({ input: child.stdout })[Symbol.asyncIterator]()).next();
  return {
    child,
    exited,
    stderr,
    send: (message: Message) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`),
    next: async () => JSON.parse((await line()).value as string) as Message,
    rest: async () => {
      const left: Message[] = [];
      for (let next = await line(); !next.done; next = await line())
        left.push(JSON.parse(next.value) as Message);
      return left;
    },
  };
}

describe('the process', () => {
  test('writes nothing but protocol to stdout', async () => {
    const { child, send, rest, exited } = start();
    send({ id: 1, method: 'tools/call', params: modern({ name: 'noisy' }) });
    send({ id: 2, method: 'tools/list', params: modern() });
    child.stdin.end();
    const answers = await rest();
    expect(new Set(answers.map(({ id }) => id as number))).toEqual(new Set([1, 2]));
    expect(answers).toHaveLength(2);
    expect(await exited).toEqual([0, null]);
  });

  test('answers what was piped into it, and exits', async () => {
    const { child, rest, exited } = start();
    const initialize = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: info };
    const messages = [
      { id: 0, method: 'initialize', params: initialize },
      { method: 'notifications/initialized' },
      { id: 1, method: 'tools/call', params: { name: 'steps', _meta: { progressToken: 7 } } },
    ];
    child.stdin.end(messages.map((message) => JSON.stringify({ jsonrpc: '2.0', ...message })).join('\n'));
    const answers = await rest();
    expect(answers.map(({ id, method }) => id ?? method)).toEqual([
      0,
      ...Array(3).fill('notifications/progress'),
      1,
    ]);
    expect(await exited).toEqual([0, null]);
  });

  test('gives a call that hangs a second, and exits', async () => {
    const { child, send, next, rest, exited } = start();
    send({ id: 1, method: 'tools/call', params: modern({ name: 'hang', _meta: { progressToken: 1 } }) });
    await next();
    child.stdin.end();
    expect(await rest()).toMatchObject([{ id: 1, error: { message: 'The server is shutting down.' } }]);
    expect(await exited).toEqual([0, null]);
  });

  test('survives a client that stops reading, and exits', async () => {
    const { child, send, next, exited, stderr } = start();
    send({ id: 1, method: 'tools/list', params: modern() });
    await next();
    child.stdout.destroy();
    for (let id = 2; id < 50; id += 1) send({ id, method: 'tools/list', params: modern() });
    child.stdin.on('error', () => {});
    expect(await exited).toEqual([0, null]);
    expect(stderr()).toBe('closed\n');
  });

  test('waits for a slow reader and loses nothing', async () => {
    const { child, send, next, exited } = start();
    child.stdin.on('error', () => {});
    const count = 20_000;
    let intact = 0;
    for (let id = 0; id < count; id += 1) send({ id, method: 'tools/list', params: modern() });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(child.stdin.writableLength).toBeGreaterThan(1_000_000);
    for (let id = 0; id < count; id += 1) {
      const { id: answered, result } = await next();
      if (answered === id && result) intact += 1;
    }
    expect(intact).toBe(count);
    child.stdin.end();
    expect(await exited).toEqual([0, null]);
  });
});
