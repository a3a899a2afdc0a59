import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { App } from '@toolyard/core';
import { onTestFinished } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';

import { createWebSocketHandler, type WebSocketHandler, type WebSocketOptions } from '../../src/websocket.ts';

/** Serves an app over WebSockets on a free port until the test ends. */
export async function serveWebSocket(app: App<any, any>, options: WebSocketOptions = {}) {
  const handler = createWebSocketHandler(app, options);
  return { handler, ...(await listen(handler)) };
}

/** Serves a handler on a free port until the test ends. */
export async function listen(handler: Pick<WebSocketHandler, 'node' | 'upgrade' | 'close'>) {
  const server = createServer((request, response) => void handler.node(request, response));
  server.on('upgrade', handler.upgrade);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await handler.close({ deadlineMs: 0 });
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}/ws`, port };
}

/** What a client was closed with. */
interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A raw client. */
export interface WebSocketClient {
  readonly socket: WebSocket;
  readonly closed: Promise<Closed>;
  /** The text of each frame that came, also of those read already. */
  readonly frames: readonly string[];
  /** Bytes that have come over the connection. */
  bytes(): number;
  send(message: unknown): void;
  /** The next message; rejects when the connection closes before. */
  message(): Promise<any>;
  /** Sends a request and reads the message that comes next. */
  ask(method: string, params?: object): Promise<any>;
}

/** Connects. Rejects with `Unexpected server response: <status>` when that is refused. */
export async function connect(
  url: string,
  options: ClientOptions = {},
  protocols: string | string[] = 'mcp',
): Promise<WebSocketClient> {
  const socket = new WebSocket(url, protocols, options);
  onTestFinished(() => socket.terminate());
  const frames: string[] = [];
  const unread: string[] = [];
  let wake: (() => void) | undefined;
  socket.on('message', (data) => {
    const text = (data as Buffer).toString();
    frames.push(text);
    unread.push(text);
    wake?.();
  });
  const closed = new Promise<Closed>((resolve) => {
    socket.on('close', (code, reason) => {
      resolve({ code, reason: reason.toString() });
      wake?.();
    });
  });
  const upgraded = new Promise<IncomingMessage>((resolve) => socket.once('upgrade', resolve));
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('error', () => {});
  let lastId = 0;
  const { socket: connection } = await upgraded;
  const client: WebSocketClient = {
    socket,
    closed,
    frames,
    bytes: () => connection.bytesRead,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async message() {
      while (unread.length === 0) {
        if (socket.readyState === WebSocket.CLOSED) throw new Error('The connection is closed.');
        await new Promise<void>((resolve) => (wake = resolve));
      }
      return JSON.parse(unread.shift()!) as unknown;
    },
    ask(method, params = {}) {
      client.send({ jsonrpc: '2.0', id: (lastId += 1), method, params });
      return client.message();
    },
  };
  return client;
}

/** Connects and opens a session of the 2025 era. */
export async function initialize(
  url: string,
  { version = '2025-11-25', capabilities = {}, ...options }: InitializeOptions = {},
): Promise<WebSocketClient> {
  const client = await connect(url, options);
  const clientInfo = { name: 'test', version: '1.0.0' };
  await client.ask('initialize', { protocolVersion: version, capabilities, clientInfo });
  client.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  return client;
}

interface InitializeOptions extends ClientOptions {
  readonly version?: string;
  readonly capabilities?: object;
}
