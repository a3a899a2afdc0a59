import { MetaKey } from '@toolyard/core/protocol';

import {
  ENVELOPE,
  modern,
  modernMessage,
  notification,
  post,
  type Conversation,
} from '../../src/judge/traffic.ts';
import { examples, variations, withValue, without, WRONG_VALUES } from './examples.ts';

const { protocolVersion, clientInfo, clientCapabilities, logLevel, progressToken } = MetaKey;

const wellFormed: Conversation[] = [
  { method: 'server/discover', about: 'discovery', params: {} },
  ...examples,
  ...variations,
].map(({ method, about, params }) => ({ name: `${method}: ${about}`, steps: [modern(method, params)] }));

const logging: Conversation[] = ['debug', 'info', 'warning', 'emergency'].map((level) => ({
  name: `tools/call: log messages from ${level}`,
  steps: [modern('tools/call', { name: 'test_tool_with_logging', _meta: { [logLevel]: level } })],
}));

const ids: Conversation[] = [0, -1, 2 ** 53, '', 'x'.repeat(200), '__proto__', 1.5, 1e3].map((id) => ({
  name: `the id ${JSON.stringify(id).slice(0, 20)}`,
  steps: [modern('tools/list', {}, { id })],
}));

const wrongIds: Conversation[] = [null, true, {}, [], [1]].map((id) => ({
  name: `the id ${JSON.stringify(id)}`,
  steps: [modern('tools/call', { name: 'add', arguments: { a: 1 } }, { id })],
}));

/** Each field of each request, left out and with values it cannot have. */
const params: Conversation[] = [...examples].flatMap(({ method, params: good, required, optional }) => {
  const present = [...required, ...optional.filter((path) => path !== 'cursor')];
  return [
    ...present.map((path) => ({
      name: `${method} without ${path}`,
      steps: [modern(method, without(good, path))],
    })),
    ...[...required, ...optional].flatMap((path) =>
      WRONG_VALUES.map(([what, value]) => ({
        name: `${method} with ${what} as ${path}`,
        steps: [modern(method, withValue(good, path, value))],
      })),
    ),
  ];
});

const envelope: Conversation[] = [
  ...[protocolVersion, clientInfo, clientCapabilities].flatMap((key) => [
    { name: `_meta without ${key}`, steps: [withMeta(omit(ENVELOPE, key))] },
    ...WRONG_VALUES.map(([what, value]) => ({
      name: `${key} is ${what}`,
      steps: [withMeta({ ...ENVELOPE, [key]: value })],
    })),
  ]),
  ...WRONG_VALUES.map(([what, value]) => ({
    name: `logLevel is ${what}`,
    steps: [withMeta({ ...ENVELOPE, [logLevel]: value })],
  })),
  ...[null, true, {}, 1.5].map((value) => ({
    name: `progressToken is ${JSON.stringify(value)}`,
    steps: [withMeta({ ...ENVELOPE, [progressToken]: value })],
  })),
  ...['experimental', 'sampling', 'elicitation', 'roots', 'extensions'].flatMap((capability) =>
    [null, 7, [], true].map((value) => ({
      name: `the capability ${capability} is ${JSON.stringify(value)}`,
      steps: [withMeta({ ...ENVELOPE, [clientCapabilities]: { [capability]: value } })],
    })),
  ),
  ...[{ form: 1 }, { url: true }].map((elicitation) => ({
    name: `the capability elicitation is ${JSON.stringify(elicitation)}`,
    steps: [withMeta({ ...ENVELOPE, [clientCapabilities]: { elicitation } })],
  })),
  {
    name: 'an unknown capability',
    steps: [withMeta({ ...ENVELOPE, [clientCapabilities]: { telepathy: {} } })],
  },
  ...[{ name: 'x' }, { version: '1' }, { name: 1, version: '1' }, { name: 'x', version: '1', icons: 7 }].map(
    (info) => ({
      name: `clientInfo is ${JSON.stringify(info)}`,
      steps: [withMeta({ ...ENVELOPE, [clientInfo]: info })],
    }),
  ),
  ...WRONG_VALUES.map(([what, value]) => ({
    name: `_meta is ${what}`,
    steps: [modernMessage({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: value } })],
  })),
  { name: 'no _meta', steps: [modernMessage({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} })] },
  { name: 'no params', steps: [modernMessage({ jsonrpc: '2.0', id: 1, method: 'tools/list' })] },
  ...WRONG_VALUES.map(([what, value]) => ({
    name: `params is ${what}`,
    steps: [modernMessage({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: value })],
  })),
  { name: 'an envelope with two mistakes', steps: [withMeta({ [protocolVersion]: 7 })] },
  {
    name: 'an envelope for an unknown method',
    steps: [
      modernMessage({
        jsonrpc: '2.0',
        id: 1,
        method: 'no/such',
        params: { _meta: { [protocolVersion]: '2026-07-28' } },
      }),
    ],
  },
];

const versions: Conversation[] = [
  '2026-07-28',
  '2025-11-25',
  '2024-11-05',
  '2027-01-01',
  '1900-01-01',
  'latest',
  '',
  ' 2026-07-28',
].flatMap((version) => [
  {
    name: `version ${JSON.stringify(version)} in header and body`,
    steps: [
      modernMessage(listing({ ...ENVELOPE, [protocolVersion]: version }), {
        'mcp-protocol-version': version,
      }),
    ],
  },
  {
    name: `version ${JSON.stringify(version)} in the body, 2026-07-28 in the header`,
    steps: [modernMessage(listing({ ...ENVELOPE, [protocolVersion]: version }))],
  },
  {
    name: `2026-07-28 in the body, version ${JSON.stringify(version)} in the header`,
    steps: [modernMessage(listing(ENVELOPE), { 'mcp-protocol-version': version })],
  },
  {
    name: `version ${JSON.stringify(version)} in the body, none in the header`,
    steps: [
      modernMessage(listing({ ...ENVELOPE, [protocolVersion]: version }), {
        'mcp-protocol-version': undefined,
      }),
    ],
  },
  {
    name: `version ${JSON.stringify(version)} in the header, none in the body`,
    steps: [
      modernMessage(
        { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} },
        { 'mcp-protocol-version': version },
      ),
    ],
  },
  {
    name: `a notification with version ${JSON.stringify(version)} in the header`,
    steps: [
      modernMessage(notification('notifications/cancelled', { requestId: 1 }), {
        'mcp-protocol-version': version,
      }),
    ],
  },
]);

