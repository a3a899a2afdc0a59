import { LEGACY_REVISIONS, MetaKey, type JsonObject } from '@toolyard/core/protocol';

import {
  bodiless,
  inSession,
  modern,
  notification,
  opening,
  request,
  type Conversation,
} from '../../src/judge/traffic.ts';

const form = { action: 'accept', content: { name: 'Ada' } };
const message = { role: 'assistant', content: { type: 'text', text: 'Paris' }, model: 'm' };
const roots = { roots: [{ uri: 'file:///home', name: 'home' }] };

const ask = (name: string, more: JsonObject = {}) => modern('tools/call', { name, ...more });
const capable = (clientCapabilities: unknown) => ({
  _meta: { [MetaKey.clientCapabilities]: clientCapabilities },
});

const ELICITATION = 'test_input_required_result_elicitation';
const SAMPLING = 'test_input_required_result_sampling';
const ROOTS = 'test_input_required_result_list_roots';

const rounds: Conversation[] = [
  {
    name: 'a form, accepted',
    steps: [
      ask(ELICITATION),
      ask(ELICITATION, { inputResponses: { user_name: form }, requestState: '{state}' }),
    ],
  },
  {
    name: 'a form, declined',
    steps: [
      ask(ELICITATION),
      ask(ELICITATION, { inputResponses: { user_name: { action: 'decline' } }, requestState: '{state}' }),
    ],
  },
  {
    name: 'a form, cancelled',
    steps: [
      ask(ELICITATION),
      ask(ELICITATION, { inputResponses: { user_name: { action: 'cancel' } }, requestState: '{state}' }),
    ],
  },
  {
    name: 'a form, answered without state',
    steps: [ask(ELICITATION, { inputResponses: { user_name: form } })],
  },
  {
    name: 'a form, answered with nothing',
    steps: [ask(ELICITATION), ask(ELICITATION, { requestState: '{state}' })],
  },
  {
    name: 'a form, answered under another key',
    steps: [ask(ELICITATION), ask(ELICITATION, { inputResponses: { other: form }, requestState: '{state}' })],
  },
  {
    name: 'a page',
    steps: [
      ask('ask_url'),
      ask('ask_url', { inputResponses: { page: { action: 'accept' } }, requestState: '{state}' }),
    ],
  },
  {
    name: 'the model',
    steps: [
      ask(SAMPLING),
      ask(SAMPLING, { inputResponses: { capital_question: message }, requestState: '{state}' }),
    ],
  },
  {
    name: 'the roots',
    steps: [ask(ROOTS), ask(ROOTS, { inputResponses: { client_roots: roots }, requestState: '{state}' })],
  },
  { name: 'a form with every default', steps: [ask('test_elicitation_sep1034_defaults')] },
  { name: 'a form with every choice', steps: [ask('test_elicitation_sep1330_enums')] },
  {
    name: 'progress and a question',
    steps: [ask('test_streaming_elicitation', { _meta: { progressToken: 1 } })],
  },
  {
    name: 'two rounds',
    steps: [
      ask('test_input_required_result_multi_round'),
      ask('test_input_required_result_multi_round', {
        inputResponses: { step1: form },
        requestState: '{state}',
      }),
      ask('test_input_required_result_multi_round', {
        inputResponses: { step2: { action: 'accept', content: { color: 'red' } } },
        requestState: '{state}',
      }),
    ],
  },
  {
    name: 'a prompt that asks',
    steps: [
      modern('prompts/get', { name: 'test_input_required_result_prompt' }),
      modern('prompts/get', {
        name: 'test_input_required_result_prompt',
        inputResponses: { user_context: { action: 'accept', content: { context: 'c' } } },
        requestState: '{state}',
      }),
    ],
  },
];

const states: Conversation[] = [
  ...[null, 7, {}, [], true, '', 'made-up', 'eyJhbGciOiJub25lIn0.e30.'].map((requestState) => ({
    name: `the state ${JSON.stringify(requestState)}`,
    steps: [ask(ELICITATION, { inputResponses: { user_name: form }, requestState })],
  })),
  {
    name: 'a state for a tool that does not ask',
    steps: [ask('test_simple_text', { requestState: 'made-up' })],
  },
  { name: 'a state for a list', steps: [modern('tools/list', { requestState: 'made-up' })] },
  {
    name: 'the state of another tool',
    steps: [
      ask(SAMPLING),
      ask(ELICITATION, { inputResponses: { user_name: form }, requestState: '{state}' }),
    ],
  },
  ...[null, 7, 'x', [], true].map((inputResponses) => ({
    name: `the answers ${JSON.stringify(inputResponses)}`,
    steps: [ask(ELICITATION, { inputResponses })],
  })),
  ...[
    null,
    7,
    'x',
    [],
    {},
    { action: 'maybe' },
    { action: 'accept' },
    { action: 'accept', content: null },
    { action: 'accept', content: { name: 7 } },
    { method: 'elicitation/create', result: form },
    message,
  ].map((answer) => ({
    name: `the answer ${JSON.stringify(answer)}`,
    steps: [ask(ELICITATION, { inputResponses: { user_name: answer } })],
  })),
  ...[
    { role: 'assistant' },
    { role: 7, content: message.content, model: 'm' },
    { role: 'assistant', content: message.content },
  ].map((answer) => ({
    name: `the message ${JSON.stringify(answer)}`,
    steps: [ask(SAMPLING, { inputResponses: { capital_question: answer } })],
  })),
];

