import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  defineMethod,
  definePrompt,
  defineResource,
  defineTool,
  ToolError,
  type Exchange,
  type SessionRecord,
} from '../../src/index.ts';
import { isRecord, isRequestId, kindOf, type JsonRpcResponse } from '../../src/protocol.ts';
import { fakeClock } from '../../src/testing.ts';
import { envelope, eras, never, testApp } from '../helpers.ts';

const RUNS = process.env['TOOLYARD_PROOF'] ? 50_000 : 2000;

const clock = fakeClock();
const child = testApp().add(
  defineTool({ name: 'shaky', input: z.object({ kind: z.string() }), run: ({ kind }) => misbehave(kind) }),
  defineResource({
    template: 'note://{id}',
    read: ({ id }) => id,
    list: () => [{ uri: 'note://1', name: 'one' }],
    complete: { id: (typed) => [typed] },
  }),
);
const app = testApp({ clock, pageSize: 2 })
  .use(async (_call, next) => next())
  .extend({
    id: 'com.example/x',
    negotiated: false,
    methods: [defineMethod({ name: 'x/echo', run: (params) => ({ params }) })],
  })
  .add(
    defineTool({
      name: 'echo',
      input: z.object({ text: z.string() }),
      output: z.object({ text: z.string() }),
      run: ({ text }) => ({ text }),
    }),
    defineTool({ name: 'hang', run: () => never }),
    defineTool({
      name: 'ask',
      run: async (_args, call) => {
        const [answer] = await Promise.all([
          call.requireInput('a', { message: '?', schema: z.object({ a: z.string() }) }),
          call.listRoots(),
        ]);
        const { model } = await call.sample({ messages: [], maxTokens: 1 });
        return { answer, model };
      },
    }),
    definePrompt({
      name: 'greet',
      input: z.object({ name: z.string() }),
      run: ({ name }) => name,
      complete: { name: (typed) => [typed] },
    }),
    defineResource({ uri: 'note://fixed', read: () => 'fixed' }),
  )
  .mount('child', child);

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
  'resources/unsubscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'tools/call',
  'tools/call',
  'x/echo',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  '__proto__',
  'toString',
];
const names = ['echo', 'hang', 'ask', 'ask', 'child_shaky', 'child_shaky', 'greet', 'greet', '__proto__', ''];
const uris = ['note://fixed', 'note://1', 'note://{id}', 'note://%', '__proto__'];
const json = fc.jsonValue({ maxDepth: 3 });
/** Nine times out of ten what a client would write, else anything. */
const mostly = (usual: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: json });
const rarely = (odd: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: odd });
const name = mostly(fc.constantFrom(...names));
const uri = mostly(fc.constantFrom(...uris));

