import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createApp, definePrompt, defineResource, defineTool } from '../../src/index.ts';
import { MetaKey } from '../../src/protocol.ts';
import { createTestClient } from '../../src/testing.ts';
import { envelope, eras, testApp } from '../helpers.ts';

const add = defineTool({ name: 'add', input: z.object({ a: z.number() }), run: ({ a }) => a + 1 });
const app = testApp().add(
  add,
  definePrompt({ name: 'greet', run: () => 'Hello' }),
  defineResource({ uri: 'note://1', read: () => 'one' }),
);

describe.each(eras)('to something that is not JSON-RPC (%s)', (era) => {
  const client = createTestClient(app, { era });

  test.each<unknown>([
    null,
    true,
    7,
    'ping',
    [],
    [{ jsonrpc: '2.0', id: 1, method: 'ping' }],
    {},
    { id: 1, method: 'ping' },
    { jsonrpc: '1.0', id: 1, method: 'ping' },
    { jsonrpc: 2, id: 1, method: 'ping' },
    { jsonrpc: '2.0', id: 1 },
    { jsonrpc: '2.0', id: 1, method: 7 },
    { jsonrpc: '2.0', id: 1, method: 'ping', params: [] },
    { jsonrpc: '2.0', id: 1, method: 'ping', params: 'x' },
    { jsonrpc: '2.0', id: 1, method: 'ping', params: null },
    { jsonrpc: '2.0', id: null, method: 'ping' },
    { jsonrpc: '2.0', id: {}, method: 'ping' },
    { jsonrpc: '2.0', id: 1.5, method: 'ping' },
    { jsonrpc: '2.0', id: true, method: 'ping' },
    { jsonrpc: '2.0', id: 1, result: 'text' },
    { jsonrpc: '2.0', id: 1, error: 'text' },
    { jsonrpc: '2.0', id: 1, error: { code: 'x', message: 'y' } },
  ])('%j the answer is "invalid request"', async (message) => {
    const response = await client.send(message);
    expect(response).toMatchObject({ jsonrpc: '2.0', error: { code: -32600 } });
    const asked = message as { id?: unknown; method?: unknown } | null;
    const id = asked?.id === 1 && !('result' in asked) && !('error' in asked) ? 1 : null;
    expect(response?.id).toBe(id);
  });

  test.each<unknown>([
    { jsonrpc: '2.0', id: 1, result: {} },
    { jsonrpc: '2.0', id: 1, error: { code: -1, message: 'no' } },
    { jsonrpc: '2.0', id: null, error: { code: -1, message: 'no' } },
  ])('a response has no answer: %j', async (message) => {
    expect(await client.send(message)).toBeUndefined();
  });

  test('a notification has no answer, whatever it says', async () => {
    expect(await client.send({ jsonrpc: '2.0', method: 'notifications/nobody-knows' })).toBeUndefined();
    expect(
      await client.send({ jsonrpc: '2.0', method: 'tools/call', params: { name: 'add' } }),
    ).toBeUndefined();
  });
});

