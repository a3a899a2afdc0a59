import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { createApp, definePrompt, defineResource, defineTool, jsonSchema } from '../../src/index.ts';
import { MetaKey } from '../../src/protocol.ts';
import { pipes, type Message } from './pipes.ts';

const runs = process.env['TOOLYARD_PROOF'] ? 5000 : 500;

function app() {
  const anything = jsonSchema<Record<string, unknown>>({ type: 'object' });
  return createApp({ name: 'fuzz', version: '1' }).add(
    defineTool({ name: 'echo', input: anything, run: (args) => args }),
    defineTool({
      name: 'fail',
      run: () => {
        throw new Error('secret');
      },
    }),
    defineTool({
      name: 'ask',
      run: (_args, call) => call.requireInput('page', { message: '?', url: 'https://example.com' }),
    }),
    defineResource({ template: 'x://{id}', read: ({ id }) => id }),
    definePrompt({ name: 'p', run: () => 'p' }),
  );
}

const methods = [
  'initialize',
  'ping',
  'server/discover',
  'subscriptions/listen',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'notifications/initialized',
  'notifications/cancelled',
  'no/such/method',
];
const json = fc.jsonValue({ maxDepth: 3 });
const id = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constantFrom('a', '__proto__', ''));
const name = fc.constantFrom('echo', 'fail', 'ask', 'p', 'x://1', '__proto__');
const meta = fc.oneof(
  fc.constant({
    [MetaKey.protocolVersion]: '2026-07-28',
    [MetaKey.clientCapabilities]: { elicitation: { url: {} } },
  }),
  fc.dictionary(
    fc.constantFrom(MetaKey.protocolVersion, MetaKey.clientCapabilities, MetaKey.progressToken, '__proto__'),
    json,
  ),
);
const params = fc.record(
  {
    name,
    uri: name,
    arguments: json,
    protocolVersion: fc.oneof(fc.constantFrom('2025-03-26', '2025-11-25'), json),
    capabilities: fc.constantFrom({}, { elicitation: { url: {} } }, 7),
    clientInfo: fc.constantFrom({ name: 'c', version: '1' }, null),
    notifications: fc.constantFrom({ toolsListChanged: true }, {}, 1),
    requestId: id,
    cursor: json,
    requestState: json,
    inputResponses: json,
    _meta: fc.oneof(meta, json),
  },
  { requiredKeys: [] },
);
const request = fc.record(
  { jsonrpc: fc.constant('2.0'), id, method: fc.constantFrom(...methods), params },
  { requiredKeys: ['jsonrpc', 'method'] },
);
const response = fc.record(
  { jsonrpc: fc.constant('2.0'), id, result: json, error: json },
  { requiredKeys: ['jsonrpc'] },
);
const message = fc.oneof({ weight: 6, arbitrary: request }, response, json);
const line = fc.oneof(
  { weight: 8, arbitrary: message.map((value) => JSON.stringify(value)) },
  fc.array(message, { maxLength: 5 }).map((values) => JSON.stringify(values)),
  fc.string(),
);

function isAnswer(value: Message): boolean {
  const { id: answered, jsonrpc, result, error } = value;
  if (jsonrpc !== '2.0') return false;
  if (typeof value['method'] === 'string') return true;
  if (error) return Number.isInteger(error.code) && typeof error.message === 'string';
  return (
    (typeof answered === 'string' || typeof answered === 'number') &&
    typeof result === 'object' &&
    result !== null
  );
}

test('whatever a client writes, the server gives valid answers and stays', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 30 }), async (lines) => {
      const { send, find, received, input, server } = pipes(app(), { deadlineMs: 100 });
      send(lines.map((text) => `${text.replaceAll('\n', ' ')}\n`).join(''));
      send({ jsonrpc: '2.0', id: 'the last', method: 'no/such/method' });
      await find((answer) => answer['id'] === 'the last');
      input.end();
      await server.closed;
      for (const answer of received.flat()) {
        if (!isAnswer(answer)) throw new Error(`Not a valid answer: ${JSON.stringify(answer)}`);
        if (JSON.stringify(answer).includes('secret')) throw new Error('An error got out.');
      }
      // The connection is of no use to a later call, so nothing of it may be left.
      expect(input.listenerCount('data')).toBe(0);
    }),
    { numRuns: runs },
  );
}, 120_000);