const methods: Conversation[] = [
  'ping',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
  'tasks/get',
  'tasks/list',
  'tasks/result',
  'tasks/cancel',

  'initialize',
  'roots/list',
  'sampling/createMessage',
  'elicitation/create',
  'no/such',
  '',
  'toString',
  '__proto__',
  'TOOLS/LIST',
  'tools/list ',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'rpc.discover',
].map((method) => ({ name: `the method ${JSON.stringify(method)}`, steps: [modern(method)] }));

const initialize: Conversation[] = [
  {
    name: 'initialize with an envelope and params',
    steps: [
      modern('initialize', {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'c', version: '1' },
      }),
    ],
  },
  {
    name: 'initialize with a broken envelope',
    steps: [
      modernMessage({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'c', version: '1' },
          _meta: { [protocolVersion]: '2026-07-28' },
        },
      }),
    ],
  },
  {
    name: 'initialize with an envelope of 2025-11-25',
    steps: [
      post({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'c', version: '1' },
          _meta: { ...ENVELOPE, [protocolVersion]: '2025-11-25' },
        },
      }),
    ],
  },
  {
    name: 'initialize with the header of 2026-07-28',
    steps: [
      modernMessage({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } },
      }),
    ],
  },
];

const notifications: Conversation[] = [
  {
    name: 'a cancellation',
    steps: [modernMessage(notification('notifications/cancelled', { requestId: 1, reason: 'over' }))],
  },
  {
    name: 'a cancellation with an envelope',
    steps: [modernMessage(notification('notifications/cancelled', { requestId: 1, _meta: ENVELOPE }))],
  },
  {
    name: 'a cancellation with an envelope and no headers',
    steps: [post(notification('notifications/cancelled', { requestId: 1, _meta: ENVELOPE }))],
  },
  { name: 'a cancellation of nothing', steps: [modernMessage(notification('notifications/cancelled', {}))] },
  {
    name: 'a cancellation of an object',
    steps: [modernMessage(notification('notifications/cancelled', { requestId: {} }))],
  },
  { name: 'initialized', steps: [modernMessage(notification('notifications/initialized'))] },
  { name: 'an unknown notification', steps: [modernMessage(notification('notifications/none'))] },
  {
    name: 'a request without an id',
    steps: [modernMessage(notification('tools/call', { name: 'add', arguments: { a: 1 }, _meta: ENVELOPE }))],
  },
  {
    name: 'a notification whose Mcp-Method says otherwise',
    steps: [
      modernMessage(notification('notifications/cancelled', { requestId: 1 }), {
        'mcp-method': 'tools/list',
      }),
    ],
  },
  {
    name: 'a notification with an envelope whose Mcp-Method says otherwise',
    steps: [
      modernMessage(notification('notifications/cancelled', { requestId: 1, _meta: ENVELOPE }), {
        'mcp-method': 'tools/list',
      }),
    ],
  },
  {
    name: 'a notification whose envelope names no text',
    steps: [
      modernMessage(
        notification('notifications/cancelled', { requestId: 1, _meta: { [protocolVersion]: 7 } }),
      ),
    ],
  },
  {
    name: 'a notification whose envelope has a version alone',
    steps: [
      modernMessage(
        notification('notifications/cancelled', { requestId: 1, _meta: { [protocolVersion]: '2026-07-28' } }),
      ),
    ],
  },
  {
    name: 'a notification whose envelope names 2025-11-25',
    steps: [
      post(
        notification('notifications/cancelled', {
          requestId: 1,
          _meta: { ...ENVELOPE, [protocolVersion]: '2025-11-25' },
        }),
      ),
    ],
  },
  { name: 'a response', steps: [modernMessage({ jsonrpc: '2.0', id: 1, result: {} })] },
  { name: 'an error', steps: [modernMessage({ jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } })] },
];

const leftovers: Conversation[] = [
  {
    name: 'a session nobody opened',
    steps: [modern('tools/list', {}, { headers: { 'mcp-session-id': 'made-up' } })],
  },
  { name: 'a Last-Event-ID', steps: [modern('tools/list', {}, { headers: { 'last-event-id': '1-1' } })] },
  {
    name: 'unknown fields everywhere',
    steps: [
      modernMessage({ ...listing(ENVELOPE), extra: 1, params: { _meta: { ...ENVELOPE, x: 1 }, extra: {} } }),
    ],
  },
];

/** Requests of 2026-07-28, right and wrong. */
export const modernTraffic: readonly Conversation[] = [
  ...wellFormed,
  ...logging,
  ...ids,
  ...wrongIds,
  ...params,
  ...envelope,
  ...versions,
  ...methods,
  ...initialize,
  ...notifications,
  ...leftovers,
];

function listing(meta: Record<string, unknown>) {
  return { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } };
}

function withMeta(meta: Record<string, unknown>) {
  return modernMessage(listing(meta));
}

function omit(record: Record<string, unknown>, key: string): Record<string, unknown> {
  const { [key]: _gone, ...rest } = record;
  return rest;
}
