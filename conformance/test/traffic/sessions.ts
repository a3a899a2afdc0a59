import { LEGACY_REVISIONS, type JsonObject, type Revision } from '@toolyard/core/protocol';

import {
  bodiless,
  inSession,
  notification,
  opening,
  post,
  request,
  type Conversation,
} from '../../src/judge/traffic.ts';
import { examples, variations, withValue, without, WRONG_VALUES, type Example } from './examples.ts';

const clientInfo = { name: 'c', version: '1' };
const hello = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };

/** What clients of the session era send besides. */
const legacyExamples: readonly Example[] = [
  { method: 'ping', about: 'nothing', params: {}, required: [], optional: [] },
  {
    method: 'logging/setLevel',
    about: 'a level',
    params: { level: 'warning' },
    required: ['level'],
    optional: [],
  },
  {
    method: 'resources/subscribe',
    about: 'a resource',
    params: { uri: 'test://watched-resource' },
    required: ['uri'],
    optional: [],
  },
  {
    method: 'resources/unsubscribe',
    about: 'a resource',
    params: { uri: 'test://watched-resource' },
    required: ['uri'],
    optional: [],
  },
];

const legacyVariations = [
  { method: 'ping', about: 'metadata', params: { _meta: { progressToken: 1 } } },
  { method: 'logging/setLevel', about: 'an unknown level', params: { level: 'loud' } },
  { method: 'resources/subscribe', about: 'an unknown resource', params: { uri: 'test://nothing' } },
  { method: 'resources/subscribe', about: 'a template', params: { uri: 'judge://users/1' } },
];

const wellFormed: Conversation[] = LEGACY_REVISIONS.flatMap((revision) => {
  const all = [...examples, ...legacyExamples, ...variations, ...legacyVariations];
  const methods = [...new Set(all.map(({ method }) => method))];
  return [
    ...methods.map((method) => ({
      name: `${revision}: ${method}`,
      steps: [
        ...opening(revision),
        ...all
          .filter((example) => example.method === method)
          .map(({ params }) => inSession(request(method, params), revision)),
      ],
    })),
    {
      name: `${revision}: requests without params`,
      steps: [...opening(revision), ...methods.map((method) => inSession(request(method), revision))],
    },
  ];
});

/** Each field of each request, left out and with values it cannot have. */
const params: Conversation[] = [...examples, ...legacyExamples].map(
  ({ method, params: good, required, optional }) => ({
    name: `${method} with wrong params`,
    steps: [
      ...opening(),
      ...[
        ...[...required, ...optional.filter((path) => path !== 'cursor')].map((path) => without(good, path)),
        ...[...required, ...optional].flatMap((path) =>
          WRONG_VALUES.map(([, value]) => withValue(good, path, value)),
        ),
        ...WRONG_VALUES.map(([, value]) => ({ ...good, _meta: value })),
        { ...good, _meta: { progressToken: {} } },
      ].map((wrong) => inSession(request(method, wrong))),
    ],
  }),
);

const initialization: Conversation[] = [
  ...[
    '2024-10-07',
    '2024-11-05',
    '2025-03-26',
    '2025-06-18',
    '2025-11-25',
    '2026-07-28',
    '2027-01-01',
    '1.0',
    '',
  ].map((protocolVersion) => ({
    name: `initialize with ${JSON.stringify(protocolVersion)}`,
    steps: [post(request('initialize', { ...hello, protocolVersion }))],
  })),
  ...['protocolVersion', 'capabilities', 'clientInfo', 'clientInfo.name', 'clientInfo.version'].flatMap(
    (path) => [
      { name: `initialize without ${path}`, steps: [post(request('initialize', without(hello, path)))] },
      ...WRONG_VALUES.map(([what, value]) => ({
        name: `initialize with ${what} as ${path}`,
        steps: [post(request('initialize', withValue(hello, path, value)))],
      })),
    ],
  ),
  ...[
    { roots: { listChanged: 'yes' } },
    { sampling: 7 },
    { elicitation: { form: 1 } },
    { telepathy: 1 },
    { tasks: {} },
  ].map((capabilities) => ({
    name: `initialize with the capabilities ${JSON.stringify(capabilities)}`,
    steps: [post(request('initialize', { ...hello, capabilities }))],
  })),
  {
    name: 'initialize with everything a client can say of itself',
    steps: [
      post(
        request('initialize', {
          ...hello,
          clientInfo: {
            ...clientInfo,
            title: 'C',
            websiteUrl: 'https://example.com',
            description: 'd',
            icons: [{ src: 'https://example.com/i.png' }],
          },
        }),
      ),
    ],
  },
  { name: 'initialize without params', steps: [post(request('initialize'))] },
  { name: 'initialize as a notification', steps: [post(notification('initialize', hello))] },
  {
    name: 'initialize with a session nobody opened',
    steps: [post(request('initialize', hello), { 'mcp-session-id': 'made-up' })],
  },
  {
    name: 'initialize with an unknown version header',
    steps: [post(request('initialize', hello), { 'mcp-protocol-version': '1900-01-01' })],
  },
  {
    name: 'initialize with a version header of another revision',
    steps: [post(request('initialize', hello), { 'mcp-protocol-version': '2025-03-26' })],
  },
  { name: 'initialize twice in a session', steps: [...opening(), inSession(request('initialize', hello))] },
  { name: 'initialize in a batch', steps: [post([request('initialize', hello)])] },
  { name: 'a session without initialized', steps: [opening()[0]!, inSession(request('tools/list'))] },
  { name: 'initialized twice', steps: [...opening(), inSession(notification('notifications/initialized'))] },
];

