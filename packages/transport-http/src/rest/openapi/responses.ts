import type { JsonObject } from '@toolyard/core/protocol';

import { problem, PROBLEM_TYPE } from '../../beside/problem.ts';

/** RFC 9457, with what is added to it. */
export const PROBLEM_SCHEMA: JsonObject = {
  type: 'object',
  description: 'What went wrong (RFC 9457).',
  required: ['title', 'status', 'detail', 'code'],
  properties: {
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What happened and what helps.' },
    code: { type: 'string', description: 'Stable, for programs.' },
    errors: {
      type: 'array',
      description: '400 INVALID_ARGUMENTS: which fields, and why. The path is empty for the whole.',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
    scopes: { type: 'array', description: '403: the scopes that help.', items: { type: 'string' } },
    retryAfterMs: { type: 'number', description: '409, 429: when to come back, where that is known.' },
    incident: { type: 'string', description: '500: what to name to those who run the server.' },
    data: { description: '422: facts the tool gives.' },
    inputRequests: { type: 'object', description: '409 INPUT_REQUIRED: the questions, by name.' },
    requestState: { type: 'string', description: '409 INPUT_REQUIRED: send it back as it is.' },
    continueAt: { type: 'string', description: '409 INPUT_REQUIRED: where the answers go.' },
  },
};

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } },
};

/** The ways any tool can fail, by status. */
export const RESPONSES: JsonObject = {
  '400': response('The request or its arguments are not in order.', 400, 'INVALID_ARGUMENTS', {
    errors: [{ path: 'name', message: 'must be a string' }],
  }),
  '401': response('Nobody is known to be calling.', 401, 'UNAUTHENTICATED', {}, challenges()),
  '403': response(
    'The caller may not do this.',
    403,
    'ACCESS_DENIED',
    { scopes: ['system:read'] },
    challenges(),
  ),
  '404': response('There is no such tool for the caller.', 404, 'TOOL_NOT_FOUND'),
  '409': response(
    'The tool asks for input first, or another call with the same Idempotency-Key is running.',
    409,
    'INPUT_REQUIRED',
    { continueAt: '/tools/deploy:continue', inputRequests: {}, requestState: 'sealed' },
  ),
  '413': response('The body is too large.', 413, 'BODY_TOO_LARGE'),
  '415': response('The body is not application/json.', 415, 'UNSUPPORTED_MEDIA_TYPE'),
  '422': response('The tool failed in a way it tells about.', 422, 'DISK_FULL'),
  '429': response('Too many calls.', 429, 'LIMIT_EXCEEDED', { retryAfterMs: 1500 }, RETRY_AFTER),
  '500': response('A fault of the server; it tells no more than a number.', 500, 'INTERNAL', {
    incident: '0d9f3a1b-77c2',
  }),
  '503': response('The server is going away; try again.', 503, 'SHUTTING_DOWN', {}, RETRY_AFTER),
  '504': response('The tool took too long.', 504, 'TIMEOUT'),
};

/** References to all of them. */
export const FAILURES: JsonObject = Object.fromEntries(
  Object.keys(RESPONSES).map((status) => [status, { $ref: `#/components/responses/${status}` }]),
);

/** A failure, with a schema of its own reference so that it can stand anywhere in a document. */
function response(
  description: string,
  status: number,
  code: string,
  extensions: JsonObject = {},
  headers?: JsonObject,
): JsonObject {
  return {
    description,
    ...(headers && { headers }),
    content: {
      [PROBLEM_TYPE]: {
        schema: { $ref: '#/components/schemas/Problem' },
        example: problem(status, code, description, extensions),
      },
    },
  };
}

function challenges(): JsonObject {
  return { 'WWW-Authenticate': { description: 'What to bring.', schema: { type: 'string' } } };
}
