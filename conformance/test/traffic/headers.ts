import { MetaKey } from '@toolyard/core/protocol';

import { headerText, modern, modernMessage, ENVELOPE, type Conversation } from '../../src/judge/traffic.ts';

const call = (headers: Record<string, string | undefined>) =>
  modern('tools/call', { name: 'add', arguments: { a: 1 } }, { headers });

const base64 = (value: string) => `=?base64?${Buffer.from(value).toString('base64')}?=`;

const standard: Conversation[] = [
  { name: 'no Mcp-Method', headers: { 'mcp-method': undefined } },
  { name: 'an empty Mcp-Method', headers: { 'mcp-method': '' } },
  { name: 'another Mcp-Method', headers: { 'mcp-method': 'tools/list' } },
  { name: 'an Mcp-Method in capitals', headers: { 'mcp-method': 'TOOLS/CALL' } },
  { name: 'an Mcp-Method in Base64', headers: { 'mcp-method': base64('tools/call') } },
  { name: 'an Mcp-Method with spaces around', headers: { 'mcp-method': ' tools/call ' } },
  { name: 'no Mcp-Name', headers: { 'mcp-name': undefined } },
  { name: 'an empty Mcp-Name', headers: { 'mcp-name': '' } },
  { name: 'another Mcp-Name', headers: { 'mcp-name': 'crash' } },
  { name: 'an Mcp-Name in capitals', headers: { 'mcp-name': 'ADD' } },
  { name: 'an Mcp-Name with spaces around', headers: { 'mcp-name': '  add\t' } },
  { name: 'an Mcp-Name in Base64', headers: { 'mcp-name': base64('add') } },
  { name: 'another Mcp-Name in Base64', headers: { 'mcp-name': base64('crash') } },
  {
    name: 'an Mcp-Name in Base64 without padding',
    headers: { 'mcp-name': '=?base64?YWRk4pyT?='.replace('4pyT', '4py') },
  },
  { name: 'an Mcp-Name in Base64 with odd characters', headers: { 'mcp-name': '=?base64?YW!k?=' } },
  { name: 'an Mcp-Name in Base64 with URL characters', headers: { 'mcp-name': '=?base64?_-_-?=' } },
  { name: 'an Mcp-Name in Base64 that is no UTF-8', headers: { 'mcp-name': '=?base64?/////w==?=' } },
  { name: 'an Mcp-Name with an empty Base64', headers: { 'mcp-name': '=?base64??=' } },
  { name: 'an Mcp-Name with a marker in capitals', headers: { 'mcp-name': '=?BASE64?YWRk?=' } },
  { name: 'an Mcp-Name with half a marker', headers: { 'mcp-name': '=?base64?YWRk' } },
  { name: 'an Mcp-Name beyond ASCII', headers: { 'mcp-name': '\u00e9' } },
  {
    name: 'no headers',
    headers: { 'mcp-name': undefined, 'mcp-method': undefined, 'mcp-protocol-version': undefined },
  },
  {
    name: 'no MCP-Protocol-Version and another Mcp-Method',
    headers: { 'mcp-method': 'x/y', 'mcp-protocol-version': undefined },
  },
  { name: 'an unknown header', headers: { 'mcp-param-unknown': 'x', 'mcp-other': 'y' } },
].map(({ name, headers }) => ({ name, steps: [call(headers)] }));

const named: Conversation[] = [
  {
    name: 'resources/read without Mcp-Name',
    steps: [modern('resources/read', { uri: 'test://static-text' }, { headers: { 'mcp-name': undefined } })],
  },
  {
    name: 'resources/read with another Mcp-Name',
    steps: [
      modern(
        'resources/read',
        { uri: 'test://static-text' },
        { headers: { 'mcp-name': 'test://static-binary' } },
      ),
    ],
  },
  {
    name: 'prompts/get without Mcp-Name',
    steps: [modern('prompts/get', { name: 'test_simple_prompt' }, { headers: { 'mcp-name': undefined } })],
  },
  {
    name: 'prompts/get with another Mcp-Name',
    steps: [modern('prompts/get', { name: 'test_simple_prompt' }, { headers: { 'mcp-name': 'greeting' } })],
  },
  {
    name: 'tools/list with an Mcp-Name',
    steps: [modern('tools/list', {}, { headers: { 'mcp-name': 'add' } })],
  },
  {
    name: 'tools/call without a name, with an Mcp-Name',
    steps: [modern('tools/call', {}, { headers: { 'mcp-name': 'add' } })],
  },
  {
    name: 'tools/call with a number as name and as Mcp-Name',
    steps: [modern('tools/call', { name: 7 }, { headers: { 'mcp-name': '7' } })],
  },
  { name: 'a name beyond ASCII', steps: [modern('tools/call', { name: 'grüße' })] },
  { name: 'a name with a line break', steps: [modern('tools/call', { name: 'a\nb' })] },
  { name: 'a name with spaces around', steps: [modern('tools/call', { name: ' add ' })] },
  {
    name: 'a name that looks encoded',
    steps: [
      modern(
        'tools/call',
        { name: '=?base64?YWRk?=' },
        { headers: { 'mcp-name': base64('=?base64?YWRk?=') } },
      ),
    ],
  },
  {
    name: 'a name that looks encoded, as it is',
    steps: [
      modern('tools/call', { name: '=?base64?YWRk?=' }, { headers: { 'mcp-name': '=?base64?YWRk?=' } }),
    ],
  },
  {
    name: 'an unknown method without Mcp-Method',
    steps: [modern('no/such', {}, { headers: { 'mcp-method': undefined } })],
  },
  { name: 'tasks/get with a task and no Mcp-Name', steps: [modern('tasks/get', { taskId: 't' })] },
  {
    name: 'a wrong version and a wrong Mcp-Method',
    steps: [
      modernMessage(
        {
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/list',
          params: { _meta: { ...ENVELOPE, 'io.modelcontextprotocol/protocolVersion': '2027-01-01' } },
        },
        { 'mcp-protocol-version': '2027-01-01', 'mcp-method': 'x/y' },
      ),
    ],
  },
  {
    name: 'a wrong version and no Mcp-Method',
    steps: [
      modernMessage(
        {
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/list',
          params: { _meta: { ...ENVELOPE, 'io.modelcontextprotocol/protocolVersion': '2027-01-01' } },
        },
        { 'mcp-protocol-version': '2027-01-01', 'mcp-method': undefined },
      ),
    ],
  },
];