const capabilities: Conversation[] = [
  {},
  { elicitation: {} },
  { elicitation: { form: {} } },
  { elicitation: { url: {} } },
  { sampling: {} },
  { roots: {} },
  { extensions: {} },
].flatMap((has) =>
  [
    ELICITATION,
    'ask_url',
    SAMPLING,
    ROOTS,
    'test_input_required_result_capabilities',
    'test_input_required_result_multiple_inputs',
  ].map((tool) => ({
    name: `${tool} for a client with ${JSON.stringify(has)}`,
    steps: [ask(tool, capable(has))],
  })),
);

/** In a session the server asks on the stream of the call, and the client answers with a POST. */
const sessions: Conversation[] = LEGACY_REVISIONS.flatMap((revision) => {
  const call = (name: string, args: JsonObject = {}) =>
    inSession(request('tools/call', { name, arguments: args }), revision);
  const answer = (result: unknown) => inSession({ jsonrpc: '2.0', id: '{asked}', result }, revision);
  const conversations = [
    { name: 'a form, accepted', steps: [call(ELICITATION), answer(form)] },
    { name: 'a form, declined', steps: [call(ELICITATION), answer({ action: 'decline' })] },
    { name: 'a form, cancelled', steps: [call(ELICITATION), answer({ action: 'cancel' })] },
    {
      name: 'a form, answered with an error',
      steps: [
        call(ELICITATION),
        inSession({ jsonrpc: '2.0', id: '{asked}', error: { code: -1, message: 'no' } }, revision),
      ],
    },
    { name: 'a form, answered with something else', steps: [call(ELICITATION), answer({ what: 'ever' })] },
    {
      name: 'a form, answered with wrong content',
      steps: [call(ELICITATION), answer({ action: 'accept', content: { name: 7 } })],
    },
    {
      name: 'a form with every default',
      steps: [call('test_elicitation_sep1034_defaults'), answer({ action: 'accept', content: {} })],
    },
    {
      name: 'a form with every choice',
      steps: [call('test_elicitation_sep1330_enums'), answer({ action: 'decline' })],
    },
    { name: 'the model', steps: [call('test_sampling', { prompt: 'p' }), answer(message)] },
    {
      name: 'the model, answered with something else',
      steps: [call('test_sampling', { prompt: 'p' }), answer({ what: 'ever' })],
    },
    { name: 'the roots', steps: [call(ROOTS), answer(roots)] },
    {
      name: 'two rounds',
      steps: [
        call('test_input_required_result_multi_round'),
        answer(form),
        answer({ action: 'accept', content: { color: 'red' } }),
      ],
    },
    {
      name: 'a prompt that asks',
      steps: [
        inSession(request('prompts/get', { name: 'test_input_required_result_prompt' }), revision),
        answer({ action: 'accept', content: { context: 'c' } }),
      ],
    },
    {
      name: 'the roots change',
      steps: [inSession(notification('notifications/roots/list_changed'), revision)],
    },
  ];
  return [
    ...conversations.map(({ name, steps }) => ({
      name: `${revision}: ${name}`,
      steps: [...opening(revision), ...steps],
    })),
    ...[ELICITATION, 'ask_url', SAMPLING, ROOTS].map((tool) => ({
      name: `${revision}: ${tool} for a client that cannot`,
      steps: [...opening(revision, {}), call(tool)],
    })),
  ];
});

const pages: Conversation[] = [
  {
    name: '2025-11-25: a page',
    steps: [
      ...opening('2025-11-25', { elicitation: { form: {}, url: {} } }),
      inSession(request('tools/call', { name: 'ask_url' })),
      inSession({ jsonrpc: '2.0', id: '{asked}', result: { action: 'accept' } }),
      bodiless('DELETE'),
    ],
  },
];

/** Handlers that ask the client, and what clients answer. */
export const questionTraffic: readonly Conversation[] = [
  ...rounds,
  ...states,
  ...capabilities,
  ...sessions,
  ...pages,
];
