import {
  bodiless,
  inSession,
  modern,
  notification,
  opening,
  post,
  postText,
  request,
  type Conversation,
  type Step,
} from '../../src/judge/traffic.ts';

const reader = { authorization: 'Bearer reader' };
const administrator = { authorization: 'Bearer administrator' };

const tokens = [
  undefined,
  '',
  'Bearer',
  'Bearer ',
  'Bearer unknown',
  'bearer reader',
  'BEARER reader',
  'Basic reader',
  'reader',
  'Bearer  reader',
];

const authentication: Conversation[] = tokens.flatMap((authorization) => [
  {
    name: `tools/list with ${JSON.stringify(authorization)}`,
    steps: [withHeaders(modern('tools/list'), { authorization })],
  },
  {
    name: `initialize with ${JSON.stringify(authorization)}`,
    steps: [withHeaders(opening()[0]!, { authorization })],
  },
]);

const order: Conversation[] = [
  { name: 'no token and a broken body', steps: [postText('{')] },
  { name: 'no token and a wrong type', steps: [postText('{', { 'content-type': 'text/plain' })] },
  { name: 'no token and a wrong host', steps: [postText('{', { host: 'evil.example' })] },
  { name: 'no token and a notification', steps: [post(notification('notifications/x'))] },
  { name: 'no token and GET', steps: [bodiless('GET', { 'mcp-session-id': undefined })] },
  { name: 'no token and DELETE', steps: [bodiless('DELETE', { 'mcp-session-id': undefined })] },
  {
    name: 'no token and a missing header',
    steps: [modern('tools/list', {}, { headers: { 'mcp-method': undefined } })],
  },
];

const scopes: Conversation[] = [
  {
    name: 'the scope is there',
    steps: [withHeaders(modern('tools/call', { name: 'reboot' }), administrator)],
  },
  { name: 'the scope is missing', steps: [withHeaders(modern('tools/call', { name: 'reboot' }), reader)] },
  {
    name: 'the scope is missing, and Mcp-Name is wrong',
    steps: [withHeaders(modern('tools/call', { name: 'reboot' }, { headers: { 'mcp-name': 'x' } }), reader)],
  },
  {
    name: 'the scope is there, in a session',
    steps: [
      ...opening().map((step) => withHeaders(step, administrator)),
      withHeaders(inSession(request('tools/call', { name: 'reboot' })), administrator),
    ],
  },
  {
    name: 'the scope is missing, in a session',
    steps: [
      ...opening().map((step) => withHeaders(step, reader)),
      withHeaders(inSession(request('tools/call', { name: 'reboot' })), reader),
    ],
  },
];

/** Requests to servers that want to know who is asking. */
export const authenticationTraffic: readonly Conversation[] = [...authentication, ...order, ...scopes];

function withHeaders(step: Step, headers: Record<string, string | undefined>): Step {
  const entries = Object.entries({ ...step.headers, ...headers });
  return {
    ...step,
    headers: Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined)),
  };
}
