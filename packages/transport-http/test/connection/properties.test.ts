import { answerableId, kindOf, type JsonRpcResponse } from '@toolyard/core/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { demoApp } from '../demo-app.ts';
import { ENVELOPE, until } from '../helpers.ts';
import { initializeSse, serveSse } from '../sse/helpers.ts';
import { initialize, serveWebSocket } from '../websocket/helpers.ts';

const id = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom('a', '__proto__', ''), fc.jsonValue());
const method = fc.oneof(
  fc.constantFrom(
    'ping',
    'tools/list',
    'tools/call',
    'server/discover',
    'resources/read',
    'logging/setLevel',
  ),
  fc.string(),
);
const params = fc.oneof(
  fc.constantFrom<object>({}, { name: 'echo', arguments: { text: 'hi' } }, { uri: 'note://1' }),
  fc.constant({ _meta: ENVELOPE }),
  fc.jsonValue(),
);
const jsonrpc = fc.oneof(
  { weight: 9, arbitrary: fc.constant('2.0') },
  { weight: 1, arbitrary: fc.jsonValue() },
);
const result = fc.oneof(fc.constant({}), fc.jsonValue());
const message = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ jsonrpc, id, method, params }, { requiredKeys: ['jsonrpc', 'method'] }),
  },
  { weight: 1, arbitrary: fc.record({ jsonrpc, id, result }) },
  { weight: 1, arbitrary: fc.jsonValue().filter((value) => !Array.isArray(value)) },
);
const script = fc.array(message, { minLength: 1, maxLength: 12 });

/** JSON as the other side reads it: no `-0`, no `__proto__` that is set rather than kept. */
const overWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The ids that have to be answered, in no particular order; a session ends with `initialize`, so there is none. */
function due(messages: readonly unknown[], kinds: readonly string[]): string[] {
  return messages
    .filter((each) => kinds.includes(kindOf(each)))
    .map((each) => JSON.stringify(answerableId(each)))
    .toSorted((one, other) => one.localeCompare(other));
}

function answered(answers: readonly JsonRpcResponse[]): string[] {
  return answers
    .map((answer) => JSON.stringify(answer.id))
    .toSorted((one, other) => one.localeCompare(other));
}

test('over WebSocket every message that is due an answer gets one, whatever else is sent', async () => {
  const { url } = await serveWebSocket(demoApp());
  await fc.assert(
    fc.asyncProperty(script, async (messages) => {
      const client = await initialize(url);
      const sent = messages.map(overWire).filter((each) => !isBrokenAnswer(each));
      for (const each of sent) client.send(JSON.stringify(each));
      const ids = due(sent, ['request', 'invalid']);
      const responses = () =>
        client.frames
          .slice(1)
          .map((frame) => JSON.parse(frame) as JsonRpcResponse)
          .filter((each) => !('method' in each));
      await until(() => responses().length >= ids.length);
      // Nothing comes on top: what is sent last is answered last, or with the last.
      client.send({ jsonrpc: '2.0', id: 'last', method: 'ping' });
      await until(() => responses().some((each) => each.id === 'last'));
      expect(answered(responses().filter((each) => each.id !== 'last'))).toEqual(ids);
      client.socket.terminate();
    }),
    { numRuns: 60 },
  );
});

test('over SSE every request gets one answer on the stream, and what is no message a 400', async () => {
  const { base } = await serveSse(demoApp());
  await fc.assert(
    fc.asyncProperty(script, async (messages) => {
      const client = await initializeSse(base);
      const sent = messages.map(overWire);
      const statuses = [];
      for (const each of sent) statuses.push((await client.post(JSON.stringify(each))).status);
      expect(statuses).toEqual(sent.map((each) => (kindOf(each) === 'invalid' ? 400 : 202)));
      await client.post({ jsonrpc: '2.0', id: 'last', method: 'ping' });
      const answers: JsonRpcResponse[] = [];
      for (
        let each = await client.events.message();
        each.id !== 'last';
        each = await client.events.message()
      ) {
        if (!('method' in each)) answers.push(each);
      }
      expect(answered(answers)).toEqual(due(sent, ['request']));
      client.close();
    }),
    { numRuns: 60 },
  );
});

/** Meant as an answer to the server, though not a valid one: it is passed over in silence. */
function isBrokenAnswer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || 'method' in value) return false;
  return 'result' in value || 'error' in value;
}
