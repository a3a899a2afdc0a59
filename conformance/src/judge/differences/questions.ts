import { answers, page, paramsOf, revisionOf, type Difference } from '../difference.ts';

/** Handlers that ask the client. */
export const questionDifferences: readonly Difference[] = [
  {
    name: 'questions ask for no progress',
    what: 'A question in a session has no progress token; that of the SDK has one.',
    why: 'Nobody would look at the progress of a person.',
    rule: {
      url: page('2025-11-25', 'basic/utilities/progress#progress-flow'),
      says: 'When a party wants to receive progress updates, it includes a progressToken.',
    },
    covers: ({ field, ours, theirs }) =>
      /params(\._meta)?$/.test(field) &&
      ours === undefined &&
      JSON.stringify(theirs).includes('"progressToken"'),
  },
  {
    name: 'forms do not name a dialect',
    what: 'The schema of a form has no `$schema`.',
    why: 'It is a closed subset, not JSON Schema; clients of 2025-06-18 know type, properties and required alone.',
    rule: {
      url: page('2025-11-25', 'schema#elicitrequestformparams'),
      says: 'requestedSchema: a restricted subset of JSON Schema; $schema is optional.',
    },
    covers: ({ field, ours }) => field.endsWith('requestedSchema.$schema') && ours === undefined,
  },
  {
    name: 'forms have a mode since 2025-11-25',
    what: 'Forms for clients of older revisions have no `mode`; those of the SDK do.',
    why: 'Strict clients of the time refuse it.',
    rule: {
      url: page('2025-06-18', 'client/elicitation#creating-elicitation-requests'),
      says: 'The params are message and requestedSchema.',
    },
    covers: ({ field, ours }, occurrence) =>
      field.endsWith('params.mode') && ours === undefined && revisionOf(occurrence) < '2025-11-25',
  },
  {
    name: 'a state is bound to its request',
    what: 'The state of one tool, brought to another: refused here; the SDK leaves the binding to its users.',
    why: 'Answers to one question must not pass for answers to another.',
    rule: {
      url: page('2026-07-28', 'basic/patterns/mrtr#server-requirements-basic-workflow'),
      says: 'Servers SHOULD include an identifier for the originating request, rejecting state presented on a request that does not match.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, '200 error -32602', '200 result') && paramsOf(step)['requestState'] === '{state}',
  },
  {
    name: 'an answer that does not fit its form is invalid params',
    what: 'The content of an accepted form breaks its schema: an error here; the SDK leaves the check to the handler.',
    why: 'The handler asked for something else, and the client can send it.',
    rule: {
      url: page('2026-07-28', 'basic/patterns/mrtr#error-handling'),
      says: 'Protocol errors (malformed JSON, invalid schema) SHOULD return a JSON-RPC error response.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, '200 error -32602', '200 tool error') && 'inputResponses' in paramsOf(step),
  },
  {
    name: 'a message without a model is no answer',
    what: 'The result of a sampling request lacks `model`: we ask again, the SDK takes it.',
    why: 'The field is required; a handler may rely on it.',
    rule: {
      url: page('2026-07-28', 'basic/patterns/mrtr#error-handling'),
      says: 'If the information is missing, the server SHOULD respond with a new InputRequiredResult.',
    },
    covers: (deviation) => answers(deviation, '200 input_required', '200 result'),
  },
  {
    name: 'a capability that is missing is named in sessions too',
    what: 'A tool asks a 2025 client that cannot answer: the error of 2026-07-28 here, a tool result in the SDK.',
    why: 'Hosts act on it, not models; it has one code and one form in all revisions.',
    covers: (deviation, occurrence) =>
      answers(deviation, '200 error -32021', '200 tool error') && revisionOf(occurrence) !== '',
  },
  {
    name: 'sessions have no request state',
    what: 'A request in a session has `requestState` or `inputResponses`: we ignore them, the SDK reads them.',
    why: 'They belong to 2026-07-28; in these revisions they are params like any other.',
    rule: {
      url: page('2025-11-25', 'schema#calltoolrequestparams'),
      says: 'Has no such params, and does not exclude others.',
    },
    covers: (deviation, occurrence) =>
      deviation.field === 'answer' &&
      revisionOf(occurrence) !== '' &&
      ['requestState', 'inputResponses'].some((name) => name in paramsOf(occurrence.step)),
  },
  {
    name: 'what can be asked is asked',
    what: 'A handler asks several things at once, of which the client can answer the first: we ask that one, the SDK refuses the call.',
    why: 'As long as the handler has not ended over a missing one it may do without it; if it cannot, its next run ends with the error.',
    rule: {
      url: page('2026-07-28', 'basic#meta'),
      says: 'If processing a request requires a capability the client did not include, the server MUST return -32021.',
    },
    covers: (deviation) => answers(deviation, '200 input_required', '400 error -32021'),
  },
  {
    name: 'capabilities count before answers',
    what: 'A client brings the answer to a question it does not declare the capability for: the SDK takes it.',
    why: 'What a request declares holds for all of it.',
    rule: {
      url: page('2026-07-28', 'basic#meta'),
      says: 'If processing a request requires a capability the client did not include, the server MUST return -32021.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, '400 error -32021', /^200 (result|input_required)$/) &&
      'inputResponses' in paramsOf(step),
  },
  {
    name: 'arguments are checked before the state',
    what: 'Arguments and `requestState` are both wrong: we name the arguments, the SDK the state.',
    why: 'The model can correct the one; whoever made up the other learns nothing from it.',
    covers: (deviation, { step }) =>
      answers(deviation, '200 tool error', '200 error -32602') && 'requestState' in paramsOf(step),
  },
];