const meta = fc.record({
  'io.modelcontextprotocol/protocolVersion': mostly(
    fc.constant(envelope['io.modelcontextprotocol/protocolVersion']),
  ),
  'io.modelcontextprotocol/clientCapabilities': mostly(
    fc.constantFrom({ elicitation: {}, sampling: {}, roots: {} }, {}),
  ),
  'io.modelcontextprotocol/clientInfo': mostly(fc.constant({ name: 'a', version: '1' })),
  'io.modelcontextprotocol/logLevel': fc.constantFrom('debug', 'error', undefined),
  progressToken: mostly(fc.oneof(fc.integer(), fc.string())),
  traceparent: mostly(fc.string()),
});
const params = fc.record({
  _meta: mostly(meta),
  name,
  uri,
  arguments: mostly(
    fc.record({
      text: mostly(fc.string()),
      kind: fc.constantFrom('throw', 'odd', 'reject', 'tool', 'value'),
      name: mostly(fc.string()),
    }),
  ),
  level: mostly(fc.constantFrom('info', 'loud')),
  ref: mostly(fc.record({ type: fc.constantFrom('ref/prompt', 'ref/resource'), name, uri })),
  argument: mostly(
    fc.record({ name: mostly(fc.constantFrom('name', 'id', 'constructor')), value: fc.string() }),
  ),
  notifications: mostly(
    fc.record(
      { toolsListChanged: fc.boolean(), resourceSubscriptions: fc.array(fc.string()) },
      { requiredKeys: [] },
    ),
  ),
  protocolVersion: mostly(fc.constantFrom('2024-11-05', '2025-11-25')),
  capabilities: mostly(fc.constantFrom({ elicitation: {}, sampling: {}, roots: {} }, {})),
  clientInfo: mostly(fc.constant({ name: 'a', version: '1' })),
  requestId: mostly(fc.integer({ min: 0, max: 3 })),
  cursor: rarely(json),
  context: json,
  inputResponses: mostly(
    fc.dictionary(
      fc.constantFrom('a', 'input-1', 'input-2', '__proto__'),
      mostly(fc.constantFrom({ action: 'accept', content: { a: 'x' } }, { roots: [] })),
    ),
  ),
  requestState: rarely(json),
});
const request = fc.record(
  {
    jsonrpc: mostly(fc.constant('2.0')),
    id: mostly(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.string())),
    method: fc.oneof(
      { weight: 19, arbitrary: fc.constantFrom(...methods) },
      { weight: 1, arbitrary: fc.string() },
    ),
    params: mostly(params),
  },
  { requiredKeys: ['jsonrpc', 'method', 'params'] },
);
const message = fc.oneof({ weight: 19, arbitrary: request }, { weight: 1, arbitrary: json });

test.each(eras)(
  'whatever a %s client sends, the answer is one of JSON-RPC, in time and without a crash',
  async (era) => {
    await fc.assert(
      fc.asyncProperty(message, fc.boolean(), json, async (sent, hasSession, clientAnswer) => {
        const gone = new AbortController();
        const capabilities = { elicitation: {}, sampling: {}, roots: {} };
        let record: SessionRecord = {
          protocolVersion: '2025-11-25',
          client: { capabilities },
          subscriptions: [],
        };
        const session = {
          id: 's',
          get record() {
            return record;
          },
          update: (next: SessionRecord) => void (record = next),
        };
        const exchange: Exchange = {
          transport: 'memory',
          era,
          principal: { id: 'ada', scopes: [] },
          signal: gone.signal,
          scope: 'c',
          notify: (notification) => expect(kindOf({ jsonrpc: '2.0', ...notification })).toBe('notification'),
          ...(era === 'legacy' &&
            hasSession && { session, request: async () => clientAnswer as Record<string, unknown> }),
        };
        const answer = app.dispatch(sent, exchange);
        await clock.advance(3_600_000);
        gone.abort();
        const response = await answer;

        expect(problemsOf(sent, response)).toEqual([]);
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  },
  600_000,
);

/** What is wrong with a response to what was sent. */
function problemsOf(sent: unknown, response: JsonRpcResponse | undefined): string[] {
  const kind = kindOf(sent);
  if (response === undefined) return kind === 'invalid' ? ['no answer'] : [];
  if (kind === 'notification' || kind === 'response') return ['an answer to what needs none'];
  const { id } = response;
  const hasId = kind === 'request' ? id === (sent as { id: unknown }).id : id === null || isRequestId(id);
  const fits = 'error' in response ? Number.isInteger(response.error.code) : isRecord(response.result);
  return [
    ...(kindOf(response) === 'response' ? [] : ['not JSON-RPC']),
    ...(hasId ? [] : ['another id']),
    ...(fits ? [] : ['neither a result nor an error']),
    ...(JSON.stringify(response).includes('hunter2') ? ['not masked'] : []),
  ];
}

function misbehave(kind: string): unknown {
  switch (kind) {
    case 'throw':
      throw new Error('hunter2');
    case 'odd':
      throw { secret: 'hunter2' }; // oxlint-disable-line typescript/only-throw-error -- which is the point
    case 'reject':
      return Promise.reject(new Error('hunter2'));
    case 'tool':
      throw new ToolError('NO', 'No.');
    default:
      return { kind };
  }
}
