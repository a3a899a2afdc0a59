import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server as LowLevelV1 } from '@modelcontextprotocol/sdk/server/index.js';
import * as v1 from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { local, ToolError, type App, type Middleware, type Principal } from '../../src/index.ts';
import { createV1App, type SdkAppOptions } from '../../src/sdk-v1.ts';
import { createV2App } from '../../src/sdk-v2.ts';
import {
  createTestClient,
  fakeClock,
  type InputHandlers,
  type TestClient,
  type TestClientOptions,
} from '../../src/testing.ts';
import { eras, recordingLogger, testApp } from '../helpers.ts';
import { connectBy, ROUTES } from './hosts.ts';
import { notebookV1, notebookV2, type Diary } from './notebooks.ts';

/** A person who answers with the first word of the question, and a model. */
const onInput: InputHandlers = {
  elicit: (params) => ({ action: 'accept', content: { name: params.message.split(/\W/)[0]! } }),
  sample: () => ({ role: 'assistant', model: 'test', content: { type: 'text', text: '42' } }),
  roots: [{ uri: 'file:///work' }],
};

const notebooks = [
  { version: 'v1', make: notebookV1 as (diary?: Diary) => any, adapt: createV1App },
  { version: 'v2', make: notebookV2 as (diary?: Diary) => any, adapt: createV2App },
] as const;
const cases = notebooks.flatMap((notebook) => eras.map((era) => ({ ...notebook, era })));

/** The server, mounted as `book` in an app of ours, and a client of that. */
async function mounted(
  { make, adapt, era }: (typeof cases)[number],
  { client: clientOptions, ...options }: SdkAppOptions & { readonly client?: TestClientOptions } = {},
) {
  const diary: Diary = { lines: [] };
  const server = make(diary);
  const book: App = await adapt(server, options);
  onTestFinished(() => book.close());
  const app = testApp().mount('book', book);
  const client = createTestClient(app, { era, onInput, ...clientOptions });
  onTestFinished(() => client.close());
  return { app, book, client, server, diary };
}

function textOf({ content }: { content: readonly object[] }): string {
  const [block] = content as { text?: string }[];
  return block?.text ?? '';
}

async function call(client: TestClient, name: string, args = {}): Promise<string> {
  return textOf(await client.call(name, args));
}

function ask(by: TestClient): Promise<any> {
  return by.request('tools/call', { name: 'greet' });
}

/** Sends a request again with the answer it asks for. */
function answer(by: TestClient, { inputRequests, requestState }: any): Promise<unknown> {
  const inputResponses = { [Object.keys(inputRequests)[0]!]: { action: 'accept', content: { name: 'Ada' } } };
  return by.request('tools/call', { name: 'greet', inputResponses, requestState } as never);
}

