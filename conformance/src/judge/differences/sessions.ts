import { isRecord } from '@toolyard/core/protocol';

import {
  answers,
  batchOf,
  hasOddMetadata,
  isIdRepeated,
  messageOf,
  page,
  paramsOf,
  revisionOf,
  type Difference,
} from '../difference.ts';

/** The revisions that open with initialize. */
export const sessionDifferences: readonly Difference[] = [
  {
    name: 'resources that do not exist have a code of their own until 2025-11-25',
    what: 'Reading or subscribing to an unknown resource: -32002 here, -32602 in the SDK.',
    why: 'Clients of these revisions look for it.',
    rule: {
      url: page('2025-11-25', 'server/resources#error-handling'),
      says: 'Resource not found: -32002.',
    },
    covers: (deviation, occurrence) =>
      answers(deviation, '200 error -32002', '200 error -32602') && revisionOf(occurrence) !== '',
  },
  {
    name: 'initialize is answered like any request',
    what: 'initialize with wrong params: a JSON-RPC error here, 400 "not initialized" in the SDK.',
    why: 'The client learns what was wrong.',
    rule: {
      url: page('2025-11-25', 'basic/lifecycle#error-handling'),
      says: 'Example of an initialization error: -32602 with the id of the request.',
    },
    covers: (deviation, { step }) =>
      (answers(deviation, '200 error -32602', '400 error -32000') ||
        answers(deviation, '400 error -32600', '200 error -32603')) &&
      messageOf(step)['method'] === 'initialize',
  },
  {
    name: 'initialize is a request',
    what: 'initialize without an id: we ask for a session, the SDK opens one and says nothing.',
    why: 'It is a notification nobody defined, and a session whose id nobody learns.',
    rule: {
      url: page('2025-11-25', 'schema#initializerequest'),
      says: 'InitializeRequest is a JSONRPCRequest, which has an id.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, '400 error -32000', '202') && messageOf(step)['method'] === 'initialize',
  },
  {
    name: 'initialize is not part of a batch',
    what: 'initialize as the one element of a batch: the SDK opens a session.',
    why: 'It is forbidden where there are batches.',
    rule: {
      url: page('2025-03-26', 'basic/lifecycle#initialization'),
      says: 'The initialize request MUST NOT be part of a JSON-RPC batch.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, '400 error -32000', '200 result') &&
      (batchOf(step) ?? []).some((message) => isRecord(message) && message['method'] === 'initialize'),
  },
  {
    name: 'batches belong to 2025-03-26',
    what: 'A batch in a session of another revision: the SDK takes it.',
    why: 'No other revision has them.',
    rule: {
      url: page('2025-06-18', 'basic/transports#sending-messages-to-the-server'),
      says: 'The body of the POST request MUST be a single JSON-RPC request, notification, or response.',
    },
    covers: (deviation, occurrence) =>
      answers(deviation, '400 error -32600', /^20\d/) &&
      batchOf(occurrence.step) !== undefined &&
      revisionOf(occurrence) !== '2025-03-26',
  },
  {
    name: 'one bad message does not spoil a batch',
    what: 'A batch with something that is no message, or names 2026-07-28: the SDK refuses all of it.',
    why: 'The others are as good as ever.',
    rule: {
      url: 'https://www.jsonrpc.org/specification#batch',
      says: 'Example: an invalid batch element is answered by one error in the array, the others by their results.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, /^200 (result, |error -32600)/, '400 error -32600') && batchOf(step) !== undefined,
  },
  {
    name: '2024-10-07 is not served',
    what: 'The SDK negotiates 2024-10-07, and takes it in MCP-Protocol-Version.',
    why: 'It was a draft: no page describes it. Clients that ask for it are offered 2025-11-25.',
    rule: {
      url: page('2025-11-25', 'basic/lifecycle#version-negotiation'),
      says: 'Otherwise, the server MUST respond with another protocol version it supports.',
    },
    covers: (deviation, { step }) =>
      (deviation.field.endsWith('result.protocolVersion') && deviation.theirs === '2024-10-07') ||
      (answers(deviation, '400 error -32000', /./) &&
        step.headers['mcp-protocol-version']?.trim() === '2024-10-07'),
  },
  {
    name: 'one JSON body is no stream to resume',
    what: 'A client resumes after an answer that was one JSON body here, which had no event id: 400. From the SDK it was a stream.',
    why: 'What came in one piece did not break off.',
    rule: {
      url: page('2025-11-25', 'basic/transports#resumability-and-redelivery'),
      says: 'Servers MAY attach an id field to their SSE events. Last-Event-ID indicates the last event ID the client received.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, '400 error -32000', /^200/) &&
      step.method === 'GET' &&
      'last-event-id' in step.headers,
  },
  {
    name: 'an id is not taken twice at once',
    what: 'A second request with the id of one that is being answered: 400 here; the SDK takes it, and one of the two gets no answer.',
    why: 'Neither can be told from the other.',
    rule: {
      url: page('2025-11-25', 'basic#requests'),
      says: 'The request ID MUST NOT have been previously used by the requestor within the same session.',
    },
    covers: (deviation, occurrence) =>
      (answers(deviation, '400 error -32600', /^200/) || answers(deviation, /^200 /, '200')) &&
      isIdRepeated(occurrence) &&
      revisionOf(occurrence) !== '',
  },
  {
    name: 'tasks of 2025-11-25 are not served',
    what: 'A call in a session has a `task` of another type than that revision says: the SDK refuses it.',
    why: 'They were an experiment of that revision, which we do not announce; without the capability the param is ignored.',
    rule: {
      url: page('2025-11-25', 'basic/utilities/tasks#capability-negotiation'),
      says: 'Receivers that do not declare the task capability for a request type MUST process requests of that type normally, ignoring any task-augmentation metadata if present.',
    },
    covers: (deviation, occurrence) =>
      answers(deviation, /^200 /, '200 error -32602') &&
      'task' in paramsOf(occurrence.step) &&
      revisionOf(occurrence) !== '',
  },
  {
    name: 'a session speaks the revision it was opened with',
    what: 'A call that hangs up, with a header that names an older revision than the session: it hangs up here, the SDK goes by the header.',
    why: 'A request cannot change what both sides agreed on.',
    rule: {
      url: page('2025-11-25', 'basic/lifecycle#operation'),
      says: 'Both parties MUST respect the negotiated protocol version.',
    },
    covers: (deviation, { step }) =>
      answers(deviation, '200', '200 result') && paramsOf(step)['name'] === 'test_reconnection',
  },
  {
    name: 'the newest standing stream wins',
    what: 'A second GET of a session takes over; the SDK answers 409.',
    why: 'A client whose connection broke comes back before the server has noticed.',
    rule: {
      url: page('2025-11-25', 'basic/transports#multiple-connections'),
      says: 'The client MAY remain connected to multiple SSE streams simultaneously.',
    },
    covers: (deviation, { step }) => answers(deviation, /^200/, '409 error -32000') && step.method === 'GET',
  },
  {
    name: 'metadata of sessions is read leniently',
    what: '`_meta` that is no object, or a progress token that is none: ignored here, an invalid request in the SDK.',
    why: 'In a session nothing depends on it but progress, which then nobody gets.',
    covers: (deviation, occurrence) =>
      answers(deviation, /./, '400 error -32600') &&
      hasOddMetadata(occurrence.step) &&
      (revisionOf(occurrence) !== '' || messageOf(occurrence.step)['method'] === 'initialize'),
  },
];
