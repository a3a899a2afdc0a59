import type { JsonObject } from '@toolyard/core/protocol';

import { FAILURES } from './responses.ts';

const COMMON: JsonObject = Object.fromEntries(
  ['400', '401', '403', '413', '415', '429', '500', '503', '504'].map((status) => [status, FAILURES[status]]),
);

const CALL = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string' },
    arguments: { type: 'object' },
    idempotencyKey: { type: 'string', minLength: 1, maxLength: 256 },
    inputResponses: { type: 'object' },
    requestState: { type: 'string' },
  },
};

/** What there is besides the tools themselves. */
export const ENDPOINTS: JsonObject = {
  '/tools': {
    get: {
      operationId: 'tools.list',
      summary: 'The tools you may call',
      parameters: [
        {
          name: 'cursor',
          in: 'query',
          description: '"nextCursor" of the page before.',
          schema: { type: 'string' },
        },
      ],
      responses: {
        '200': json('One page of tools.', {
          type: 'object',
          required: ['tools'],
          properties: { tools: { type: 'array', items: { type: 'object' } }, nextCursor: { type: 'string' } },
        }),
        ...COMMON,
      },
    },
  },
  '/tools:batch': {
    post: {
      operationId: 'tools.batch',
      summary: 'Several calls at once',
      description: 'Each call passes the same checks as one of its own, and has a status of its own.',
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { type: 'array', minItems: 1, items: CALL } } },
      },
      responses: {
        '200': json('One item for each call, in their order.', {
          type: 'array',
          items: {
            type: 'object',
            required: ['status', 'body'],
            properties: { status: { type: 'integer' }, body: {} },
          },
        }),
        ...COMMON,
      },
    },
  },
  '/tools/{name}:continue': {
    post: {
      operationId: 'tools.continue',
      summary: 'Answers to the questions of a tool',
      description:
        'After 409 INPUT_REQUIRED: the same arguments, the answers by name, and the state as it came.',
      parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              properties: {
                arguments: { type: 'object' },
                inputResponses: { type: 'object' },
                requestState: { type: 'string' },
              },
            },
            example: {
              arguments: {},
              inputResponses: { confirm: { action: 'accept', content: { sure: true } } },
              requestState: 'sealed',
            },
          },
        },
      },
      responses: { '200': json('What the tool gives.', {}), ...FAILURES },
    },
  },
};

function json(description: string, schema: JsonObject): JsonObject {
  return { description, content: { 'application/json': { schema } } };
}
