import { createApp, definePrompt, defineResource, defineTool } from '@toolyard/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';

import { createHttpHandler, type HttpHandler } from '../src/index.ts';
import { count, echo, fail, greet, note } from './demo-app.ts';
import { connect, ENVELOPE, initializeMessage, MODERN, modern, post, serve } from './helpers.ts';
import { readEvents } from './sse-reader.ts';

const RUNS = process.env['TOOLYARD_PROOF'] ? 20_000 : 400;
const PATIENCE_MS = 5000;
const LIMIT_MS = 300_000;

// An unhandled rejection or exception anywhere fails the run.

function createDemo() {
  const completions = { complete: { id: () => ['1', '2'] } };
  return createApp({ name: 'demo', version: '1.0.0', timeoutMs: 300, inputTimeoutMs: 300, pageSize: 2 }).add(
    echo,
    count,
    fail,
    note,
    greet,
    defineTool({
      name: 'region',
      input: z.object({ at: z.string() }),
      headers: { at: 'At' },
      run: ({ at }) => at,
    }),
    defineTool({ name: 'secret', access: { scopes: ['admin'] }, run: () => 'secret' }),
    defineTool({ name: 'never', timeoutMs: 20, run: () => new Promise(() => {}) }),
    defineTool({
      name: 'ask',
      run: (_args, call) => call.requireInput('k', { message: 'm', schema: z.object({ a: z.string() }) }),
    }),
    defineTool({ name: 'roots', run: async (_args, call) => (await call.listRoots()).length }),
    defineResource({ template: 'item://{id}', read: ({ id }) => id, ...completions }),
    definePrompt({ name: 'say', input: z.object({ what: z.string() }), run: ({ what }) => what }),
  );
}

const METHODS = (
  'initialize ping server/discover subscriptions/listen tools/list tools/call resources/list ' +
  'resources/templates/list resources/read resources/subscribe resources/unsubscribe prompts/list prompts/get ' +
  'completion/complete logging/setLevel tasks/get notifications/initialized notifications/cancelled ' +
  'notifications/progress __proto__ constructor '
).split(' ');
const NAMES = 'echo count fail region secret never ask roots greet say note://1 item://7 __proto__'.split(
  ' ',
);

const json = fc.jsonValue({ maxDepth: 3 });
const id = fc.oneof(fc.string(), fc.integer(), fc.constantFrom(1, 'a', null, 1.5, true), json);
const method = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...METHODS) },
  { weight: 1, arbitrary: fc.string() },
);
const name = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: json });

const meta = fc.oneof(
  { weight: 4, arbitrary: fc.constant<unknown>(ENVELOPE) },
  fc
    .record({ progressToken: fc.oneof(fc.string(), fc.integer(), json) })
    .map((extra) => ({ ...ENVELOPE, ...extra })),
  fc.dictionary(fc.constantFrom(...Object.keys(ENVELOPE), 'progressToken', '__proto__', 'traceparent'), json),
  json,
);
const params = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        _meta: meta,
        name,
        uri: name,
        arguments: fc.oneof(
          fc.record(
            { text: json, to: fc.oneof(fc.integer({ min: -2, max: 5 }), json), at: json, what: json },
            { requiredKeys: [] },
          ),
          json,
        ),
        cursor: fc.oneof(fc.string(), fc.constant('WzEsImVjaG8iXQ=='), json),
        level: fc.oneof(fc.constantFrom('debug', 'emergency'), json),
        notifications: fc.oneof(fc.constant({ toolsListChanged: true }), json),
        ref: fc.oneof(
          fc.constantFrom({ type: 'ref/prompt', name: 'say' }, { type: 'ref/resource', uri: 'item://{id}' }),
          json,
        ),
        argument: fc.oneof(fc.constant({ name: 'id', value: '' }), json),
        requestId: id,
        requestState: json,
        inputResponses: json,
        protocolVersion: fc.oneof(fc.constantFrom('2025-03-26', '2025-11-25', MODERN), json),
        capabilities: fc.oneof(fc.constant({}), json),
        clientInfo: fc.oneof(fc.constant({ name: 'c', version: '1' }), json),
      },
      { requiredKeys: [] },
    ),
  },
  json,
);
const message = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      { jsonrpc: fc.constant('2.0'), id, method, params },
      { requiredKeys: ['jsonrpc', 'method'] },
    ),
  },
  fc.record({ jsonrpc: fc.constant('2.0'), id, result: json }),
  fc.record({ jsonrpc: fc.constant('2.0'), id, error: json }),
  fc.dictionary(fc.constantFrom('jsonrpc', 'id', 'method', 'params', 'result', 'error', '__proto__'), json),
);
const body = fc.oneof(
  { weight: 8, arbitrary: message.map((each) => JSON.stringify(each)) },
  fc.array(fc.oneof(message, json), { maxLength: 5 }).map((each) => JSON.stringify(each)),
  json.map((each) => JSON.stringify(each)),
  fc.string({ unit: 'binary' }),
);

