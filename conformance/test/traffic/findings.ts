import {
  bodiless,
  ENVELOPE,
  inSession,
  modern,
  modernMessage,
  opening,
  post,
  postText,
  request,
  type Conversation,
  type Step,
} from '../../src/judge/traffic.ts';

const clientInfo = { name: 'c', version: '1' };
const unknownSession = { 'mcp-session-id': 'nobody' };

/** An object with a property named `__proto__`, as JSON can have it. */
const withProto = (json: string) => JSON.parse(json) as Record<string, unknown>;

function nested(depth: number): unknown {
  let value: unknown = {};
  for (let level = 1; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

function withoutHost(step: Step): Step {
  const { host: _host, ...headers } = step.headers;
  return { ...step, headers };
}

/** What mutations have found, as the smallest conversation that shows it. */
export const findingTraffic: readonly Conversation[] = [
  { name: 'a text that holds a line separator', steps: [modern('tools/list', {}, { id: 'ü\u2028😀' })] },
  { name: 'no Host', steps: [withoutHost(modern('tools/list'))] },
  {
    name: 'an extension named __proto__',
    steps: [
      modern('tools/call', {
        name: 'nothing',
        _meta: {
          ...ENVELOPE,
          'io.modelcontextprotocol/clientCapabilities': { extensions: withProto('{"__proto__":null}') },
        },
      }),
    ],
  },
  {
    name: 'arguments 70 levels deep',
    steps: [modern('tools/call', { name: 'route', arguments: { a: nested(70) } })],
  },
  {
    name: 'an answer 70 levels deep',
    steps: [
      modern('tools/call', {
        name: 'test_input_required_result_sampling',
        inputResponses: { capital_question: nested(70) },
      }),
    ],
  },
  {
    name: 'an answer without the capability for its question',
    steps: [
      modern('tools/call', {
        name: 'test_input_required_result_elicitation',
        inputResponses: { user_name: { action: 'accept', content: { name: 'Ada' } } },
        _meta: { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { url: {} } } },
      }),
    ],
  },
  {
    name: 'arguments and state that are both wrong',
    steps: [modern('tools/call', { name: 'add', arguments: { b: 3 }, requestState: [] })],
  },
  {
    name: 'a progress token JavaScript does not hold exactly',
    steps: [modern('tools/call', { name: 'test_tool_with_progress', _meta: { progressToken: 2 ** 53 } })],
  },
  {
    name: 'an error whose code JavaScript does not hold exactly',
    steps: [
      post(
        { jsonrpc: '2.0', id: 1, error: { code: 2 ** 53, message: 'x' } },
        { 'mcp-protocol-version': '2026-07-28' },
      ),
    ],
  },
  {
    name: 'an argument named __proto__',
    steps: [
      ...opening(),
      inSession(
        request('tools/call', {
          name: 'json_schema_2020_12_tool',
          arguments: withProto('{"name":"Ada","email":"ada@example.com","__proto__":{"a":1}}'),
        }),
      ),
    ],
  },
  {
    name: 'an argument of a prompt named __proto__ that is no text',
    steps: [
      ...opening(),
      inSession(
        request('prompts/get', {
          name: 'test_prompt_with_embedded_resource',
          arguments: withProto('{"resourceUri":"test://x","__proto__":[]}'),
        }),
      ),
    ],
  },
  {
    name: 'capabilities that are nested deeply',
    steps: [
      post(
        request('initialize', {
          protocolVersion: '2025-11-25',
          capabilities: { elicitation: nested(3000) },
          clientInfo,
        }),
      ),
    ],
  },
  {
    name: 'a session resumed after an answer that was no stream',
    steps: [
      ...opening(),
      inSession(request('tools/list')),
      bodiless('GET', { 'last-event-id': '{event}' }, { open: true }),
    ],
  },
  {
    name: 'two requests with one id at once',
    steps: [
      ...opening(),
      { ...inSession(request('tools/list')), atOnce: true, open: true },
      inSession(request('prompts/list')),
    ],
  },
  {
    name: 'a call that hangs up, with the header of an older revision',
    steps: [...opening(), inSession(request('tools/call', { name: 'test_reconnection' }), '2025-06-18')],
  },
  {
    name: 'a task that is null',
    steps: [...opening(), inSession(request('tools/call', { name: 'test_simple_text', task: null }))],
  },
  {
    name: 'a request state in a session',
    steps: [...opening(), inSession(request('tools/call', { name: 'test_simple_text', requestState: true }))],
  },
  {
    name: 'an error with an array as id',
    steps: [...opening(), inSession({ jsonrpc: '2.0', id: [], error: { code: 1, message: 'x' } })],
  },
  {
    name: 'a response with a member too many',
    steps: [modernMessage({ jsonrpc: '2.0', id: 1, result: {}, x: 1 })],
  },
  { name: 'an empty batch in an unknown session', steps: [postText('[]', unknownSession)] },
  { name: 'PATCH in an unknown session', steps: [bodiless('PATCH', unknownSession)] },
  { name: 'OPTIONS in an unknown session', steps: [bodiless('OPTIONS', unknownSession)] },
  {
    name: 'initialize with an envelope that names an unknown version alone',
    steps: [
      post(
        request('initialize', {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo,
          _meta: { 'io.modelcontextprotocol/protocolVersion': '2027-01-01' },
        }),
      ),
    ],
  },
  {
    name: 'initialize without params, with the header of 2026-07-28',
    steps: [modernMessage(request('initialize', {}))],
  },
  {
    name: 'initialize with a text as _meta, with the header of 2026-07-28',
    steps: [modernMessage(request('initialize', { _meta: 'debug' }))],
  },
  {
    name: 'initialize with an object as progress token',
    steps: [
      post(
        request('initialize', {
          protocolVersion: '',
          capabilities: {},
          clientInfo,
          _meta: { progressToken: {} },
        }),
      ),
    ],
  },
  {
    name: 'a Content-Type that ends with a comma',
    steps: [modern('tools/list', {}, { headers: { 'content-type': 'application/json; charset=utf-8,' } })],
  },
  {
    name: 'a Content-Type with a parameter that is none',
    steps: [modern('tools/list', {}, { headers: { 'content-type': 'application/json; charset' } })],
  },
  {
    name: 'initialize with a title that is a number',
    steps: [
      post(
        request('initialize', {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { ...clientInfo, title: 7 },
        }),
      ),
    ],
  },
  {
    name: 'initialize in a session, with wrong capabilities',
    steps: [
      ...opening(),
      inSession(request('initialize', { protocolVersion: '2025-11-25', capabilities: 'add', clientInfo })),
    ],
  },
  {
    name: 'capabilities with a field of the wrong type, and an unknown method',
    steps: [
      modern('no/such', {
        _meta: { ...ENVELOPE, 'io.modelcontextprotocol/clientCapabilities': { roots: { listChanged: [1] } } },
      }),
    ],
  },
  {
    name: 'a wrong host and a wrong version',
    steps: [modern('tools/list', {}, { headers: { host: 'localhost/x', 'mcp-protocol-version': '1' } })],
  },
];

/** The same of servers that want to know who is asking. */
export const authenticatedFindings: readonly Conversation[] = [
  { name: 'OPTIONS without a token', steps: [bodiless('OPTIONS', { 'mcp-session-id': undefined })] },
  {
    name: 'two Authorization headers in one',
    steps: [modern('tools/list', {}, { headers: { authorization: 'Bearer reader, Bearer administrator' } })],
  },
  {
    name: 'a token and a comma',
    steps: [modern('tools/list', {}, { headers: { authorization: 'Bearer reader,' } })],
  },
];
