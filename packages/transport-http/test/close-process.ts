// Serves clients of both eras, closes, and is expected to end by itself at once. Prints how long it took.
import { Agent, request } from 'node:http';

import { createApp, defineTool } from '@toolyard/core';

import { serveHttp } from '../src/index.ts';

const count = defineTool({
  name: 'count',
  run(_args, call) {
    for (let progress = 1; progress <= 3; progress += 1) call.progress({ progress });
    return 'counted';
  },
});
const stuck = defineTool({ name: 'stuck', run: () => new Promise(() => {}) });
const server = await serveHttp(createApp({ name: 'demo', version: '1.0.0' }).add(count, stuck), { port: 0 });
const agent = new Agent({ keepAlive: true });

function send(method: string, headers: Record<string, string>, body?: object): Promise<{ session: string }> {
  return new Promise((resolve) => {
    const outgoing = request(server.url, {
      agent,
      method,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
    });
    outgoing.on('error', () => {});
    outgoing.on('response', (response) => {
      response.on('error', () => {}).resume();
      resolve({ session: String(response.headers['mcp-session-id']) });
    });
    outgoing.end(body && JSON.stringify(body));
  });
}

const capabilities = {};
const clientInfo = { name: 'test', version: '1.0.0' };
const initialize = { protocolVersion: '2025-11-25', capabilities, clientInfo };
const { session } = await send(
  'POST',
  {},
  { jsonrpc: '2.0', id: 1, method: 'initialize', params: initialize },
);
const headers = { 'mcp-session-id': session };
const call = (id: number, name: string) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, _meta: { progressToken: id } },
});
await send('GET', headers);
await send('POST', headers, call(2, 'count'));
void send('POST', headers, call(3, 'stuck'));
const envelope = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': capabilities,
};
await send(
  'POST',
  { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' },
  {
    jsonrpc: '2.0',
    id: 4,
    method: 'subscriptions/listen',
    params: { notifications: { toolsListChanged: true }, _meta: envelope },
  },
);

await server.close({ deadlineMs: 100 });
agent.destroy();
const closedAt = Date.now();
process.on('exit', () => process.stdout.write(`ended after ${Date.now() - closedAt} ms\n`));