const text = fc.string({ unit: 'grapheme-ascii', maxLength: 30 });
const headers = fc.record(
  {
    'content-type': fc.oneof({ weight: 9, arbitrary: fc.constant('application/json') }, text),
    accept: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom(
          'application/json, text/event-stream',
          'application/json',
          'text/event-stream',
          '*/*',
        ),
      },
      text,
    ),
    origin: fc.oneof({ weight: 9, arbitrary: fc.constant('http://localhost') }, text),
    'mcp-session-id': fc.oneof(
      { weight: 6, arbitrary: fc.constant('SESSION') },
      text,
      fc.constant('__proto__'),
    ),
    'mcp-protocol-version': fc.oneof(fc.constantFrom(MODERN, '2025-11-25', '2025-03-26'), text),
    'mcp-method': fc.oneof(fc.constant('METHOD'), text),
    'mcp-name': fc.oneof(fc.constant('NAME'), text, fc.constant('=?base64?ZWNobw==?=')),
    'mcp-param-at': text,
    'last-event-id': fc.oneof(text, fc.constant('00000000-0-1')),
    authorization: text,
    'content-length': fc.oneof(text, fc.constantFrom('0', '-1', '99999999999')),
  },
  { requiredKeys: ['content-type'] },
) as fc.Arbitrary<Record<string, string>>;
const verb = fc.oneof(
  { weight: 8, arbitrary: fc.constant('POST') },
  fc.constantFrom('GET', 'DELETE', 'PUT', 'OPTIONS', 'PATCH', 'HEAD'),
);
const path = fc.oneof(
  { weight: 12, arbitrary: fc.constant('/mcp') },
  fc.constantFrom('/healthz', '/readyz', '/', '//'),
  fc.webPath(),
);

const STATUSES = [200, 202, 204, 400, 403, 404, 405, 406, 413, 415, 503];

test(
  'whatever is posted to the endpoint, in either era, gets a valid answer',
  async () => {
    const handler = createHttpHandler(createDemo(), {
      keepAliveMs: 50,
      sessions: { maxSessions: 5, resumeWindowMs: 50 },
    });
    await fc.assert(
      fc.asyncProperty(
        verb,
        path,
        headers,
        body,
        fc.boolean(),
        async (how, where, given, what, isDeclared) => {
          const session = await openSession(handler);
          const request = new Request(`http://localhost${where}`, {
            method: how,
            headers: fill(given, session, what),
            ...(how === 'POST' && { body: isDeclared ? what : streamOf(what), duplex: 'half' }),
          });
          expect(problemsOf(how, await within(answerOf(handler, request)))).toEqual([]);
        },
      ),
      { numRuns: RUNS },
    );
    await within(handler.close({ deadlineMs: 1000 }));
  },
  LIMIT_MS,
);

test(
  'a well-formed 2026 request is answered under its id, whatever it asks',
  async () => {
    const handler = createHttpHandler(createDemo());
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.integer()),
        method.filter((each) => each !== 'subscriptions/listen'),
        fc.dictionary(
          fc.constantFrom('name', 'arguments', 'uri', 'cursor', 'ref', 'argument'),
          fc.oneof(json, name),
        ),
        async (requestId, asked, given) => {
          const { body: sent, headers: with_ } = modern(asked, given, requestId);
          const request = new Request('http://localhost/mcp', {
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              ...with_,
              'mcp-method': encode(asked),
              ...nameOf(given),
            },
            body: JSON.stringify(sent),
          });
          const { messages } = await within(answerOf(handler, request));
          expect(messages.map((each) => (each as { id: unknown }).id)).toEqual([requestId]);
        },
      ),
      { numRuns: RUNS },
    );
  },
  LIMIT_MS,
);

