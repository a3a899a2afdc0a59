import { PassThrough } from 'node:stream';

import type { App } from '@toolyard/core';
import { MetaKey, MODERN_REVISION, type JsonObject } from '@toolyard/core/protocol';
import { serveStdio } from '@toolyard/core/stdio';
import { serveHttp, type HttpServer, type ServeOptions } from '@toolyard/transport-http';
import { onTestFinished } from 'vitest';

/** A message of the server, to be looked at by tests. */
type Message = Record<string, any>;

/** One client, whatever it speaks. */
export interface Client {
  /** Sends a request; gives the response. Progress and log messages are passed over. */
  ask(method: string, params?: JsonObject, headers?: Record<string, string>): Promise<Message>;
}

/** The envelope of a client that cannot be asked anything. */
export const META: JsonObject = {
  [MetaKey.protocolVersion]: MODERN_REVISION,
  [MetaKey.clientCapabilities]: {},
};

const initialize = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test', version: '1.0.0' },
};

/** Serves an app on a free port until the test ends. */
export async function serve(app: App<any, any>, options: ServeOptions = {}): Promise<HttpServer> {
  const server = await serveHttp(app, { port: 0, ...options });
  onTestFinished(() => server.close({ deadlineMs: 0 }));
  return server;
}

/** A client of 2026-07-28. */
export function modernClient(url: string): Client {
  let lastId = 0;
  return {
    async ask(method, params = {}, headers = {}) {
      const message = { jsonrpc: '2.0', id: (lastId += 1), method, params: { ...params, _meta: META } };
      const { name } = params;
      const own = {
        'mcp-protocol-version': MODERN_REVISION,
        'mcp-method': method,
        ...(typeof name === 'string' && { 'mcp-name': name }),
      };
      return responseIn(await post(url, message, { ...own, ...headers }));
    },
  };
}

/** A client of 2025-11-25, with a session. */
export async function sessionClient(url: string, always: Record<string, string> = {}): Promise<Client> {
  const opening = { jsonrpc: '2.0', id: 0, method: 'initialize', params: initialize };
  const opened = await post(url, opening, always);
  const session = { ...always, 'mcp-session-id': opened.headers.get('mcp-session-id') ?? 'none' };
  await opened.arrayBuffer();
  let lastId = 0;
  return {
    async ask(method, params = {}, headers = {}) {
      const message = { jsonrpc: '2.0', id: (lastId += 1), method, params };
      return responseIn(await post(url, message, { ...session, ...headers }));
    },
  };
}

/** Everything a client can be connected by. */
export const wires: readonly { name: string; readonly connect: (app: App<any, any>) => Promise<Client> }[] = [
  { name: 'HTTP, 2026-07-28', connect: async (app) => modernClient((await serve(app)).url) },
  { name: 'HTTP, a session', connect: async (app) => sessionClient((await serve(app)).url) },
  { name: 'stdio, 2026-07-28', connect: async (app) => stdioClient(app, { _meta: META }) },
  {
    name: 'stdio, 2025-11-25',
    connect: async (app) => {
      const client = stdioClient(app, {});
      await client.ask('initialize', initialize);
      return client;
    },
  },
];

/** Posts a message as JSON. */
export function post(url: string, message: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify(message),
  });
}

async function responseIn(response: Response): Promise<Message> {
  const text = await response.text();
  if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
    return JSON.parse(text) as Message;
  const lines = text.split('\n').filter((line) => line.startsWith('data: {'));
  return lines.map((line) => JSON.parse(line.slice(6)) as Message).find((message) => !('method' in message))!;
}

function stdioClient(app: App<any, any>, more: JsonObject): Client {
  const input = new PassThrough();
  const output = new PassThrough();
  const server = serveStdio(app, { input, output });
  onTestFinished(() => server.close({ deadlineMs: 0 }));
  const waiting = new Map<unknown, (message: Message) => void>();
  let rest = '';
  output.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const message = JSON.parse(line) as Message;
      if (!('method' in message)) waiting.get(message['id'])?.(message);
    }
  });
  let lastId = 0;
  return {
    ask(method, params = {}) {
      const id = (lastId += 1);
      const { promise, resolve } = Promise.withResolvers<Message>();
      waiting.set(id, resolve);
      input.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, ...more } })}\n`);
      return promise;
    },
  };
}
