import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  definePrompt,
  defineResource,
  defineTool,
  jsonSchema,
  type Call,
  type InputAnswer,
  type JsonObject,
} from '../../src/index.ts';
import { createTestClient, type InputHandlers } from '../../src/testing.ts';
import { eras, recordingLogger, testApp } from '../helpers.ts';

const nameForm = z.object({ name: z.string().min(1), age: z.number().int().optional() });
const askName = (call: Call) => call.requireInput('name', { message: 'Who are you?', schema: nameForm });
const actionOf = async (call: Call) => (await askName(call)).action;

const greet = defineTool({
  name: 'greet',
  run: async (_args, call) => {
    const answer = await askName(call);
    return answer.action === 'accept' ? `Hello ${answer.content.name}` : answer.action;
  },
});

const accept = (content: JsonObject): InputHandlers => ({
  elicit: () => ({ action: 'accept', content: content as never }),
});

describe.each(eras)('requireInput (%s)', (era) => {
  test('asks the person and gives the answer', async () => {
    const client = createTestClient(testApp().add(greet), { era, onInput: accept({ name: 'Ada' }) });
    expect(await client.call(greet)).toMatchObject({ content: [{ text: 'Hello Ada' }] });
    expect(client.serverRequests).toEqual([
      {
        method: 'elicitation/create',
        params: {
          mode: 'form',
          message: 'Who are you?',
          requestedSchema: {
            type: 'object',
            properties: {
              name: { type: 'string', minLength: 1 },
              age: expect.objectContaining({ type: 'integer' }),
            },
            required: ['name'],
          },
        },
      },
    ]);
  });

  test.each(['decline', 'cancel'] as const)('tells when the person chose to %s', async (action) => {
    const client = createTestClient(testApp().add(greet), { era, onInput: { elicit: () => ({ action }) } });
    expect(await client.call(greet)).toMatchObject({ content: [{ text: action }] });
  });

  test('takes the person to a page', async () => {
    const login = defineTool({
      name: 'login',
      run: async (_args, call) =>
        call.requireInput('login', { message: 'Sign in', url: 'https://example.com/login' }),
    });
    const client = createTestClient(testApp().add(login), {
      era,
      onInput: { elicit: () => ({ action: 'accept' }) },
    });
    expect((await client.call(login)).structuredContent).toEqual({ action: 'accept' });
    const elicitationId = { legacy: { elicitationId: expect.any(String) as string }, modern: {} }[era];
    expect(client.serverRequests[0]?.params).toEqual({
      mode: 'url',
      message: 'Sign in',
      url: 'https://example.com/login',
      ...elicitationId,
    });
  });

  test('works from prompts and resources', async () => {
    const app = testApp().add(
      definePrompt({ name: 'p', run: (_args, call) => actionOf(call) }),
      defineResource({ uri: 'note://1', read: actionOf }),
      defineResource({ template: 'note://all/{id}', read: (_variables, call) => actionOf(call) }),
    );
    const client = createTestClient(app, { era, onInput: accept({ name: 'Ada' }) });
    expect((await client.prompt('p')).messages[0]?.content).toMatchObject({ text: 'accept' });
    expect((await client.read('note://1')).contents[0]?.text).toBe('accept');
    expect((await client.read('note://all/1')).contents[0]?.text).toBe('accept');
  });

  test('needs a client that can ask', async () => {
    const client = createTestClient(testApp().add(greet), { era, capabilities: {} });
    await expect(client.call(greet)).rejects.toMatchObject({
      rpcCode: -32021,
      message: 'The client did not declare: elicitation.',
      data: { requiredCapabilities: { elicitation: { form: {} } } },
    });
    expect(client.serverRequests).toEqual([]);
  });

  test('takes a bare elicitation capability for forms, not for pages', async () => {
    const login = defineTool({
      name: 'login',
      run: async (_args, call) =>
        call.requireInput('login', { message: 'Sign in', url: 'https://example.com/login' }),
    });
    const client = createTestClient(testApp().add(greet, login), {
      era,
      capabilities: { elicitation: {} },
      onInput: accept({ name: 'Ada' }),
    });
    expect(await client.call(greet)).toMatchObject({ content: [{ text: 'Hello Ada' }] });
    await expect(client.call(login)).rejects.toMatchObject({
      rpcCode: -32021,
      data: { requiredCapabilities: { elicitation: { url: {} } } },
    });
  });

  test.each<[string, (call: Call) => Promise<unknown>]>([
    [
      'a nested object',
      (call) => call.requireInput('a', { message: '', schema: z.object({ a: z.object({ b: z.string() }) }) }),
    ],
    ['no object', (call) => call.requireInput('a', { message: '', schema: z.string() })],
  ])('cannot ask for %s', async (_, ask) => {
    const logger = recordingLogger();
    const tool = defineTool({ name: 'ask', run: (_args, call) => ask(call) });
    const client = createTestClient(testApp({ logger }).add(tool), { era, onInput: accept({}) });
    expect(await client.call(tool)).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('Incident') }],
    });
    expect(logger.lines[0]?.fields['err']).toMatchObject({ code: 'INVALID_OPTION' });
  });

  test('asks with the formats clients know, without the patterns that zod writes beside them', async () => {
    const schema = z.object({
      mail: z.email(),
      day: z.iso.date(),
      site: z.url(),
      color: z.enum(['red', 'green']),
      tags: z.array(z.enum(['a', 'b'])),
    });
    const tool = defineTool({
      name: 'ask',
      run: async (_args, call) => (await call.requireInput('a', { message: '', schema })).action,
    });
    const client = createTestClient(testApp().add(tool), {
      era,
      onInput: { elicit: () => ({ action: 'cancel' }) },
    });
    await client.call(tool);
    const { requestedSchema } = client.serverRequests[0]!.params as {
      requestedSchema: { properties: object };
    };
    expect(requestedSchema.properties).toEqual({
      mail: { type: 'string', format: 'email' },
      day: { type: 'string', format: 'date' },
      site: { type: 'string', format: 'uri' },
      color: { type: 'string', enum: ['red', 'green'] },
      tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } },
    });
  });
});