test(
  'whatever comes over a connection, the server answers the next client',
  async () => {
    const server = await serve(createDemo(), { requestTimeoutMs: 200 });
    const line = fc.oneof(
      fc.constantFrom(
        'GET /mcp HTTP/1.1',
        'POST /mcp HTTP/1.1',
        'OPTIONS * HTTP/1.0',
        'Host: localhost',
        'Host: a, b',
        '',
      ),
      fc.constantFrom(
        'Content-Length: 5',
        'Transfer-Encoding: chunked',
        'Expect: 100-continue',
        'Upgrade: websocket',
        'Connection: upgrade',
      ),
      fc.string({ unit: 'binary' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), async (lines, hangsUp) => {
        const socket = await connect(server.port);
        await new Promise<void>((resolve) => socket.write(lines.join('\r\n'), 'latin1', () => resolve()));
        if (hangsUp) socket.destroy();
        else socket.end();
        const { body: sent, headers: with_ } = modern('tools/call', {
          name: 'echo',
          arguments: { text: 'hi' },
        });
        expect((await post(server.url, sent, with_)).status).toBe(200);
        socket.destroy();
      }),
      { numRuns: RUNS / 4 },
    );
  },
  LIMIT_MS,
);

async function openSession(handler: HttpHandler): Promise<string> {
  const response = await handler.fetch(
    new Request('http://localhost/mcp', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(
        initializeMessage({ version: '2025-03-26', capabilities: { elicitation: {}, roots: {} } }),
      ),
    }),
  );
  // A full house of busy sessions is an answer as well.
  return response.headers.get('mcp-session-id') ?? 'none';
}

/** Puts what belongs to this run in the place of the words that stand for it. */
function fill(given: Record<string, string>, session: string, what: string): Record<string, string> {
  let parsed: any;
  try {
    parsed = JSON.parse(what);
  } catch {
    parsed = undefined;
  }
  const values: Record<string, unknown> = {
    SESSION: session,
    METHOD: parsed?.method,
    NAME: parsed?.params?.name,
  };
  return Object.fromEntries(
    Object.entries(given).map(([header, value]) => [
      header,
      typeof values[value] === 'string' ? encode(values[value]) : value,
    ]),
  );
}

function nameOf(given: Record<string, unknown>): Record<string, string> {
  const named = given['name'] ?? given['uri'];
  return typeof named === 'string' ? { 'mcp-name': encode(named) } : {};
}

/** As a header may carry it. */
function encode(value: string): string {
  return /^[\x21-\x7e]+$/.test(value) ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

function streamOf(what: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(what);
  const half = bytes.length >> 1;
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.subarray(0, half));
      controller.enqueue(bytes.subarray(half));
      controller.close();
    },
  });
}

async function answerOf(
  handler: HttpHandler,
  request: Request,
): Promise<{ response: Response; messages: unknown[] }> {
  const response = await handler.fetch(request);
  if (response.headers.get('content-type') === 'text/event-stream') {
    const events = readEvents(response);
    // A standing stream may have nothing to say but that it is there.
    if (request.method === 'GET') await events.next();
    const first = request.method === 'GET' ? undefined : await events.message();
    // A notification comes before something, except where it begins a subscription.
    const isLast =
      first === undefined || 'id' in first || first.method === 'notifications/subscriptions/acknowledged';
    const messages = isLast ? [first] : [first, await events.message()];
    events.close();
    return { response, messages: messages.filter((each) => each !== undefined) };
  }
  const answer = await response.text();
  if (response.headers.get('content-type') !== 'application/json') return { response, messages: [] };
  const parsed: unknown = JSON.parse(answer);
  return { response, messages: Array.isArray(parsed) ? parsed : [parsed] };
}

/** What is wrong with an answer. */
function problemsOf(
  how: string,
  { response, messages }: { response: Response; messages: unknown[] },
): string[] {
  const { status } = response;
  const isRefusal = how === 'POST' && status >= 400 && status < 500;
  return [
    ...(STATUSES.includes(status) ? [] : [`The status is ${status}.`]),
    ...(isRefusal && messages.length !== 1 ? [`A refusal with ${messages.length} messages.`] : []),
    ...messages.filter((each) => !isMessage(each)).map((each) => `No JSON-RPC: ${JSON.stringify(each)}`),
  ];
}

function isMessage(each: unknown): boolean {
  const { jsonrpc, id: answered, method: called, result, error } = each as Record<string, any>;
  if (jsonrpc !== '2.0') return false;
  if (called !== undefined) return typeof called === 'string';
  if (answered !== null && typeof answered !== 'string' && typeof answered !== 'number') return false;
  if (error === undefined) return typeof result === 'object' && result !== null;
  return result === undefined && Number.isInteger(error.code) && typeof error.message === 'string';
}

async function within<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer in ${PATIENCE_MS} ms.`)), PATIENCE_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
