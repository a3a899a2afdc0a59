import { isRequestId } from '@toolyard/core/protocol';

import {
  answers,
  batchOf,
  hasOddMetadata,
  hasUnknownMember,
  messageOf,
  page,
  paramsOf,
  revisionOf,
  type Difference,
} from '../difference.ts';

/** What is wrong with a message, and how wrong. */
export const messageDifferences: readonly Difference[] = [
  {
    name: 'wrong params are invalid params',
    what: 'A param has the wrong type or is missing: the SDK calls that an internal error.',
    why: 'The fault is the client’s, and it can mend it.',
    rule: {
      url: page('2026-07-28', 'schema#invalidparamserror'),
      says: 'A JSON-RPC error indicating that the method parameters are invalid or malformed (-32602).',
    },
    covers: (deviation) => answers(deviation, '200 error -32602', '200 error -32603'),
  },
  {
    name: 'metadata is part of the params',
    what: '`_meta` is no object, or its progress token is neither a text nor an integer: invalid params here, an invalid request in the SDK. Notifications go through.',
    why: 'The request is a request; what is wrong is inside its params.',
    rule: {
      url: page('2026-07-28', 'basic#meta'),
      says: 'A request missing any required field of _meta is malformed; the server MUST reject it with -32602, on HTTP with 400.',
    },
    covers: (deviation, occurrence) =>
      answers(deviation, /^(202|4\d\d error|200 error -32602)/, '400 error -32600') &&
      hasOddMetadata(occurrence.step) &&
      revisionOf(occurrence) === '',
  },
  {
    name: 'cursors of others are refused',
    what: 'A list is asked for from a cursor we never gave: the SDK ignores it.',
    why: 'A client would take the first page for the next one, forever.',
    rule: {
      url: page('2026-07-28', 'server/utilities/pagination#error-handling'),
      says: 'Invalid cursors SHOULD result in an error with code -32602.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, '200 error -32602', '200 result') && typeof paramsOf(step)['cursor'] === 'string',
  },
  {
    name: 'unknown members are ignored',
    what: 'A message has a member that none of its kind has: the SDK refuses it.',
    why: 'A later revision may add one.',
    rule: {
      url: page('2026-07-28', 'schema#jsonrpcrequest'),
      says: 'JSONRPCRequest does not exclude other members.',
    },
    covers: (deviation, { step }) => answers(deviation, /./, '400 error -32600') && hasUnknownMember(step),
  },
  {
    name: 'only ids are given back',
    what: 'The id is a fraction, or an integer JavaScript does not hold exactly: the SDK answers under it, we answer under `null`.',
    why: 'It is no id, or not the one that was sent.',
    rule: {
      url: page('2026-07-28', 'basic#requests'),
      says: 'Requests MUST include a string or integer ID.',
    },
    covers: ({ field, ours, theirs }) =>
      /^messages\.\d+\.id$/.test(field) &&
      ours === null &&
      typeof theirs === 'number' &&
      !Number.isSafeInteger(theirs),
  },
  {
    name: 'broken requests are answered under their id',
    what: 'A message is refused whose id can be read: we answer under it, the SDK under `null`.',
    why: 'The client can tell which of its requests it was.',
    rule: {
      url: page('2026-07-28', 'basic#error-responses'),
      says: 'Error responses MUST include the same ID as the request, except where the ID could not be read.',
    },
    covers: ({ field, ours, theirs }, { step }) =>
      field === 'messages.0.id' && theirs === null && ours === messageOf(step)['id'],
  },
  {
    name: 'details nobody uses are not judged',
    what: 'An optional field of the client’s name or capabilities has the wrong type: the SDK refuses the request.',
    why: 'Nothing here depends on it.',
    rule: {
      url: page('2026-07-28', 'basic#meta'),
      says: 'Implementations SHOULD NOT use clientInfo to change the behavior of the server.',
    },
    covers(deviation, { step, theirs }) {
      const [error] = theirs.messages;
      if (answers(deviation, /./, '400 error -32602'))
        return /(clientInfo|Capabilities)\./.test(envelopeKey(error));
      return (
        answers(deviation, '200 result', '400 error -32000') && messageOf(step)['method'] === 'initialize'
      );
    },
  },
  {
    name: 'notifications have no envelope',
    what: 'A notification names something as its protocol version that is no text: the SDK refuses it.',
    why: 'Nothing is read there, so nothing can be wrong.',
    rule: {
      url: page('2026-07-28', 'schema#notificationmetaobject'),
      says: 'The _meta of notifications has no protocol version.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, /^(202|400 error -3202[02])$/, '400 error -32602') && !('id' in messageOf(step)),
  },
  {
    name: 'an envelope makes initialize modern',
    what: 'initialize with a broken envelope of 2026-07-28: we name what the envelope lacks; the SDK says that header and body disagree, or opens a session.',
    why: 'They agree: both name 2026-07-28.',
    rule: {
      url: page('2026-07-28', 'basic#meta'),
      says: 'A request missing any required field is malformed; the server MUST reject it with -32602.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, '400 error -32602', /^(400 error -32020|200 result)$/) &&
      messageOf(step)['method'] === 'initialize',
  },
  {
    name: 'an error without an id may say null',
    what: 'A client posts an error whose id is `null`, or no id: the SDK refuses it.',
    why: 'It is how a client says that it could not read what we sent.',
    rule: {
      url: 'https://www.jsonrpc.org/specification#response_object',
      says: 'If there was an error in detecting the id in the Request object, it MUST be Null.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, /^(202|40[04] error -3200[01])$/, '400 error -32600') &&
      'error' in messageOf(step) &&
      !isRequestId(messageOf(step)['id']),
  },
  {
    name: '__proto__ is a name like any other',
    what: 'A property `__proto__` that has no business in arguments or capabilities: the SDK does not see it.',
    why: 'It is there, and what is not allowed is refused.',
    rule: {
      url: 'https://www.rfc-editor.org/rfc/rfc8259#section-4',
      says: 'A name is a string.',
    },
    covers: (deviation, { step }) =>
      answers(
        deviation,
        /^(200 tool error|[24]00 error -32602)$/,
        /^200 (result|input_required|error -32602)$/,
      ) && step.body?.includes('"__proto__"') === true,
  },
  {
    name: 'arguments have limits',
    what: 'Arguments or answers nested deeper than 64 levels, or with more than 20,000 values: the SDK has them checked.',
    why: 'A validator writes down an issue for whatever is wrong, which costs seconds and gigabytes.',
    covers: (deviation, { ours }) =>
      answers(deviation, /^200 (tool error|error -32602)$/, /^200 (result|tool error|input_required)$/) &&
      /nested deeper than 64 levels|more than 20000 values/.test(JSON.stringify(ours.messages)),
  },
  {
    name: 'nesting outside of arguments is not limited',
    what: 'An object 3,000 levels deep: the SDK runs out of stack and throws.',
    why: 'The limit of the body is the limit; what no tool asked for is not walked through.',
    covers: (deviation, { theirs }) =>
      answers(deviation, /^[24]/, /^(500 other|400 error -32700)$/) &&
      JSON.stringify(theirs.messages).includes('call stack'),
  },
  {
    name: 'a batch is read inside a session',
    what: 'An empty or broken batch without a session: we ask for the session, the SDK finds the batch at fault.',
    why: 'Only a session tells whether its revision has batches at all.',
    covers: (deviation, { step }) =>
      answers(deviation, /^40[04] error -3200[01]$/, '400 error -32600') && batchOf(step) !== undefined,
  },
];

/** The key an error about `_meta` names, as the SDK writes it. */
function envelopeKey(message: unknown): string {
  return /"envelope":\{"key":"([^"]+)"/.exec(JSON.stringify(message))?.[1] ?? '';
}
