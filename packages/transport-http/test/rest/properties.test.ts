import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { createRestHandler } from '../../src/rest.ts';
import { restApp } from './rest-server.ts';

const path = fc.oneof(
  fc.constantFrom(
    '/tools',
    '/tools/',
    '/tools:batch',
    '/openapi.json',
    '/docs',
    '/tools/add',
    '/tools/add:continue',
  ),
  fc.webPath().map((part) => `/tools/${part}`),
  fc.webPath(),
);
const query = fc.oneof(
  fc.constant(''),
  fc.webQueryParameters().map((text) => `?cursor=${text}`),
);
const method = fc.constantFrom('GET', 'POST', 'PUT', 'OPTIONS', 'DELETE');
const call = fc.record(
  {
    name: fc.constantFrom('add', 'greet', '__proto__'),
    arguments: fc.jsonValue(),
    inputResponses: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  fc.string(),
  fc.json(),
  call.map((value) => JSON.stringify(value)),
  fc.array(call, { maxLength: 4 }).map((value) => JSON.stringify(value)),
);
const headers = fc.record(
  {
    'content-type': fc.constantFrom('application/json', 'text/plain', 'application/json; charset=utf-8', ''),
    accept: fc.constantFrom('*/*', 'application/json', 'text/event-stream', 'text/html', ',;', ''),
    'accept-encoding': fc.constantFrom('br', 'gzip;q=0.1', 'br;q=x, *', ',;=', ''),
    'idempotency-key': fc.stringMatching(/^[!-~]{0,300}$/),
    traceparent: fc.stringMatching(/^[!-~]{0,80}$/),
  },
  { requiredKeys: [] },
);

test('whatever comes is answered, and never with a fault of the server', async () => {
  const handler = createRestHandler(restApp());
  await fc.assert(
    fc.asyncProperty(path, query, method, body, headers, async (at, search, verb, text, sent) => {
      const request = new Request(`http://localhost${at}${search}`, {
        method: verb,
        headers: sent,
        ...(verb !== 'GET' && { body: text }),
      });
      const response = await handler.fetch(request);
      const answer = await response.text();
      expect([response.status, answer]).not.toEqual([500, expect.anything()]);
      const isProblem = response.headers.get('content-type') === 'application/problem+json';
      expect(isProblem).toBe(response.status >= 400);
      const isPlain = isProblem && !response.headers.has('content-encoding');
      const problem = isPlain ? (JSON.parse(answer) as unknown) : { status: response.status, code: '' };
      expect(problem).toMatchObject({ status: response.status, code: expect.any(String) });
    }),
    { numRuns: 400 },
  );
});