const send = (inputResponses: unknown) =>
  createTestClient(testApp().add(greet), { onInput: accept({}) }).request('tools/call', {
    name: 'greet',
    arguments: {},
    inputResponses,
  });

describe('an answer that does not fit the form', () => {
  test('of a 2026 client is refused: it is part of the params it sent', async () => {
    const client = createTestClient(testApp().add(greet), { onInput: accept({ name: '', age: 'old' }) });
    await expect(client.call(greet)).rejects.toMatchObject({
      rpcCode: -32602,
      message: expect.stringMatching(/^The answer to "name" does not fit: name: .+; age: /),
    });
  });

  test('of a 2025 client fails the tool, openly: the params were fine', async () => {
    const client = createTestClient(testApp().add(greet), { era: 'legacy', onInput: accept({ name: '' }) });
    expect(await client.call(greet)).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/^The answer to "name" does not fit: name: /) }],
      _meta: { 'toolyard/error': { code: 'INVALID_ANSWER' } },
    });
  });

  test('of a 2025 client may be no answer at all', async () => {
    const client = createTestClient(testApp().add(greet), {
      era: 'legacy',
      onInput: accept({}),
      onRequest: () => ({ action: 'maybe' }),
    });
    expect(await client.call(greet)).toMatchObject({
      isError: true,
      _meta: { 'toolyard/error': { code: 'INVALID_ANSWER' } },
    });
  });

  test('may be corrected by the handler', async () => {
    const patient = defineTool({
      name: 'patient',
      run: async (_args, call) => {
        try {
          return (await askName(call)).action;
        } catch (error) {
          return (error as Error).message;
        }
      },
    });
    const client = createTestClient(testApp().add(patient), { onInput: accept({ name: '' }) });
    expect(await client.call(patient)).toMatchObject({
      content: [{ text: expect.stringContaining('does not fit') }],
    });
  });

  test.each<unknown>([
    null,
    'text',
    [],
    7,
    { name: 12_345 },
    { name: null },
    { name: [] },
    { name: {} },
    { name: { action: 'maybe' } },
    { other: { action: 'accept', content: { name: 'Ada' } } },
  ])('is asked for again where it is missing or no answer: %j', async (inputResponses) => {
    expect(await send(inputResponses)).toMatchObject({
      resultType: 'input_required',
      inputRequests: { name: {} },
    });
  });

  test('has fields nobody asked for: they are ignored', async () => {
    const name = { action: 'accept', content: { name: 'Ada', extra: 1 } };
    expect(
      await send({ name, unknown: { action: 'accept', content: { foo: 'bar' } }, other: 7 }),
    ).toMatchObject({ content: [{ text: 'Hello Ada' }] });
  });
});