describe.each(cases)('a mounted $version server, for $era clients', (each) => {
  test('is listed with its schemas, under the prefix', async () => {
    const { client } = await mounted(each);
    const tools = await client.list('tools');
    expect(tools.map(({ name }) => name)).toEqual(
      ['count', 'break', 'whoami', 'client', 'work', 'greet', 'greet_twice', 'think', 'hang'].map(
        (name) => `book_${name}`,
      ),
    );
    expect(tools[0]).toMatchObject({
      title: 'Count',
      inputSchema: { type: 'object', properties: { by: { type: 'number' } }, required: ['by'] },
      outputSchema: { type: 'object', properties: { total: { type: 'number' } } },
    });
    const resources = await client.list('resources');
    expect(resources.map(({ uri }) => uri)).toEqual([
      'notebook://cover',
      'note://apple',
      'note://avocado',
      'note://banana',
    ]);
    expect(await client.list('templates')).toEqual([{ uriTemplate: 'note://{id}', name: 'note' }]);
    expect(await client.list('prompts')).toEqual([
      { name: 'book_review', arguments: [{ name: 'note', required: true }] },
    ]);
  });

  test('answers with structured content, and checks arguments itself', async () => {
    const { client } = await mounted(each);
    expect(await client.call('book_count', { by: 2 })).toMatchObject({ structuredContent: { total: 3 } });
    const refused = await client.call('book_count', { by: 'two' });
    expect(refused.isError).toBe(true);
    expect(textOf(refused)).toMatch(/by|number/);
  });

  test('gives its resources, prompts and completions', async () => {
    const { client } = await mounted(each);
    expect((await client.read('notebook://cover')).contents[0]?.text).toBe('The cover');
    expect((await client.read('note://apple')).contents[0]?.text).toBe('Note apple');
    expect(await client.prompt('book_review', { note: 'apple' })).toMatchObject({
      messages: [{ content: { text: 'Review apple' } }],
    });
    const ofTemplate = await client.complete(
      { type: 'ref/resource', uri: 'note://{id}' },
      { name: 'id', value: 'a' },
    );
    expect(ofTemplate.values).toEqual(['apple', 'avocado']);
    const ofPrompt = await client.complete(
      { type: 'ref/prompt', name: 'book_review' },
      { name: 'note', value: 'b' },
    );
    expect(ofPrompt.values).toEqual(['banana']);
  });

  test('fails as it means to', async () => {
    const { client } = await mounted(each);
    const failed = await client.call('book_break');
    expect(failed).toMatchObject({ isError: true, content: [{ text: 'The page is torn.' }] });
    await expect(client.read('note://cherry')).rejects.toMatchObject({
      rpcCode: each.era === 'legacy' ? -32002 : -32602,
      message: 'Resource not found: note://cherry',
    });
    await expect(client.call('book_nothing')).rejects.toThrow('Unknown tool: book_nothing');
  });

  test('reports progress and writes to the log of the client', async () => {
    const { client } = await mounted(each, { client: { logLevel: 'info' } });
    const steps: unknown[] = [];
    const done = await client.call('book_work', {}, { onProgress: (step) => void steps.push(step) });
    expect(textOf(done)).toBe('done');
    expect(steps).toEqual([1, 2, 3].map((progress) => ({ progress, total: 3 })));
    expect(await client.waitFor('notifications/message')).toMatchObject({
      params: { level: 'warning', data: 'half way' },
    });
  });

  test('asks the person, and does not begin anew when the answer comes', async () => {
    const { client, diary } = await mounted(each);
    expect(await call(client, 'book_greet')).toBe('Hello Your');
    expect(await call(client, 'book_greet_twice')).toBe('First Second Third');
    expect(diary.lines).toEqual(['greet begins', 'greet_twice begins']);
  });

  test('asks the model and for the roots', async () => {
    const { client } = await mounted(each);
    expect(await call(client, 'book_think')).toBe('[{"type":"text","text":"42"},"file:///work"]');
  });

  test('is told when the client cannot be asked', async () => {
    const { client } = await mounted(each, { client: { onInput: {} } });
    const refused = await client.call('book_greet');
    expect(refused.isError).toBe(true);
    expect(textOf(refused)).toContain('elicitation');
  });

  test('hears when the client gives up', async () => {
    const { client, diary } = await mounted(each);
    const controller = new AbortController();
    const giveUp = client
      .call('book_hang', {}, { signal: controller.signal })
      .catch((error: unknown) => error);
    await vi.waitFor(() => expect(diary.lines).toEqual(['hang begins']));
    controller.abort(new Error('enough'));
    expect(await giveUp).toMatchObject({ message: 'enough' });
    await vi.waitFor(() => expect(diary.lines).toEqual(['hang begins', 'hang ends']));
  });

  test('gains the time limit of the app', async () => {
    const clock = fakeClock();
    const diary: Diary = { lines: [] };
    const book = await each.adapt(each.make(diary));
    onTestFinished(() => book.close());
    const client = createTestClient(testApp({ clock, timeoutMs: 1000 }).mount('book', book), {
      era: each.era,
    });
    const hanging = client.call('book_hang');
    await vi.waitFor(() => expect(diary.lines).toEqual(['hang begins']));
    await clock.advance(1000);
    expect(textOf(await hanging)).toBe('book_hang did not finish within 1000 ms.');
    await vi.waitFor(() => expect(diary.lines).toContain('hang ends'));
  });

  test('gains middleware, of its own and of the app it is mounted in', async () => {
    const { app, book, client } = await mounted(each);
    const seen: string[] = [];
    const watch =
      (where: string): Middleware =>
      async (passing, next) => {
        if (passing.method === 'tools/call') seen.push(`${where} ${passing.target?.localName}`);
        return next();
      };
    app.use(watch('app'));
    book.use(watch('book'));
    book.use('tools/call', async (passing, next) => {
      if (passing.tool?.name === 'break') throw new ToolError('FORBIDDEN', 'Not today.');
      return next();
    });
    expect(await call(client, 'book_break')).toBe('Not today.');
    expect(seen).toEqual(['app book_break', 'book break']);
  });

  test('knows who calls, and gets `_meta`', async () => {
    const ada: Principal = { id: 'ada', scopes: ['read'], clientId: 'cli' };
    const { client } = await mounted(each, { client: { as: ada } });
    const told = await client.call('book_whoami', {}, { meta: { 'toolyard/version': '2' } });
    expect(textOf(told)).toBe('["ada",["read"],"2"]');
    const own = await mounted(each, { authInfo: () => ({ token: 't', clientId: 'c', scopes: ['x'] }) });
    expect(await call(own.client, 'book_whoami')).toBe('[null,["x"],null]');
  });

  test('may add, change and remove while clients are connected', async () => {
    const { client, server } = await mounted(each);
    if (each.era === 'legacy') await client.connect();
    const names = async () => (await client.list('tools')).map(({ name }) => name);
    const tool = server.registerTool('late', {}, () => ({ content: [{ type: 'text', text: 'late' }] }));
    await vi.waitFor(async () => expect(await names()).toContain('book_late'));
    expect(await call(client, 'book_late')).toBe('late');
    tool.update({ description: 'Better late.' });
    await vi.waitFor(async () =>
      expect(await client.list('tools')).toContainEqual(
        expect.objectContaining({ description: 'Better late.' }),
      ),
    );
    tool.remove();
    await vi.waitFor(async () => expect(await names()).not.toContain('book_late'));
    if (each.era === 'legacy') await client.waitFor('notifications/tools/list_changed');
  });

  test('tells of updates of its resources', async () => {
    const { client, server } = await mounted(each);
    const uri = 'notebook://cover';
    if (each.era === 'legacy') await client.subscribe(uri);
    const stream = each.era === 'modern' ? client.listen({ resourceSubscriptions: [uri] }) : undefined;
    await stream?.acknowledged;
    await server.server.sendResourceUpdated({ uri });
    const told = stream
      ? (await stream.next()).value
      : await client.waitFor('notifications/resources/updated');
    expect(told).toMatchObject({ method: 'notifications/resources/updated', params: { uri } });
  });
});

