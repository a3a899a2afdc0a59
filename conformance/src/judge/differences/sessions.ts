import { isRecord } from '@toolyard/core/protocol';

import {
  answers,
  batchOf,
  hasOddMetadata,
  messageOf,
  page,
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
      answers(deviation, '200 error -32602', '400 error -32000') &&
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
      answers(deviation, /^200 result, /, '400 error -32600') && batchOf(step) !== undefined,
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
      (answers(deviation, '400 error -32000', '200 result') &&
        step.headers['mcp-protocol-version'] === '2024-10-07'),
  },
  {
    name: 'the newest standing stream wins',
    what: 'A second GET of a session takes over; the SDK answers 409.',
    why: 'A client whose connection broke comes back before the server has noticed.',
    rule: {
      url: page('2025-11-25', 'basic/transports#multiple-connections'),
      says: 'The client MAY remain connected to multiple SSE streams simultaneously.',
    },
    covers: (deviation, { step }) => answers(deviation, '200', '409 error -32000') && step.method === 'GET',
  },
  {
    name: 'metadata of sessions is read leniently',
    what: '`_meta` that is no object, or a progress token that is none: ignored here, an invalid request in the SDK.',
    why: 'In a session nothing depends on it but progress, which then nobody gets.',
    covers: (deviation, occurrence) =>
      answers(deviation, /./, '400 error -32600') &&
      hasOddMetadata(occurrence.step) &&
      revisionOf(occurrence) !== '',
  },
];