const good = { region: 'eu', limit: 42, urgent: true, filter: { tenant: 'acme' } };
const goodHeaders = {
  'mcp-param-region': 'eu',
  'mcp-param-limit': '42',
  'mcp-param-urgent': 'true',
  'mcp-param-tenant': 'acme',
};

const parameters: Conversation[] = [
  { name: 'all parameters', args: good, headers: goodHeaders },
  { name: 'no parameters', args: {}, headers: {} },
  { name: 'parameters without headers', args: good, headers: {} },
  { name: 'headers without parameters', args: {}, headers: goodHeaders },
  ...Object.keys(goodHeaders).flatMap((header) => [
    { name: `no ${header}`, args: good, headers: { ...goodHeaders, [header]: undefined } },
    { name: `an empty ${header}`, args: good, headers: { ...goodHeaders, [header]: '' } },
    { name: `another ${header}`, args: good, headers: { ...goodHeaders, [header]: 'other' } },
    {
      name: `${header} in Base64`,
      args: good,
      headers: { ...goodHeaders, [header]: base64(goodHeaders[header as 'mcp-param-region']) },
    },
    { name: `${header} in broken Base64`, args: good, headers: { ...goodHeaders, [header]: '=?base64?!?=' } },
  ]),
  ...['42.0', '42.00', '042', '4.2e1', '0x2a', '+42', '42 ', '43', '-42'].map((limit) => ({
    name: `the limit 42 as ${limit}`,
    args: { limit: 42 },
    headers: { 'mcp-param-limit': limit },
  })),
  {
    name: 'a large limit',
    args: { limit: 9007199254740991 },
    headers: { 'mcp-param-limit': '9007199254740991' },
  },
  {
    name: 'a limit beyond the safe range',
    args: { limit: 2 ** 60 },
    headers: { 'mcp-param-limit': String(2 ** 60) },
  },
  { name: 'a limit beyond the safe range without header', args: { limit: 2 ** 60 }, headers: {} },
  ...['True', 'TRUE', '1', 'false'].map((urgent) => ({
    name: `urgent as ${urgent}`,
    args: { urgent: true },
    headers: { 'mcp-param-urgent': urgent },
  })),
  { name: 'a null with no header', args: { region: null }, headers: {} },
  { name: 'a null with a header', args: { region: null }, headers: { 'mcp-param-region': 'eu' } },
  { name: 'a wrong type with a header', args: { region: 7 }, headers: { 'mcp-param-region': '7' } },
  { name: 'a wrong type without a header', args: { limit: 'many' }, headers: {} },
  { name: 'an object without a header', args: { region: { a: 1 } }, headers: {} },
  {
    name: 'a region beyond ASCII',
    args: { region: 'größe' },
    headers: { 'mcp-param-region': headerText('größe') },
  },
  {
    name: 'a region with a space at the end',
    args: { region: 'eu ' },
    headers: { 'mcp-param-region': headerText('eu ') },
  },
  {
    name: 'a region with a space at the end, as it is',
    args: { region: 'eu ' },
    headers: { 'mcp-param-region': 'eu ' },
  },
  { name: 'an empty region', args: { region: '' }, headers: { 'mcp-param-region': headerText('') } },
  { name: 'an empty region as it is', args: { region: '' }, headers: { 'mcp-param-region': '' } },
  { name: 'the inner parameter of an array', args: { filter: ['acme'] }, headers: {} },
  {
    name: 'a header mismatch and wrong arguments',
    args: { region: 'eu', limit: 'many' },
    headers: { 'mcp-param-region': 'us' },
  },
].map(({ name, args, headers }) => ({
  name,
  steps: [modern('tools/call', { name: 'route', arguments: args }, { headers })],
}));

const argumentsOddly: Conversation[] = [null, 7, 'x', []].map((args) => ({
  name: `header parameters and ${JSON.stringify(args)} as arguments`,
  steps: [modern('tools/call', { name: 'route', arguments: args }, { headers: goodHeaders })],
}));

/** Errors that show in the status, whatever the client takes. */
const streamsAlone: Conversation[] = [
  modern('no/such'),
  modern('tools/call', { name: 'route', arguments: { region: 'eu' } }),
  modern('tools/call', {
    name: 'test_missing_capability',
    _meta: { [MetaKey.clientCapabilities]: {} },
  }),
].map((step) => ({
  name: 'an error for a client that takes streams alone',
  steps: [{ ...step, headers: { ...step.headers, accept: 'text/event-stream' } }],
}));

/** Requests of 2026-07-28 whose headers agree with the body, or do not. */
export const headerTraffic: readonly Conversation[] = [
  ...standard,
  ...named,
  ...parameters,
  ...argumentsOddly,
  ...streamsAlone,
];