describe.each(notebooks)('a $version server as an app', ({ make, adapt }) => {
  test('keeps its name, version and instructions unless told otherwise', async () => {
    const book = await adapt(make());
    expect(book.info).toMatchObject({ name: 'notebook', version: '2.0.0' });
    expect(await createTestClient(book).connect()).toMatchObject({ instructions: 'Take notes.' });
    await book.close();
    const renamed = await adapt(make(), { app: { name: 'book' } });
    expect(renamed.info).toMatchObject({ name: 'book', version: '2.0.0' });
    await renamed.close();
  });

  test('closes the server when it closes', async () => {
    const server = make();
    const book = await adapt(server);
    expect(server.isConnected()).toBe(true);
    await book.close();
    expect(server.isConnected()).toBe(false);
  });

  test('answers for a server that is gone with an incident', async () => {
    const server = make();
    const book = await adapt(server);
    await server.close();
    await expect(book.call('count', { by: 1 })).rejects.toMatchObject({ code: 'INTERNAL' });
    await book.close();
  });

  test('lets only the one who was asked answer, and only what was asked', async () => {
    const diary: Diary = { lines: [] };
    const book = await adapt(make(diary));
    onTestFinished(() => book.close());
    const capabilities = { elicitation: {} };
    const ada = createTestClient(book, { as: { id: 'ada', scopes: [] }, capabilities });
    const eve = createTestClient(book, { as: { id: 'eve', scopes: [] }, capabilities });
    const asked: any = await ada.request('tools/call', { name: 'greet' });
    const [key] = Object.keys(asked.inputRequests);
    const inputResponses = { [key!]: { action: 'accept', content: { name: 'Eve' } } };
    const over = { rpcCode: -32602, message: expect.stringContaining('is over') };
    const { requestState } = asked;
    await expect(eve.request('tools/call', { name: 'greet', inputResponses } as never)).rejects.toMatchObject(
      over,
    );
    await expect(
      ada.request('tools/call', { name: 'greet_twice', inputResponses } as never),
    ).rejects.toMatchObject(over);
    const params = { name: 'greet', inputResponses, requestState };
    expect(await ada.request('tools/call', params as never)).toMatchObject({
      content: [{ text: 'Hello Eve' }],
    });
    await expect(ada.request('tools/call', params as never)).rejects.toMatchObject(over);
    expect(diary.lines).toEqual(['greet begins']);
  });

  test('begins anew for answers that it never asked for', async () => {
    const book = await adapt(make());
    onTestFinished(() => book.close());
    const client = createTestClient(book, { capabilities: { elicitation: {} } });
    const params = { name: 'greet', inputResponses: { other: { action: 'accept', content: {} } } };
    expect(await client.request('tools/call', params as never)).toMatchObject({
      resultType: 'input_required',
    });
  });

  test('gives up who does not come back with an answer', async () => {
    const clock = fakeClock();
    const book = await adapt(make(), { app: { clock, inputTimeoutMs: 5000 } });
    onTestFinished(() => book.close());
    const client = createTestClient(book, { capabilities: { elicitation: {} } });
    const asked: any = await client.request('tools/call', { name: 'greet' });
    await clock.advance(5000);
    const [key] = Object.keys(asked.inputRequests);
    const inputResponses = { [key!]: { action: 'decline' } };
    await expect(client.request('tools/call', { name: 'greet', inputResponses } as never)).rejects.toThrow(
      'is over',
    );
  });

  test('gives up the oldest when somebody leaves too many questions unanswered', async () => {
    const book = await adapt(make());
    onTestFinished(() => book.close());
    const client = createTestClient(book, {
      as: { id: 'ada', scopes: [] },
      capabilities: { elicitation: {} },
    });
    const other = createTestClient(book, {
      as: { id: 'bob', scopes: [] },
      capabilities: { elicitation: {} },
    });
    const spared = await ask(other);
    const first = await ask(client);
    const second = await ask(client);
    for (let count = 2; count < 101; count += 1) await ask(client);
    await expect(answer(client, first)).rejects.toThrow('is over');
    const greeting = { content: [{ text: 'Hello Ada' }] };
    expect(await answer(client, second)).toMatchObject(greeting);
    expect(await answer(other, spared)).toMatchObject(greeting);
  });

  test('sends each answer to who was asked while many ask at once', async () => {
    const book = await adapt(make());
    onTestFinished(() => book.close());
    const names = Array.from({ length: 20 }, (_, index) => `Number ${index}`);
    const greetings = names.map(async (name) => {
      const client = createTestClient(book, {
        era: 'legacy',
        onInput: { elicit: () => ({ action: 'accept', content: { name } }) },
      });
      return call(client, 'greet');
    });
    expect(await Promise.all(greetings)).toEqual(names.map((name) => `Hello ${name}`));
  });

  test('leaves out what cannot be served, and says so', async () => {
    const server = make();
    server.registerTool('notes.list', {}, () => ({ content: [{ type: 'text', text: 'listed' }] }));
    server.registerTool('notes_list', {}, () => ({ content: [] }));
    const logger = recordingLogger();
    const book = await adapt(server, { app: { logger } });
    onTestFinished(() => book.close());
    expect(await book.call('notes_list')).toBe('listed');
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { err: { code: 'NAME_TAKEN' } } }]);
  });
});