describe.each(eras)('sample and listRoots (%s)', (era) => {
  const summarize = defineTool({
    name: 'summarize',
    run: async (_args, call) => {
      const roots = await call.listRoots();
      const { content, model } = await call.sample({
        messages: [{ role: 'user', content: { type: 'text', text: roots[0]!.uri } }],
        maxTokens: 10,
      });
      return { content, model };
    },
  });
  const onInput: InputHandlers = {
    roots: [{ uri: 'file:///work' }],
    sample: ({ messages }) => ({ role: 'assistant', model: 'test', content: messages[0]!.content }),
  };

  test('ask the model and for folders', async () => {
    const client = createTestClient(testApp().add(summarize), { era, onInput });
    expect((await client.call(summarize)).structuredContent).toEqual({
      content: { type: 'text', text: 'file:///work' },
      model: 'test',
    });
    expect(client.serverRequests.map(({ method }) => method)).toEqual([
      'roots/list',
      'sampling/createMessage',
    ]);
  });

  test.each([
    [{}, { roots: {} }],
    [{ roots: {} }, { sampling: {} }],
  ])('need a client that can: with %j, %j is missing', async (capabilities, requiredCapabilities) => {
    const client = createTestClient(testApp().add(summarize), { era, onInput, capabilities });
    await expect(client.call(summarize)).rejects.toMatchObject({
      rpcCode: -32021,
      data: { requiredCapabilities },
    });
  });

  test('tools need a client whose model takes them', async () => {
    const tool = defineTool({
      name: 'ask',
      run: (_args, call) => call.sample({ messages: [], maxTokens: 1, tools: [] }),
    });
    const client = createTestClient(testApp().add(tool), { era, onInput, capabilities: { sampling: {} } });
    await expect(client.call(tool)).rejects.toMatchObject({
      rpcCode: -32021,
      data: { requiredCapabilities: { sampling: { tools: {} } } },
    });
  });
});

describe('a 2025 client', () => {
  test('of 2025-06-18 is asked without a mode, which it would refuse', async () => {
    const client = createTestClient(testApp().add(greet), {
      protocolVersion: '2025-06-18',
      onInput: accept({ name: 'Ada' }),
    });
    await client.call(greet);
    expect(client.serverRequests[0]?.params).not.toHaveProperty('mode');
  });

  test('without a connection that could be asked is told that a session is needed', async () => {
    const exchange = {
      transport: 'http',
      era: 'legacy' as const,
      principal: { id: 'a', scopes: [] },
      signal: new AbortController().signal,
      notify: () => {},
      client: { capabilities: { elicitation: {} } },
    };
    const response = await testApp()
      .add(greet)
      .dispatch({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'greet' } }, exchange);
    expect(response).toMatchObject({ error: { code: -32021 } });
  });

  test('has no state to bring: params of that name mean nothing', async () => {
    const client = createTestClient(testApp().add(greet), {
      era: 'legacy',
      onInput: accept({ name: 'Ada' }),
    });
    const answer = await client.request('tools/call', {
      name: 'greet',
      requestState: 'mine',
      inputResponses: {},
    });
    expect(answer).toMatchObject({ content: [{ text: 'Hello Ada' }] });
  });

  test('that answers with an error fails the tool, openly', async () => {
    const client = createTestClient(testApp().add(greet), {
      era: 'legacy',
      capabilities: { elicitation: {} },
      onRequest: () => {
        throw new Error('The window is gone.');
      },
    });
    expect(await client.call(greet)).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('The window is gone.') }],
      _meta: { 'toolyard/error': { code: 'CLIENT_ERROR' } },
    });
  });
});

describe('app.call', () => {
  test('answers with onInput', async () => {
    const asked: unknown[] = [];
    const app = testApp().add(greet);
    const answer = await app.call(
      greet,
      {},
      {
        onInput: (request) => {
          asked.push(request);
          return { action: 'accept', content: { name: 'Ada' } };
        },
      },
    );
    expect(answer).toBe('Hello Ada');
    expect(asked).toMatchObject([{ method: 'elicitation/create', params: { message: 'Who are you?' } }]);
  });

  test('without onInput fails', async () => {
    await expect(testApp().add(greet).call(greet)).rejects.toMatchObject({ rpcCode: -32021 });
  });

  test('whose onInput fails, fails', async () => {
    const failing = testApp()
      .add(greet)
      .call(greet, {}, { onInput: () => Promise.reject(new Error('nobody there')) });
    await expect(failing).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

test('a schema of plain JSON asks as well', async () => {
  const schema = jsonSchema<{ ok: boolean }>({
    type: 'object',
    properties: { ok: { type: 'boolean', default: false } },
  });
  const confirm = defineTool({
    name: 'confirm',
    run: async (_args, call): Promise<InputAnswer<{ ok: boolean }>> =>
      call.requireInput('ok', { message: 'Sure?', schema }),
  });
  const client = createTestClient(testApp().add(confirm), { onInput: accept({ ok: true }) });
  expect((await client.call(confirm)).structuredContent).toEqual({ action: 'accept', content: { ok: true } });
});
