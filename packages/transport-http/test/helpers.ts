import { createServer } from 'node:http';
import { createConnection, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import type { App } from '@toolyard/core';
import type { JsonObject } from '@toolyard/core/protocol';
import { onTestFinished, vi } from 'vitest';

import {
  createHttpHandler,
  serveHttp,
  type HttpOptions,
  type HttpServer,
  type ServeOptions,
} from '../src/index.ts';
import { readEvents, type EventReader } from './sse-reader.ts';

/** Serves an app on a free port of the loopback address until the test ends. */
export async function serve(app: App<any, any>, options: ServeOptions = {}): Promise<HttpServer> {
  const server = await serveHttp(app, { port: 0, ...options });
  onTestFinished(() => server.close({ deadlineMs: 0 }));
  return server;
}

/** Serves an app on a server of the test's own, which can tell when it has lost a connection. */
export async function serveWatched(app: App<any, any>, options: HttpOptions = {}) {
  const handler = createHttpHandler(app, options);
  const server = createServer((request, response) => void handler.node(request, response));
  let lost = 0;
  server.on('connection', (socket) => socket.on('close', () => (lost += 1)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await handler.close({ deadlineMs: 0 });
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    handler,
    /** Hangs up, and waits until the server has seen it. */
    hangUp: async (events: EventReader) => {
      const before = lost;
      events.close();
      await until(() => lost > before);
    },
  };
}

type Headers = Record<string, string>;

/** Posts a message, or any text, as JSON. */
export function post(
  url: string,
  body: unknown,
  headers: Headers = {},
  init: RequestInit = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
  });
}

export const MODERN = '2026-07-28';

export const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
};

/** A request of the 2026 era: its body, and the headers that have to agree with it. */
export function modern(
  method: string,
  params: JsonObject = {},
  id: string | number = 1,
): { body: JsonObject; headers: Headers } {
  const { _meta, ...rest } = params;
  const name = params['name'] ?? params['uri'];
  return {
    body: {
      jsonrpc: '2.0',
      id,
      method,
      params: { ...rest, _meta: { ...ENVELOPE, ...(_meta as JsonObject) } },
    },
    headers: {
      'mcp-protocol-version': MODERN,
      'mcp-method': method,
      ...(typeof name === 'string' && { 'mcp-name': name }),
    },
  };
}

/** Sends a request of the 2026 era. */
export function sendModern(
  url: string,
  method: string,
  params: JsonObject = {},
  headers: Headers = {},
  init?: RequestInit,
) {
  const request = modern(method, params);
  return post(url, request.body, { ...request.headers, ...headers }, init);
}

/** Calls a tool as a client of the 2026 era does. */
export function callModern(
  url: string,
  name: string,
  args: JsonObject = {},
  headers: Headers = {},
  init?: RequestInit,
) {
  return sendModern(url, 'tools/call', { name, arguments: args }, headers, init);
}

export interface InitializeOptions {
  readonly version?: string;
  readonly capabilities?: JsonObject;
  readonly headers?: Headers;
}

export function initializeMessage({
  version = '2025-11-25',
  capabilities = {},
}: InitializeOptions = {}): JsonObject {
  const clientInfo = { name: 'test', version: '1.0.0' };
  return {
    jsonrpc: '2.0',
    id: 'init',
    method: 'initialize',
    params: { protocolVersion: version, capabilities, clientInfo },
  };
}

/** A client of the 2025 era with an open session. */
export interface TestSession {
  readonly url: string;
  readonly id: string;
  readonly headers: Headers;
  /** Sends a request and returns the HTTP answer. */
  send(method: string, params?: JsonObject, id?: string | number, init?: RequestInit): Promise<Response>;
  call(name: string, args?: JsonObject, id?: string | number): Promise<Response>;
  notify(method: string, params?: JsonObject): Promise<Response>;
  /** Answers a request of the server. */
  answer(id: unknown, result: JsonObject): Promise<Response>;
  get(headers?: Headers, init?: RequestInit): Promise<Response>;
  end(): Promise<Response>;
}

/** Opens a session. */
export async function initialize(url: string, options: InitializeOptions = {}): Promise<TestSession> {
  const { version = '2025-11-25' } = options;
  const response = await post(url, initializeMessage(options), options.headers);
  const id = response.headers.get('mcp-session-id');
  if (!id) throw new Error(`initialize: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
  const headers = { ...options.headers, 'mcp-session-id': id, 'mcp-protocol-version': version };
  let lastId = 0;
  const send: TestSession['send'] = (method, params = {}, requestId = (lastId += 1), init = {}) =>
    post(url, { jsonrpc: '2.0', id: requestId, method, params }, headers, init);
  const session: TestSession = {
    url,
    id,
    headers,
    send,
    call: (name, args = {}, requestId = (lastId += 1)) =>
      send(
        'tools/call',
        { name, arguments: args, _meta: { progressToken: `token-${requestId}` } },
        requestId,
      ),
    notify: (method, params = {}) => post(url, { jsonrpc: '2.0', method, params }, headers),
    answer: (requestId, result) => post(url, { jsonrpc: '2.0', id: requestId, result }, headers),
    get: (more = {}, init = {}) =>
      fetch(url, { ...init, headers: { accept: 'text/event-stream', ...headers, ...more } }),
    end: () => fetch(url, { method: 'DELETE', headers }),
  };
  await (await session.notify('notifications/initialized')).arrayBuffer();
  return session;
}

/** Opens the standing stream of a session; it is closed when the test ends. */
export async function openStream(session: TestSession, headers: Headers = {}): Promise<EventReader> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const response = await session.get(headers, { signal: controller.signal });
  if (response.status !== 200) throw new Error(`GET: ${response.status} ${await response.text()}`);
  return readEvents(response, () => controller.abort());
}

/** The JSON of an answer. */
export async function json(response: Response | Promise<Response>): Promise<any> {
  return (await response).json();
}

/** Waits, in real time, until something holds. */
export function until(check: () => boolean): Promise<void> {
  return vi.waitFor(
    () => {
      if (!check()) throw new Error('It does not hold yet.');
    },
    { timeout: 5000, interval: 2 },
  );
}

/** A promise and its handles: a gate for handlers. */
export function gate<T = void>(): { opened: Promise<T>; open: (value: T) => void } {
  let open!: (value: T) => void;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { opened, open };
}

/** A bare TCP connection, closed when the test ends. */
export async function connect(port: number): Promise<Socket & { received: () => string }> {
  const socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return Object.assign(socket, { received: () => text });
}

/** Sends bytes over a bare connection and returns everything that came back before it was closed or fell silent. */
export async function raw(port: number, bytes: string): Promise<string> {
  const socket = await connect(port);
  socket.write(bytes, 'latin1');
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => resolve()).once('end', () => resolve()),
  );
  await Promise.race([closed, answered(socket.received)]);
  socket.destroy();
  return socket.received();
}

/** Resolves when something has come and nothing more follows. */
async function answered(received: () => string): Promise<void> {
  for (let before = ''; before === '' || before !== received();) {
    before = received();
    await wait(30);
  }
}

/** Status codes of the answers in what a bare connection received. */
export function statuses(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}