describe.each(notebooks)('a function that makes $version servers', ({ make, adapt }) => {
  test('makes one for each session, which knows its client', async () => {
    const servers: any[] = [];
    const book = await adapt(() => {
      servers.push(make());
      return servers.at(-1);
    });
    const [ada, bob] = ['ada', 'bob'].map((name) =>
      createTestClient(book, { era: 'legacy', info: { name, version: '1' }, capabilities: { roots: {} } }),
    );
    expect(JSON.parse(await call(ada!, 'client'))).toMatchObject(['ada', { roots: {} }]);
    expect(JSON.parse(await call(bob!, 'client'))).toMatchObject(['bob', { roots: {} }]);
    expect(JSON.parse(await call(ada!, 'client'))[1]).not.toHaveProperty('sampling');
    expect(servers).toHaveLength(3);
    await book.close();
    expect(servers.map((server) => server.isConnected())).toEqual([false, false, false]);
  });

  test('makes one for each caller among clients without a session', async () => {
    let made = 0;
    const book = await adapt(() => {
      made += 1;
      return make();
    });
    onTestFinished(() => book.close());
    const ada = { as: { id: 'ada', scopes: [] }, onInput };
    const clients = [ada, ada, { as: { id: 'bob', scopes: [] }, onInput }].map((options) =>
      createTestClient(book, options),
    );
    for (const client of clients) expect(await call(client, 'greet')).toBe('Hello Your');
    expect(made).toBe(3);
  });

  test('has those closed that nobody uses, and no more than the limit', async () => {
    const clock = fakeClock();
    const servers: any[] = [];
    const book = await adapt(
      () => {
        servers.push(make());
        return servers.at(-1);
      },
      { app: { clock }, sessionIdleMs: 1000, maxSessions: 2 },
    );
    onTestFinished(() => book.close());
    const connect = () => createTestClient(book, { era: 'legacy' });
    const open = () => servers.slice(1).map((server) => server.isConnected());
    const [a, b, c] = [connect(), connect(), connect()];
    await call(a, 'count', { by: 1 });
    await call(b, 'count', { by: 1 });
    await call(c, 'count', { by: 1 });
    expect(open()).toEqual([false, true, true]);
    await clock.advance(1000);
    await vi.waitFor(() => expect(open()).toEqual([false, false, false]));
    expect(await call(b, 'count', { by: 1 })).toBe('2');
    expect(open()).toEqual([false, false, false, true]);
  });

  test('refuses when all that may be open are busy', async () => {
    const diary: Diary = { lines: [] };
    const book = await adapt(() => make(diary), { maxSessions: 1 });
    onTestFinished(() => book.close({ deadlineMs: 1 }));
    const busy = createTestClient(book, { era: 'legacy' });
    const hanging = busy.call('hang').catch(() => {});
    await vi.waitFor(() => expect(diary.lines).toEqual(['hang begins']));
    await expect(createTestClient(book, { era: 'legacy' }).call('count', { by: 1 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    await busy.close();
    await hanging;
  });
});

describe('a low-level server', () => {
  test('is asked to watch what clients subscribe to, once', async () => {
    const server = new LowLevelV1(
      { name: 'files', version: '1.0.0' },
      { capabilities: { resources: { subscribe: true } } },
    );
    const uri = 'file:///a';
    const watched: string[] = [];
    server.setRequestHandler(v1.ListResourcesRequestSchema, () => ({ resources: [{ uri, name: 'a' }] }));
    server.setRequestHandler(v1.SubscribeRequestSchema, ({ params }) => {
      watched.push(params.uri);
      return {};
    });
    const files = await createV1App(server);
    onTestFinished(() => files.close());
    const app = testApp().mount('files', files);
    const clients = [1, 2].map(() => createTestClient(app, { era: 'legacy' }));
    for (const client of clients) await client.subscribe(uri);
    await createTestClient(files).listen({ resourceSubscriptions: [uri] }).acknowledged;
    await vi.waitFor(() => expect(watched).toEqual([uri]));
    await server.sendResourceUpdated({ uri });
    for (const client of clients) await client.waitFor('notifications/resources/updated');
  });

  test('has what it throws masked, and what it answers passed on', async () => {
    const server = new LowLevelV1({ name: 'files', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler(v1.ListToolsRequestSchema, () => ({
      tools: [{ name: 'open', inputSchema: { type: 'object' } }],
    }));
    server.setRequestHandler(v1.CallToolRequestSchema, ({ params }) => {
      if (params.arguments?.['path'] === undefined)
        throw new v1.McpError(-31001, 'Which one?', { hint: 'path' });
      throw new Error('the password is hunter2');
    });
    const files = await createV1App(server);
    onTestFinished(() => files.close());
    const client = createTestClient(files);
    await expect(client.call('open')).rejects.toMatchObject({
      rpcCode: -31001,
      message: 'Which one?',
      data: { hint: 'path' },
    });
    expect(await call(client, 'open', { path: '/' })).toMatch(
      /^open failed because of an internal error. Incident: /,
    );
  });

  test('that is connected elsewhere is left alone', async () => {
    const server = new LowLevelV1({ name: 'files', version: '1.0.0' });
    const [, far] = InMemoryTransport.createLinkedPair();
    await server.connect(far);
    onTestFinished(() => server.close());
    await expect(createV1App(server)).rejects.toThrow('Already connected');
    expect(server.transport).toBe(far);
  });

  test('that does not answer is given up', async () => {
    const clock = fakeClock();
    const server = new LowLevelV1({ name: 'files', version: '1.0.0' }, { capabilities: { tools: {} } });
    let asked = false;
    server.setRequestHandler(v1.ListToolsRequestSchema, () => {
      asked = true;
      return new Promise(() => {});
    });
    const opening = createV1App(server, { app: { clock } }).catch((error: unknown) => error);
    await vi.waitFor(() => expect(asked).toBe(true));
    await clock.advance(30_000);
    expect(await opening).toMatchObject({ code: 'TIMEOUT' });
    expect(server.transport).toBeUndefined();
  });
});

describe('official clients reach a mounted server', () => {
  const routes = ROUTES.filter(({ via }) => via !== 'http');
  const both = notebooks.flatMap((notebook) =>
    routes.map((route) => ({
      ...notebook,
      route,
      title: `${route.client} client by a ${route.host} ${route.via}`,
    })),
  );
  test.each(both)('$version, $title', async ({ make, adapt, route }) => {
    const book = await adapt(make());
    onTestFinished(() => book.close());
    const { client, heard } = await connectBy(route, testApp().mount('book', book), { principal: local });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('book_count');
    expect(await client.callTool({ name: 'book_count', arguments: { by: 1 } })).toMatchObject({
      structuredContent: { total: 2 },
    });
    expect(await client.callTool({ name: 'book_greet_twice' })).toMatchObject({
      content: [{ text: 'Ada Ada Ada' }],
    });
    expect(heard.asked).toEqual(['First?', 'Second?', 'Third?']);
    expect(await client.callTool({ name: 'book_think' })).toMatchObject({
      content: [{ text: '[{"type":"text","text":"42"},"file:///work"]' }],
    });
    expect(await client.readResource({ uri: 'note://apple' })).toMatchObject({
      contents: [{ text: 'Note apple' }],
    });
  });
});
