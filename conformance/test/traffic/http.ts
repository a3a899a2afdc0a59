import {
  bodiless,
  inSession,
  modern,
  opening,
  post,
  postText,
  request,
  type Conversation,
  type Step,
} from '../../src/judge/traffic.ts';

const list = modern('tools/list');
const legacyList = inSession(request('tools/list'));

const bodies = [
  '',
  ' ',
  '{',
  'null',
  'true',
  '7',
  '"text"',
  '[]',
  '{}',
  '{"jsonrpc":"2.0"}',
  'undefined',
  '\ufeff{}',
  '{"a":1}{"b":2}',
  '[[]]',
  '[null]',
  '[1,2]',
];

const shapes = [
  { jsonrpc: '1.0', id: 1, method: 'tools/list' },
  { jsonrpc: 2, id: 1, method: 'tools/list' },
  { id: 1, method: 'tools/list' },
  { jsonrpc: '2.0', id: 1 },
  { jsonrpc: '2.0', id: 1, method: 7 },
  { jsonrpc: '2.0', id: 1, method: null },
  { jsonrpc: '2.0', method: null },
  { jsonrpc: '2.0', id: 1, method: 'tools/list', result: {} },
  { jsonrpc: '2.0', id: 1, result: {}, error: { code: 1, message: 'x' } },
  { jsonrpc: '2.0', id: 1, result: null },
  { jsonrpc: '2.0', id: 1, result: 'text' },
  { jsonrpc: '2.0', id: null, result: {} },
  { jsonrpc: '2.0', result: {} },
  { jsonrpc: '2.0', id: null, error: { code: 1, message: 'x' } },
  { jsonrpc: '2.0', error: { code: 1, message: 'x' } },
  { jsonrpc: '2.0', id: 1, error: 'x' },
  { jsonrpc: '2.0', id: 1, error: { message: 'x' } },
  { jsonrpc: '2.0', id: 1, error: { code: 1.5, message: 'x' } },
  { jsonrpc: '2.0', id: 1.5, method: 'ping' },
  { jsonrpc: '2.0', id: null, method: 'ping' },
  { jsonrpc: '2.0', id: true, method: 'ping' },
  { jsonrpc: '2.0', id: {}, method: 'ping' },
  { jsonrpc: '2.0', id: 1, method: 'ping', params: [] },
  { jsonrpc: '2.0', id: 1, method: 'ping', params: null },
  { jsonrpc: '2.0', id: 1, method: 'ping', params: 'x' },
  { jsonrpc: '2.0', method: 'notifications/initialized', params: null },
  { jsonrpc: '2.0', id: 1, method: 'ping', extra: true },
];

