// A server and its answer, from the packed packages: one tools/call over HTTP in each era.
import assert from 'node:assert/strict';

import { createApp, defineTool } from '@toolyard/core';
import { serveHttp } from '@toolyard/transport-http';
import { z } from 'zod';

const add = defineTool({
  name: 'add',
  input: z.object({ a: z.number(), b: z.number() }),
  output: z.object({ sum: z.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
});
const app = createApp({ name: 'smoke', version: '1.0.0' }).add(add);
assert.deepEqual(await app.call(add, { a: 1, b: 2 }), { sum: 3 });

const { url, close } = await serveHttp(app, { port: 0 });
const headers = { 'content-type': 'application/json' };
const call = { jsonrpc: '2.0', id: 1, method: 'tools/call' };
const params = { name: 'add', arguments: { a: 2, b: 3 } };

const modern = await fetch(url, {
  method: 'POST',
  headers: {
    ...headers,
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'add',
  },
  body: JSON.stringify({
    ...call,
    params: {
      ...params,
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  }),
});
assert.deepEqual((await modern.json()).result.structuredContent, { sum: 5 });

const initialize = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'smoke', version: '1.0.0' },
};
const opened = await fetch(url, {
  method: 'POST',
  headers,
  body: JSON.stringify({ ...call, method: 'initialize', params: initialize }),
});
const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') };
await opened.json();
const legacy = await fetch(url, {
  method: 'POST',
  headers: { ...headers, ...session },
  body: JSON.stringify({ ...call, params }),
});
assert.deepEqual((await legacy.json()).result.structuredContent, { sum: 5 });
await close();
console.log('one tools/call in process and over HTTP in both eras');
