import { createApp, defineTool } from '@toolyard/core';
import { expect, test } from 'vitest';

import { createHttpHandler, type HttpHandler } from '../src/index.ts';

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

test('what a finished stream had sent is sent again to a client that lost its end', async () => {
  const app = createApp({ name: 'demo', version: '1' }).add(
    defineTool({
      name: 'talk',
      run: (_args, call) => {
        call.sendLog('info', 'one');
        return 'done';
      },
    }),
  );
  const handler = createHttpHandler(app);
  const headers = await openSession(handler);

  const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'talk' } };
  const stream = await (await post(handler, call, headers)).text();
  const [first = ''] = eventIds(stream);
  const resumed = await get(handler, { ...headers, 'last-event-id': first });

  expect(resumed).toContain('"data":"one"');
  expect(resumed).toContain('"id":2');
  expect(eventIds(resumed)).toEqual(eventIds(stream).slice(1));
});

test('middleware can send log messages while a session is being opened', async () => {
  const app = createApp({ name: 'demo', version: '1' }).use('initialize', async (call, next) => {
    call.sendLog('info', 'Welcome.');
    call.detach();
    return next();
  });
  const response = await post(createHttpHandler(app), initialize);
  const stream = await response.text();

  expect(response.headers.get('mcp-session-id')).not.toBeNull();
  expect(stream).toContain('"data":"Welcome."');
  expect(stream).toContain('"protocolVersion":"2025-11-25"');
});

async function openSession(handler: HttpHandler): Promise<Record<string, string>> {
  const response = await post(handler, initialize);
  return { 'mcp-session-id': response.headers.get('mcp-session-id') ?? '' };
}

function post(handler: HttpHandler, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return handler.fetch(
    new Request('http://localhost/mcp', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: JSON.stringify(body),
    }),
  );
}

async function get(handler: HttpHandler, headers: Record<string, string>): Promise<string> {
  const request = new Request('http://localhost/mcp', {
    headers: { accept: 'text/event-stream', ...headers },
  });
  return (await handler.fetch(request)).text();
}

function eventIds(stream: string): string[] {
  return Array.from(stream.matchAll(/^id: (.+)$/gm), ([, id]) => id!);
}