const withoutSession: Conversation[] = [
  { name: 'a request before initialize', steps: [post(request('tools/list'))] },
  { name: 'a ping before initialize', steps: [post(request('ping'))] },
  { name: 'a notification before initialize', steps: [post(notification('notifications/initialized'))] },
  { name: 'a response before initialize', steps: [post({ jsonrpc: '2.0', id: 1, result: {} })] },
  { name: 'a batch before initialize', steps: [post([request('tools/list')])] },
  { name: 'GET before initialize', steps: [bodiless('GET', { 'mcp-session-id': undefined })] },
  { name: 'DELETE before initialize', steps: [bodiless('DELETE', { 'mcp-session-id': undefined })] },
  {
    name: 'a request without the session',
    steps: [...opening(), inSession(request('tools/list'), undefined, { 'mcp-session-id': undefined })],
  },
  ...['made-up', '', '__proto__', 'constructor', '{session} ', '{session}x', '{session}, {session}'].flatMap(
    (session) => [
      {
        name: `the session ${JSON.stringify(session)}`,
        steps: [...opening(), inSession(request('tools/list'), undefined, { 'mcp-session-id': session })],
      },
      {
        name: `a notification in the session ${JSON.stringify(session)}`,
        steps: [
          ...opening(),
          inSession(notification('notifications/x'), undefined, { 'mcp-session-id': session }),
        ],
      },
      {
        name: `GET of the session ${JSON.stringify(session)}`,
        steps: [...opening(), bodiless('GET', { 'mcp-session-id': session }, { open: true })],
      },
      {
        name: `DELETE of the session ${JSON.stringify(session)}`,
        steps: [...opening(), bodiless('DELETE', { 'mcp-session-id': session })],
      },
    ],
  ),
];

const notifications: JsonObject[] = [
  notification('notifications/cancelled', { requestId: 1 }),
  notification('notifications/cancelled', {}),
  notification('notifications/progress', { progressToken: 1, progress: 1 }),
  notification('notifications/progress', {}),
  notification('notifications/roots/list_changed'),
  notification('notifications/tasks/status', {}),
  notification('notifications/none'),
  notification('tools/call', { name: 'add', arguments: { a: 1 } }),
  notification(''),
];

const batches: unknown[][] = [
  [],
  [request('ping', undefined, 11)],
  [request('ping', undefined, 12), request('tools/call', { name: 'add', arguments: { a: 1 } }, 13)],
  [notification('notifications/none')],
  [notification('notifications/none'), request('ping', undefined, 14)],
  [{ jsonrpc: '2.0', id: 1, result: {} }],
  [request('ping', undefined, 15), { jsonrpc: '2.0' }],
  [
    request('ping', undefined, 16),
    { ...request('tools/list', { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }, 17) },
  ],
  [
    request('initialize', { protocolVersion: '2025-03-26', capabilities: {}, clientInfo }, 18),
    request('ping', undefined, 19),
  ],
  Array.from({ length: 101 }, (_, index) => request('ping', undefined, index)),
];