const malformed: Conversation[] = [
  ...bodies.map((body) => ({ name: `the body ${JSON.stringify(body)}`, steps: [postText(body)] })),
  ...bodies.map((body) => ({
    name: `the body ${JSON.stringify(body)} in a session`,
    steps: [...opening(), { ...legacyList, body }],
  })),
  ...shapes.map((shape) => ({ name: JSON.stringify(shape), steps: [post(shape)] })),
  ...shapes.map((shape) => ({
    name: `${JSON.stringify(shape)} in a session`,
    steps: [...opening(), inSession(shape)],
  })),
  ...shapes.map((shape) => ({
    name: `${JSON.stringify(shape)} with the headers of 2026-07-28`,
    steps: [post(shape, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': String(shape.method) })],
  })),
];

const contentTypes = [
  undefined,
  '',
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/json-rpc',
  'application/jsonp',
  'text/json',
  'application/json; charset=utf-8',
  'application/json;charset=latin1',
  'APPLICATION/JSON',
  'application/json, text/plain',
  'text/plain; application/json',
  ' application/json ',
  'application/vnd.api+json',
];

const accepts = [
  undefined,
  '',
  '*/*',
  'application/json',
  'text/event-stream',
  'text/html',
  'application/*',
  'text/*',
  'application/json;q=0.5, text/event-stream',
  'APPLICATION/JSON, TEXT/EVENT-STREAM',
  'text/event-stream, application/json, text/html',
  'application/json, text/event-stream;q=0',
  'application/jsonx, text/event-streams',
];

const negotiation: Conversation[] = [
  ...contentTypes.flatMap((type) =>
    onBoth(`the content type ${JSON.stringify(type)}`, { 'content-type': type }),
  ),
  ...accepts.flatMap((accept) => onBoth(`accepting ${JSON.stringify(accept)}`, { accept })),
  ...accepts.map((accept) => ({
    name: `a stream, accepting ${JSON.stringify(accept)}`,
    steps: [
      change(modern('tools/call', { name: 'test_tool_with_progress', _meta: { progressToken: 1 } }), {
        accept,
      }),
    ],
  })),
  ...accepts.map((accept) => ({
    name: `GET, accepting ${JSON.stringify(accept)}`,
    steps: [...opening(), change(bodiless('GET', {}, { open: true }), { accept })],
  })),
  ...accepts.map((accept) => ({
    name: `subscriptions/listen, accepting ${JSON.stringify(accept)}`,
    steps: [
      {
        ...change(modern('subscriptions/listen', { notifications: { toolsListChanged: true } }), { accept }),
        open: true,
      },
    ],
  })),
  ...accepts.map((accept) => ({
    name: `initialize, accepting ${JSON.stringify(accept)}`,
    steps: [change(opening()[0]!, { accept })],
  })),
];

const sizes: Conversation[] = [
  {
    name: 'a body below the limit',
    steps: [modern('tools/call', { name: 'count_letters', arguments: { word: 'x'.repeat(15_000) } })],
  },
  {
    name: 'a body above the limit',
    steps: [modern('tools/call', { name: 'count_letters', arguments: { word: 'x'.repeat(20_000) } })],
  },
  {
    name: 'a body above the limit in a session',
    steps: [
      ...opening(),
      inSession(request('tools/call', { name: 'count_letters', arguments: { word: 'x'.repeat(20_000) } })),
    ],
  },
  { name: 'a body above the limit that is no JSON', steps: [postText('x'.repeat(20_000))] },
  {
    name: 'a body above the limit of another type',
    steps: [postText('x'.repeat(20_000), { 'content-type': 'text/plain' })],
  },
  {
    name: 'a large initialize',
    steps: [
      post(
        request('initialize', {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'x'.repeat(20_000), version: '1' },
        }),
      ),
    ],
  },
  {
    name: 'deep nesting',
    steps: [
      modern('tools/call', {
        name: 'add',
        arguments: JSON.parse(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`) as Record<string, unknown>,
      }),
    ],
  },
];

const unknownSession = { 'mcp-session-id': 'made-up' };

const order: Conversation[] = [
  {
    name: 'a wrong type in an unknown session',
    steps: [postText('{}', { ...unknownSession, 'content-type': 'text/plain' })],
  },
  {
    name: 'a wrong type that nobody can answer',
    steps: [...opening(), change(legacyList, { 'content-type': 'text/plain', accept: 'text/html' })],
  },
  { name: 'a broken body in an unknown session', steps: [postText('{', unknownSession)] },
  { name: 'no message in an unknown session', steps: [post({ jsonrpc: '2.0' }, unknownSession)] },
  {
    name: 'an unknown session that nobody can answer',
    steps: [change(legacyList, { accept: 'text/html', ...unknownSession })],
  },
  { name: 'a large body in an unknown session', steps: [postText('x'.repeat(20_000), unknownSession)] },
];

const methods: Conversation[] = ['PUT', 'PATCH', 'HEAD', 'POSTS', 'OPTIONS'].flatMap((method) => [
  { name: method, steps: [{ method, headers: { host: 'localhost' } }] },
  { name: `${method} in a session`, steps: [...opening(), bodiless(method)] },
]);

const hosts: Conversation[] = [
  ...['localhost', 'localhost:3000', '127.0.0.1', '127.0.0.1:80', '[::1]', '[::1]:8080', 'LOCALHOST'].map(
    (host) => ({ name: `the host ${host}`, steps: [change(list, { host })] }),
  ),
  ...[
    'evil.example',
    'localhost.evil.example',
    'evil.example:localhost',
    'localhost@evil.example',
    'user@localhost',
    '127.0.0.1.nip.io',
    '0.0.0.0',
    '127.1',
    'localhost:port',
    'localhost/x',
    '',
  ].map((host) => ({ name: `the host ${JSON.stringify(host)}`, steps: [change(list, { host })] })),
  ...[
    'http://localhost',
    'http://localhost:5173',
    'https://127.0.0.1',
    'http://[::1]:1',
    'HTTP://LOCALHOST',
  ].map((origin) => ({ name: `the origin ${origin}`, steps: [change(list, { origin })] })),
  ...[
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'file://',
    'http://localhost@evil.example',
    'localhost',
    'javascript:alert(1)',
    '',
    'http://localhost/',
    'http://localhost http://evil.example',
    'ftp://localhost',
    'chrome-extension://localhost',
  ].map((origin) => ({ name: `the origin ${JSON.stringify(origin)}`, steps: [change(list, { origin })] })),
  { name: 'a wrong host and a wrong body', steps: [postText('{', { host: 'evil.example' })] },
  {
    name: 'a wrong host and a wrong type',
    steps: [postText('{', { host: 'evil.example', 'content-type': 'text/plain' })],
  },
  {
    name: 'GET from a wrong origin',
    steps: [...opening(), bodiless('GET', { origin: 'https://evil.example' })],
  },
];

/** What is right or wrong about a request before its message is looked at. */
export const httpTraffic: readonly Conversation[] = [
  ...malformed,
  ...negotiation,
  ...sizes,
  ...order,
  ...methods,
  ...hosts,
];

function onBoth(name: string, headers: Record<string, string | undefined>): Conversation[] {
  return [
    { name, steps: [change(list, headers)] },
    { name: `${name}, in a session`, steps: [...opening(), change(legacyList, headers)] },
  ];
}

function change(step: Step, headers: Record<string, string | undefined>): Step {
  const entries = Object.entries({ ...step.headers, ...headers });
  return {
    ...step,
    headers: Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined)),
  };
}