describe.each(eras)('to an unknown method (%s)', (era) => {
  const other =
    era === 'modern'
      ? ['initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'resources/unsubscribe']
      : ['server/discover', 'subscriptions/listen'];

  test.each(['nope', '', 'tools', 'toString', '__proto__', 'constructor', 'tasks/get', ...other])(
    '%j',
    async (method) => {
      await expect(createTestClient(app, { era }).send(request(era, method))).resolves.toMatchObject({
        id: 1,
        error: { code: -32601, message: `Method not found: ${method}` },
      });
    },
  );

  test('middleware sees it, and may answer it', async () => {
    const open = createApp({ name: 'a', version: '1' }).use('custom/echo', async (call) => ({
      got: call.params['x'] ?? null,
    }));
    expect(await createTestClient(open, { era }).request('custom/echo', { x: 1 })).toMatchObject({ got: 1 });
  });
});

describe.each(eras)('to params that do not have the form of the method (%s)', (era) => {
  test.each<[string, object, string]>([
    ['tools/call', {}, 'params.name must be a string.'],
    ['tools/call', { name: 7 }, 'params.name must be a string.'],
    ['tools/call', { name: 'nope' }, 'Unknown tool: nope'],
    ['tools/call', { name: '__proto__' }, 'Unknown tool: __proto__'],
    ['tools/call', { name: 'add', arguments: [1] }, 'params.arguments must be an object.'],
    ['tools/call', { name: 'add', arguments: 'x' }, 'params.arguments must be an object.'],
    ['prompts/get', {}, 'params.name must be a string.'],
    ['prompts/get', { name: 'nope' }, 'Unknown prompt: nope'],
    ['prompts/get', { name: 'greet', arguments: [] }, 'params.arguments must be an object.'],
    ['resources/read', {}, 'params.uri must be a string.'],
    ['resources/read', { uri: 7 }, 'params.uri must be a string.'],
    ['completion/complete', {}, 'params.argument must have the strings name and value.'],
    [
      'completion/complete',
      { argument: { name: 'a', value: 'b' } },
      'params.ref must be a ref/prompt with a name or a ref/resource with a uri.',
    ],
    [
      'completion/complete',
      { argument: { name: 'a', value: 'b' }, ref: { type: 'ref/prompt', name: 7 } },
      'params.ref must be',
    ],
    [
      'completion/complete',
      { argument: { name: 'a', value: 'b' }, ref: { type: 'ref/tool', name: 'add' } },
      'params.ref must be',
    ],
    [
      'completion/complete',
      { argument: { name: 'a', value: 'b' }, ref: { type: 'ref/prompt', name: 'nope' } },
      'Unknown prompt: nope',
    ],
  ])('%s %j', async (method, params, message) => {
    await expect(createTestClient(app, { era }).send(request(era, method, params))).resolves.toMatchObject({
      id: 1,
      error: { code: -32602, message: expect.stringContaining(message) },
    });
  });
});

describe('a 2026 request', () => {
  const client = createTestClient(app);
  const send = (meta: unknown) =>
    client.send({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } });
  const { protocolVersion, clientCapabilities, clientInfo, logLevel, progressToken } = MetaKey;

  test.each<[string, unknown]>([
    ['missing', undefined],
    ['not an object', 'x'],
    ['a list', []],
    ['null', null],
  ])('whose _meta is %s is refused', async (_, meta) => {
    expect(await send(meta)).toMatchObject({
      error: { code: -32602, data: { envelope: { key: '_meta', problem: 'missing' } } },
    });
  });

  test('without params is refused', async () => {
    expect(await client.send({ jsonrpc: '2.0', id: 1, method: 'tools/list' })).toMatchObject({
      error: { code: -32602 },
    });
  });

  test.each<[string, unknown]>([
    [protocolVersion, undefined],
    [protocolVersion, 20260728],
    [clientCapabilities, undefined],
    [clientCapabilities, 'all'],
    [clientCapabilities, []],
    [clientCapabilities, { sampling: true }],
    [clientCapabilities, { elicitation: [] }],
    [clientCapabilities, { extensions: 'x' }],
    [clientInfo, 'me'],
    [clientInfo, { name: 'me' }],
    [clientInfo, { name: 7, version: '1' }],
    [logLevel, 'loud'],
    [logLevel, 7],
    [progressToken, {}],
    [progressToken, 1.5],
    [progressToken, null],
  ])('whose %s is %j is refused, and told so', async (key, value) => {
    expect(await send({ ...envelope, [key]: value })).toMatchObject({
      id: 1,
      error: {
        code: -32602,
        message: expect.stringContaining(key),
        data: { envelope: { key, problem: expect.any(String) } },
      },
    });
  });

  test('may leave out who the client is', async () => {
    expect(await send({ ...envelope, [clientInfo]: undefined })).toMatchObject({
      result: { tools: [{ name: 'add' }] },
    });
  });

  test.each(['2025-11-25', '2024-11-05', '2026-07-29', '2099-01-01', '1.0', ''])(
    'of the version %j is told which are served',
    async (version) => {
      expect(await send({ ...envelope, [protocolVersion]: version })).toMatchObject({
        id: 1,
        error: { code: -32022, data: { supported: ['2026-07-28'], requested: version } },
      });
    },
  );

  test('is checked before its method is looked at', async () => {
    expect(await client.send({ jsonrpc: '2.0', id: 1, method: 'nope', params: {} })).toMatchObject({
      error: { code: -32602 },
    });
  });
});

/** A request as a client of the era writes it. */
function request(era: 'legacy' | 'modern', method: string, params: object = {}): object {
  return {
    jsonrpc: '2.0',
    id: 1,
    method,
    params: { ...params, ...(era === 'modern' && { _meta: envelope }) },
  };
}