const lifeCycle: Conversation[] = LEGACY_REVISIONS.flatMap((revision) => [
  {
    name: `${revision}: a session from beginning to end`,
    steps: [
      ...opening(revision),
      inSession(request('tools/list'), revision),
      bodiless('DELETE'),
      inSession(request('tools/list'), revision),
    ],
  },
  {
    name: `${revision}: everything after the end`,
    steps: [
      ...opening(revision),
      bodiless('DELETE'),
      bodiless('DELETE'),
      bodiless('GET'),
      inSession(notification('notifications/x'), revision),
    ],
  },
  {
    name: `${revision}: the standing stream`,
    steps: [...opening(revision), bodiless('GET', {}, { open: true })],
  },
  {
    name: `${revision}: the standing stream, then the end`,
    steps: [...opening(revision), bodiless('GET', {}, { open: true }), bodiless('DELETE')],
  },
  {
    name: `${revision}: two standing streams`,
    steps: [...opening(revision), bodiless('GET', {}, { open: true }), bodiless('GET', {}, { open: true })],
  },
  {
    name: `${revision}: a version header of each kind`,
    steps: [...opening(revision), ...versionsFor(revision)],
  },
  {
    name: `${revision}: tools change`,
    steps: [
      ...opening(revision),
      bodiless('GET', {}, { open: true }),
      inSession(request('tools/call', { name: 'test_trigger_tool_change' }), revision),
      inSession(request('tools/list'), revision),
      inSession(request('tools/call', { name: 'test_changing_tool' }, 3), revision),
      inSession(request('tools/call', { name: 'test_trigger_tool_change' }, 4), revision),
    ],
  },
  {
    name: `${revision}: prompts change`,
    steps: [
      ...opening(revision),
      bodiless('GET', {}, { open: true }),
      inSession(request('tools/call', { name: 'test_trigger_prompt_change' }), revision),
      inSession(request('prompts/list'), revision),
    ],
  },
  {
    name: `${revision}: log messages from a level`,
    steps: [
      ...opening(revision),
      inSession(request('logging/setLevel', { level: 'error' }), revision),
      inSession(request('tools/call', { name: 'test_tool_with_logging' }), revision),
      inSession(request('logging/setLevel', { level: 'debug' }), revision),
      inSession(request('tools/call', { name: 'test_tool_with_logging' }), revision),
    ],
  },
  {
    name: `${revision}: unknown methods`,
    steps: [
      ...opening(revision),
      ...[
        'no/such',
        'server/discover',
        'subscriptions/listen',
        'tasks/list',
        'tasks/get',
        'roots/list',
        'sampling/createMessage',
        'toString',
        '',
      ].map((method) => inSession(request(method, {}), revision)),
    ],
  },
  {
    name: `${revision}: notifications`,
    steps: [...opening(revision), ...notifications.map((message) => inSession(message, revision))],
  },
  {
    name: `${revision}: responses nobody waits for`,
    steps: [
      ...opening(revision),
      inSession({ jsonrpc: '2.0', id: 99, result: {} }, revision),
      inSession({ jsonrpc: '2.0', id: 'x', error: { code: 1, message: 'm' } }, revision),
    ],
  },
  {
    name: `${revision}: ids`,
    steps: [
      ...opening(revision),
      ...[0, -5, 'text', '', 2 ** 53, 1.5, null, true, []].map((id) =>
        inSession(request('ping', undefined, id), revision),
      ),
    ],
  },
  {
    name: `${revision}: batches`,
    steps: [...opening(revision), ...batches.map((batch) => inSession(batch, revision))],
  },
  {
    name: `${revision}: two requests with one id`,
    steps: [...opening(revision), inSession(request('ping')), inSession(request('ping'))],
  },
  {
    name: `${revision}: a stream that is resumed`,
    steps: [
      ...opening(revision),
      inSession(
        request('tools/call', { name: 'test_tool_with_progress', _meta: { progressToken: 1 } }),
        revision,
      ),
      bodiless('GET', { 'last-event-id': '{event}' }),
    ],
  },
]);

const resumption: Conversation[] = [
  ...['made-up', '', '0-0', '999-1', '-1'].map((id) => ({
    name: `resuming from ${JSON.stringify(id)}`,
    steps: [...opening(), bodiless('GET', { 'last-event-id': id }, { open: id === '' })],
  })),
  {
    name: 'a call that hangs up and is resumed',
    steps: [
      ...opening(),
      inSession(request('tools/call', { name: 'test_reconnection' })),
      bodiless('GET', { 'last-event-id': '{event}' }),
    ],
  },
  {
    name: 'a call that cannot hang up',
    steps: [
      ...opening('2025-06-18'),
      inSession(request('tools/call', { name: 'test_reconnection' }), '2025-06-18'),
    ],
  },
];

const cancellation: Conversation[] = [
  {
    name: 'a question that is cancelled',
    steps: [
      ...opening(),
      {
        ...inSession(request('tools/call', { name: 'test_elicitation', arguments: { message: 'm' } })),
        open: true,
      },
      inSession(notification('notifications/cancelled', { requestId: 2, reason: 'never mind' })),
    ],
  },
  {
    name: 'a request that does not run is cancelled',
    steps: [
      ...opening(),
      inSession(notification('notifications/cancelled', { requestId: 77 })),
      inSession(request('ping')),
    ],
  },
];

/** What clients of 2024-11-05 to 2025-11-25 send, right and wrong. */
export const sessionTraffic: readonly Conversation[] = [
  ...wellFormed,
  ...params,
  ...initialization,
  ...withoutSession,
  ...lifeCycle,
  ...resumption,
  ...cancellation,
];

function versionsFor(revision: Revision) {
  const versions = [
    undefined,
    revision,
    '2024-11-05',
    '2025-11-25',
    '2024-10-07',
    '2026-07-28',
    '1900-01-01',
    '',
  ];
  return versions.map((version) => inSession(request('ping'), revision, { 'mcp-protocol-version': version }));
}
